/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of a file, plain or gzip'ed, or of standard input. What is there is handed out before
 * more is waited for, and no more is kept than a line and a block.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

struct line_reader;

#define LINE_READER_MAX ((size_t)1 << 20)

/* path "-": standard input. An error has been told by the time a function returns it. */
int line_reader_open(struct line_reader **ret, const char *path);
void line_reader_free(struct line_reader **reader);

#define auto_line_reader __attribute__((cleanup(line_reader_free)))

struct input_line {
	struct text text; /* without the newline; valid until the next call */
	uint64_t number;  /* from 1 */
	bool is_too_long; /* the text is cut */
};

/* 1: a line; 0: there are no more; an error. */
int line_reader_next(struct line_reader *reader, struct input_line *ret);
/* line_reader_next() would return at once. */
bool line_reader_has_line(struct line_reader *reader);
/* "FILE", or "standard input" */
const char *line_reader_name(const struct line_reader *reader);
