// SPDX-License-Identifier: BSD-2-Clause
/* Escapes of JSON strings. */
#include "json_unescape.h"

#include <stdint.h>
#include <string.h>

#include "buf.h"

#define REPLACEMENT 0xfffd

static bool parse_hex(const char *digits, const char *end, uint32_t *ret)
{
	uint32_t value = 0;

	if (end - digits < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = digits[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*ret = value;
	return true;
}

static void append_utf8(struct buf *out, uint32_t point)
{
	if (point < 0x80) {
		buf_append_char(out, (char)point);
		return;
	}
	if (point < 0x800) {
		buf_append_char(out, (char)(0xc0 | point >> 6));
	} else {
		if (point < 0x10000) {
			buf_append_char(out, (char)(0xe0 | point >> 12));
		} else {
			buf_append_char(out, (char)(0xf0 | point >> 18));
			buf_append_char(out, (char)(0x80 | (point >> 12 & 0x3f)));
		}
		buf_append_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
	}
	buf_append_char(out, (char)(0x80 | (point & 0x3f)));
}

static bool is_surrogate(uint32_t point, uint32_t first)
{
	return point >= first && point < first + 0x400;
}

/* at: after "\u". Half a pair becomes U+FFFD. Returns what follows, or NULL. */
static const char *unescape_u(struct buf *out, const char *at, const char *end)
{
	uint32_t point, low;

	if (!parse_hex(at, end, &point))
		return NULL;
	at += 4;
	if (is_surrogate(point, 0xd800) && end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
	    parse_hex(at + 2, end, &low) && is_surrogate(low, 0xdc00)) {
		point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
		at += 6;
	}
	append_utf8(out, is_surrogate(point, 0xd800) || is_surrogate(point, 0xdc00) ? REPLACEMENT
										    : point);
	return at;
}

/* at: after the backslash. */
static const char *unescape(struct buf *out, const char *at, const char *end)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (at < end && *at == 'u')
		return unescape_u(out, at + 1, end);
	found = at < end && *at ? strchr(from, *at) : NULL;
	if (!found)
		return NULL;
	buf_append_char(out, to[found - from]);
	return at + 1;
}

bool json_unescape(struct buf *out, struct text quoted, struct text *ret)
{
	size_t before = buf_len(out);
	const char *at = quoted.bytes;
	const char *end = at + quoted.len;

	while (at && at < end) {
		const char *escape = memchr(at, '\\', (size_t)(end - at));

		buf_append(out, at, (size_t)((escape ? escape : end) - at));
		at = escape ? unescape(out, escape + 1, end) : end;
	}
	if (!at || out->failed)
		return false;
	*ret = (struct text){ buf_bytes(out) + before, buf_len(out) - before };
	return true;
}
