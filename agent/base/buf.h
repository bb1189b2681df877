/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A growable byte buffer with a start offset, for output that is written and consumed in pieces.
 * An allocation that fails sets `failed` and drops what is appended from then on: check it once at
 * the end. All zeros is an empty buffer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t start; /* first byte not yet consumed */
	size_t end;   /* one past the last byte */
	size_t size;
	bool failed;
};

void buf_done(struct buf *buf);
static inline size_t buf_len(const struct buf *buf)
{
	return buf->end - buf->start;
}
static inline const char *buf_bytes(const struct buf *buf)
{
	return buf->data ? buf->data + buf->start : "";
}
/* Room for len more bytes at data + end; false if memory ran out. */
bool buf_reserve(struct buf *buf, size_t len);
void buf_append(struct buf *buf, const void *bytes, size_t len);
void buf_append_str(struct buf *buf, const char *text);
void buf_append_char(struct buf *buf, char c);
void buf_append_u64(struct buf *buf, uint64_t number);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first len bytes; an empty buffer goes back to its beginning. */
void buf_consume(struct buf *buf, size_t len);
/* Cuts the buffer back to len bytes. */
void buf_truncate(struct buf *buf, size_t len);
/* Gives back the memory that what is in it does not need. */
void buf_trim(struct buf *buf);

#define auto_buf __attribute__((cleanup(buf_done)))
