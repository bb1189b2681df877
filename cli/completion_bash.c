// SPDX-License-Identifier: BSD-2-Clause
/*
 * For bash: one function with a case for each command. What is compared there is "COMMAND:WORD",
 * the command empty as long as there is none. A hidden command is known, and not offered.
 */
#include "completion.h"

#include <string.h>

#include "agent/base/buf.h"

static const char head[] =
	"# bash completion of weir: source <(weir completion bash)\n"
	"_weir() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"\tlocal command='' word='' words='' i\n"
	"\n"
	"\t# --color=al are three words here\n"
	"\tif [[ $cur == = ]]; then\n"
	"\t\tcur=\n"
	"\telif [[ $prev == = ]]; then\n"
	"\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	"\tfi\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t";

static const char after_commands[] = ")\n"
				     "\t\t\tcommand=${COMP_WORDS[i]}\n"
				     "\t\t\tbreak\n"
				     "\t\t\t;;\n"
				     "\t\tesac\n"
				     "\tdone\n"
				     "\tfor ((i++; i < COMP_CWORD; i++)); do\n"
				     "\t\tcase $command:${COMP_WORDS[i]} in\n"
				     "\t\t";

static const char after_nouns[] = ")\n"
				  "\t\t\tword=${COMP_WORDS[i]}\n"
				  "\t\t\tbreak\n"
				  "\t\t\t;;\n"
				  "\t\tesac\n"
				  "\tdone\n"
				  "\tcase $command:$prev in\n";

static const char before_words[] = "\tesac\n"
				   "\tif [[ -z $words ]]; then\n"
				   "\t\tcase $command:$cur:$word:$prev in\n";

static const char tail[] = "\t\tesac\n"
			   "\tfi\n"
			   "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
			   "}\n"
			   "complete -F _weir weir\n";

static void append_flag(struct buf *out, const char *command, const struct option_row *row)
{
	buf_printf(out, "\t%s:--%s", command, row->long_name);
	if (row->short_name)
		buf_printf(out, " | %s:-%c", command, row->short_name);
	buf_append_str(out, ")\n");
}

/* What may stand behind a flag; of what can be anything nothing is said. */
static void append_value(struct buf *out, const struct option_row *row)
{
	size_t before;

	if (completion_is_file(row)) {
		buf_append_str(out, "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n");
	} else {
		buf_append_str(out, "\t\twords='");
		before = buf_len(out);
		completion_values(row, out);
		if (buf_len(out) > before) {
			buf_append_str(out, "'\n");
			return;
		}
		buf_truncate(out, before - (sizeof("\t\twords='") - 1));
	}
	buf_append_str(out, "\t\treturn\n");
}

/* command: "*" for all. */
static void append_values(struct buf *out, const char *command, const struct option_row *rows)
{
	struct option_walk walk = { .rows = rows };
	const struct option_row *row;

	while ((row = completion_option(&walk))) {
		if (option_is_switch(row))
			continue;
		append_flag(out, command, row);
		append_value(out, row);
		buf_append_str(out, "\t\t;;\n");
	}
}

static void append_flags(struct buf *out, const struct option_row *rows)
{
	struct option_walk walk = { .rows = rows };
	const struct option_row *row;

	while ((row = completion_option(&walk)))
		buf_printf(out, "--%s ", row->long_name);
}

/* "config:*:get:get": right behind the word. */
static void append_keys(struct buf *out, const struct cli *cli, const struct command *command)
{
	const char *words = command->words_with_key;

	while (words && *words) {
		int len = (int)strcspn(words, "|");

		buf_printf(out, "\t\t%s:*:%.*s:%.*s)\n\t\t\twords='", command->name, len, words,
			   len, words);
		completion_keys(cli, out);
		buf_append_str(out, "'\n\t\t\t;;\n");
		words += len + (words[len] == '|');
	}
}

static void append_command(struct buf *out, const struct cli *cli, const struct command *command)
{
	buf_printf(out, "\t\t%s:-*)\n\t\t\twords='", command->name);
	append_flags(out, command->options);
	append_flags(out, cli_global_options());
	buf_printf(out, "'\n\t\t\t;;\n\t\t%s:*::*)\n\t\t\twords='", command->name);
	completion_words(cli, command, out);
	buf_append_str(out, "'\n\t\t\t;;\n");
	append_keys(out, cli, command);
}

/* "list:pods": the words that commands take. */
static void append_nouns(struct buf *out, const struct cli *cli)
{
	const char *word;
	size_t count = 0;

	for (size_t i = 0; cli->commands[i]; i++) {
		const struct command *command = cli->commands[i];

		for (size_t j = 0; command->word_at && (word = command->word_at(cli, j)); j++)
			buf_printf(out, "%s%s:%s", count++ ? " | " : "", command->name, word);
	}
}

static void append_patterns(struct buf *out, const struct cli *cli)
{
	for (size_t i = 0; cli->commands[i]; i++)
		buf_printf(out, "%s%s", i ? " | " : "", cli->commands[i]->name);
}

static void append_names(struct buf *out, const struct cli *cli)
{
	const struct command *command;

	for (size_t i = 0, count = 0; (command = cli_next_command(cli, &i)); count++)
		buf_printf(out, "%s%s", count ? " " : "", command->name);
}

void completion_bash(const struct cli *cli, struct buf *out)
{
	buf_append_str(out, head);
	append_patterns(out, cli);
	buf_append_str(out, after_commands);
	append_nouns(out, cli);
	buf_append_str(out, after_nouns);
	append_values(out, "*", cli_global_options());
	for (size_t i = 0; cli->commands[i]; i++)
		append_values(out, cli->commands[i]->name, cli->commands[i]->options);
	buf_append_str(out, before_words);
	buf_append_str(out, "\t\t:-*)\n\t\t\twords='");
	append_flags(out, cli_global_options());
	buf_append_str(out, "'\n\t\t\t;;\n\t\t:*)\n\t\t\twords='");
	append_names(out, cli);
	buf_append_str(out, "'\n\t\t\t;;\n");
	for (size_t i = 0; cli->commands[i]; i++)
		append_command(out, cli, cli->commands[i]);
	buf_append_str(out, tail);
}
