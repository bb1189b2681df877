// SPDX-License-Identifier: BSD-2-Clause
/* The configuration file of the agent: key = value a line. */
#include "options.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "quote.h"

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

static int parse_file(struct options *options, FILE *file, const char *path)
{
	auto_free char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int r = 0;

	for (unsigned int number = 1; r == 0; number++) {
		errno = 0;
		len = getline(&line, &size, file);
		if (len < 0)
			return errno ? log_err(-errno, "%s", path) : 0;
		if (strlen(line) != (size_t)len) {
			(void)log_err(0, "%s:%u: not a line of text", path, number);
			return -EINVAL;
		}
		r = parse_line(options, line, path, number);
	}
	return r;
}

int options_from_file(struct options *options, const char *path)
{
	auto_file FILE *file = fopen(path, "re");

	if (!file)
		return errno == ENOENT ? -ENOENT : log_err(-errno, "%s", path);
	options_next_place(options);
	return parse_file(options, file, path);
}
