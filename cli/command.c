// SPDX-License-Identifier: BSD-2-Clause
/* From argv to a command's run(): flags, environment, file. */
#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/base/spelling.h"

#include "config.h"

#define TIMEOUT_NS	   (5 * 1000000000ULL)
#define REQUEST_TIMEOUT_NS (12 * 1000000000ULL)

const struct command *command_find(const struct cli *cli, const char *name)
{
	for (size_t i = 0; cli->commands[i]; i++) {
		const struct command *command = cli->commands[i];

		if (!strcmp(command->name, name) ||
		    (command->alias && !strcmp(command->alias, name)))
			return command;
	}
	return NULL;
}

const struct command *cli_next_command(const struct cli *cli, size_t *index)
{
	const struct command *command = cli->commands[*index];

	while (command && command->is_hidden)
		command = cli->commands[++*index];
	*index += command != NULL;
	return command;
}

enum cli_result command_refuse_word(const struct cli_globals *globals,
				    const struct command *command, const char *word)
{
	struct spelling spelling;
	const char *at, *meant;

	spelling_begin(&spelling, word, strlen(word));
	for (size_t i = 0; command->word_at && (at = command->word_at(globals->cli, i)); i++)
		spelling_consider(&spelling, at);
	meant = spelling_found(&spelling);
	/* The word itself may be one of those: then it is one too many. */
	if (meant && strcmp(meant, word) != 0) {
		log_err(0, "%s: unknown word \"%s\": did you mean \"%s\"?", command->name, word,
			meant);
	} else {
		log_err(0, "%s: unknown word \"%s\": see weir %s --help", command->name, word,
			command->name);
	}
	return CLI_USAGE;
}

enum cli_result cli_refuse_command(const struct cli *cli, const char *name)
{
	const struct command *nearest = command_nearest(cli, name);

	if (nearest)
		log_err(0, "unknown command \"%s\": did you mean \"%s\"?", name, nearest->name);
	else
		log_err(0, "unknown command \"%s\": see weir --help", name);
	return CLI_USAGE;
}

enum cli_result cli_print_version(const struct cli *cli)
{
	printf("weir v%s\n", cli->version);
	return output_result(output_flush_stdout());
}

int cli_find_server(struct cli_globals *globals)
{
	const char *text = globals->server_text ? globals->server_text : SERVER_DEFAULT;
	auto_free char *file = NULL;
	char reason[OPTION_REASON_SIZE];
	int r = server_parse(&globals->server, text, reason);

	globals->server.connect_ns = globals->timeout_ns;
	globals->server.answer_ns = globals->request_timeout_ns;
	if (r == 0)
		return 0;
	file = config_path(globals->config);
	options_refuse(globals->options, "server", text, reason, file ? file : "");
	return r;
}

static enum cli_result start_client(const struct command *command, struct options *options,
				    int count, char **words)
{
	struct cli_globals *globals = options->target;

	if (options_from_env(options) < 0 || config_load(options) < 0)
		return CLI_USAGE;
	if (globals->debug)
		log_set_max_level(LOG_LEVEL_DEBUG);
	return command->run(globals, count, words);
}

/* What is asked of every command needs neither the environment nor the agent. */
static enum cli_result start(const struct command *command, struct options *options, int count,
			     char **words)
{
	struct cli_globals *globals = options->target;

	if (globals->help)
		return output_result(help_print_command(command));
	if (globals->version)
		return cli_print_version(globals->cli);
	if (command->is_local)
		return command->run(globals, count, words);
	return start_client(command, options, count, words);
}

static enum cli_result run_command(const struct cli *cli, const struct command *command, int argc,
				   char **argv)
{
	auto_free struct cli_globals *target = calloc(1, command->size);
	struct options options = { .tables = { command->options, cli_global_options() },
				   .target = target };
	enum cli_result result = CLI_USAGE;
	int count;

	if (!target) {
		log_err(-ENOMEM, "cannot run %s", command->name);
		return CLI_FAILED;
	}
	if (command->defaults)
		memcpy(target, command->defaults, command->size);
	target->cli = cli;
	target->options = &options;
	target->timeout_ns = TIMEOUT_NS;
	target->request_timeout_ns = REQUEST_TIMEOUT_NS;
	count = options_parse(&options, argc, argv);
	if (count > 0)
		result = start(command, &options, count - 1, argv + 2);
	if (command->options)
		options_done(command->options, target);
	options_done(cli_global_options(), target);
	return result;
}

static enum cli_result run_without_command(const struct cli *cli, int argc, char **argv)
{
	struct cli_globals globals = {};
	struct options options = { .tables = { cli_global_options() }, .target = &globals };
	int count = options_parse(&options, argc, argv);

	options_done(cli_global_options(), &globals);
	if (count < 0)
		return CLI_USAGE;
	if (globals.help)
		return output_result(help_print_all(cli));
	if (globals.version)
		return cli_print_version(cli);
	log_err(0, "no command: see weir --help");
	return CLI_USAGE;
}

static bool takes_value(const char *word)
{
	struct option_walk walk = { .rows = cli_global_options() };
	const struct option_row *row;
	size_t base;

	if (strncmp(word, "--", 2) != 0)
		return false;
	while ((row = option_next(&walk, &base))) {
		if (!option_is_switch(row) && !strcmp(word + 2, row->long_name))
			return true;
	}
	return false;
}

/*
 * The word that names the command. Which flags take the next word as their value is known only
 * once the command is: so the first word that is a command wins, and only if none is, the first
 * that is no flag.
 */
static const char *find_word(const struct cli *cli, int argc, char **argv)
{
	const char *first = NULL;

	for (int i = 1; i < argc; i++) {
		if (takes_value(argv[i]))
			i++;
		else if (argv[i][0] == '-')
			continue;
		else if (command_find(cli, argv[i]))
			return argv[i];
		else if (!first)
			first = argv[i];
	}
	return first;
}

enum cli_result cli_run(const struct cli *cli, int argc, char **argv)
{
	const char *word = find_word(cli, argc, argv);
	const struct command *command = word ? command_find(cli, word) : NULL;

	log_init("weir", LOG_LEVEL_INFO);
	signal(SIGPIPE, SIG_IGN);
	if (!word)
		return run_without_command(cli, argc, argv);
	if (!command)
		return cli_refuse_command(cli, word);
	return run_command(cli, command, argc, argv);
}
