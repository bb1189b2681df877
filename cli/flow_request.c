// SPDX-License-Identifier: BSD-2-Clause
/* The same request that Hubble's command makes of the same flags. */
#include "flow_request.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"
#include "agent/base/log.h"
#include "agent/base/quote.h"
#include "agent/base/timefmt.h"

#include "filters.h"
#include "groups.h"

#define LAST_DEFAULT 20

/* In the order in which a complaint names them. */
static const char *const pairs[][2] = {
	{ "first", "last" },
	{ "first", "all" },
	{ "first", "follow" },
	{ "last", "all" },
};

bool flow_request_exclude(const struct option_row *row, const struct option_row *other,
			  const void *target)
{
	(void)target;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		for (size_t j = 0; j < 2; j++) {
			if (!strcmp(pairs[i][j], row->long_name) &&
			    !strcmp(pairs[i][1 - j], other->long_name))
				return true;
		}
	}
	return false;
}

static int check_pairs(const struct flow_selectors *s)
{
	const bool are_set[ARRAY_SIZE(pairs)] = {
		s->first && s->last,
		s->first && s->all,
		s->first && s->follow,
		s->last && s->all,
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (!are_set[i])
			continue;
		log_err(0, "cannot set both --%s and --%s", pairs[i][0], pairs[i][1]);
		return -EINVAL;
	}
	return 0;
}

static int parse_time(const char *key, const char *text, uint64_t now_ns, uint64_t *ret_ns,
		      char reason[static OPTION_REASON_SIZE])
{
	if (time_parse(text, now_ns, ret_ns) == 0)
		return 0;
	snprintf(reason, OPTION_REASON_SIZE,
		 "failed to parse the %s time: failed to convert %.64s to time", key,
		 quote_empty(text));
	return -EINVAL;
}

static int check_time(const char *key, const char *text, char reason[static OPTION_REASON_SIZE])
{
	uint64_t ns;

	return parse_time(key, text, time_realtime_ns(), &ns, reason);
}

int flow_request_check_since(const char *text, char reason[static OPTION_REASON_SIZE])
{
	return check_time("since", text, reason);
}

int flow_request_check_until(const char *text, char reason[static OPTION_REASON_SIZE])
{
	return check_time("until", text, reason);
}

/* *ret_ns is left alone where no time is given. */
static int add_time(struct json_out *out, const char *key, const char *text, uint64_t now_ns,
		    uint64_t *ret_ns)
{
	char reason[OPTION_REASON_SIZE];

	if (!text || !*text)
		return 0;
	if (parse_time(key, text, now_ns, ret_ns, reason) < 0) {
		log_err(0, "%s", reason);
		return -EINVAL;
	}
	json_time(out, key, *ret_ns);
	return 0;
}

/* Hubble answers with nothing, and does not say why. Who follows has no end. */
static int add_times(struct json_out *out, const struct flow_selectors *s, uint64_t now_ns)
{
	uint64_t since_ns = 0, until_ns = UINT64_MAX;
	int r = add_time(out, "since", s->since, now_ns, &since_ns);

	if (r == 0 && !s->follow)
		r = add_time(out, "until", s->until, now_ns, &until_ns);
	if (r == 0 && until_ns < since_ns)
		log_warn(0, "--until %s is before --since %s: nothing is between them", s->until,
			 s->since);
	return r;
}

static uint64_t find_number(const struct flow_selectors *s)
{
	bool is_unbounded = s->since || s->until || (s->follow && !s->is_events) || s->is_file ||
			    s->aggregate_by;

	if (s->all)
		return UINT64_MAX;
	if (s->first)
		return s->first;
	if (s->last)
		return s->last;
	return is_unbounded ? 0 : LAST_DEFAULT;
}

static void add_filters(struct json_out *out, const char *key, const struct buf *list)
{
	if (buf_len(list))
		json_raw(out, key, buf_bytes(list), buf_len(list));
}

/* A FieldMask in proto3 JSON is one string. */
static int add_mask(struct json_out *out, const struct str_list *mask)
{
	auto_buf struct buf paths = {};

	for (size_t i = 0; i < mask->count; i++) {
		if (i)
			buf_append_char(&paths, ',');
		buf_append_str(&paths, mask->items[i]);
	}
	if (paths.failed)
		return log_err(-ENOMEM, "cannot make the request");
	if (mask->count)
		json_slice(out, "field_mask", (struct text){ buf_bytes(&paths), buf_len(&paths) });
	return 0;
}

int flow_request_build(const struct flow_selectors *selectors, const struct raw_filters *filters,
		       uint64_t now_ns, struct buf *params)
{
	struct json_out out = { .buf = params };
	uint64_t number = find_number(selectors);
	int r = check_pairs(selectors);

	if (r < 0)
		return r;
	json_object_begin(&out, NULL);
	if (number)
		json_u64_str(&out, "number", number);
	if (selectors->first)
		json_bool(&out, "first", true);
	if (selectors->follow)
		json_bool(&out, "follow", true);
	add_filters(&out, "blacklist", &filters->blacklist);
	add_filters(&out, "whitelist", &filters->whitelist);
	r = add_times(&out, selectors, now_ns);
	if (r == 0 && selectors->mask && !selectors->is_file)
		r = add_mask(&out, selectors->mask);
	if (selectors->aggregate_by && !selectors->is_file) {
		json_object_begin(&out, "extensions");
		groups_request(selectors->aggregate_by, &out);
		json_object_end(&out);
	}
	json_object_end(&out);
	return r;
}
