// SPDX-License-Identifier: BSD-2-Clause
/*
 * From an option's text to the member of its struct, by kind. Why a value is refused is worded
 * here, once for command line, environment and file.
 */
#include "option_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "num.h"
#include "timefmt.h"

static void *member(void *target, size_t offset)
{
	return (char *)target + offset;
}

bool option_is_list(const struct option_row *row)
{
	return row->kind == OPT_LIST || row->kind == OPT_LIST_RAW;
}

static void list_done(struct str_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct str_list){ 0 };
}

static int list_add(struct str_list *list, const char *item, size_t len)
{
	auto_free char *copy = strndup(item, len);
	char **items;

	if (!copy)
		return -ENOMEM;
	items = reallocarray(list->items, list->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->count++] = TAKE_PTR(copy);
	return 0;
}

/* Items without the blanks around them. Empty ones are left out: "a, ,b," is a and b. */
static int list_split(struct str_list *list, const char *value)
{
	int r = 0;

	while (*value && r == 0) {
		size_t before = strspn(value, " \t"), len = strcspn(value, ","), end = len;

		while (end > before && strchr(" \t", value[end - 1]))
			end--;
		if (end > before)
			r = list_add(list, value + before, end - before);
		value += len + (value[len] == ',');
	}
	return r;
}

int option_parse_bool(const char *text, bool *ret)
{
	static const char *const words[2][6] = {
		{ "0", "f", "F", "false", "FALSE", "False" },
		{ "1", "t", "T", "true", "TRUE", "True" },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(words[0]); i++) {
		if (strcmp(words[i % 2][i / 2], text) != 0)
			continue;
		*ret = i % 2;
		return 0;
	}
	return -EINVAL;
}

static int set_string(char **ret, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

static int set_choice(int *ret, const char *words, const char *value)
{
	size_t value_len = strlen(value);

	for (int i = 0; *words; i++) {
		size_t len = strcspn(words, "|");

		if (len == value_len && memcmp(words, value, len) == 0) {
			*ret = i;
			return 0;
		}
		words += len + (words[len] == '|');
	}
	return -EINVAL;
}

static int set_number(const struct option_row *row, uint64_t *ret, const char *value)
{
	uint64_t max = row->max ? row->max : UINT64_MAX;
	uint64_t number = 0;
	int r;

	if (row->kind == OPT_SIZE)
		r = num_parse_size(value, &number);
	else if (row->kind == OPT_DURATION)
		r = num_parse_duration(value, &number);
	else
		r = num_parse_u64(value, max, &number);
	if (r < 0)
		return r;
	if (number < row->min || number > max)
		return -ERANGE;
	if (row->is_power_of_two && number & (number - 1))
		return -EDOM;
	*ret = number;
	return 0;
}

static int set_member(const struct option_row *row, void *at, const char *value)
{
	switch (row->kind) {
	case OPT_BOOL:
		return option_parse_bool(value, at);
	case OPT_STRING:
		return set_string(at, value);
	case OPT_LIST:
		return list_split(at, value);
	case OPT_LIST_RAW:
		return list_add(at, value, strlen(value));
	case OPT_U64:
	case OPT_SIZE:
	case OPT_DURATION:
		return set_number(row, at, value);
	case OPT_CHOICE:
		return set_choice(at, row->metavar, value);
	case OPT_CALL:
	case OPT_TABLE:
	case OPT_END:
		break;
	}
	return -EINVAL;
}

static void print_bound(enum option_kind kind, uint64_t bound, char text[static DURATION_SIZE])
{
	static const char *const units[] = { "", "K", "M", "G" };
	size_t unit = 0;

	if (kind == OPT_DURATION) {
		duration_to_str(bound, text);
		return;
	}
	while (kind == OPT_SIZE && bound && bound % 1024 == 0 && unit + 1 < ARRAY_SIZE(units)) {
		bound /= 1024;
		unit++;
	}
	snprintf(text, DURATION_SIZE, "%" PRIu64 "%s", bound, units[unit]);
}

static void explain_range(const struct option_row *row, char reason[static OPTION_REASON_SIZE])
{
	char min[DURATION_SIZE], max[DURATION_SIZE];

	print_bound(row->kind, row->min, min);
	print_bound(row->kind, row->max, max);
	if (row->max)
		snprintf(reason, OPTION_REASON_SIZE, "not between %s and %s", min, max);
	else if (row->min)
		snprintf(reason, OPTION_REASON_SIZE, "less than %s, or too large", min);
	else
		snprintf(reason, OPTION_REASON_SIZE, "too large");
}

/* "-1" and "1.5" are numbers to most people: what is wanted is told, and from where to where. */
static void explain_whole(const struct option_row *row, char reason[static OPTION_REASON_SIZE])
{
	uint64_t max = row->max ? row->max : UINT64_MAX;

	snprintf(reason, OPTION_REASON_SIZE, "not a whole number from %" PRIu64 " to %" PRIu64,
		 row->min, max);
}

static void explain(const struct option_row *row, int error, char reason[static OPTION_REASON_SIZE])
{
	static const char *const wanted[] = {
		[OPT_BOOL] = "true or false",
		[OPT_SIZE] = NUM_SIZE_SUCH_AS,
		[OPT_DURATION] = NUM_DURATION_SUCH_AS,
		[OPT_TABLE] = NULL, /* the last kind */
	};

	if (error == -ERANGE)
		explain_range(row, reason);
	else if (error == -EDOM)
		snprintf(reason, OPTION_REASON_SIZE, "not a power of two");
	else if (error != -EINVAL)
		snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(-error));
	else if (row->kind == OPT_U64)
		explain_whole(row, reason);
	else if (row->kind == OPT_CHOICE)
		snprintf(reason, OPTION_REASON_SIZE, "not one of %s", row->metavar);
	else
		snprintf(reason, OPTION_REASON_SIZE, "not %s",
			 wanted[row->kind] ? wanted[row->kind] : "a value");
}

static int call_at(const struct option_row *row, void *at, const char *value,
		   char reason[static OPTION_REASON_SIZE])
{
	static const struct option_row as_bool = { .kind = OPT_BOOL };
	bool is_given = true;

	if (!row->metavar && option_parse_bool(value, &is_given) < 0) {
		explain(&as_bool, -EINVAL, reason);
		return -EINVAL;
	}
	return is_given ? row->call(at, row, value, reason) : 0;
}

/* Of a list: nothing but what parts items. */
static bool is_missing(const struct option_row *row, const char *value)
{
	if (row->takes_empty || (row->kind != OPT_STRING && !option_is_list(row)))
		return false;
	return !value[row->kind == OPT_LIST ? strspn(value, " \t,") : 0];
}

/* 0 or -EINVAL, and then there is a reason. */
static int set_at(const struct option_row *row, void *at, const char *value,
		  char reason[static OPTION_REASON_SIZE])
{
	int r;

	if (row->kind == OPT_CALL)
		return call_at(row, at, value, reason);
	if (row->check && row->check(value, reason) < 0)
		return -EINVAL;
	if (is_missing(row, value)) {
		snprintf(reason, OPTION_REASON_SIZE, "empty value");
		return -EINVAL;
	}
	r = set_member(row, at, value);
	if (r < 0)
		explain(row, r, reason);
	return r < 0 ? -EINVAL : 0;
}

static void clear_at(const struct option_row *row, void *at)
{
	char **string = at;

	if (option_is_list(row)) {
		list_done(at);
	} else if (row->kind == OPT_STRING) {
		free(*string);
		*string = NULL;
	}
}

int option_set(const struct option_row *row, void *target, const char *value,
	       char reason[static OPTION_REASON_SIZE])
{
	return set_at(row, member(target, row->offset), value, reason);
}

int option_check(const struct option_row *row, const char *value,
		 char reason[static OPTION_REASON_SIZE])
{
	union {
		bool is_true;
		int choice;
		uint64_t number;
		char *string;
		struct str_list list;
	} scratch = { .list = { 0 } };
	int r;

	if (row->kind == OPT_CALL)
		return 0; /* there is no telling without doing it */
	r = set_at(row, &scratch, value, reason);
	clear_at(row, &scratch);
	return r;
}

void option_clear(const struct option_row *row, void *target)
{
	clear_at(row, member(target, row->offset));
}
