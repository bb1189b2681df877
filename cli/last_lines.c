// SPDX-License-Identifier: BSD-2-Clause
#include "last_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST 64

struct last_line {
	size_t len;
	char bytes[];
};

void last_lines_done(struct last_lines *last)
{
	for (size_t i = 0; i < last->count; i++)
		free(last->lines[i]);
	free(last->lines);
	*last = (struct last_lines){ .max = last->max };
}

/* Only while nothing was let go yet: the oldest is at 0. */
static int grow(struct last_lines *last)
{
	size_t size = last->size ? last->size * 2 : SIZE_FIRST;
	struct last_line **lines = reallocarray(last->lines, size, sizeof(struct last_line *));

	if (!lines)
		return -ENOMEM;
	last->lines = lines;
	last->size = size;
	return 0;
}

int last_lines_add(struct last_lines *last, struct text line)
{
	struct last_line *copy;

	if (last->count < last->max && last->count == last->size && grow(last) < 0)
		return -ENOMEM;
	copy = malloc(sizeof(*copy) + line.len);
	if (!copy)
		return -ENOMEM;
	copy->len = line.len;
	memcpy(copy->bytes, line.bytes, line.len);
	if (last->count < last->max) {
		last->lines[last->count++] = copy;
		return 0;
	}
	free(last->lines[last->oldest]);
	last->lines[last->oldest] = copy;
	last->oldest = (last->oldest + 1) % last->count;
	return 0;
}

struct text last_lines_at(const struct last_lines *last, size_t index)
{
	const struct last_line *line = last->lines[(last->oldest + index) % last->count];

	return (struct text){ line->bytes, line->len };
}
