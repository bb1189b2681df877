// SPDX-License-Identifier: BSD-2-Clause
/*
 * GetFlows' selection as Hubble's server does it: each selector alone, and all combinations
 * on random logs whose times run backwards by up to 10 ms, against a reference that looks at every
 * record.
 */
#include "flow_query.h"

#include <json-c/json.h>
#include <netinet/in.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "filter/filter.h"
#include "history.h"
#include "record.h"
#include "tests/harness.h"

#define MS	     1000000ULL
#define START	     (1700000000000 * MS)
#define AT(seconds)  (START + 1000 * MS * (seconds)) /* of records a second apart */
#define DISORDER_NS  (10 * MS)
#define MARK	     7 /* the source port of those that the filter lets through */
#define auto_history __attribute__((cleanup(history_free)))
#define auto_filter  __attribute__((cleanup(filter_free)))

static const struct record_context context = { .node_name = "n1", .netns = "1" };

static void add_marked(struct history *history, uint64_t time_ns, bool is_marked)
{
	struct record rec = { .time_ns = time_ns,
			      .proto = IPPROTO_TCP,
			      .port = { is_marked ? MARK : 1, 1 } };

	history_add(history, &rec, NULL, 0);
}

static void add_at(struct history *history, uint64_t time_ns)
{
	add_marked(history, time_ns, false);
}

static struct filter *filter_of_marked(void)
{
	struct json_object *allow = json_tokener_parse("[{\"source_port\":[\"7\"]}]");
	struct filter_lists lists = { .allow = allow };
	struct filter *filter = NULL;
	struct filter_error error;

	assert_int_equal(filter_compile(&filter, &lists, &error), 0);
	json_object_put(allow);
	return filter;
}

/* Records 1 .. count, a second apart: record n is of START + n seconds. */
static struct history *log_of(uint64_t capacity, unsigned int count)
{
	struct history *history = NULL;

	assert_int_equal(history_new(&history, capacity, NULL, NULL), 0);
	for (unsigned int i = 1; i <= count; i++)
		add_at(history, AT(i));
	return history;
}

static struct flow_slice slice_of(unsigned int records)
{
	return (struct flow_slice){ .left = records, .until_ns = UINT64_MAX };
}

/* Reads all there is now, a few looked at a time. Sequence numbers; returns how many. */
static unsigned int read_all(struct flow_query *query, const struct history *history,
			     unsigned int at_once, uint64_t *seqs, unsigned int room)
{
	unsigned int count = 0;

	for (;;) {
		struct flow_slice slice = slice_of(at_once);
		const struct record_leg *legs;
		const struct record *rec;
		uint64_t passed = query->cursor - query->lost, seek = query->seek;
		bool was_seeking = query->wanted;

		while ((rec = flow_query_next(query, history, &slice, &legs))) {
			assert_true(count < room);
			seqs[count++] = history_seq(history, rec);
			assert_true(was_seeking || query->cursor - query->lost - passed <= at_once);
		}
		assert_true(!was_seeking || seek - query->seek <= at_once);
		/* What is neither done nor has more would leave a client waiting. */
		if (query->is_done || !flow_query_has_more(query, history))
			break;
		assert_int_equal(slice.left, 0);
	}
	assert_int_equal(query->is_done, !query->follow);
	assert_false(flow_query_has_more(query, history));
	assert_null(flow_query_next(query, history, &(struct flow_slice){ 1000, UINT64_MAX },
				    &(const struct record_leg *){ NULL }));
	return count;
}

/* "3 4 5" */
static const char *numbers(const uint64_t *seqs, unsigned int count, char text[static 256])
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, 256 - len, "%s%d", i ? " " : "", (int)seqs[i]);
	return text;
}

static void each_selector_does_what_hubbles_does(void **state)
{
	static const struct {
		const char *name;
		struct flow_query query;
		const char *answer;
	} cases[] = {
		/* Records 3 .. 10 are there. */
		{ "nothing asked: all", { 0 }, "3 4 5 6 7 8 9 10" },
		{ "number: the last", { .number = 3 }, "8 9 10" },
		{ "number of all", { .number = 8 }, "3 4 5 6 7 8 9 10" },
		{ "number above", { .number = 9 }, "3 4 5 6 7 8 9 10" },
		{ "number without bound", { .number = UINT64_MAX }, "3 4 5 6 7 8 9 10" },
		{ "first: all", { .first = true }, "3 4 5 6 7 8 9 10" },
		{ "first of number", { .first = true, .number = 3 }, "3 4 5" },
		{ "first of more", { .first = true, .number = 99 }, "3 4 5 6 7 8 9 10" },
		{ "follow: live only", { .follow = true }, "" },
		{ "follow and number", { .follow = true, .number = 2 }, "9 10" },
		{ "follow and more", { .follow = true, .number = 99 }, "3 4 5 6 7 8 9 10" },
		{ "since is inclusive", { .since_ns = AT(8) }, "8 9 10" },
		{ "just after", { .since_ns = AT(8) + 1 }, "9 10" },
		{ "since before all", { .since_ns = AT(1) }, "3 4 5 6 7 8 9 10" },
		{ "since after all", { .since_ns = AT(10) + 1 }, "" },
		{ "since wins over number", { .since_ns = AT(5), .number = 2 }, "5 6" },
		{ "since, few", { .since_ns = AT(9), .number = 5 }, "9 10" },
		{ "since and first", { .since_ns = AT(5), .number = 2, .first = true }, "5 6" },
		{ "since and follow", { .since_ns = AT(8), .follow = true }, "8 9 10" },
		{ "since, number and follow",
		  { .since_ns = AT(8), .number = 1, .follow = true },
		  "8 9 10" },
		{ "until is inclusive", { .until_ns = AT(5) }, "3 4 5" },
		{ "just before", { .until_ns = AT(5) - 1 }, "3 4" },
		{ "until before all", { .until_ns = AT(2) }, "" },
		{ "until after all", { .until_ns = AT(11) }, "3 4 5 6 7 8 9 10" },
		{ "until without end", { .until_ns = UINT64_MAX }, "3 4 5 6 7 8 9 10" },
		{ "until never positions", { .until_ns = AT(5), .number = 3 }, "" },
		{ "until cuts the last", { .until_ns = AT(9), .number = 3 }, "8 9" },
		{ "until cuts the first",
		  { .until_ns = AT(4), .number = 3, .first = true },
		  "3 4" },
		{ "between", { .since_ns = AT(5), .until_ns = AT(7) }, "5 6 7" },
		{ "the wrong way round", { .since_ns = AT(7), .until_ns = AT(5) }, "" },
		{ "one moment", { .since_ns = AT(7), .until_ns = AT(7) }, "7" },
		{ "all bounds",
		  { .since_ns = AT(5), .until_ns = AT(9), .number = 3, .first = true },
		  "5 6 7" },
	};
	auto_history struct history *history = log_of(8, 10);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned int at_once = 1; at_once < 12; at_once++) {
			struct flow_query query = cases[i].query;
			uint64_t seqs[16];
			char text[256];
			unsigned int count;

			assert_row_int(cases[i].name, flow_query_start(&query, history), 0);
			count = read_all(&query, history, at_once, seqs, ARRAY_SIZE(seqs));
			assert_row_str(cases[i].name, numbers(seqs, count, text), cases[i].answer);
			assert_row_int(cases[i].name, query.sent, count);
			assert_row_int(cases[i].name, query.lost, 0);
		}
	}
}

static void first_with_follow_is_refused(void **state)
{
	auto_history struct history *history = log_of(8, 10);
	struct flow_query query = { .first = true, .follow = true };

	(void)state;
	assert_int_equal(flow_query_start(&query, history), -EINVAL);
}

static void an_empty_log_is_answered_at_once(void **state)
{
	auto_history struct history *history = log_of(8, 0);
	struct flow_query query = { .number = 20 }, follow = { .follow = true, .number = 20 };
	uint64_t seqs[4];

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	assert_int_equal(read_all(&query, history, 1, seqs, 4), 0);
	assert_int_equal(flow_query_start(&follow, history), 0);
	assert_int_equal(read_all(&follow, history, 1, seqs, 4), 0);
	add_at(history, START);
	assert_int_equal(read_all(&follow, history, 1, seqs, 4), 1);
}

static void a_follower_sees_the_newest_at_once(void **state)
{
	auto_history struct history *history = log_of(8, 10);
	struct flow_query query = { .follow = true };
	uint64_t seqs[4];

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	for (uint64_t seq = 11; seq < 100; seq++) {
		assert_int_equal(read_all(&query, history, 256, seqs, 4), 0);
		add_at(history, AT(seq));
		assert_true(flow_query_has_more(&query, history));
		assert_int_equal(read_all(&query, history, 256, seqs, 4), 1);
		assert_int_equal(seqs[0], seq);
	}
	assert_int_equal(query.lost, 0);
}

static void an_answer_ends_at_what_was_newest_when_it_began(void **state)
{
	auto_history struct history *history = log_of(100, 10);
	struct flow_query query = { .number = 3 };
	uint64_t seqs[8];

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	add_at(history, AT(11));
	assert_int_equal(read_all(&query, history, 256, seqs, 8), 3);
	assert_int_equal(seqs[2], 10);
}

/* A client need not be asked again only to learn that nothing is left. */
static void what_was_asked_for_is_known_to_be_all(void **state)
{
	static const struct {
		const char *name;
		struct flow_query query;
		unsigned int count;
	} cases[] = {
		{ "first", { .first = true, .number = 2 }, 2 },
		{ "last", { .number = 2 }, 2 },
		{ "all", { 0 }, 8 },
	};
	auto_history struct history *history = log_of(8, 10);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct flow_query query = cases[i].query;
		struct flow_slice slice = slice_of(cases[i].count);
		const struct record_leg *legs;

		assert_int_equal(flow_query_start(&query, history), 0);
		for (unsigned int n = 0; n < cases[i].count; n++) {
			assert_row(cases[i].name, !query.is_done);
			assert_row(cases[i].name, flow_query_has_more(&query, history));
			assert_row(cases[i].name, flow_query_next(&query, history, &slice, &legs));
		}
		assert_row_int(cases[i].name, slice.left, 0);
		assert_row(cases[i].name, query.is_done);
		assert_row(cases[i].name, !flow_query_has_more(&query, history));
	}
}

static void what_is_passed_over_counts_as_looked_at(void **state)
{
	auto_history struct history *history = NULL;
	struct flow_query query = { .since_ns = START + 5 };
	struct flow_slice slice = slice_of(4);
	const struct record_leg *legs;

	(void)state;
	assert_int_equal(history_new(&history, 100, NULL, NULL), 0);
	for (uint64_t i = 0; i < 10; i++)
		add_at(history, START + i);
	assert_int_equal(flow_query_start(&query, history), 0);
	assert_null(flow_query_next(&query, history, &slice, &legs));
	assert_int_equal(slice.left, 0);
	assert_true(flow_query_has_more(&query, history));
	slice = slice_of(4);
	assert_non_null(flow_query_next(&query, history, &slice, &legs));
	assert_int_equal(slice.left, 2);
}

static void a_lapped_follower_knows_what_it_has_missed(void **state)
{
	auto_history struct history *history = log_of(8, 10);
	struct flow_query query = { .follow = true };
	uint64_t seqs[16];

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	for (uint64_t seq = 11; seq <= 30; seq++)
		add_at(history, AT(seq));
	assert_int_equal(read_all(&query, history, 3, seqs, 16), 8);
	assert_int_equal(seqs[0], 23);
	assert_int_equal(query.lost, 12);
	query.lost = 0; /* told */
	for (uint64_t seq = 31; seq <= 39; seq++)
		add_at(history, AT(seq));
	assert_int_equal(read_all(&query, history, 3, seqs, 16), 8);
	assert_int_equal(query.lost, 1);
}

static void an_answer_misses_no_more_than_it_was_to_have(void **state)
{
	static const struct {
		const char *name;
		unsigned int added;
		unsigned int read;
		uint64_t lost;
	} cases[] = {
		/* Of records 3 .. 10, of which two were read before the log went on. */
		{ "not lapped", 2, 6, 0 }, { "by one", 3, 5, 1 },	 { "but one", 7, 1, 5 },
		{ "by all", 8, 0, 6 },	   { "by much more", 90, 0, 6 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_history struct history *history = log_of(8, 10);
		struct flow_query query = { .number = 8 };
		struct flow_slice slice = slice_of(2);
		const struct record_leg *legs;
		uint64_t seqs[16];

		assert_int_equal(flow_query_start(&query, history), 0);
		while (flow_query_next(&query, history, &slice, &legs))
			;
		for (uint64_t seq = 0; seq < cases[i].added; seq++)
			add_at(history, AT(11 + seq));
		assert_row_int(cases[i].name, read_all(&query, history, 3, seqs, 16),
			       cases[i].read);
		assert_row_int(cases[i].name, query.lost, cases[i].lost);
	}
}

/* It is woken once more when what it waits for is told. */
static void a_follower_waits_for_a_reserved_place(void **state)
{
	auto_history struct history *history = log_of(8, 2);
	struct flow_query query = { .follow = true, .number = 1 };
	const struct record rec = { .time_ns = AT(3) };
	uint64_t seqs[8], place;
	char text[256];

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	place = history_reserve(history);
	add_at(history, AT(4));
	assert_int_equal(read_all(&query, history, 256, seqs, 8), 1);
	assert_int_equal(seqs[0], 2);
	add_at(history, AT(5));
	assert_false(flow_query_has_more(&query, history));
	history_fill(history, place, &rec, NULL, 0);
	assert_true(flow_query_has_more(&query, history));
	assert_string_equal(numbers(seqs, read_all(&query, history, 256, seqs, 8), text), "3 4 5");
	assert_int_equal(query.sent, 4);
	assert_int_equal(query.lost, 0);
}

static void an_answer_ends_before_a_reserved_place(void **state)
{
	auto_history struct history *history = log_of(8, 3);
	struct flow_query query = { .number = 2 };
	uint64_t seqs[8], place = history_reserve(history);
	char text[256];

	(void)state;
	add_at(history, AT(5));
	assert_int_equal(flow_query_start(&query, history), 0);
	history_void(history, place);
	assert_string_equal(numbers(seqs, read_all(&query, history, 1, seqs, 8), text), "2 3");
}

static void void_places_are_passed_over(void **state)
{
	static const struct {
		const char *name;
		struct flow_query query;
		const char *answer;
	} cases[] = {
		{ "all", { 0 }, "3 5 6 9 10" },
		{ "last", { .number = 3 }, "6 9 10" },
		{ "last, but one", { .number = 4 }, "5 6 9 10" },
		{ "last, all", { .number = 5 }, "3 5 6 9 10" },
		{ "last, too many", { .number = 6 }, "3 5 6 9 10" },
		{ "first", { .number = 2, .first = true }, "3 5" },
		{ "since", { .since_ns = AT(7) }, "9 10" },
		{ "since one before a void place", { .since_ns = AT(3) }, "3 5 6 9 10" },
		{ "until", { .until_ns = AT(8) }, "3 5 6" },
		{ "follow", { .number = 3, .follow = true }, "6 9 10" },
	};
	auto_history struct history *history = log_of(8, 1);

	(void)state;
	for (uint64_t seq = 2; seq <= 10; seq++) {
		if (seq == 2 || seq == 4 || seq == 7 || seq == 8)
			history_void(history, history_reserve(history));
		else
			add_at(history, AT(seq));
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned int at_once = 1; at_once < 12; at_once++) {
			struct flow_query query = cases[i].query;
			uint64_t seqs[16];
			char text[256];
			unsigned int count;

			assert_int_equal(flow_query_start(&query, history), 0);
			count = read_all(&query, history, at_once, seqs, ARRAY_SIZE(seqs));
			assert_row_str(cases[i].name, numbers(seqs, count, text), cases[i].answer);
			assert_row_int(cases[i].name, query.sent, count);
		}
	}
}

/* Nor those that were reserved and are told elsewhere. */
static void void_places_are_not_lost(void **state)
{
	auto_history struct history *history = log_of(8, 2);
	struct flow_query query = { .follow = true, .number = 2 };
	uint64_t seqs[16];

	(void)state;
	history_void(history, history_reserve(history));
	assert_int_equal(flow_query_start(&query, history), 0);
	assert_int_equal(read_all(&query, history, 256, seqs, 16), 2);
	for (uint64_t seq = 4; seq <= 23; seq++) {
		if (seq % 5)
			add_at(history, AT(seq));
		else if (seq % 2)
			history_void(history, history_reserve(history));
		else
			(void)history_reserve(history);
	}
	history_void(history, 20);
	/* Of 4 .. 23, four of them void, 16 .. 23 are there. */
	assert_int_equal(read_all(&query, history, 256, seqs, 16), 7);
	assert_int_equal(query.lost, 9);
}

/* Of records 1 .. 20, of which 13 .. 20 are there, every third is let through: 15 and 18. */
static void a_filter_counts_what_it_lets_through(void **state)
{
	static const struct {
		const char *name;
		struct flow_query query;
		const char *answer;
	} cases[] = {
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
	auto_history struct history *history = log_of(8, 0);
	auto_filter struct filter *filter = filter_of_marked();

	(void)state;
	for (unsigned int i = 1; i <= 20; i++)
		add_marked(history, AT(i), i % 3 == 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned int at_once = 1; at_once < 12; at_once++) {
			struct flow_query query = cases[i].query;
			uint64_t seqs[16];
			char text[256];
			unsigned int count;

			query.filter = filter;
			query.context = &context;
			assert_row_int(cases[i].name, flow_query_start(&query, history), 0);
			count = read_all(&query, history, at_once, seqs, ARRAY_SIZE(seqs));
			assert_row_str(cases[i].name, numbers(seqs, count, text), cases[i].answer);
			assert_row_int(cases[i].name, query.sent, count);
			assert_row_int(cases[i].name, query.lost, 0);
		}
	}
}

/* The log goes on, and may pass by what is looked at. */
static void the_last_ones_are_found_while_the_log_goes_on(void **state)
{
	auto_history struct history *history = log_of(8, 0);
	auto_filter struct filter *filter = filter_of_marked();
	struct flow_query query = { .number = 2, .filter = filter, .context = &context };
	struct flow_query follow = query, late = query;
	struct flow_slice slice = slice_of(3);
	const struct record_leg *legs;
	uint64_t seqs[16];
	char text[256];

	(void)state;
	follow.follow = true;
	for (unsigned int i = 1; i <= 8; i++)
		add_marked(history, AT(i), i == 4 || i == 5 || i == 8);
	assert_int_equal(flow_query_start(&query, history), 0);
	assert_int_equal(flow_query_start(&follow, history), 0);
	assert_int_equal(flow_query_start(&late, history), 0);
	/* Looks at 8, 7, 6. */
	assert_null(flow_query_next(&query, history, &slice, &legs));
	slice = slice_of(3);
	assert_null(flow_query_next(&follow, history, &slice, &legs));
	slice = slice_of(1);
	assert_null(flow_query_next(&late, history, &slice, &legs));
	assert_true(flow_query_has_more(&query, history));
	for (unsigned int i = 9; i <= 12; i++)
		add_marked(history, AT(i), i == 11);
	/* 5 .. 12 are there. The answer ends where it was to end, a follower's goes on. */
	assert_string_equal(numbers(seqs, read_all(&query, history, 2, seqs, 16), text), "5 8");
	assert_string_equal(numbers(seqs, read_all(&follow, history, 2, seqs, 16), text), "5 8 11");
	for (unsigned int i = 13; i <= 20; i++)
		add_marked(history, AT(i), true);
	assert_int_equal(read_all(&late, history, 2, seqs, 16), 0);
	assert_int_equal(late.lost, 0);
}

/* Records that do not match cost time too: a slice ends by the clock. */
static void a_slice_ends_by_the_clock(void **state)
{
	auto_history struct history *history = log_of(1000, 1000);
	auto_filter struct filter *filter = filter_of_marked();
	struct flow_query query = { .filter = filter, .context = &context };
	const struct record_leg *legs;
	struct flow_slice slice;

	(void)state;
	assert_int_equal(flow_query_start(&query, history), 0);
	flow_query_begin(&query, &slice, 1000, 0);
	assert_null(flow_query_next(&query, history, &slice, &legs));
	assert_int_equal(slice.left, 0);
	assert_true(query.cursor > 1 && query.cursor <= 65);
	assert_true(flow_query_has_more(&query, history));
	flow_query_begin(&query, &slice, 2000, 3600000000000);
	assert_true(slice.until_ns > time_monotonic_ns() + 3500000000000);
	assert_null(flow_query_next(&query, history, &slice, &legs));
	assert_true(query.is_done);
}

/* A random log, all that was ever put into it, and what is asked of it. */
struct random_log {
	struct history *history;
	uint64_t times[4096]; /* by sequence number */
	bool is_marked[4096];
	struct filter *filter; /* lets the marked ones through */
	uint64_t count;
	uint64_t now_ns;
	unsigned int step_ms;
};

static void grow(struct random_log *log, unsigned int records)
{
	for (unsigned int i = 0; i < records; i++) {
		uint64_t back = rand() % 3 ? 0 : (uint64_t)rand() % (DISORDER_NS + 1);

		log->now_ns += (uint64_t)rand() % (log->step_ms * MS + 1);
		log->times[++log->count] = log->now_ns - back;
		log->is_marked[log->count] = rand() % 4 == 0;
		add_marked(log->history, log->times[log->count], log->is_marked[log->count]);
	}
}

static uint64_t random_bound(const struct random_log *log)
{
	uint64_t seq = 1 + (uint64_t)rand() % log->count;

	switch (rand() % 8) {
	case 0:
	case 1:
	case 2:
		return 0;
	case 3:
		return log->times[seq] - 1;
	case 4:
		return log->times[seq] + 1;
	case 5:
		return START + (uint64_t)rand() % (log->now_ns - START + 40 * MS);
	default:
		return log->times[seq];
	}
}

static struct flow_query random_query(const struct random_log *log)
{
	struct flow_query query = { .since_ns = random_bound(log),
				    .until_ns = random_bound(log),
				    .filter = rand() % 2 ? log->filter : NULL,
				    .context = &context };

	if (rand() % 2)
		query.number = 1 + (uint64_t)rand() % (2 * history_capacity(log->history));
	query.first = rand() % 3 == 0;
	query.follow = !query.first && rand() % 3 == 0;
	if (query.follow)
		query.until_ns = 0;
	return query;
}

/* Hubble's rules, word by word, on the records oldest .. newest; the first of the answer. */
static uint64_t reference_begin(const struct random_log *log, const struct flow_query *query,
				uint64_t oldest)
{
	if (query->since_ns || query->first)
		return oldest;
	if (query->follow && !query->number)
		return log->count + 1;
	if (!query->number)
		return oldest;
	for (uint64_t seq = log->count, left = query->number; seq >= oldest; seq--) {
		left -= !query->filter || log->is_marked[seq];
		if (!left)
			return seq;
	}
	return oldest;
}

static unsigned int reference(const struct random_log *log, const struct flow_query *query,
			      uint64_t from, uint64_t *seqs)
{
	unsigned int count = 0;

	for (uint64_t seq = from; seq <= log->count; seq++) {
		if (query->filter && !log->is_marked[seq])
			continue;
		if (query->since_ns && log->times[seq] < query->since_ns)
			continue;
		if (query->until_ns && log->times[seq] > query->until_ns)
			continue;
		if (!query->follow && query->number && count == query->number)
			break;
		seqs[count++] = seq;
	}
	return count;
}

static void check_random(struct random_log *log)
{
	static uint64_t seqs[8192], expected[8192];
	const struct flow_query asked = random_query(log);
	struct flow_query query = asked;
	uint64_t begin = reference_begin(log, &asked, history_oldest(log->history));
	unsigned int at_once = rand() % 2 ? 1 + (unsigned int)rand() % 9 : 256;
	unsigned int count = 0, expect;

	expect = reference(log, &asked, begin, expected);
	assert_int_equal(flow_query_start(&query, log->history), 0);
	count = read_all(&query, log->history, at_once, seqs, ARRAY_SIZE(seqs));
	if (asked.follow) {
		grow(log, (unsigned int)rand() % (unsigned int)history_capacity(log->history));
		count += read_all(&query, log->history, at_once, seqs + count,
				  (unsigned int)ARRAY_SIZE(seqs) - count);
		expect = reference(log, &asked, begin, expected);
	}
	if (count != expect || memcmp(seqs, expected, count * sizeof(*seqs)) != 0) {
		fail_msg(
			"filter %d, number %llu, first %d, follow %d, since +%lld, until +%lld: %u records from "
			"%llu, not %u from %llu",
			asked.filter != NULL, (unsigned long long)asked.number, asked.first,
			asked.follow, (long long)(asked.since_ns - START),
			(long long)(asked.until_ns - START), count, (unsigned long long)seqs[0],
			expect, (unsigned long long)expected[0]);
	}
	assert_int_equal(query.lost, 0);
	assert_int_equal(query.sent, count);
}

static void all_combinations_are_those_of_the_reference(void **state)
{
	auto_filter struct filter *filter = filter_of_marked();
	static struct random_log log;

	(void)state;
	srand(3);
	for (int round = 0; round < 400; round++) {
		unsigned int capacity = 1 + (unsigned int)rand() % 300;

		log = (struct random_log){ .now_ns = START + DISORDER_NS, .filter = filter };
		log.step_ms = round % 3 ? 1 + (unsigned int)rand() % 20 : 0;
		assert_int_equal(history_new(&log.history, capacity, NULL, NULL), 0);
		grow(&log, 1 + (unsigned int)rand() % 600);
		for (int i = 0; i < 50 && log.count < 3000; i++)
			check_random(&log);
		history_free(&log.history);
	}
}

int main(void)
{
	return RUN_TESTS(
		TEST(each_selector_does_what_hubbles_does), TEST(first_with_follow_is_refused),
		TEST(an_empty_log_is_answered_at_once), TEST(a_follower_sees_the_newest_at_once),
		TEST(an_answer_ends_at_what_was_newest_when_it_began),
		TEST(what_was_asked_for_is_known_to_be_all),
		TEST(what_is_passed_over_counts_as_looked_at),
		TEST(a_lapped_follower_knows_what_it_has_missed),
		TEST(an_answer_misses_no_more_than_it_was_to_have),
		TEST(a_follower_waits_for_a_reserved_place),
		TEST(an_answer_ends_before_a_reserved_place), TEST(void_places_are_passed_over),
		TEST(void_places_are_not_lost), TEST(a_filter_counts_what_it_lets_through),
		TEST(the_last_ones_are_found_while_the_log_goes_on),
		TEST(a_slice_ends_by_the_clock), TEST(all_combinations_are_those_of_the_reference));
}
