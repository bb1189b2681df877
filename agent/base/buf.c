// SPDX-License-Identifier: BSD-2-Clause
/*
 * The growable buffer behind every reply, log line and queue. Its size doubles, so appending is
 * cheap however the pieces are cut; consumed room at the front is used again before it grows.
 */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_MIN_SIZE 256
#define U64_DIGITS   20

void buf_done(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ 0 };
}

static bool buf_grow(struct buf *buf, size_t len)
{
	size_t size = buf->size ? buf->size : BUF_MIN_SIZE;
	size_t need;
	char *data;

	if (__builtin_add_overflow(buf->end, len, &need))
		return false;
	while (size < need) {
		if (__builtin_mul_overflow(size, 2, &size))
			return false;
	}
	data = realloc(buf->data, size);
	if (!data)
		return false;
	buf->data = data;
	buf->size = size;
	return true;
}

/* Moves what there is to the front, but only if that is no more work than what was consumed. */
static bool buf_make_room(struct buf *buf, size_t len)
{
	size_t used = buf_len(buf);

	if (buf->start == 0 || buf->start < used || buf->size - used < len)
		return false;
	memmove(buf->data, buf->data + buf->start, used);
	buf->start = 0;
	buf->end = used;
	return true;
}

bool buf_reserve(struct buf *buf, size_t len)
{
	if (buf->failed)
		return false;
	if (buf->data && (buf->size - buf->end >= len || buf_make_room(buf, len)))
		return true;
	buf->failed = !buf_grow(buf, len);
	return !buf->failed;
}

void buf_append(struct buf *buf, const void *bytes, size_t len)
{
	if (len == 0 || !buf_reserve(buf, len))
		return;
	memcpy(buf->data + buf->end, bytes, len);
	buf->end += len;
}

void buf_append_str(struct buf *buf, const char *text)
{
	buf_append(buf, text, strlen(text));
}

void buf_append_char(struct buf *buf, char c)
{
	if (!buf_reserve(buf, 1))
		return;
	buf->data[buf->end++] = c;
}

/* Two digits a division. */
void buf_append_u64(struct buf *buf, uint64_t number)
{
	static const char pairs[] = "00010203040506070809"
				    "10111213141516171819"
				    "20212223242526272829"
				    "30313233343536373839"
				    "40414243444546474849"
				    "50515253545556575859"
				    "60616263646566676869"
				    "70717273747576777879"
				    "80818283848586878889"
				    "90919293949596979899";
	char text[U64_DIGITS];
	char *at = text + sizeof(text);

	for (; number >= 100; number /= 100) {
		at -= 2;
		memcpy(at, &pairs[number % 100 * 2], 2);
	}
	*--at = pairs[number * 2 + 1];
	if (number >= 10)
		*--at = pairs[number * 2];
	buf_append(buf, at, (size_t)(text + sizeof(text) - at));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	size_t room;
	va_list args;
	int len;

	if (!buf_reserve(buf, 1))
		return;
	room = buf->size - buf->end;
	va_start(args, format);
	len = vsnprintf(buf->data + buf->end, room, format, args);
	va_end(args);
	if (len < 0) {
		buf->failed = true;
		return;
	}
	if ((size_t)len >= room) {
		/* vsnprintf wants a place for its NUL, too. */
		if (!buf_reserve(buf, (size_t)len + 1))
			return;
		va_start(args, format);
		vsnprintf(buf->data + buf->end, (size_t)len + 1, format, args);
		va_end(args);
	}
	buf->end += (size_t)len;
}

void buf_consume(struct buf *buf, size_t len)
{
	if (len < buf_len(buf)) {
		buf->start += len;
		return;
	}
	buf->start = 0;
	buf->end = 0;
}

void buf_truncate(struct buf *buf, size_t len)
{
	if (len < buf_len(buf))
		buf->end = buf->start + len;
}

void buf_trim(struct buf *buf)
{
	size_t used = buf_len(buf);
	char *data;

	if (!used) {
		free(buf->data);
		*buf = (struct buf){ .failed = buf->failed };
		return;
	}
	memmove(buf->data, buf->data + buf->start, used);
	buf->start = 0;
	buf->end = used;
	data = realloc(buf->data, used);
	if (!data)
		return;
	buf->data = data;
	buf->size = used;
}
