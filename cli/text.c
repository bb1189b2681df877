// SPDX-License-Identifier: BSD-2-Clause
/*
 * Escaping for terminals. What is to be escaped base/utf8.h knows.
 */
#include "text.h"

#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/utf8.h"

static void append_escape(struct buf *out, uint32_t point, uint8_t byte)
{
	switch (point) {
	case '\n':
		buf_append_str(out, "\\n");
		break;
	case '\r':
		buf_append_str(out, "\\r");
		break;
	case '\t':
		buf_append_str(out, "\\t");
		break;
	case 0x1b:
		buf_append_str(out, "^[");
		break;
	case UTF8_NONE:
		buf_printf(out, "\\x%02x", byte);
		break;
	default:
		buf_printf(out, "\\u%04x", point);
	}
}

static size_t plain_ascii(const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && bytes[n] >= 0x20 && bytes[n] < 0x7f)
		n++;
	return n;
}

void text_append(struct buf *out, struct text text)
{
	const uint8_t *bytes = (const uint8_t *)text.bytes;

	for (size_t at = 0; at < text.len;) {
		size_t taken = plain_ascii(bytes + at, text.len - at);
		uint32_t point = ' ';

		if (!taken)
			point = utf8_decode(text.bytes + at, text.len - at, &taken);
		if (point == UTF8_NONE || utf8_is_unsafe(point))
			append_escape(out, point, bytes[at]);
		else
			buf_append(out, bytes + at, taken);
		at += taken;
	}
}

size_t text_width(const char *bytes, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((uint8_t)bytes[i] & 0xc0) != 0x80;
	return width;
}

void text_append_grouped(struct buf *out, uint64_t number)
{
	char digits[sizeof("18446744073709551615")];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (n) {
		buf_append_char(out, digits[--n]);
		if (n && n % 3 == 0)
			buf_append_char(out, ',');
	}
}
