// SPDX-License-Identifier: BSD-2-Clause
#include "socket/json_lines.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"

/* A line, its newline included. The last one may have none. */
static size_t line_len(const char *line, size_t len)
{
	const char *newline = memchr(line, '\n', len);

	return newline ? (size_t)(newline - line) + 1 : len;
}

/* Is it {"key": and so on? */
static bool has_key(const char *line, size_t len, const char *key)
{
	size_t key_len = strlen(key);

	return len > key_len + 3 && !memcmp(line, "{\"", 2) && !memcmp(line + 2, key, key_len) &&
	       line[2 + key_len] == '"';
}

/* Where the answer that runs begins. */
static size_t answer_begin(const char *bytes, size_t len, size_t from)
{
	size_t begin = from;

	for (size_t at = from, line; at < len; at += line) {
		line = line_len(bytes + at, len - at);
		if (has_key(bytes + at, line, "end") || has_key(bytes + at, line, "error"))
			begin = at + line;
	}
	return begin;
}

uint64_t json_lines_drop(struct buf *buf, const char *key)
{
	char *bytes = buf->data + buf->start;
	size_t len = buf_len(buf), kept;
	uint64_t dropped = 0;

	if (!len)
		return 0;
	kept = answer_begin(bytes, len, line_len(bytes, len));
	for (size_t at = kept, line; at < len; at += line) {
		line = line_len(bytes + at, len - at);
		if (has_key(bytes + at, line, key)) {
			dropped++;
			continue;
		}
		memmove(bytes + kept, bytes + at, line);
		kept += line;
	}
	buf_truncate(buf, kept);
	return dropped;
}
