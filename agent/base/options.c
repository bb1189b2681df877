// SPDX-License-Identifier: BSD-2-Clause
/*
 * The three places an option comes from: command line, environment, file. Each words its own
 * complaint.
 */
#include "options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "option_value.h"

#define ENV_NAME_SIZE 64
#define HELP_COLUMN   32

static const char blanks[] = " \t\r\n\v\f";

static void begin_place(struct options *options)
{
	options->given_before = options->given_count;
}

/* Where it stands among the given, given_count if it does not. */
static size_t find_given(const struct options *options, const struct option_row *row)
{
	size_t at = 0;

	while (at < options->given_count && options->given[at] != row)
		at++;
	return at;
}

static bool is_settled(const struct options *options, const struct option_row *row)
{
	return find_given(options, row) < options->given_before;
}

/* 0 or -EINVAL, and then there is a reason. */
static int give(struct options *options, const struct option_row *row, const char *value,
		char reason[static OPTION_REASON_SIZE])
{
	if (is_settled(options, row))
		return option_check(row, value, reason);
	if (find_given(options, row) == options->given_count) {
		assert(options->given_count < OPTIONS_GIVEN_MAX);
		options->given[options->given_count++] = row;
		if (option_is_list(row))
			option_clear(row, options->target);
	}
	return option_set(row, options->target, value, reason);
}

static const struct option_row *find_long(const struct options *options, const char *name,
					  size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(options->tables); i++) {
		for (const struct option_row *row = options->tables[i]; row && row->kind; row++) {
			if (strlen(row->long_name) == len && memcmp(row->long_name, name, len) == 0)
				return row;
		}
	}
	return NULL;
}

static const struct option_row *find_short(const struct options *options, char name)
{
	for (size_t i = 0; i < ARRAY_SIZE(options->tables); i++) {
		for (const struct option_row *row = options->tables[i]; row && row->kind; row++) {
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
static int give_flag(struct options *options, const struct option_row *row, const char *value,
		     struct words *words)
{
	char reason[OPTION_REASON_SIZE];

	if (!value && row->kind == OPT_BOOL)
		value = "true";
	if (!value && words->at < words->end)
		value = *words->at++;
	if (!value) {
		(void)log_err(0, "--%s: needs a value", row->long_name);
		return -EINVAL;
	}
	if (give(options, row, value, reason) < 0) {
		(void)log_err(0, "--%s %s: %s", row->long_name, value, reason);
		return -EINVAL;
	}
	return 0;
}

static int parse_long(struct options *options, const char *word, struct words *words)
{
	size_t len = strcspn(word, "=");
	const struct option_row *row = find_long(options, word, len);

	if (!row) {
		(void)log_err(0, "unknown option --%.*s", (int)len, word);
		return -EINVAL;
	}
	return give_flag(options, row, word[len] ? word + len + 1 : NULL, words);
}

/* "-f", "-n5", "-n=5", "-fn5"; a flag that takes a value takes the rest of the word. */
static int parse_short(struct options *options, const char *word, struct words *words)
{
	int r = 0;

	while (*word && r == 0) {
		const struct option_row *row = find_short(options, *word);
		const char *rest = word + 1;

		if (!row) {
			(void)log_err(0, "unknown option -%c", *word);
			return -EINVAL;
		}
		if (row->kind == OPT_BOOL && *rest != '=') {
			r = give_flag(options, row, NULL, words);
			word = rest;
			continue;
		}
		rest += *rest == '=';
		return give_flag(options, row, word[1] ? rest : NULL, words);
	}
	return r;
}

int options_parse(struct options *options, int argc, char **argv)
{
	struct words words = { .at = argv + (argc > 0), .end = argv + argc };
	bool flags_ended = false;
	int kept = 0;

	begin_place(options);
	while (words.at < words.end) {
		char *word = *words.at++;
		int r = 0;

		if (flags_ended || word[0] != '-' || !word[1])
			argv[1 + kept++] = word;
		else if (strcmp(word, "--") == 0)
			flags_ended = true;
		else if (word[1] == '-')
			r = parse_long(options, word + 2, &words);
		else
			r = parse_short(options, word + 1, &words);
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

/* Set to nothing is how a shell says not set. */
static const char *get_variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int give_variable(struct options *options, const struct option_row *row)
{
	char own_name[ENV_NAME_SIZE], reason[OPTION_REASON_SIZE];
	const char *name = own_name, *value;

	env_name(row->long_name, own_name);
	value = get_variable(name);
	if (!value && row->other_env) {
		name = row->other_env;
		value = get_variable(name);
	}
	if (value && give(options, row, value, reason) < 0) {
		(void)log_err(0, "%s=%s: %s", name, value, reason);
		return -EINVAL;
	}
	return 0;
}

int options_from_env(struct options *options)
{
	int r = 0;

	begin_place(options);
	for (size_t i = 0; i < ARRAY_SIZE(options->tables); i++) {
		const struct option_row *row = options->tables[i];

		for (; r == 0 && row && row->kind; row++) {
			if (!row->is_flag_only && !is_settled(options, row))
				r = give_variable(options, row);
		}
	}
	return r;
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
static int parse_line(struct options *options, char *line, const char *path, unsigned int number)
{
	char reason[OPTION_REASON_SIZE], *key, *value;
	const struct option_row *row;

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
	row = find_long(options, key, strlen(key));
	if (!row || row->is_flag_only) {
		(void)log_err(0, "%s:%u: unknown key %s", path, number, key);
		return -EINVAL;
	}
	if (give(options, row, value, reason) < 0) {
		(void)log_err(0, "%s:%u: %s = %s: %s", path, number, key, value, reason);
		return -EINVAL;
	}
	return 0;
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
	begin_place(options);
	return parse_file(options, file, path);
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
