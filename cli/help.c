// SPDX-License-Identifier: BSD-2-Clause
/* Usage, help and suggestions, all from the command table. */
#include "command.h"

#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/fold.h"
#include "agent/base/spelling.h"

#define NEAR_ENOUGH 2

/* Ends with a newline wherever it breaks; every line gets two blanks before it. */
static void print_indented(const char *lines, FILE *out)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		fprintf(out, "  %.*s\n", (int)len, lines);
		lines += len + (lines[len] == '\n');
	}
}

int help_print_command(const struct command *command)
{
	printf("Usage: weir %s [OPTION...]%s%s\n\n%s.\n", command->name, command->words ? " " : "",
	       command->words ? command->words : "", command->summary);
	if (command->about)
		printf("\n%s\n", command->about);
	if (command->options) {
		puts(command->options->kind == OPT_TABLE ? "" : "\nOptions:");
		options_print(command->options, stdout);
	}
	putchar('\n');
	options_print(cli_global_options(), stdout);
	printf("\nExamples:\n");
	print_indented(command->examples, stdout);
	return output_flush_stdout();
}

static int usage_width(const struct command *command)
{
	return (int)(strlen(command->name) + (command->words ? strlen(command->words) + 1 : 0));
}

int help_print_all(const struct cli *cli)
{
	const struct command *command;
	int width = 0;

	for (size_t i = 0; (command = cli_next_command(cli, &i));) {
		int this_width = usage_width(command);

		width = this_width > width ? this_width : width;
	}
	printf("Usage: weir [OPTION...] COMMAND [OPTION...] [WORD...]\n\n"
	       "Asks weir-agent who talks to whom on this machine, how much and how fast.\n\n"
	       "Commands:\n");
	for (size_t i = 0; (command = cli_next_command(cli, &i));) {
		int column = printf("  %s %-*s   ", command->name,
				    width - (int)strlen(command->name) - 1,
				    command->words ? command->words : "");

		fold_print(command->summary, column, fold_width(stdout), stdout);
	}
	putchar('\n');
	options_print(cli_global_options(), stdout);
	printf("\nExamples:\n"
	       "  weir observe -f\n"
	       "  weir observe --help\n"
	       "  weir status\n\n");
	fold_print(
		"Any option may come from the environment, WEIR_ and its name in capitals with - "
		"turned into _ (WEIR_OUTPUT=json), or from a file (weir config). weir COMMAND "
		"--help tells more.",
		0, fold_width(stdout), stdout);
	return output_flush_stdout();
}

const struct command *command_nearest(const struct cli *cli, const char *name)
{
	const struct command *nearest = NULL, *command;
	size_t least = NEAR_ENOUGH + 1;

	for (size_t i = 0; (command = cli_next_command(cli, &i));) {
		size_t away =
			spelling_distance(name, strlen(name), command->name, strlen(command->name));

		if (*name && !strncmp(command->name, name, strlen(name)))
			away = 0;
		if (away < least) {
			least = away;
			nearest = command;
		}
	}
	return nearest;
}
