// SPDX-License-Identifier: BSD-2-Clause
/*
 * One line of stderr a message, in one write. Text comes from outside (interface names, paths,
 * what a peer sent), so control characters are replaced; a text of several lines, as libbpf's
 * verifier logs are, becomes several lines with a prefix each.
 */
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "utf8.h"

static struct {
	const char *program;
	enum log_level max;
	bool journal;
} logger = { .max = LOG_LEVEL_INFO };

/* The variable is inherited, stderr may have been redirected since: systemd.exec(5). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char mine[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(mine, sizeof(mine), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, mine) == 0;
}

void log_init(const char *program, enum log_level max)
{
	logger.program = program;
	logger.max = max;
	logger.journal = stderr_is_journal();
}

enum log_level log_max_level(void)
{
	return logger.max;
}

void log_set_max_level(enum log_level max)
{
	logger.max = max;
}

static int priority(enum log_level level)
{
	static const int priorities[] = {
		[LOG_LEVEL_ERR] = 3,
		[LOG_LEVEL_WARN] = 4,
		[LOG_LEVEL_INFO] = 6,
		[LOG_LEVEL_DEBUG] = 7,
	};

	return priorities[level];
}

static void defuse(char *text)
{
	size_t len = strlen(text), taken;

	for (; len; text += taken, len -= taken) {
		uint32_t point = utf8_decode(text, len, &taken);

		if (point == UTF8_NONE || (utf8_is_unsafe(point) && point != '\t'))
			memset(text, '?', taken);
	}
}

static void print_line(enum log_level level, char *text, const char *why)
{
	const char *colon = why ? ": " : "";

	defuse(text);
	if (!why)
		why = "";
	if (logger.journal)
		fprintf(stderr, "<%d>%s%s%s\n", priority(level), text, colon, why);
	else if (logger.program)
		fprintf(stderr, "%s: %s%s%s\n", logger.program, text, colon, why);
	else
		fprintf(stderr, "%s%s%s\n", text, colon, why);
}

static void print_text(enum log_level level, int error, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static void print_text(enum log_level level, int error, const char *format, va_list args)
{
	const char *why = error < 0 ? strerror(-error) : NULL;
	char out_of_memory[] = "out of memory for a message";
	auto_free char *text = NULL;
	char *line, *next, *end;

	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		print_line(level, out_of_memory, why);
		return;
	}
	for (end = text + strlen(text); end > text && end[-1] == '\n'; end--)
		end[-1] = '\0';
	for (line = text; (next = strchr(line, '\n')); line = next + 1) {
		*next = '\0';
		print_line(level, line, NULL);
	}
	print_line(level, line, why);
}

int log_vat(enum log_level level, int error, const char *format, va_list args)
{
	int saved = errno;

	if (level > logger.max)
		return error;
	print_text(level, error, format, args);
	errno = saved;
	return error;
}

int log_at(enum log_level level, int error, const char *format, ...)
{
	va_list args;

	if (level > logger.max)
		return error;
	va_start(args, format);
	log_vat(level, error, format, args);
	va_end(args);
	return error;
}
