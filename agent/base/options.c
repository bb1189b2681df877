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
#include "quote.h"

#define ENV_NAME_SIZE 64
#define VALUE_SHOWN   1024 /* bytes of a value in a message */

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

/* A row, and what its offset counts from. */
struct found {
	const struct option_row *row;
	void *target;
};

/* 0 or -EINVAL, and then there is a reason. */
static int give(struct options *options, const struct found *found, const char *value,
		char reason[static OPTION_REASON_SIZE])
{
	const struct option_row *row = found->row;

	if (is_settled(options, row))
		return option_check(row, value, reason);
	if (find_given(options, row) == options->given_count) {
		assert(options->given_count < OPTIONS_GIVEN_MAX);
		options->given[options->given_count++] = row;
		if (option_is_list(row))
			option_clear(row, found->target);
	}
	return option_set(row, found->target, value, reason);
}

/* The next row of all tables; table: 0 at first. */
static bool next_row(const struct options *options, size_t *table, struct option_walk *walk,
		     struct found *ret)
{
	size_t base;

	while (*table < ARRAY_SIZE(options->tables)) {
		if (!walk->rows)
			walk->rows = options->tables[*table];
		ret->row = option_next(walk, &base);
		if (ret->row) {
			ret->target = (char *)options->target + base;
			return true;
		}
		*walk = (struct option_walk){ 0 };
		(*table)++;
	}
	return false;
}

static bool find_long(const struct options *options, const char *name, size_t len,
		      struct found *ret)
{
	struct option_walk walk = { 0 };

	for (size_t table = 0; next_row(options, &table, &walk, ret);) {
		const char *long_name = ret->row->long_name;

		if (strlen(long_name) == len && memcmp(long_name, name, len) == 0)
			return true;
	}
	return false;
}

static bool find_short(const struct options *options, char name, struct found *ret)
{
	struct option_walk walk = { 0 };

	for (size_t table = 0; next_row(options, &table, &walk, ret);) {
		if (ret->row->short_name == name)
			return true;
	}
	return false;
}

struct words {
	char **at, **end;
};

static void complain(const struct option_row *row, const char *value, const char *reason)
{
	char quoted[VALUE_SHOWN], short_name[] = "-x, ";

	if (row->is_told_alone) {
		(void)log_err(0, "%s", reason);
		return;
	}
	if (row->kind != OPT_CALL) {
		(void)log_err(0, "--%s %s: %s", row->long_name, value, reason);
		return;
	}
	short_name[row->short_name ? 1 : 0] = row->short_name;
	quote(value, quoted, sizeof(quoted));
	(void)log_err(0, "invalid argument %s for \"%s--%s\" flag: %s", quoted, short_name,
		      row->long_name, reason);
}

/* value: what stood after '=' or, for a short flag, what was left of the word; NULL if nothing. */
static int give_flag(struct options *options, const struct found *found, const char *value,
		     struct words *words)
{
	const struct option_row *row = found->row;
	char reason[OPTION_REASON_SIZE];

	if (!value && option_is_switch(row))
		value = "true";
	if (!value && words->at < words->end)
		value = *words->at++;
	if (!value) {
		(void)log_err(0, "--%s: needs a value", row->long_name);
		return -EINVAL;
	}
	if (give(options, found, value, reason) < 0) {
		complain(row, value, reason);
		return -EINVAL;
	}
	return 0;
}

static int parse_long(struct options *options, const char *word, struct words *words)
{
	size_t len = strcspn(word, "=");
	struct found found;

	if (!find_long(options, word, len, &found)) {
		(void)log_err(0, "unknown flag: --%.*s", (int)len, word);
		return -EINVAL;
	}
	return give_flag(options, &found, word[len] ? word + len + 1 : NULL, words);
}

/* "-f", "-n5", "-n=5", "-fn5"; a flag that takes a value takes the rest of the word. */
static int parse_short(struct options *options, const char *word, struct words *words)
{
	int r = 0;

	while (*word && r == 0) {
		const char *rest = word + 1;
		struct found found;

		if (!find_short(options, *word, &found)) {
			(void)log_err(0, "unknown shorthand flag: '%c' in -%s", *word, word);
			return -EINVAL;
		}
		if (option_is_switch(found.row) && *rest != '=') {
			r = give_flag(options, &found, NULL, words);
			word = rest;
			continue;
		}
		rest += *rest == '=';
		return give_flag(options, &found, word[1] ? rest : NULL, words);
	}
	return r;
}

static int end_tables(const struct options *options)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(options->tables); i++) {
		const struct option_row *row = options->tables[i];

		for (; r == 0 && row && row->kind; row++) {
			if (row->kind == OPT_TABLE && row->end)
				r = row->end((char *)options->target + row->offset);
		}
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
	return end_tables(options) < 0 ? -EINVAL : kept;
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

/* own_name: of the row's variable; *ret_name: of the one that is set. */
static const char *find_variable(const struct option_row *row, char own_name[static ENV_NAME_SIZE],
				 const char **ret_name)
{
	const char *value;

	env_name(row->long_name, own_name);
	*ret_name = own_name;
	value = get_variable(own_name);
	if (value || !row->other_env)
		return value;
	*ret_name = row->other_env;
	return get_variable(row->other_env);
}

const char *options_variable(const struct option_row *row)
{
	char own_name[ENV_NAME_SIZE];
	const char *name;

	return row->is_flag_only ? NULL : find_variable(row, own_name, &name);
}

static int give_variable(struct options *options, const struct found *found)
{
	char own_name[ENV_NAME_SIZE], reason[OPTION_REASON_SIZE];
	const char *name, *value = find_variable(found->row, own_name, &name);

	if (value && give(options, found, value, reason) < 0) {
		(void)log_err(0, "%s=%s: %s", name, value, reason);
		return -EINVAL;
	}
	return 0;
}

int options_from_env(struct options *options)
{
	struct option_walk walk = { 0 };
	struct found found;
	int r = 0;

	begin_place(options);
	for (size_t table = 0; r == 0 && next_row(options, &table, &walk, &found);) {
		if (!found.row->is_flag_only && !is_settled(options, found.row))
			r = give_variable(options, &found);
	}
	return r;
}

void options_next_place(struct options *options)
{
	begin_place(options);
}

int options_give(struct options *options, const char *key, const char *value,
		 char reason[static OPTION_REASON_SIZE])
{
	struct found found;

	if (!find_long(options, key, strlen(key), &found) || found.row->is_flag_only)
		return -ENOENT;
	return give(options, &found, value, reason);
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
		(void)log_err(0, "%s:%u: %s = %s: %s", path, number, key, value, reason);
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
	begin_place(options);
	return parse_file(options, file, path);
}
