// SPDX-License-Identifier: BSD-2-Clause
/*
 * GetFlows' selection: all combinations on random logs whose times run backwards by up to 10 ms, and
 * as far as you like where the clock is set, against a reference that looks at every record.
 */
#include "log/flow_query.h"

#include "base/cleanup.h"
#include "tests/harness.h"
#include "tests/unit/flow_log.h"

#define DISORDER_NS (10 * MS)

/* A random log, all that was ever put into it, and what is asked of it. */
struct random_log {
	struct history *history;
	uint64_t times[4096]; /* by sequence number */
	bool is_marked[4096];
	struct filter *filter; /* lets the marked ones through */
	uint64_t count;
	uint64_t now_ns;
	unsigned int step_ms;
	unsigned int set_every; /* the clock is set, one record in so many; 0: never */
};

/* Back or forward, by much or little. */
static void set_clock(struct random_log *log)
{
	uint64_t most_ns = rand() % 2 ? 2 * (log->now_ns - START) : 100 * MS;

	log->now_ns = START + DISORDER_NS + (uint64_t)rand() % (most_ns + 1);
}

static void grow(struct random_log *log, unsigned int records)
{
	for (unsigned int i = 0; i < records; i++) {
		uint64_t back = rand() % 3 ? 0 : (uint64_t)rand() % (DISORDER_NS + 1);

		log->now_ns += (uint64_t)rand() % (log->step_ms * MS + 1);
		if (log->set_every && (unsigned int)rand() % log->set_every == 0)
			set_clock(log);
		log->times[++log->count] = log->now_ns - back;
		log->is_marked[log->count] = rand() % 4 == 0;
		log_add_marked(log->history, log->times[log->count], log->is_marked[log->count]);
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
	struct flow_query query = { .log.since_ns = random_bound(log),
				    .log.until_ns = random_bound(log),
				    .filter = rand() % 2 ? log->filter : NULL,
				    .context = &log_context };

	if (rand() % 2)
		query.log.number = 1 + (uint64_t)rand() % (2 * history_capacity(log->history));
	query.log.first = rand() % 3 == 0;
	query.log.follow = !query.log.first && rand() % 3 == 0;
	if (query.log.follow)
		query.log.until_ns = 0;
	return query;
}

/* Hubble's rules, word by word, on the records oldest .. newest; the first of the answer. */
static uint64_t reference_begin(const struct random_log *log, const struct flow_query *query,
				uint64_t oldest)
{
	if (query->log.since_ns || query->log.first)
		return oldest;
	if (query->log.follow && !query->log.number)
		return log->count + 1;
	if (!query->log.number)
		return oldest;
	for (uint64_t seq = log->count, left = query->log.number; seq >= oldest; seq--) {
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
		if (query->log.since_ns && log->times[seq] < query->log.since_ns)
			continue;
		if (query->log.until_ns && log->times[seq] > query->log.until_ns)
			continue;
		if (!query->log.follow && query->log.number && count == query->log.number)
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
	count = log_read(&query, log->history, at_once, seqs, ARRAY_SIZE(seqs));
	if (asked.log.follow) {
		grow(log, (unsigned int)rand() % (unsigned int)history_capacity(log->history));
		count += log_read(&query, log->history, at_once, seqs + count,
				  (unsigned int)ARRAY_SIZE(seqs) - count);
		expect = reference(log, &asked, begin, expected);
	}
	if (count != expect || memcmp(seqs, expected, count * sizeof(*seqs)) != 0) {
		fail_msg(
			"filter %d, number %llu, first %d, follow %d, since +%lld, until +%lld: %u records from "
			"%llu, not %u from %llu",
			asked.filter != NULL, (unsigned long long)asked.log.number, asked.log.first,
			asked.log.follow, (long long)(asked.log.since_ns - START),
			(long long)(asked.log.until_ns - START), count, (unsigned long long)seqs[0],
			expect, (unsigned long long)expected[0]);
	}
	assert_int_equal(query.log.lost, 0);
	assert_int_equal(query.log.sent, count);
}

static void all_combinations_are_those_of_the_reference(void **state)
{
	auto_filter struct filter *filter = log_filter();
	static struct random_log log;

	(void)state;
	srand(3);
	for (int round = 0; round < 800; round++) {
		unsigned int capacity = 1 + (unsigned int)rand() % 300;

		log = (struct random_log){ .now_ns = START + DISORDER_NS, .filter = filter };
		log.step_ms = round % 3 ? 1 + (unsigned int)rand() % 20 : 0;
		log.set_every = round % 2 ? 1 + (unsigned int)rand() % 300 : 0;
		assert_int_equal(history_new(&log.history, capacity, NULL, NULL), 0);
		grow(&log, 1 + (unsigned int)rand() % 600);
		for (int i = 0; i < 50 && log.count < 3000; i++)
			check_random(&log);
		history_free(&log.history);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(all_combinations_are_those_of_the_reference));
}
