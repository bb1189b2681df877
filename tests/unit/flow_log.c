// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/flow_log.h"

#include <json-c/json.h>
#include <netinet/in.h>

#include "tests/harness.h"

#define MARK 7 /* the source port of those that the filter lets through */

const struct record_context log_context = { .node_name = "n1", .netns = "1" };

void log_add_marked(struct history *history, uint64_t time_ns, bool is_marked)
{
	struct record rec = { .time_ns = time_ns,
			      .proto = IPPROTO_TCP,
			      .port = { is_marked ? MARK : 1, 1 } };

	history_add(history, &rec, NULL, 0);
}

void log_add(struct history *history, uint64_t time_ns)
{
	log_add_marked(history, time_ns, false);
}

struct filter *log_filter(void)
{
	struct json_object *allow = json_tokener_parse("[{\"source_port\":[\"7\"]}]");
	struct filter_lists lists = { .allow = allow };
	struct filter *filter = NULL;
	struct filter_error error;

	assert_int_equal(filter_compile(&filter, &lists, &error), 0);
	json_object_put(allow);
	return filter;
}

struct history *log_of(uint64_t capacity, unsigned int count)
{
	struct history *history = NULL;

	assert_int_equal(history_new(&history, capacity, NULL, NULL), 0);
	for (unsigned int i = 1; i <= count; i++)
		log_add(history, AT(i));
	return history;
}

struct log_slice log_slice(unsigned int records)
{
	return (struct log_slice){ .left = records, .until_ns = UINT64_MAX };
}

unsigned int log_read(struct flow_query *query, const struct history *history, unsigned int at_once,
		      uint64_t *seqs, unsigned int room)
{
	unsigned int count = 0;

	for (;;) {
		struct log_slice slice = log_slice(at_once);
		const struct record_leg *legs;
		const struct record *rec;
		uint64_t passed = query->log.cursor - query->log.lost, seek = query->log.seek;
		bool was_seeking = query->log.wanted;

		while ((rec = flow_query_next(query, history, &slice, &legs))) {
			assert_true(count < room);
			seqs[count++] = history_seq(history, rec);
			assert_true(was_seeking ||
				    query->log.cursor - query->log.lost - passed <= at_once);
		}
		assert_true(!was_seeking || seek - query->log.seek <= at_once);
		/* What is neither done nor has more would leave a client waiting. */
		if (query->log.is_done || !flow_query_has_more(query, history))
			break;
		assert_int_equal(slice.left, 0);
	}
	assert_int_equal(query->log.is_done, !query->log.follow);
	assert_false(flow_query_has_more(query, history));
	assert_null(flow_query_next(query, history, &(struct log_slice){ 1000, UINT64_MAX },
				    &(const struct record_leg *){ NULL }));
	return count;
}

const char *log_numbers(const uint64_t *seqs, unsigned int count, char text[static 256])
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, 256 - len, "%s%d", i ? " " : "", (int)seqs[i]);
	return text;
}
