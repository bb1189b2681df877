// SPDX-License-Identifier: BSD-2-Clause
/* Where in an expression an error is, for people. */
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "filter/where.h"

#define COLUMNS_MAX  72
#define COLUMNS_LEAD 54 /* of them before the error */

/* So many characters back; bytes that belong to none are one each, as they are shown. */
static size_t go_back(const char *text, size_t at, unsigned int columns)
{
	size_t begin = at, shown = 0, taken;

	for (unsigned int left = columns; begin && left;) {
		begin--;
		left -= ((unsigned char)text[begin] & 0xc0) != 0x80;
	}
	for (size_t pos = begin; pos < at; pos += taken, shown++)
		(void)utf8_decode(text + pos, at - pos, &taken);
	for (; shown > columns; shown--) {
		(void)utf8_decode(text + begin, at - begin, &taken);
		begin += taken;
	}
	return begin;
}

/* Characters from at to end, what cannot be shown as a blank, and so many at most. */
static unsigned int show(struct buf *out, const char *text, size_t at, size_t end, unsigned int max)
{
	unsigned int columns = 0;
	size_t taken;

	for (; at < end && columns < max; at += taken, columns++) {
		uint32_t point = utf8_decode(text + at, end - at, &taken);

		if (point == UTF8_NONE || utf8_is_unsafe(point))
			buf_append_char(out, point == UTF8_NONE ? '?' : ' ');
		else
			buf_append(out, text + at, taken);
	}
	return columns;
}

void where_error_show(const struct where_error *error, const char *text, struct buf *out)
{
	size_t len = strlen(text);
	size_t at = error->at < len ? error->at : len;
	size_t end = error->len < len - at ? at + error->len : len;
	size_t begin = go_back(text, at, COLUMNS_LEAD);
	unsigned int before, about;

	buf_append_str(out, begin ? "  ..." : "  ");
	before = show(out, text, begin, at, COLUMNS_MAX) + (begin ? 3 : 0);
	about = show(out, text, at, end, COLUMNS_MAX - before);
	(void)show(out, text, end, len, COLUMNS_MAX - before - about);
	buf_append_str(out, "\n  ");
	for (unsigned int i = 0; i < before; i++)
		buf_append_char(out, ' ');
	buf_append_char(out, '^');
	for (unsigned int i = 1; i < about; i++)
		buf_append_char(out, '~');
	buf_append_char(out, '\n');
}
