// SPDX-License-Identifier: BSD-2-Clause
/* What is done with all rows of a table: walk through them, free what they fill, print them. */
#include "options.h"

#include "fold.h"
#include "option_value.h"

#define HELP_COLUMN 32

const struct option_row *option_next(struct option_walk *walk, size_t *ret_base)
{
	for (; walk->rows && walk->rows->kind; walk->rows++) {
		if (walk->rows->kind != OPT_TABLE) {
			*ret_base = 0;
			return walk->rows++;
		}
		if (!walk->inner)
			walk->inner = walk->rows->table;
		if (walk->inner->kind) {
			*ret_base = walk->rows->offset;
			return walk->inner++;
		}
		walk->inner = NULL;
	}
	return NULL;
}

bool option_is_switch(const struct option_row *row)
{
	return row->kind == OPT_BOOL || (row->kind == OPT_CALL && !row->metavar);
}

void options_done(const struct option_row *rows, void *target)
{
	for (const struct option_row *row = rows; row->kind; row++) {
		void *member = (char *)target + row->offset;

		if (row->kind != OPT_TABLE) {
			option_clear(row, target);
			continue;
		}
		options_done(row->table, member);
		if (row->done)
			row->done(member);
	}
}

static void print_row(const struct option_row *row, int terminal_width, FILE *out)
{
	int width = 6;

	if (row->short_name)
		fprintf(out, "  -%c, ", row->short_name);
	else
		fputs("      ", out);
	width += fprintf(out, "--%s", row->shown_as ? row->shown_as : row->long_name);
	if (row->metavar)
		width += fprintf(out, " %s", row->metavar);
	if (width + 2 > HELP_COLUMN) {
		fputc('\n', out);
		width = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - width, "");
	fold_print(row->help, HELP_COLUMN, terminal_width, out);
}

void options_print(const struct option_row *rows, FILE *out)
{
	for (const struct option_row *row = rows; row->kind; row++) {
		if (row->kind == OPT_TABLE) {
			fprintf(out, "%s%s:\n", row == rows ? "" : "\n", row->help);
			options_print(row->table, out);
		} else if (!row->is_hidden && !row->is_refused) {
			print_row(row, fold_width(out), out);
		}
	}
}
