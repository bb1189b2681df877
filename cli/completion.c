// SPDX-License-Identifier: BSD-2-Clause
/* What the scripts of all shells take from the tables. */
#include "completion.h"

#include <string.h>

#include "agent/base/buf.h"

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

static void append_words(struct buf *out, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, "|");

		buf_append(out, words, len);
		words += len;
		if (*words++ != '|')
			return;
		buf_append_char(out, ' ');
	}
}

void completion_values(const struct option_row *row, struct buf *out)
{
	char reason[OPTION_REASON_SIZE] = "";
	const char *names;

	if (row->kind == OPT_CHOICE)
		append_words(out, row->metavar);
	else if (row->words)
		append_words(out, row->words);
	else if (row->check && row->check("?", reason) && (names = strstr(reason, NAMES_BEGIN)))
		append_words(out, names + sizeof(NAMES_BEGIN) - 1);
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
