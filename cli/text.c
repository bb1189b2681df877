// SPDX-License-Identifier: BSD-2-Clause
/*
 * Escaping for terminals. Beyond control characters it covers the few code points that break or
 * reorder a line (separators, bidirectional overrides).
 */
#include "text.h"

#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"

#define NOT_UTF8 UINT32_MAX

struct range {
	uint32_t first, last;
};

static const struct range unsafe[] = {
	{ 0x00, 0x1f },	    { 0x7f, 0x9f },	{ 0x061c, 0x061c },
	{ 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 },
};

/* The lead bytes of UTF-8 by length; smallest is what an honest encoder needs that length for. */
struct lead {
	uint8_t mask, value;
	uint32_t smallest;
};

static const struct lead leads[] = {
	{ 0xe0, 0xc0, 0x80 },
	{ 0xf0, 0xe0, 0x800 },
	{ 0xf8, 0xf0, 0x10000 },
};

static uint32_t decode_tail(const uint8_t *bytes, size_t tail, const struct lead *lead)
{
	uint32_t point = bytes[0] & (uint8_t)~lead->mask;

	for (size_t i = 1; i <= tail; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return NOT_UTF8;
		point = point << 6 | (bytes[i] & 0x3f);
	}
	if (point < lead->smallest || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return NOT_UTF8;
	return point;
}

/* The code point at bytes and how many bytes it takes; NOT_UTF8 takes one. */
static uint32_t decode(const uint8_t *bytes, size_t len, size_t *ret_taken)
{
	*ret_taken = 1;
	if (bytes[0] < 0x80)
		return bytes[0];
	for (size_t i = 0; i < ARRAY_SIZE(leads); i++) {
		uint32_t point;

		if ((bytes[0] & leads[i].mask) != leads[i].value || len < i + 2)
			continue;
		point = decode_tail(bytes, i + 1, &leads[i]);
		if (point != NOT_UTF8)
			*ret_taken = i + 2;
		return point;
	}
	return NOT_UTF8;
}

static bool is_unsafe(uint32_t point)
{
	for (size_t i = 0; i < ARRAY_SIZE(unsafe); i++) {
		if (point >= unsafe[i].first && point <= unsafe[i].last)
			return true;
	}
	return false;
}

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
	case NOT_UTF8:
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
			point = decode(bytes + at, text.len - at, &taken);
		if (point == NOT_UTF8 || is_unsafe(point))
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
