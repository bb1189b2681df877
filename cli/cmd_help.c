// SPDX-License-Identifier: BSD-2-Clause
/* weir help */
#include "commands.h"

#include <stdio.h>

#include "agent/base/log.h"

static enum cli_result help_run(void *options, int count, char **words)
{
	const struct cli_globals *globals = options;
	const struct command *command;

	if (count > 1)
		return command_refuse_word(options, &cmd_help, words[1]);
	if (!count)
		return output_result(help_print_all(globals->cli));
	command = command_find(globals->cli, words[0]);
	if (!command)
		return cli_refuse_command(globals->cli, words[0]);
	return output_result(help_print_command(command));
}

static const char *command_name(const struct cli *cli, size_t index)
{
	const struct command *command = NULL;
	size_t at = 0;

	do {
		command = cli_next_command(cli, &at);
	} while (command && index--);
	return command ? command->name : NULL;
}

const struct command cmd_help = {
	.name = "help",
	.words = "[COMMAND]",
	.summary = "Print help, of one command or of all",
	.examples = "weir help observe",
	.size = sizeof(struct cli_globals),
	.is_local = true,
	.word_at = command_name,
	.run = help_run,
};
