// SPDX-License-Identifier: BSD-2-Clause
/* weir help, weir version */
#include "commands.h"

#include <stdio.h>

#include "agent/base/log.h"

static enum cli_result help_run(void *options, int count, char **words)
{
	const struct cli_globals *globals = options;
	const struct command *command;

	if (count > 1)
		return command_refuse_word(&cmd_help, words[1]);
	if (!count)
		return output_result(help_print_all(globals->cli));
	command = command_find(globals->cli, words[0]);
	if (!command)
		return cli_refuse_command(globals->cli, words[0]);
	return output_result(help_print_command(command));
}

const struct command cmd_help = {
	.name = "help",
	.words = "[COMMAND]",
	.summary = "Print help, of one command or of all",
	.examples = "weir help observe",
	.size = sizeof(struct cli_globals),
	.is_local = true,
	.run = help_run,
};

static enum cli_result version_run(void *options, int count, char **words)
{
	const struct cli_globals *globals = options;

	return count ? command_refuse_word(&cmd_version, words[0])
		     : cli_print_version(globals->cli);
}

const struct command cmd_version = {
	.name = "version",
	.summary = "Print the version",
	.examples = "weir version",
	.size = sizeof(struct cli_globals),
	.is_local = true,
	.run = version_run,
};
