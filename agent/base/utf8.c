// SPDX-License-Identifier: BSD-2-Clause
/*
 * One decoder for all who write text: into JSON, onto terminals, into the log.
 */
#include "utf8.h"

#include <string.h>

#include "cleanup.h"

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

static const char replacement[] = "\ufffd";
static const char ellipsis[] = "\u2026";

static uint32_t decode_tail(const uint8_t *bytes, size_t tail, const struct lead *lead)
{
	uint32_t point = bytes[0] & (uint8_t)~lead->mask;

	for (size_t i = 1; i <= tail; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return UTF8_NONE;
		point = point << 6 | (bytes[i] & 0x3f);
	}
	if (point < lead->smallest || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return UTF8_NONE;
	return point;
}

uint32_t utf8_decode(const char *text, size_t len, size_t *ret_taken)
{
	const uint8_t *bytes = (const uint8_t *)text;

	*ret_taken = 1;
	if (bytes[0] < 0x80)
		return bytes[0];
	for (size_t i = 0; i < ARRAY_SIZE(leads); i++) {
		uint32_t point;

		if ((bytes[0] & leads[i].mask) != leads[i].value || len < i + 2)
			continue;
		point = decode_tail(bytes, i + 1, &leads[i]);
		if (point != UTF8_NONE)
			*ret_taken = i + 2;
		return point;
	}
	return UTF8_NONE;
}

bool utf8_is_unsafe(uint32_t point)
{
	for (size_t i = 0; i < ARRAY_SIZE(unsafe); i++) {
		if (point >= unsafe[i].first && point <= unsafe[i].last)
			return true;
	}
	return false;
}

size_t utf8_clip(char *to, size_t size, const char *bytes, size_t len)
{
	size_t end = 0, cut = 0; /* cut: where the ellipsis would go */

	for (size_t at = 0; at < len;) {
		size_t taken, put;
		uint32_t point = utf8_decode(bytes + at, len - at, &taken);
		const char *from = bytes + at;

		put = taken;
		if (point == UTF8_NONE || !point) {
			from = replacement;
			put = sizeof(replacement) - 1;
		}
		if (end + put >= size) {
			memcpy(to + cut, ellipsis, sizeof(ellipsis));
			return cut + sizeof(ellipsis) - 1;
		}
		memcpy(to + end, from, put);
		end += put;
		at += taken;
		if (end + sizeof(ellipsis) <= size)
			cut = end;
	}
	to[end] = '\0';
	return end;
}
