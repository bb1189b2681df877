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
#include "spelling.h"

#define ENV_NAME_SIZE 64
#define VALUE_SHOWN   1024 /* bytes of a value in a message */

/* As they are read: the strongest first. */
enum {
	PLACE_FLAGS = 1,
	PLACE_ENV,
};

static void begin_place(struct options *options)
{
	options->place++;
}

static struct option_given *find_given(struct options *options, const struct option_row *row)
{
	for (size_t i = 0; i < options->given_count; i++) {
		if (options->given[i].row == row)
			return &options->given[i];
	}
	return NULL;
}

static bool is_settled(struct options *options, const struct option_row *row)
{
	const struct option_given *given = find_given(options, row);

	return given && given->place < options->place;
}

/* --all=false and --last 0 stand beside everything. */
static bool is_nothing(const struct option_given *given)
{
	const char *member = (const char *)given->target + given->row->offset;

	if (given->row->kind == OPT_BOOL)
		return !*(const bool *)member;
	return given->row->kind == OPT_U64 && !*(const uint64_t *)(const void *)member;
}

/* Does a stronger place say what it cannot stand beside? */
static bool is_excluded(const struct options *options, const struct option_row *row)
{
	for (size_t i = 0; row->excludes && i < options->given_count; i++) {
		const struct option_given *given = &options->given[i];

		if (given->place < options->place &&
		    row->excludes(row, given->row, given->target) && !is_nothing(given))
			return true;
	}
	return false;
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

	if (is_settled(options, row) || is_excluded(options, row))
		return option_check(row, value, reason);
	if (!find_given(options, row)) {
		assert(options->given_count < OPTIONS_GIVEN_MAX);
		options->given[options->given_count++] =
			(struct option_given){ row, options->place, found->target };
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
		(void)log_err(0, "--%s %s: %s", row->long_name, quote_empty(value), reason);
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

static int refuse_flag(const struct options *options, const char *name, size_t len)
{
	struct option_walk walk = { 0 };
	struct spelling spelling;
	struct found found;
	const char *meant;

	spelling_begin(&spelling, name, len);
	for (size_t table = 0; next_row(options, &table, &walk, &found);) {
		if (!found.row->is_refused)
			spelling_consider(&spelling, found.row->long_name);
	}
	meant = spelling_found(&spelling);
	(void)log_err(0, "unknown flag: --%.*s%s%s%s", (int)len, name,
		      meant ? ": did you mean --" : "", meant ? meant : "", meant ? "?" : "");
	return -EINVAL;
}

static int parse_long(struct options *options, const char *word, struct words *words)
{
	size_t len = strcspn(word, "=");
	struct found found;

	if (!find_long(options, word, len, &found))
		return refuse_flag(options, word, len);
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

void options_refuse(struct options *options, const char *long_name, const char *value,
		    const char *reason, const char *file)
{
	const struct option_given *given = NULL;
	char own_name[ENV_NAME_SIZE];
	struct found found;
	const char *name;

	if (find_long(options, long_name, strlen(long_name), &found))
		given = find_given(options, found.row);
	if (given && given->place == PLACE_FLAGS) {
		complain(given->row, value, reason);
	} else if (given && given->place == PLACE_ENV) {
		(void)find_variable(given->row, own_name, &name);
		(void)log_err(0, "%s=%s: %s", name, value, reason);
	} else {
		(void)log_err(0, "%s: %s: %s: %s", file, long_name, value, reason);
	}
}

unsigned int options_place_of(struct options *options, const char *long_name)
{
	const struct option_given *given = NULL;
	struct found found;

	if (find_long(options, long_name, strlen(long_name), &found))
		given = find_given(options, found.row);
	return given ? given->place : 0;
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
