// SPDX-License-Identifier: BSD-2-Clause
/* The configuration file of the agent: key = value a line. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "quote.h"

#define FILE_BYTES_MAX (1U << 20)

static const char blanks[] = " \t\r\n\v\f";

static char *trim(char *text)
{
	char *end;

	text += strspn(text, blanks);
	for (end = text + strlen(text); end > text && strchr(blanks, end[-1]); end--)
		end[-1] = '\0';
	return text;
}

/* A # begins a comment at the start of a line or after a blank: "a#b" is a value. */
static void cut_comment(char *line)
{
	for (char *at = line; (at = strchr(at, '#')); at++) {
		if (at == line || strchr(blanks, at[-1])) {
			*at = '\0';
			return;
		}
	}
}

/* 0 or -EINVAL after a message that begins with where. */
static int parse_line(struct options *options, char *line, const char *path, unsigned int number)
{
	char reason[OPTION_REASON_SIZE], *key, *value;
	int r;

	cut_comment(line);
	key = trim(line);
	if (!*key)
		return 0;
	value = strchr(key, '=');
	if (!value) {
		(void)log_err(0, "%s:%u: %s: not key = value", path, number, key);
		return -EINVAL;
	}
	*value++ = '\0';
	key = trim(key);
	value = trim(value);
	r = options_give(options, key, value, reason);
	if (r == -ENOENT)
		(void)log_err(0, "%s:%u: unknown key %s", path, number, key);
	else if (r < 0)
		(void)log_err(0, "%s:%u: %s = %s: %s", path, number, key, quote_empty(value),
			      reason);
	return r < 0 ? -EINVAL : 0;
}

/* Line by line; a NUL stands behind the last one. */
static int parse_text(struct options *options, char *text, size_t len, const char *path)
{
	char *end = text + len;
	int r = 0;

	for (unsigned int number = 1; text < end && r == 0; number++) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		char *next = newline ? newline + 1 : end;

		if (memchr(text, '\0', (size_t)(next - text))) {
			(void)log_err(0, "%s:%u: not a line of text", path, number);
			return -EINVAL;
		}
		if (newline)
			*newline = '\0';
		r = parse_line(options, text, path, number);
		text = next;
	}
	return r;
}

static int parse_file(struct options *options, FILE *file, const char *path)
{
	auto_free char *text = malloc(FILE_BYTES_MAX + 1);
	size_t len;

	if (!text)
		return log_err(-ENOMEM, "%s", path);
	errno = 0;
	len = fread(text, 1, FILE_BYTES_MAX + 1, file);
	if (ferror(file))
		return log_err(errno ? -errno : -EIO, "%s", path);
	if (len > FILE_BYTES_MAX) {
		(void)log_err(0, "%s: longer than %u bytes", path, FILE_BYTES_MAX);
		return -EINVAL;
	}
	text[len] = '\0';
	return parse_text(options, text, len, path);
}

int options_from_file(struct options *options, const char *path)
{
	auto_file FILE *file = fopen(path, "re");

	if (!file)
		return errno == ENOENT ? -ENOENT : log_err(-errno, "%s", path);
	options_next_place(options);
	return parse_file(options, file, path);
}
