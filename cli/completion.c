// SPDX-License-Identifier: BSD-2-Clause
/* What the scripts of all shells take from the tables. */
#include "completion.h"

#include <string.h>

#include "agent/base/buf.h"

#include "config.h"

/* How a check that knows the values begins to tell them: see named_check(). */
#define NAMES_BEGIN "; one of "

const struct option_row *completion_option(struct option_walk *walk)
{
	const struct option_row *row;
	size_t base;

	/* What has no help is there to be refused. */
	do {
		row = option_next(walk, &base);
	} while (row && !row->help);
	return row;
}

void completion_words(const struct cli *cli, const struct command *command, struct buf *out)
{
	const char *word;

	for (size_t i = 0; command->word_at && (word = command->word_at(cli, i)); i++) {
		if (i)
			buf_append_char(out, ' ');
		buf_append_str(out, word);
	}
}

void completion_keys(const struct cli *cli, struct buf *out)
{
	struct config_walk walk = { 0 };
	const struct option_row *row;

	/* The same name can be several commands'. */
	while ((row = config_next(cli, &walk))) {
		if (config_find(cli, row->long_name) == row)
			buf_printf(out, "%s ", row->long_name);
	}
}

void completion_join(struct buf *out, const char *words, const char *between)
{
	while (*words) {
		size_t len = strcspn(words, "|");

		buf_append(out, words, len);
		words += len;
		if (*words++ != '|')
			return;
		buf_append_str(out, between);
	}
}

void completion_values(const struct option_row *row, struct buf *out)
{
	char reason[OPTION_REASON_SIZE] = "";
	const char *names;

	if (row->kind == OPT_CHOICE)
		completion_join(out, row->metavar, " ");
	else if (row->words)
		completion_join(out, row->words, " ");
	else if (row->check && row->check("?", reason) && (names = strstr(reason, NAMES_BEGIN)))
		completion_join(out, names + sizeof(NAMES_BEGIN) - 1, " ");
}

bool completion_is_file(const struct option_row *row)
{
	return row->metavar && !strcmp(row->metavar, "FILE");
}

void completion_escape(struct buf *out, const char *text, const char *special)
{
	for (; *text; text++) {
		if (strchr(special, *text))
			buf_append_char(out, '\\');
		buf_append_char(out, *text);
	}
}
