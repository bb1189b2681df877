// SPDX-License-Identifier: BSD-2-Clause
/*
 * The three places an option comes from: command line, environment, file. Each words its own
 * complaint. What a later place gives replaces what an earlier one gave, lists included; within
 * one place a list adds up.
 */
#include "options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "option_value.h"

#define OPTION_LISTS_MAX 128
#define ENV_NAME_SIZE	 64
#define HELP_COLUMN	 32

static const char blanks[] = " \t\r\n\v\f";

/* One place, and the lists it has begun. */
struct source {
	const struct option_row *tables[2];
	void *target;
	const struct option_row *lists[OPTION_LISTS_MAX];
	size_t list_count;
	char reason[OPTION_REASON_SIZE];
};

static bool list_is_begun(const struct source *source, const struct option_row *row)
{
	for (size_t i = 0; i < source->list_count; i++) {
		if (source->lists[i] == row)
			return true;
	}
	return false;
}

/* 0 or -EINVAL, and then the source has the reason. */
static int give(struct source *source, const struct option_row *row, const char *value)
{
	if (option_is_list(row) && !list_is_begun(source, row)) {
		assert(source->list_count < OPTION_LISTS_MAX);
		source->lists[source->list_count++] = row;
		option_clear(row, source->target);
	}
	return option_set(row, source->target, value, source->reason);
}

static const struct option_row *find_long(const struct source *source, const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(source->tables); i++) {
		for (const struct option_row *row = source->tables[i]; row && row->kind; row++) {
			if (strlen(row->long_name) == len && memcmp(row->long_name, name, len) == 0)
				return row;
		}
	}
	return NULL;
}

static const struct option_row *find_short(const struct source *source, char name)
{
	for (size_t i = 0; i < ARRAY_SIZE(source->tables); i++) {
		for (const struct option_row *row = source->tables[i]; row && row->kind; row++) {
			if (row->short_name == name)
				return row;
		}
	}
	return NULL;
}

struct words {
	char **at, **end;
};

/* value: what stood after '=' or, for a short flag, what was left of the word; NULL if nothing. */
static int give_flag(struct source *source, const struct option_row *row, const char *value,
		     struct words *words)
{
	if (!value && row->kind == OPT_BOOL)
		value = "true";
	if (!value && words->at < words->end)
		value = *words->at++;
	if (!value) {
		(void)log_err(0, "--%s: needs a value", row->long_name);
		return -EINVAL;
	}
	if (give(source, row, value) < 0) {
		(void)log_err(0, "--%s %s: %s", row->long_name, value, source->reason);
		return -EINVAL;
	}
	return 0;
}

static int parse_long(struct source *source, const char *word, struct words *words)
{
	size_t len = strcspn(word, "=");
	const struct option_row *row = find_long(source, word, len);

	if (!row) {
		(void)log_err(0, "unknown option --%.*s", (int)len, word);
		return -EINVAL;
	}
	return give_flag(source, row, word[len] ? word + len + 1 : NULL, words);
}

/* "-f", "-n5", "-n=5", "-fn5"; a flag that takes a value takes the rest of the word. */
static int parse_short(struct source *source, const char *word, struct words *words)
{
	int r = 0;

	while (*word && r == 0) {
		const struct option_row *row = find_short(source, *word);
		const char *rest = word + 1;

		if (!row) {
			(void)log_err(0, "unknown option -%c", *word);
			return -EINVAL;
		}
		if (row->kind == OPT_BOOL && *rest != '=') {
			r = give_flag(source, row, NULL, words);
			word = rest;
			continue;
		}
		rest += *rest == '=';
		return give_flag(source, row, word[1] ? rest : NULL, words);
	}
	return r;
}

int options_parse(const struct option_row *rows, const struct option_row *extra, void *target,
		  int argc, char **argv)
{
	struct source source = { .tables = { rows, extra }, .target = target };
	struct words words = { .at = argv + (argc > 0), .end = argv + argc };
	bool flags_ended = false;
	int kept = 0;

	while (words.at < words.end) {
		char *word = *words.at++;
		int r = 0;

		if (flags_ended || word[0] != '-' || !word[1])
			argv[1 + kept++] = word;
		else if (strcmp(word, "--") == 0)
			flags_ended = true;
		else if (word[1] == '-')
			r = parse_long(&source, word + 2, &words);
		else
			r = parse_short(&source, word + 1, &words);
		if (r < 0)
			return r;
	}
	if (1 + kept < argc)
		argv[1 + kept] = NULL;
	return kept;
}

/* "ring-size" to WEIR_RING_SIZE. */
static void env_name(const char *long_name, char name[static ENV_NAME_SIZE])
{
	snprintf(name, ENV_NAME_SIZE, "WEIR_%s", long_name);
	for (char *at = name; *at; at++)
		*at = (char)(*at == '-' ? '_' : toupper((unsigned char)*at));
}

int options_from_env(const struct option_row *rows, void *target)
{
	struct source source = { .tables = { rows }, .target = target };
	char name[ENV_NAME_SIZE];

	for (const struct option_row *row = rows; row->kind; row++) {
		const char *value;

		env_name(row->long_name, name);
		value = getenv(name);
		/* Set to nothing is how a shell says not set. */
		if (!value || !*value)
			continue;
		if (give(&source, row, value) < 0) {
			(void)log_err(0, "%s=%s: %s", name, value, source.reason);
			return -EINVAL;
		}
	}
	return 0;
}

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
static int parse_line(struct source *source, char *line, const char *path, unsigned int number)
{
	const struct option_row *row;
	char *key, *value;

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
	row = find_long(source, key, strlen(key));
	if (!row) {
		(void)log_err(0, "%s:%u: unknown key %s", path, number, key);
		return -EINVAL;
	}
	if (give(source, row, value) < 0) {
		(void)log_err(0, "%s:%u: %s = %s: %s", path, number, key, value, source->reason);
		return -EINVAL;
	}
	return 0;
}

static int parse_file(struct source *source, FILE *file, const char *path)
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
		r = parse_line(source, line, path, number);
	}
	return r;
}

int options_from_file(const struct option_row *rows, void *target, const char *path)
{
	struct source source = { .tables = { rows }, .target = target };
	auto_file FILE *file = fopen(path, "re");

	if (!file)
		return errno == ENOENT ? -ENOENT : log_err(-errno, "%s", path);
	return parse_file(&source, file, path);
}

void options_done(const struct option_row *rows, void *target)
{
	for (const struct option_row *row = rows; row->kind; row++)
		option_clear(row, target);
}

void options_print(const struct option_row *rows, FILE *out)
{
	for (const struct option_row *row = rows; row->kind; row++) {
		int width = 6;

		if (row->short_name)
			fprintf(out, "  -%c, ", row->short_name);
		else
			fputs("      ", out);
		width += fprintf(out, "--%s", row->long_name);
		if (row->metavar)
			width += fprintf(out, " %s", row->metavar);
		if (width + 2 > HELP_COLUMN) {
			fputc('\n', out);
			width = 0;
		}
		fprintf(out, "%*s%s\n", HELP_COLUMN - width, "", row->help);
	}
}
