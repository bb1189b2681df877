// SPDX-License-Identifier: BSD-2-Clause
/* For fish: a line for each command, word and flag. */
#include "completion.h"

#include "agent/base/buf.h"

#define QUOTED "'\\" /* what a backslash must stand before in single quotes */

static void append_quoted(struct buf *out, const char *flag, const char *text)
{
	buf_printf(out, " %s '", flag);
	completion_escape(out, text, QUOTED);
	buf_append_char(out, '\'');
}

/* The beginning of a line that holds for the command; NULL: for all of them. */
static void append_line(struct buf *out, const struct command *command)
{
	buf_append_str(out, "complete -c weir");
	if (command)
		buf_printf(out, " -n '__fish_seen_subcommand_from %s'", command->name);
}

static void append_values(struct buf *out, const struct option_row *row)
{
	size_t before;

	if (completion_is_file(row)) {
		buf_append_str(out, " -r -F");
		return;
	}
	buf_append_str(out, " -x -a '");
	before = buf_len(out);
	completion_values(row, out);
	if (buf_len(out) == before)
		buf_truncate(out, before - sizeof(" -a '") + 1);
	else
		buf_append_char(out, '\'');
}

static void append_options(struct buf *out, const struct command *command,
			   const struct option_row *rows)
{
	struct option_walk walk = { .rows = rows };
	const struct option_row *row;

	while ((row = completion_option(&walk))) {
		append_line(out, command);
		if (row->short_name)
			buf_printf(out, " -s %c", row->short_name);
		buf_printf(out, " -l %s", row->long_name);
		if (!option_is_switch(row))
			append_values(out, row);
		append_quoted(out, "-d", row->help);
		buf_append_char(out, '\n');
	}
}

/* What follows the command, as long as it has not come. */
static void append_word(struct buf *out, const struct cli *cli, const struct command *command)
{
	buf_printf(out,
		   "complete -c weir -n '__fish_seen_subcommand_from %s"
		   "; and not __fish_seen_subcommand_from ",
		   command->name);
	completion_words(cli, command, out);
	buf_append_str(out, "' -a '");
	completion_words(cli, command, out);
	buf_append_str(out, "'\n");
}

static void append_key(struct buf *out, const struct cli *cli, const struct command *command)
{
	buf_printf(out,
		   "complete -c weir -n '__fish_seen_subcommand_from %s; and __fish_prev_arg_in ",
		   command->name);
	completion_join(out, command->words_with_key, " ");
	buf_append_str(out, "' -a '");
	completion_keys(cli, out);
	buf_append_str(out, "'\n");
}

static void append_command(struct buf *out, const struct cli *cli, const struct command *command)
{
	if (!command->is_hidden) {
		buf_printf(out, "complete -c weir -n __fish_use_subcommand -a %s", command->name);
		append_quoted(out, "-d", command->summary);
		buf_append_char(out, '\n');
	}
	if (command->word_at)
		append_word(out, cli, command);
	if (command->words_with_key)
		append_key(out, cli, command);
	append_options(out, command, command->options);
}

void completion_fish(const struct cli *cli, struct buf *out)
{
	buf_append_str(out, "# fish completion of weir: weir completion fish | source\n"
			    "complete -c weir -f\n");
	append_options(out, NULL, cli_global_options());
	for (size_t i = 0; cli->commands[i]; i++)
		append_command(out, cli, cli->commands[i]);
}
