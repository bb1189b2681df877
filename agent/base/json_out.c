// SPDX-License-Identifier: BSD-2-Clause
/*
 * JSON straight into a buffer: no tree, no allocation of its own. Runs of plain text are copied
 * whole; only what needs an escape or is no valid UTF-8 is looked at byte by byte.
 */
#include "json_out.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "buf.h"
#include "timefmt.h"
#include "utf8.h"

static void begin_value(struct json_out *out, const char *key)
{
	size_t len = key ? strlen(key) : 0;
	char *at;

	if (!buf_reserve(out->buf, len + 4))
		return;
	at = out->buf->data + out->buf->end;
	if (out->need_comma)
		*at++ = ',';
	if (key) {
		*at++ = '"';
		at = mempcpy(at, key, len);
		*at++ = '"';
		*at++ = ':';
	}
	out->buf->end = (size_t)(at - out->buf->data);
	out->need_comma = true;
}

static void open_scope(struct json_out *out, const char *key, char bracket)
{
	begin_value(out, key);
	buf_append_char(out->buf, bracket);
	out->need_comma = false;
}

static void close_scope(struct json_out *out, char bracket)
{
	buf_append_char(out->buf, bracket);
	out->need_comma = true;
}

void json_object_begin(struct json_out *out, const char *key)
{
	open_scope(out, key, '{');
}

void json_object_end(struct json_out *out)
{
	close_scope(out, '}');
}

void json_array_begin(struct json_out *out, const char *key)
{
	open_scope(out, key, '[');
}

void json_array_end(struct json_out *out)
{
	close_scope(out, ']');
}

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '&' && c != '<' && c != '>';
}

#define ONES  0x0101010101010101ULL
#define HIGHS (ONES << 7)

/* The same of eight bytes at once, quotes apart: a high bit stays of each that is not. */
static bool are_plain(uint64_t bytes)
{
	uint64_t below = bytes - ONES * ' ', above = bytes | (bytes + ONES);
	uint64_t backslash = (bytes ^ ONES * '\\') - ONES, ampersand = (bytes ^ ONES * '&') - ONES;
	uint64_t angle = ((bytes & ~(ONES * ('<' ^ '>'))) ^ ONES * '<') - ONES;

	return !((below | above | backslash | ampersand | angle) & HIGHS);
}

bool json_is_plain(struct text json)
{
	const char *at = json.bytes, *end = at + json.len;

	for (; end - at >= 8; at += 8) {
		uint64_t bytes;

		memcpy(&bytes, at, sizeof(bytes));
		if (!are_plain(bytes))
			return false;
	}
	while (at < end && (*at == '"' || is_plain((unsigned char)*at)))
		at++;
	return at == end;
}

static void append_unicode(struct buf *buf, unsigned int code)
{
	static const char hex[] = "0123456789abcdef";
	char text[] = "\\u0000";

	for (size_t i = sizeof(text) - 2; code; i--, code >>= 4)
		text[i] = hex[code & 15];
	buf_append(buf, text, sizeof(text) - 1);
}

static void append_escaped(struct buf *buf, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *found = memchr(from, c, sizeof(from) - 1);

	if (!found) {
		append_unicode(buf, c);
		return;
	}
	buf_append_char(buf, '\\');
	buf_append_char(buf, to[found - from]);
}

/*
 * Appends one sequence that begins outside ASCII; returns the bytes used up. A reader may send the
 * line to a terminal as it is, so what is unsafe there is written as an escape, which is the same
 * to JSON.
 */
static size_t append_utf8(struct buf *buf, const char *at, size_t len)
{
	size_t taken;
	uint32_t point = utf8_decode(at, len, &taken);

	if (point == UTF8_NONE)
		buf_append_str(buf, "\ufffd");
	else if (utf8_is_unsafe(point)) /* all of them have 16 bits */
		append_unicode(buf, point);
	else
		buf_append(buf, at, taken);
	return taken;
}

void json_key(struct json_out *out, const char *key)
{
	begin_value(out, key);
}

void json_slice(struct json_out *out, const char *key, struct text value)
{
	const char *at = value.bytes, *end = at + value.len;

	begin_value(out, key);
	buf_append_char(out->buf, '"');
	while (at < end) {
		const char *run = at;

		while (at < end && is_plain((unsigned char)*at))
			at++;
		buf_append(out->buf, run, (size_t)(at - run));
		if (at == end)
			break;
		if ((unsigned char)*at < 0x80)
			append_escaped(out->buf, (unsigned char)*at++);
		else
			at += append_utf8(out->buf, at, (size_t)(end - at));
	}
	buf_append_char(out->buf, '"');
}

void json_string(struct json_out *out, const char *key, const char *value)
{
	json_slice(out, key, text_from_str(value ? value : ""));
}

void json_u64(struct json_out *out, const char *key, uint64_t value)
{
	begin_value(out, key);
	buf_append_u64(out->buf, value);
}

void json_u64_str(struct json_out *out, const char *key, uint64_t value)
{
	begin_value(out, key);
	buf_append_char(out->buf, '"');
	buf_append_u64(out->buf, value);
	buf_append_char(out->buf, '"');
}

void json_i64(struct json_out *out, const char *key, int64_t value)
{
	begin_value(out, key);
	if (value < 0)
		buf_append_char(out->buf, '-');
	/* Negated as unsigned: INT64_MIN has no positive twin. */
	buf_append_u64(out->buf, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

/* "12.500" to "12.5", "3.000" to "3", "-0.00" to "0"; begin: where the number does. */
static void trim_number(struct buf *buf, size_t begin)
{
	const char *number = buf_bytes(buf) + begin;

	if (buf->failed)
		return;
	if (memchr(number, '.', buf_len(buf) - begin)) {
		while (buf->data[buf->end - 1] == '0')
			buf->end--;
		if (buf->data[buf->end - 1] == '.')
			buf->end--;
	}
	if (buf_len(buf) - begin == 2 && memcmp(number, "-0", 2) == 0) {
		buf_truncate(buf, begin);
		buf_append_char(buf, '0');
	}
}

void json_double(struct json_out *out, const char *key, double value, int decimals)
{
	size_t begin;

	begin_value(out, key);
	if (!isfinite(value)) {
		buf_append_str(out->buf, "null");
		return;
	}
	begin = buf_len(out->buf);
	buf_printf(out->buf, "%.*f", decimals, value);
	trim_number(out->buf, begin);
}

void json_bool(struct json_out *out, const char *key, bool value)
{
	begin_value(out, key);
	buf_append_str(out->buf, value ? "true" : "false");
}

void json_raw(struct json_out *out, const char *key, const char *bytes, size_t len)
{
	begin_value(out, key);
	buf_append(out->buf, bytes, len);
}

void json_time(struct json_out *out, const char *key, uint64_t realtime_ns)
{
	char text[TIME_RFC3339_SIZE];
	size_t len = time_to_rfc3339(realtime_ns, text);

	begin_value(out, key);
	buf_append_char(out->buf, '"');
	buf_append(out->buf, text, len);
	buf_append_char(out->buf, '"');
}
