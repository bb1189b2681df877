// SPDX-License-Identifier: BSD-2-Clause
/* --type: an event type and its sub-type, as words or numbers on either side of the colon. */
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"
#include "agent/flow/names.h"

#include "filter_number.h"
#include "filter_value.h"

#define WHY_SIZE (OPTION_REASON_SIZE / 2)

/* Which words the sub-types of a type have; the others have numbers only. */
static const struct {
	const char *type;
	enum names names;
} sub_types[] = {
	{ "drop", NAMES_DROP_NAME },
	{ "trace", NAMES_TRACE_POINT },
	{ "policy-verdict", NAMES_POLICY_MATCH },
	{ "trace-sock", NAMES_SOCKET_TEXT },
	{ "agent", NAMES_AGENT_EVENT },
};

/* -1 if it is no word for a sub-type of the type. */
static int64_t find_sub_type(int64_t type, const char *word)
{
	const char *name = names_get(NAMES_EVENT_TYPE, type);

	for (size_t i = 0; name && i < ARRAY_SIZE(sub_types); i++) {
		if (strcmp(sub_types[i].type, name) == 0)
			return names_find(sub_types[i].names, text_from_str(word)).number;
	}
	return -1;
}

static int parse_number(const char *what, const char *text, int64_t *ret,
			char reason[static OPTION_REASON_SIZE])
{
	char why[WHY_SIZE];
	uint64_t number;

	if (filter_number_parse(text, UINT32_MAX, &number, why, sizeof(why)) < 0) {
		snprintf(reason, OPTION_REASON_SIZE,
			 "unable to parse %s '%.64s', not a known %s name and unable to parse as "
			 "numeric value: %s",
			 what, text, strchr(what, '-') ? "sub-type" : what, why);
		return -EINVAL;
	}
	*ret = (int32_t)number; /* as Hubble does: the field is signed */
	return 0;
}

FILTER_WRITE(type)
{
	const char *sub_word = strchr(value, ':');
	auto_free char *word = strndup(value, strcspn(value, ":"));
	int64_t type, sub_type = 0;

	if (!word) {
		snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(ENOMEM));
		return -EINVAL;
	}
	type = names_find(NAMES_EVENT_TYPE, text_from_str(word)).number;
	if (type < 0 && parse_number("type", word, &type, reason) < 0)
		return -EINVAL;
	if (sub_word) {
		sub_type = find_sub_type(type, ++sub_word);
		if (sub_type < 0 && parse_number("event sub-type", sub_word, &sub_type, reason) < 0)
			return -EINVAL;
	}
	json_object_begin(out, NULL);
	if (type)
		json_i64(out, "type", type);
	if (sub_word)
		json_bool(out, "match_sub_type", true);
	if (sub_type)
		json_i64(out, "sub_type", sub_type);
	json_object_end(out);
	return 0;
}
