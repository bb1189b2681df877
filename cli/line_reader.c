// SPDX-License-Identifier: BSD-2-Clause
/* Blocks of bytes, cut at newlines. */
#include "line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"

#include "gunzip.h"

#define READ_SIZE ((size_t)256 << 10)

struct line_reader {
	int fd;
	const char *name;
	struct buf packed; /* as read; not used once it is known that nothing is packed */
	struct buf in;
	struct gunzip *gunzip;
	bool is_known, has_ended;
	size_t taken;	/* bytes of `in` handed out with the last line */
	size_t scanned; /* bytes after those that hold no newline */
	uint64_t number;
};

int line_reader_open(struct line_reader **ret, const char *path)
{
	bool is_stdin = !strcmp(path, "-");
	auto_close int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
				     : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct line_reader *reader;

	if (fd < 0)
		return log_err(-errno, "cannot open %s", is_stdin ? "standard input" : path);
	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return log_err(-ENOMEM, "cannot read %s", path);
	reader->fd = TAKE_FD(fd);
	reader->name = is_stdin ? "standard input" : path;
	*ret = reader;
	return 0;
}

void line_reader_free(struct line_reader **reader)
{
	if (!*reader)
		return;
	close((*reader)->fd);
	buf_done(&(*reader)->packed);
	buf_done(&(*reader)->in);
	gunzip_free(&(*reader)->gunzip);
	free(TAKE_PTR(*reader));
}

const char *line_reader_name(const struct line_reader *reader)
{
	return reader->name;
}

/* Bytes as they are in the file: their number, 0 at its end. */
static ssize_t read_bytes(struct line_reader *reader, struct buf *to)
{
	ssize_t len;

	if (!buf_reserve(to, READ_SIZE))
		return log_err(-ENOMEM, "cannot read %s", reader->name);
	do {
		len = read(reader->fd, to->data + to->end, READ_SIZE);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return log_err(-errno, "cannot read %s", reader->name);
	to->end += (size_t)len;
	return len;
}

/* The first bytes tell whether they are packed. */
static int find_out(struct line_reader *reader)
{
	ssize_t len = 1;

	while (len > 0 && buf_len(&reader->packed) < GUNZIP_MAGIC_SIZE)
		len = read_bytes(reader, &reader->packed);
	if (len < 0)
		return (int)len;
	reader->is_known = true;
	if (buf_len(&reader->packed) >= GUNZIP_MAGIC_SIZE &&
	    !memcmp(buf_bytes(&reader->packed), GUNZIP_MAGIC, GUNZIP_MAGIC_SIZE)) {
		if (gunzip_new(&reader->gunzip) < 0)
			return log_err(-ENOMEM, "cannot unpack %s", reader->name);
		return 0;
	}
	reader->in = reader->packed;
	reader->packed = (struct buf){};
	reader->has_ended = len == 0;
	return 0;
}

static int explain_damage(const struct line_reader *reader, const char *what)
{
	log_err(0, "cannot unpack %s: %s", reader->name, what);
	return -EIO;
}

static int read_packed(struct line_reader *reader)
{
	size_t before = buf_len(&reader->in);

	while (!reader->has_ended) {
		int r = gunzip_some(reader->gunzip, &reader->packed, &reader->in);
		ssize_t len;

		if (r < 0)
			return explain_damage(reader,
					      r == -ENOMEM ? "out of memory" : "it is damaged");
		if (buf_len(&reader->in) > before)
			return 0;
		len = read_bytes(reader, &reader->packed);
		if (len < 0)
			return (int)len;
		reader->has_ended = len == 0;
	}
	return gunzip_is_whole(reader->gunzip) ? 0 : explain_damage(reader, "its end is missing");
}

static int read_more(struct line_reader *reader)
{
	ssize_t len;

	if (!reader->is_known)
		return find_out(reader);
	if (reader->gunzip)
		return read_packed(reader);
	len = read_bytes(reader, &reader->in);
	reader->has_ended = len == 0;
	return len < 0 ? (int)len : 0;
}

/* The newline that ends the next line, or NULL. */
static const char *find_newline(struct line_reader *reader)
{
	size_t done = reader->taken + reader->scanned;
	size_t len = buf_len(&reader->in) - done;
	const char *newline = len ? memchr(buf_bytes(&reader->in) + done, '\n', len) : NULL;

	if (!newline)
		reader->scanned += len;
	return newline;
}

bool line_reader_has_line(struct line_reader *reader)
{
	return find_newline(reader);
}

/* Of a line that is too long only the beginning is kept. */
static void cut(struct line_reader *reader)
{
	buf_truncate(&reader->in, LINE_READER_MAX);
	reader->scanned = LINE_READER_MAX;
}

int line_reader_next(struct line_reader *reader, struct input_line *ret)
{
	struct input_line line = { .number = reader->number + 1 };
	const char *newline;

	buf_consume(&reader->in, reader->taken);
	reader->taken = 0;
	while (!(newline = find_newline(reader)) && !reader->has_ended) {
		int r;

		if (reader->scanned > LINE_READER_MAX) {
			line.is_too_long = true;
			cut(reader);
		}
		r = read_more(reader);
		if (r < 0)
			return r;
	}
	if (!newline && !reader->scanned)
		return 0;
	line.text.bytes = buf_bytes(&reader->in);
	line.text.len = newline ? (size_t)(newline - line.text.bytes) : reader->scanned;
	line.is_too_long |= line.text.len > LINE_READER_MAX;
	reader->taken = line.text.len + (newline != NULL);
	reader->scanned = 0;
	reader->number = line.number;
	*ret = line;
	return 1;
}
