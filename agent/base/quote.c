// SPDX-License-Identifier: BSD-2-Clause
#include "quote.h"

#include <stdio.h>
#include <string.h>

#include "utf8.h"

#define PIECE_SIZE 16

/* What stands for the character at text. Returns how many bytes of text that is. */
static size_t quote_one(const char *text, size_t len, char piece[static PIECE_SIZE])
{
	static const char plain[] = "\"\\\a\b\f\n\r\t\v", letters[] = "\"\\abfnrtv";
	const char *known = strchr(plain, *text);
	size_t taken;
	uint32_t point = utf8_decode(text, len, &taken);

	if (known)
		snprintf(piece, PIECE_SIZE, "\\%c", letters[known - plain]);
	else if (point == UTF8_NONE || point < ' ' || point == 0x7f)
		snprintf(piece, PIECE_SIZE, "\\x%02x", (unsigned char)*text);
	else if (utf8_is_unsafe(point))
		snprintf(piece, PIECE_SIZE, "\\u%04x", (unsigned int)point);
	else
		snprintf(piece, PIECE_SIZE, "%.*s", (int)taken, text);
	return taken;
}

const char *quote(const char *text, char *to, size_t size)
{
	static const char end[] = "...\"";
	size_t left = strlen(text), at = 0;

	to[at++] = '"';
	while (left) {
		char piece[PIECE_SIZE];
		size_t taken = quote_one(text, left, piece), len = strlen(piece);

		if (at + len + (taken == left ? sizeof("\"") : sizeof(end)) > size) {
			memcpy(to + at, end, sizeof(end));
			return to;
		}
		memcpy(to + at, piece, len);
		at += len;
		text += taken;
		left -= taken;
	}
	memcpy(to + at, "\"", sizeof("\""));
	return to;
}
