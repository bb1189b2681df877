// SPDX-License-Identifier: BSD-2-Clause
/* weir config: what holds for the command's flags, and the file that says so. */
#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/base/option_text.h"
#include "agent/base/option_value.h"
#include "agent/base/quote.h"

#include "config.h"
#include "config_file.h"

struct config {
	const struct cli_globals *globals;
	char *path;
	struct config_file file;
};

static void config_done(struct config *config)
{
	free(config->path);
	config_file_done(&config->file);
}

static enum cli_result refuse_key(const char *key)
{
	log_err(0, "unknown key: %s", key);
	return CLI_USAGE;
}

/* ---- set, reset ---- */

/* Gives it to the command, as a file would. -ENOENT: it has no such key. */
static int try_value(const struct command *command, const char *key, const char *value,
		     char reason[static OPTION_REASON_SIZE])
{
	auto_free void *target = calloc(1, command->size);
	struct options options = { .tables = { command->options, cli_global_options() },
				   .target = target };
	int r;

	snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(ENOMEM));
	if (!target)
		return -ENOMEM;
	r = options_give(&options, key, value, reason);
	if (r == 0 && !strcmp(key, "server")) /* elsewhere checked where it is needed */
		r = server_check(value, reason);
	if (command->options)
		options_done(command->options, target);
	options_done(cli_global_options(), target);
	return r;
}

/* Is this a value for one of the commands that have the key, at least? */
static enum cli_result check_value(const struct cli *cli, const char *key, const char *value)
{
	char first[OPTION_REASON_SIZE] = "", reason[OPTION_REASON_SIZE];

	for (size_t i = 0; cli->commands[i]; i++) {
		int r = try_value(cli->commands[i], key, value, reason);

		if (!r)
			return CLI_DONE;
		if (r != -ENOENT && !*first)
			memcpy(first, reason, sizeof(first));
	}
	log_err(0, "config set %s: %s: %s", key, quote_empty(value), first);
	return CLI_USAGE;
}

static enum cli_result save(struct config *config, const char *key, char **values, size_t count)
{
	bool is_list = count > 1;
	int r = 0;

	if (!count) {
		config_file_remove(&config->file, key);
	} else {
		r = config_file_set(&config->file, key, (const char *const *)values, count,
				    is_list);
	}
	if (r)
		return output_result(log_err(r, "config set %s", key));
	return output_result(config_file_write(&config->file, config->path));
}

static enum cli_result set_value(struct config *config, size_t count, char **words)
{
	const struct cli *cli = config->globals->cli;
	const struct option_row *row = config_find(cli, words[0]);
	enum cli_result result = CLI_DONE;

	if (!row)
		return refuse_key(words[0]);
	if (count > 2 && !option_is_list(row) && row->kind != OPT_CALL) {
		log_err(0, "config set %s: takes one value", words[0]);
		return CLI_USAGE;
	}
	for (size_t i = 1; result == CLI_DONE && i < count; i++)
		result = check_value(cli, words[0], words[i]);
	return result == CLI_DONE ? save(config, words[0], words + 1, count - 1) : result;
}

static enum cli_result reset_value(struct config *config, size_t count, char **words)
{
	if (count && !config_find(config->globals->cli, words[0]) &&
	    !config_file_find(&config->file, words[0]))
		return refuse_key(words[0]);
	if (count)
		return save(config, words[0], NULL, 0);
	config_file_done(&config->file);
	return output_result(config_file_write(&config->file, config->path));
}

/* ---- get, view ---- */

/* What a command that has the option begins with; the caller's. */
static char *default_value(const struct cli *cli, const struct option_row *row)
{
	auto_buf struct buf text = {};

	for (size_t i = 0; cli->commands[i]; i++) {
		const struct command *command = cli->commands[i];
		struct option_walk walk = { .rows = command->options };
		const struct option_row *at;
		size_t base;

		while ((at = option_next(&walk, &base))) {
			auto_free char *zeros = calloc(1, command->size);
			const char *target = command->defaults ? command->defaults : zeros;

			if (at != row || !target)
				continue;
			option_to_text(row, target + base + row->offset, &text);
			buf_append_char(&text, '\0');
			return text.failed ? NULL : strdup(buf_bytes(&text));
		}
	}
	return strdup("");
}

static bool is_global(const struct option_row *row)
{
	struct option_walk walk = { .rows = cli_global_options() };
	const struct option_row *at;
	size_t base;

	while ((at = option_next(&walk, &base))) {
		if (at == row)
			return true;
	}
	return false;
}

static int add_text(struct config_file *view, const struct option_row *row, const char *text)
{
	if (!text)
		return -ENOMEM;
	return config_file_set(view, row->long_name, &text, 1, false);
}

/* Of what every command has the value is here already: flags, environment and file have filled it. */
static int add_global(const struct config *config, const struct option_row *row,
		      struct config_file *view)
{
	const struct cli_globals *globals = config->globals;
	auto_buf struct buf text = {};

	option_to_text(row, (const char *)globals + row->offset, &text);
	if (!buf_len(&text) && row->offset == offsetof(struct cli_globals, server_text))
		buf_append_str(&text, SERVER_DEFAULT);
	buf_append_char(&text, '\0');
	return add_text(view, row, text.failed ? NULL : buf_bytes(&text));
}

/* want_default: also if nobody has said anything. */
static int add_value(const struct config *config, const struct option_row *row, bool want_default,
		     struct config_file *view)
{
	const struct config_entry *entry = config_file_find(&config->file, row->long_name);
	const char *variable = options_variable(row);
	auto_free char *value = NULL;

	if (is_global(row))
		return add_global(config, row, view);
	if (variable)
		return add_text(view, row, variable);
	if (entry) {
		return config_file_set(view, row->long_name,
				       (const char *const *)entry->values.items,
				       entry->values.count, entry->is_list);
	}
	if (!want_default)
		return 0;
	value = default_value(config->globals->cli, row);
	return add_text(view, row, value);
}

/* Flags, environment and file, for what every command has. */
static enum cli_result merge(struct config *config)
{
	struct options *options = config->globals->options;

	if (options_from_env(options) < 0 ||
	    config_apply(&config->file, config->path, options, config->globals->cli) < 0)
		return CLI_USAGE;
	return CLI_DONE;
}

static enum cli_result print(const struct config_file *view, const struct config_entry *entry)
{
	auto_output struct output output = { .fd = STDOUT_FILENO };
	int r = entry ? config_entry_to_text(entry, &output.buf)
		      : config_file_to_yaml(view, &output.buf);

	return output_result(r ? log_err(r, "cannot print") : output_flush(&output));
}

static int by_key(const void *left, const void *right)
{
	const struct config_entry *a = left, *b = right;

	return strcmp(a->key, b->key);
}

static enum cli_result view_all(struct config *config, size_t count, char **words)
{
	auto_config_file struct config_file view = {};
	enum cli_result result = merge(config);
	struct config_walk walk = { 0 };
	const struct option_row *row;
	int r = 0;

	(void)count;
	(void)words;
	if (result != CLI_DONE)
		return result;
	while (!r && (row = config_next(config->globals->cli, &walk))) {
		if (!config_file_find(&view, row->long_name))
			r = add_value(config, row, false, &view);
	}
	if (r)
		return output_result(log_err(r, "cannot view the configuration"));
	if (view.count)
		qsort(view.entries, view.count, sizeof(*view.entries), by_key);
	return print(&view, NULL);
}

static enum cli_result get_value(struct config *config, size_t count, char **words)
{
	auto_config_file struct config_file view = {};
	const struct option_row *row;
	enum cli_result result;
	int r;

	if (!count)
		return view_all(config, 0, NULL);
	row = config_find(config->globals->cli, words[0]);
	if (!row)
		return refuse_key(words[0]);
	result = merge(config);
	if (result != CLI_DONE)
		return result;
	r = add_value(config, row, true, &view);
	return r ? output_result(log_err(r, "config get %s", words[0]))
		 : print(&view, view.entries);
}

/* ---- the command ---- */

static const struct verb {
	const char *name;
	size_t min, max; /* words behind it */
	enum cli_result (*run)(struct config *config, size_t count, char **words);
} verbs[] = {
	{ "get", 0, 1, get_value },
	{ "set", 1, SIZE_MAX, set_value },
	{ "reset", 0, 1, reset_value },
	{ "view", 0, 0, view_all },
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	}
	return NULL;
}

static const char *verb_name(const struct cli *cli, size_t index)
{
	(void)cli;
	return index < ARRAY_SIZE(verbs) ? verbs[index].name : NULL;
}

static enum cli_result config_run(void *target, int count, char **words)
{
	__attribute__((cleanup(config_done))) struct config config = { .globals = target };
	const struct verb *verb = count ? find_verb(words[0]) : NULL;
	size_t rest = (size_t)(count ? count - 1 : 0);
	const char *given = config.globals->config;
	int r;

	if (!count)
		return output_result(help_print_command(&cmd_config));
	if (!verb || rest > verb->max)
		return command_refuse_word(config.globals, &cmd_config,
					   words[verb ? count - 1 : 0]);
	if (rest < verb->min) {
		log_err(0, "config %s: which key? See weir config --help", verb->name);
		return CLI_USAGE;
	}
	config.path = config_path(given ? given : getenv("WEIR_CONFIG"));
	r = config.path ? config_file_read(&config.file, config.path) : -ENOMEM;
	if (r && r != -ENOENT)
		return CLI_FAILED;
	return verb->run(&config, rest, words + 1);
}

const struct command cmd_config = {
	.name = "config",
	.words = "VERB [KEY [VALUE...]]",
	.summary = "Show or change what holds for flags that are not given",
	.about = "get [KEY]          what holds: by a flag, environment, the file, or by default\n"
		 "set KEY [VALUE...] writes it into the file; without a value as reset\n"
		 "reset [KEY]        takes it out of the file; without a key all\n"
		 "view               all that holds for every command or was said\n"
		 "\n"
		 "A key is a long flag without its dashes. A flag that is given wins over the\n"
		 "environment (WEIR_OUTPUT=json), that over the file, that over the default. The\n"
		 "file is that of --config, else $XDG_CONFIG_HOME/weir/config.yaml, else\n"
		 "~/.config/weir/config.yaml.",
	.examples = "weir config set server unix:///tmp/w/weir.sock\n"
		    "weir config set color never\n"
		    "weir config get server\n"
		    "weir config view\n"
		    "weir config reset color",
	.size = sizeof(struct cli_globals),
	.is_local = true,
	.word_at = verb_name,
	.words_with_key = "get|set|reset",
	.run = config_run,
};
