// SPDX-License-Identifier: BSD-2-Clause
/*
 * Drop reasons and reasons of a close are texts like others: there will be more of them than this
 * version knows.
 */
#include "filter/where_words.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "filter/filter_enum.h"
#include "filter/glob.h"
#include "flow/names.h"

static const struct filter_enum protocols[] = {
	{ .name = "tcp" },
	{ .name = "udp" },
	{ .name = "icmpv4" },
	{ .name = "icmpv6" },
	{ .name = "sctp" },
	{ .name = "vrrp" },
	{ .name = "igmp" },
	{ .name = "dns" },
	{ .name = "http" },
	{ .name = "kafka" },
	{ 0 },
};

static const struct filter_enum initiators[] = {
	{ .name = "source" },
	{ .name = "destination" },
	{ 0 },
};

static const struct filter_enum nat_roles[] = {
	{ .name = "original" },
	{ .name = "translated" },
	{ 0 },
};

static const struct {
	enum field field;
	const struct filter_enum *words;
} texts[] = {
	{ FIELD_VERDICT, filter_verdicts }, { FIELD_DIRECTION, filter_directions },
	{ FIELD_EVENT, filter_events },	    { FIELD_PROTOCOL, protocols },
	{ FIELD_INITIATOR, initiators },    { FIELD_NAT_ROLE, nat_roles },
};

static const struct {
	enum field field;
	enum names names;
	const char *is_not;
} numbers[] = {
	{ FIELD_TYPE, NAMES_EVENT_TYPE, "neither a number nor a name such as trace" },
	{ FIELD_SOURCE_IDENTITY, NAMES_IDENTITY, "neither a number nor a name such as world" },
	{ FIELD_DESTINATION_IDENTITY, NAMES_IDENTITY, "neither a number nor a name such as world" },
};

static const struct filter_enum *words_of(enum field field)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (texts[i].field == field)
			return texts[i].words;
	}
	return NULL;
}

/* As flows have it; "": they leave it out. */
static const char *word_of(const struct filter_enum *row)
{
	return row->text ? row->text : row->name;
}

bool where_word_may_be(enum field field, bool is_pattern, struct text lower)
{
	const struct filter_enum *row = words_of(field);

	if (!row)
		return true;
	for (; row->name; row++) {
		const char *word = word_of(row);
		size_t len = strlen(word);

		if (!len)
			continue;
		if (is_pattern ? glob_match(lower.bytes, lower.len, word, len)
			       : lower.len == len && glob_is_text(lower.bytes, word, len))
			return true;
	}
	return false;
}

void where_words_list(enum field field, char ret[static WHERE_WORDS_SIZE])
{
	size_t len = 0;

	ret[0] = '\0';
	for (const struct filter_enum *row = words_of(field); row && row->name; row++) {
		if (*word_of(row) && len < WHERE_WORDS_SIZE)
			len += (size_t)snprintf(ret + len, WHERE_WORDS_SIZE - len, "%s%s",
						len ? ", " : "", word_of(row));
	}
}

bool where_number_find(enum field field, struct text name, uint64_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct enum_value value;

		if (numbers[i].field != field)
			continue;
		value = names_find(numbers[i].names, name);
		if (value.number < 0)
			return false;
		*ret = (uint64_t)value.number;
		return true;
	}
	return false;
}

const char *where_number_is_not(enum field field)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (numbers[i].field == field)
			return numbers[i].is_not;
	}
	return NULL;
}
