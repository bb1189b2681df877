// SPDX-License-Identifier: BSD-2-Clause
#include "option_text.h"

#include <string.h>

#include "buf.h"
#include "timefmt.h"

/* The word at index of "auto|always|never". */
static void choice_to_text(const char *words, int index, struct buf *out)
{
	for (; index > 0 && *words; index--) {
		words += strcspn(words, "|");
		words += *words == '|';
	}
	buf_append(out, words, strcspn(words, "|"));
}

static void size_to_text(uint64_t bytes, struct buf *out)
{
	static const char units[] = "KMG";
	size_t unit = 0;

	while (bytes && bytes % 1024 == 0 && unit < sizeof(units) - 1) {
		bytes /= 1024;
		unit++;
	}
	buf_append_u64(out, bytes);
	if (unit)
		buf_append_char(out, units[unit - 1]);
}

void option_to_text(const struct option_row *row, const void *member, struct buf *out)
{
	const char *const *string = member;
	const uint64_t *number = member;
	const bool *is_true = member;
	const int *choice = member;
	char text[DURATION_SIZE];

	switch (row->kind) {
	case OPT_BOOL:
		buf_append_str(out, *is_true ? "true" : "false");
		break;
	case OPT_STRING:
		buf_append_str(out, *string ? *string : "");
		break;
	case OPT_U64:
		buf_append_u64(out, *number);
		break;
	case OPT_SIZE:
		size_to_text(*number, out);
		break;
	case OPT_DURATION:
		duration_to_go(*number, text);
		buf_append_str(out, text);
		break;
	case OPT_CHOICE:
		choice_to_text(row->metavar, *choice, out);
		break;
	case OPT_LIST:
	case OPT_LIST_RAW:
	case OPT_CALL:
	case OPT_TABLE:
	case OPT_END:
		break;
	}
}
