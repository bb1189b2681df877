// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/base/quote.h"

#include "command.h"
#include "config_file.h"

static const char *home(void)
{
	const char *from_env = getenv("HOME");
	const struct passwd *user;

	if (from_env && *from_env)
		return from_env;
	user = getpwuid(getuid());
	return user ? user->pw_dir : NULL;
}

char *config_path(const char *given)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *user = home();
	char *path;
	int len;

	if (given)
		len = asprintf(&path, "%s", given);
	else if (xdg && *xdg == '/') /* a relative one is to be ignored: the specification */
		len = asprintf(&path, "%s/weir/config.yaml", xdg);
	else if (user)
		len = asprintf(&path, "%s/.config/weir/config.yaml", user);
	else
		len = asprintf(&path, "/nonexistent/.config/weir/config.yaml");
	if (len >= 0)
		return path;
	log_err(-ENOMEM, "cannot find the configuration");
	return NULL;
}

/* The table of all commands first, then theirs; NULL: no more. */
static const struct option_row *table_at(const struct cli *cli, size_t index, bool *ret_is_last)
{
	*ret_is_last = index && !cli->commands[index - 1];
	if (*ret_is_last)
		return NULL;
	return index ? cli->commands[index - 1]->options : cli_global_options();
}

const struct option_row *config_next(const struct cli *cli, struct config_walk *walk)
{
	const struct option_row *row;
	bool is_last;
	size_t base;

	for (;; walk->table++, walk->walk = (struct option_walk){ 0 }) {
		if (!walk->walk.rows)
			walk->walk.rows = table_at(cli, walk->table, &is_last);
		if (!walk->walk.rows && is_last)
			return NULL;
		while ((row = option_next(&walk->walk, &base))) {
			/* A file cannot name itself. */
			if (!row->is_flag_only && strcmp(row->long_name, "config") != 0)
				return row;
		}
	}
}

const struct option_row *config_find(const struct cli *cli, const char *key)
{
	struct config_walk walk = { 0 };
	const struct option_row *row;

	while ((row = config_next(cli, &walk))) {
		if (!strcmp(row->long_name, key))
			break;
	}
	return row;
}

/* One key of the file, with all its values. */
static int apply_entry(const struct config_entry *entry, const char *path, struct options *options)
{
	char reason[OPTION_REASON_SIZE];

	for (size_t i = 0; i < entry->values.count; i++) {
		const char *value = entry->values.items[i];
		int r = options_give(options, entry->key, value, reason);

		if (r == -ENOENT) /* another command's */
			return 0;
		if (r < 0) {
			log_err(0, "%s:%u: %s: %s: %s", path, entry->line, entry->key,
				quote_empty(value), reason);
			return r;
		}
	}
	return 0;
}

int config_apply(const struct config_file *file, const char *path, struct options *options,
		 const struct cli *cli)
{
	int r = 0;

	options_next_place(options);
	for (size_t i = 0; !r && i < file->count; i++) {
		const struct config_entry *entry = &file->entries[i];

		if (!config_find(cli, entry->key)) {
			log_err(0, "%s:%u: unknown key: %s", path, entry->line, entry->key);
			return -EINVAL;
		}
		r = apply_entry(entry, path, options);
	}
	return r;
}

int config_load(struct options *options)
{
	const struct cli_globals *globals = options->target;
	auto_free char *path = config_path(globals->config);
	auto_config_file struct config_file file = {};
	int r = path ? config_file_read(&file, path) : -ENOMEM;

	if (r == -ENOENT && globals->config)
		return log_err(-ENOENT, "--config %s", path);
	if (r == -ENOENT)
		return 0;
	return r ? r : config_apply(&file, path, options, globals->cli);
}
