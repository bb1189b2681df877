// SPDX-License-Identifier: BSD-2-Clause
/* GetFlows with a filter: what counts is what it lets through, however long that takes to find. */
#include "log/flow_query.h"

#include <limits.h>

#include <json-c/json.h>
#include <netinet/in.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "tests/harness.h"
#include "tests/unit/flow_log.h"
#include "who/containers.h"
#include "who/party.h"

#define EXPRESSIONS 300 /* each has two regular ones */

/* Of records 1 .. 20, of which 13 .. 20 are there, every third is let through: 15 and 18. */
static const struct row {
	const char *name;
	struct log_query query;
	const char *answer;
} rows[] = {
	{ "all", { 0 }, "15 18" },
	{ "last, one", { .number = 1 }, "18" },
	{ "last, all", { .number = 2 }, "15 18" },
	{ "last, too many", { .number = 3 }, "15 18" },
	{ "last, more than there are records", { .number = 9 }, "15 18" },
	{ "first", { .number = 1, .first = true }, "15" },
	{ "since wins", { .number = 1, .since_ns = AT(14) }, "15" },
	{ "until never positions", { .number = 1, .until_ns = AT(17) }, "" },
	{ "follow: live only", { .follow = true }, "" },
	{ "follow and number", { .number = 1, .follow = true }, "18" },
};

static void check_row(const struct row *row, const struct history *history, struct filter *filter,
		      unsigned int at_once)
{
	struct flow_query query = { .log = row->query, .filter = filter, .context = &log_context };
	uint64_t seqs[16];
	unsigned int count;
	char text[256];

	assert_row_int(row->name, flow_query_start(&query, history), 0);
	count = log_read(&query, history, at_once, seqs, ARRAY_SIZE(seqs));
	assert_row_str(row->name, log_numbers(seqs, count, text), row->answer);
	assert_row_int(row->name, query.log.sent, count);
	assert_row_int(row->name, query.log.lost, 0);
}

static void a_filter_counts_what_it_lets_through(void **state)
{
	auto_history struct history *history = log_of(8, 0);
	auto_filter struct filter *filter = log_filter();

	(void)state;
	for (unsigned int i = 1; i <= 20; i++)
		log_add_marked(history, AT(i), i % 3 == 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned int at_once = 1; at_once < 12; at_once++)
			check_row(&rows[i], history, filter, at_once);
	}
}

/* The log goes on, and may pass by what is looked at. */
static void the_last_ones_are_found_while_the_log_goes_on(void **state)
{
	auto_history struct history *history = log_of(8, 0);
	auto_filter struct filter *filter = log_filter();
	struct flow_query query = { .log.number = 2, .filter = filter, .context = &log_context };
	struct flow_query follow = query, late = query;
	struct log_slice slice = log_slice(3);
	const struct record_leg *legs;
	uint64_t seqs[16];
	char text[256];

	(void)state;
	follow.log.follow = true;
	for (unsigned int i = 1; i <= 8; i++)
		log_add_marked(history, AT(i), i == 4 || i == 5 || i == 8);
	assert_int_equal(flow_query_start(&query, history), 0);
	assert_int_equal(flow_query_start(&follow, history), 0);
	assert_int_equal(flow_query_start(&late, history), 0);
	/* Looks at 8, 7, 6. */
	assert_null(flow_query_next(&query, history, &slice, &legs));
	slice = log_slice(3);
	assert_null(flow_query_next(&follow, history, &slice, &legs));
	slice = log_slice(1);
	assert_null(flow_query_next(&late, history, &slice, &legs));
	assert_true(flow_query_has_more(&query, history));
	for (unsigned int i = 9; i <= 12; i++)
		log_add_marked(history, AT(i), i == 11);
	/* 5 .. 12 are there. The answer ends where it was to end, a follower's goes on. */
	assert_string_equal(log_numbers(seqs, log_read(&query, history, 2, seqs, 16), text), "5 8");
	assert_string_equal(log_numbers(seqs, log_read(&follow, history, 2, seqs, 16), text),
			    "5 8 11");
	for (unsigned int i = 13; i <= 20; i++)
		log_add_marked(history, AT(i), true);
	assert_int_equal(log_read(&late, history, 2, seqs, 16), 0);
	assert_int_equal(late.log.lost, 0);
}

/* Records that do not match cost time too: a slice ends by the clock. */
static void a_slice_ends_by_the_clock(void **state)
{
	auto_history struct history *history = log_of(1000, 1000);
	auto_filter struct filter *filter = log_filter();
	struct flow_query query = { .filter = filter, .context = &log_context };
	const struct record_leg *legs;
	struct log_slice slice;

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	log_slice_begin(&slice, 1000, 0);
	assert_null(flow_query_next(&query, history, &slice, &legs));
	assert_int_equal(slice.left, 0);
	assert_true(query.log.cursor > 1 && query.log.cursor <= 65);
	assert_true(flow_query_has_more(&query, history));
	log_slice_begin(&slice, 2000, 3600000000000);
	assert_true(slice.until_ns > time_monotonic_ns() + 3500000000000);
	assert_null(flow_query_next(&query, history, &slice, &legs));
	assert_true(query.log.is_done);
}

static struct filter *filter_of(const char *text)
{
	struct json_object *allow = json_tokener_parse(text);
	struct filter_lists lists = { .allow = allow };
	struct filter *filter = NULL;
	struct filter_error error;

	assert_int_equal(filter_compile(&filter, &lists, &error), 0);
	json_object_put(allow);
	return filter;
}

/* Hundreds of expressions, of which none or the last matches. */
static struct filter *many_expressions(const char *last)
{
	struct json_object *allow = json_object_new_array(), *object = json_object_new_object();
	struct json_object *values = json_object_new_array();
	struct filter *filter;
	char text[64];

	for (int i = 0; i < EXPRESSIONS; i++) {
		snprintf(text, sizeof(text), "summary =~ 'nothing%d' or node =~ 'x%d'", i, i);
		json_object_array_add(values, json_object_new_string(text));
	}
	json_object_array_add(values, json_object_new_string(last));
	json_object_object_add(object, "where", values);
	json_object_array_add(allow, object);
	filter = filter_of(json_object_to_json_string(allow));
	json_object_put(allow);
	return filter;
}

/* Slices that are over when they begin. Returns how many there were, and how many records it found. */
static unsigned int read_in_slices(struct flow_query *query, const struct history *history,
				   unsigned int *ret_found)
{
	const struct record_leg *legs;
	struct log_slice slice;
	unsigned int slices = 0;

	*ret_found = 0;
	do {
		slices++;
		log_slice_begin(&slice, 1000, 0);
		while (flow_query_next(query, history, &slice, &legs))
			++*ret_found;
	} while (flow_query_has_more(query, history));
	return slices;
}

static void a_slice_may_end_within_a_record(void **state)
{
	static const struct {
		const char *last;
		struct log_query log;
		unsigned int found;
	} stories[] = {
		{ "node =~ 'm'", { 0 }, 0 },
		{ "node =~ 'n1'", { 0 }, 8 },
		{ "node =~ 'm'", { .number = 3 }, 0 },
		{ "node =~ 'n1'", { .number = 3 }, 3 },
		{ "node =~ 'n1'", { .number = 3, .first = true }, 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
		auto_history struct history *history = log_of(8, 8);
		auto_filter struct filter *filter = many_expressions(stories[i].last);
		struct flow_query query = { .log = stories[i].log };
		unsigned int found, slices;

		query.filter = filter;
		query.context = &log_context;
		assert_int_equal(flow_query_start(&query, history), 0);
		slices = read_in_slices(&query, history, &found);
		assert_row_int(stories[i].last, found, stories[i].found);
		assert_row_int(stories[i].last, query.log.lost, 0);
		/* One for each expression, or more. */
		assert_in_range(slices, (query.log.number ? 3 : 8) * 2 * EXPRESSIONS, UINT_MAX);
	}
}

/* What it was looking at is overwritten meanwhile: the next one is looked at from the beginning. */
static void a_record_that_goes_while_it_is_looked_at_is_lost(void **state)
{
	auto_history struct history *history = log_of(4, 4);
	auto_filter struct filter *filter = many_expressions("node =~ 'n1'");
	struct flow_query query = { .filter = filter, .context = &log_context };
	const struct record_leg *legs;
	struct log_slice slice;
	unsigned int found;

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	for (int i = 0; i < EXPRESSIONS; i++) {
		log_slice_begin(&slice, 1000, 0);
		assert_null(flow_query_next(&query, history, &slice, &legs));
	}
	assert_int_equal(query.log.cursor, 1);
	log_add(history, AT(5));
	(void)read_in_slices(&query, history, &found);
	assert_int_equal(found, 3);
	assert_int_equal(query.log.lost, 1);
}

static struct container *known; /* what the party turns out to be */

static struct container *find(void *ctx, const struct party *party)
{
	(void)ctx;
	(void)party;
	return known;
}

static void unref(struct container **at)
{
	*at = NULL;
}

static void keep(void *ctx, const struct party *party)
{
	(void)ctx;
	(void)party;
}

/* How many of one more record of the party the follower gets. */
static unsigned int follow_one(struct flow_query *query, struct history *history)
{
	const struct record rec = { .time_ns = AT(1), .proto = IPPROTO_TCP, .party = { 1, 0 } };
	uint64_t seqs[16];

	history_add(history, &rec, NULL, 0);
	return log_read(query, history, 4, seqs, ARRAY_SIZE(seqs));
}

/* What the filter has noted of who a side is holds for as long as nobody knows more. */
static void who_follows_by_name_notices_when_it_gets_known(void **state)
{
	static const struct parties_ops ops = {
		.find = find, .unref = unref, .hold = keep, .drop = keep
	};
	struct pod cart = { .namespace = "shop", .name = "cart-1" };
	struct pod web = { .namespace = "shop", .name = "web-1" };
	struct container container = { .id = "c1", .name = "app", .runtime = "" };
	const struct party party = { .netns = 4711, .via = PARTY_ADDRESS };
	auto_history struct history *history = log_of(8, 0);
	auto_filter struct filter *filter = filter_of("[{\"source_pod\":[\"shop/cart\"]}]");
	struct parties *parties = NULL;
	struct record_context context = log_context;
	struct flow_query query = { .log.follow = true, .filter = filter, .context = &context };

	(void)state;
	known = NULL;
	assert_int_equal(parties_new(&parties, 4, &ops, NULL), 0);
	assert_int_equal(parties_get(parties, &party), 1);
	context.parties = parties;
	assert_int_equal(flow_query_start(&query, history), 0);
	assert_int_equal(follow_one(&query, history), 0);
	assert_int_equal(follow_one(&query, history), 0);
	container.pod = &cart;
	known = &container;
	parties_learned(parties);
	assert_int_equal(follow_one(&query, history), 1);
	assert_int_equal(follow_one(&query, history), 1);
	container.pod = &web;
	parties_learned(parties);
	assert_int_equal(follow_one(&query, history), 0);
	container.pod = &cart;
	parties_learned(parties);
	assert_int_equal(follow_one(&query, history), 1);
	parties_free(&parties);
}

int main(void)
{
	return RUN_TESTS(TEST(who_follows_by_name_notices_when_it_gets_known),
			 TEST(a_slice_may_end_within_a_record),
			 TEST(a_record_that_goes_while_it_is_looked_at_is_lost),
			 TEST(a_filter_counts_what_it_lets_through),
			 TEST(the_last_ones_are_found_while_the_log_goes_on),
			 TEST(a_slice_ends_by_the_clock));
}
