// SPDX-License-Identifier: BSD-2-Clause
/*
 * The words are those that flows may have, of the agent's log or of a file of Hubble's: the agent's own
 * are checked against what it writes by tests/unit/test_where_words.c.
 */
#include "filter/where_words.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/spelling.h"
#include "base/text.h"
#include "filter/filter_enum.h"
#include "filter/glob.h"

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

static const struct filter_enum points[] = {
	{ .name = "TO_ENDPOINT" },  { .name = "FROM_ENDPOINT" }, { .name = "TO_NETWORK" },
	{ .name = "FROM_NETWORK" }, { .name = "TO_HOST" },	 { .name = "FROM_HOST" },
	{ .name = "TO_STACK" },	    { .name = "FROM_STACK" },	 { .name = "TO_OVERLAY" },
	{ .name = "FROM_OVERLAY" }, { .name = "TO_PROXY" },	 { .name = "FROM_PROXY" },
	{ .name = "TO_CRYPTO" },    { .name = "FROM_CRYPTO" },	 { 0 },
};

static const struct filter_enum close_reasons[] = {
	{ .name = "fin" },
	{ .name = "rst" },
	{ .name = "refused" },
	{ .name = "timeout" },
	{ .name = "reused" },
	{ .name = "reclaimed" },
	{ .name = "interface_gone" },
	{ .name = "agent_stop" },
	{ 0 },
};

static const struct filter_enum initiator_ways[] = {
	{ .name = "syn" },
	{ .name = "syn_ack" },
	{ .name = "first" },
	{ .name = "ports" },
	{ .name = "listener" },
	{ .name = "unknown" },
	{ 0 },
};

static const struct filter_enum vias[] = {
	{ .name = "user" },	{ .name = "creator" },
	{ .name = "existing" }, { .name = "inherited" },
	{ .name = "listener" }, { .name = "interface" },
	{ .name = "address" },	{ .name = "endpoints_file" },
	{ .name = "dns" },	{ 0 },
};

static const struct {
	enum field field;
	const struct filter_enum *words;
} texts[] = {
	{ FIELD_VERDICT, filter_verdicts },
	{ FIELD_DIRECTION, filter_directions },
	{ FIELD_EVENT, filter_events },
	{ FIELD_PROTOCOL, protocols },
	{ FIELD_INITIATOR, initiators },
	{ FIELD_NAT_ROLE, nat_roles },
	{ FIELD_POINT, points },
	{ FIELD_CLOSE_REASON, close_reasons },
	{ FIELD_INITIATOR_BY, initiator_ways },
	{ FIELD_SOURCE_VIA, vias },
	{ FIELD_DESTINATION_VIA, vias },
	{ FIELD_DROP_REASON_DESC, filter_drop_reason_names },
};

/* What people call one or two of the words. */
static const struct {
	enum field field;
	const char *word;
	const char *means[WHERE_MEANINGS_MAX]; /* the second may be missing */
} synonyms[] = {
	{ FIELD_PROTOCOL, "icmp", { "icmpv4", "icmpv6" } },
	{ FIELD_PROTOCOL, "icmp4", { "icmpv4" } },
	{ FIELD_PROTOCOL, "icmp6", { "icmpv6" } },
	{ FIELD_PROTOCOL, "ipv6_icmp", { "icmpv6" } },
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

static bool may_be(const struct filter_enum *row, bool is_pattern, struct text lower)
{
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

size_t where_words_find(enum field field, bool is_pattern, struct text lower,
			struct text ret[static WHERE_MEANINGS_MAX])
{
	const struct filter_enum *words = words_of(field);

	ret[0] = lower;
	if (!words || may_be(words, is_pattern, lower))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++) {
		size_t count = 0;

		if (synonyms[i].field != field || !text_is(lower, synonyms[i].word))
			continue;
		for (; count < WHERE_MEANINGS_MAX && synonyms[i].means[count]; count++)
			ret[count] = text_from_str(synonyms[i].means[count]);
		return count;
	}
	return 0;
}

bool where_words_are_few(enum field field)
{
	return words_of(field);
}

void where_words_explain(enum field field, struct text text, char ret[static WHERE_WORDS_SIZE])
{
	char words[WHERE_WORDS_SIZE / 2] = "";
	struct spelling spelling;
	const char *meant;
	size_t len = 0;

	spelling_begin(&spelling, text.bytes, text.len);
	for (const struct filter_enum *row = words_of(field); row && row->name; row++) {
		if (!*word_of(row))
			continue;
		spelling_consider(&spelling, word_of(row));
		if (len < sizeof(words))
			len += (size_t)snprintf(words + len, sizeof(words) - len, "%s%s",
						len ? ", " : "", word_of(row));
	}
	meant = spelling_found(&spelling);
	snprintf(ret, WHERE_WORDS_SIZE, "%s%s%s%s%s",
		 len < sizeof(words) ? "none of " : "not one that is known",
		 len < sizeof(words) ? words : "", meant ? ": did you mean \"" : "",
		 meant ? meant : "", meant ? "\"?" : "");
}
