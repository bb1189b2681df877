// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a filter costs: a scan of 1,000,000 stored records, the search for the last ones that match,
 * and a follower's share of each new record, as GetFlows does it and without encoding anything. Next
 * to it, in the same run, a loop that only looks at each record.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "filter/filter.h"
#include "log/flow_query.h"
#include "log/history.h"
#include "log/record.h"
#include "who/containers.h"
#include "who/labels.h"
#include "who/party.h"
#include "who/processes.h"

#define RECORDS	     1000000U
#define PODS	     256U /* a node of Kubernetes has 110 at most */
#define ROUNDS	     5
#define SLICE_MAX    65536U
#define SLICE_NS     500000ULL
#define NEW_RECORDS  200000U
#define HOSTILE	     400U
#define SLICES	     2000U
#define AT_A_TIME    64U /* new records that the ring gives at once */
#define auto_history __attribute__((cleanup(history_free)))
#define auto_parties __attribute__((cleanup(parties_free)))
#define auto_filter  __attribute__((cleanup(filter_free)))

struct row {
	const char *name;
	const char *filter; /* NULL: none, just a look at each record */
};

/* None of them lets more than a few records through. */
static const struct row rows[] = {
	{ "each record looked at, no filter", NULL },
	{ "port of either side",
	  "[{\"source_port\":[\"9999\"]},{\"destination_port\":[\"9999\"]}]" },
	{ "network, protocol and flags",
	  "[{\"source_ip\":[\"192.0.2.0/24\"],\"protocol\":[\"tcp\"],\"tcp_flags\":[{\"RST\":true}]}]" },
	{ "verdict", "[{\"verdict\":[\"DROPPED\"]}]" },
	{ "pod of either side",
	  "[{\"source_pod\":[\"shop/none\"]},{\"destination_pod\":[\"shop/none\"]}]" },
	{ "label of either side",
	  "[{\"source_label\":[\"app=none\"]},{\"destination_label\":[\"app=none\"]}]" },
	{ "process of either side",
	  "[{\"source_process\":[\"none*\"]},{\"destination_process\":[\"none*\"]}]" },
	{ "least bytes and round trip", "[{\"min_bytes\":\"1G\",\"min_rtt\":\"1s\"}]" },
	{ "expression", "[{\"where\":\"rtt > 1s and not port in (80, 443)\"}]" },
};

static struct pod pods[PODS];
static struct container containers[PODS];
static struct process processes[PODS];
static char names[PODS][32];
static const struct label labels[] = { { "app", "cart" }, { "tier", "web" }, { "version", "7" } };

static struct container *find(void *ctx, const struct party *party)
{
	(void)ctx;
	return &containers[party->netns - 1];
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

static int make_parties(struct parties **ret)
{
	static const struct parties_ops ops = {
		.find = find, .unref = unref, .hold = keep, .drop = keep
	};
	int r = parties_new(ret, PARTIES_MAX, &ops, NULL);

	for (uint32_t i = 0; !r && i < PODS; i++) {
		struct party party = { .process = &processes[i],
				       .netns = i + 1,
				       .via = PARTY_USER };

		snprintf(names[i], sizeof(names[i]), "cart-%u", i);
		pods[i] = (struct pod){ .namespace = "shop",
					.name = names[i],
					.labels = labels,
					.label_count = ARRAY_SIZE(labels) };
		containers[i] = (struct container){
			.id = names[i], .name = "app", .runtime = "", .pod = &pods[i]
		};
		processes[i] = (struct process){ .pid = i + 1, .comm = "cart" };
		(void)parties_get(*ret, &party);
	}
	return r;
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void add_record(struct history *history, uint32_t *state, uint32_t n)
{
	struct record rec = { .time_ns = 1795294803000000000 + (uint64_t)n * 1000,
			      .start_ns = 1795294803000000000,
			      .conn_id = n,
			      .proto = IPPROTO_TCP,
			      .family = 4,
			      .tcp_flags = 0x12,
			      .event = n % RECORD_EVENT_MAX,
			      .rtt_server_ns = 300000,
			      .rtt_client_ns = 100000,
			      .has_counts = true,
			      .count = { { 5, 500 }, { 6, 6000 } },
			      .ifindex = 2,
			      .ifname = "eth0" };

	for (int side = 0; side < 2; side++) {
		rec.addr[side][10] = rec.addr[side][11] = 0xff;
		rec.addr[side][12] = 10;
		rec.addr[side][15] = (uint8_t)next_random(state);
		rec.port[side] = side ? 443 : (uint16_t)(32768 + next_random(state) % 28000);
		rec.party[side] = 1 + next_random(state) % PODS;
	}
	history_add(history, &rec, NULL, 0);
}

static int make_filter(struct filter **ret, const char *text)
{
	struct json_object *allow = json_tokener_parse(text);
	struct filter_lists lists = { .allow = allow };
	struct filter_error error;
	int r = filter_compile(ret, &lists, &error);

	json_object_put(allow);
	if (r)
		fprintf(stderr, "%s: %s\n", text, error.message);
	return r;
}

/* All that is there now, slice by slice. Returns how many it has found. */
static uint64_t read_all(struct flow_query *query, const struct history *history)
{
	const struct record_leg *legs;
	struct log_slice slice;

	do {
		log_slice_begin(&slice, SLICE_MAX, SLICE_NS);
		while (flow_query_next(query, history, &slice, &legs))
			;
	} while (flow_query_has_more(query, history));
	return query->log.sent;
}

static double best(double *values)
{
	double least = values[0];

	for (int i = 1; i < ROUNDS; i++)
		least = values[i] < least ? values[i] : least;
	return least;
}

/* ns of processor time a record, of the best of some rounds. */
static double measure(const struct flow_query *asked, const struct history *history)
{
	double values[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		struct flow_query query = *asked;
		uint64_t begun = time_worked_ns();

		(void)flow_query_start(&query, history);
		(void)read_all(&query, history);
		values[i] = (double)(time_worked_ns() - begun) / RECORDS;
	}
	return best(values);
}

/* The same of new records, without what it costs to add them. */
static double measure_follow(const struct flow_query *asked, struct history *history)
{
	struct flow_query query = *asked;
	uint64_t worked = 0, begun;
	uint32_t state = 5;

	query.log.follow = true;
	query.log.number = 0;
	(void)flow_query_start(&query, history);
	for (uint32_t n = 0; n < NEW_RECORDS; n += AT_A_TIME) {
		for (uint32_t i = 0; i < AT_A_TIME; i++)
			add_record(history, &state, n + i);
		begun = time_worked_ns();
		(void)read_all(&query, history);
		worked += time_worked_ns() - begun;
	}
	return (double)worked / NEW_RECORDS;
}

static int measure_row(const struct row *row, struct history *history,
		       const struct record_context *context)
{
	auto_filter struct filter *filter = NULL;
	struct flow_query query = { .context = context };
	double scan, last, follow;
	int r = row->filter ? make_filter(&filter, row->filter) : 0;

	if (r)
		return r;
	query.filter = filter;
	scan = measure(&query, history);
	query.log.number = 20;
	last = filter ? measure(&query, history) : 0;
	follow = measure_follow(&query, history);
	printf("%-34s %7.1f %9.1f %9.1f %9.1f\n", row->name, scan, scan * RECORDS / 1e6,
	       last * RECORDS / 1e6, follow);
	return 0;
}

/* As bad as a request can be: hundreds of expressions that take their time with each record. */
static int make_hostile(struct filter **ret)
{
	auto_buf struct buf text = { 0 };

	buf_append_str(&text, "[{\"where\":[\"rtt > 1s\"");
	for (unsigned int i = 0; i < HOSTILE; i++)
		buf_printf(&text, ",\"summary =~ '(?:.?.?){6}[0-%u]x' or pod =~ '(.+)+%uy'\"",
			   i % 10, i);
	buf_append_str(&text, "]}]");
	buf_append_char(&text, '\0');
	return make_filter(ret, buf_bytes(&text));
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* How long a slice takes of which others wait for the end. The very longest is the machine's. */
static int measure_slices(const struct history *history, const struct record_context *context)
{
	static uint64_t took[SLICES];
	auto_filter struct filter *filter = NULL;
	struct flow_query query = { .context = context };
	const struct record_leg *legs;
	uint64_t middle, late;
	int r = make_hostile(&filter);

	if (r)
		return r;
	query.filter = filter;
	(void)flow_query_start(&query, history);
	for (unsigned int i = 0; i < SLICES; i++) {
		uint64_t begun = time_worked_ns();
		struct log_slice slice;

		log_slice_begin(&slice, SLICE_MAX, SLICE_NS);
		(void)flow_query_next(&query, history, &slice, &legs);
		took[i] = time_worked_ns() - begun;
	}
	qsort(took, SLICES, sizeof(took[0]), compare_u64);
	middle = took[SLICES / 2];
	late = took[SLICES - SLICES / 100];
	printf("a slice with %u hostile expressions: median %.2f ms, p99 %.2f ms, max %.2f ms\n",
	       2 * HOSTILE, (double)middle / 1e6, (double)late / 1e6,
	       (double)took[SLICES - 1] / 1e6);
	return 0;
}

int main(void)
{
	struct record_context context = { .node_name = "n1", .netns = "1" };
	auto_history struct history *history = NULL;
	auto_parties struct parties *parties = NULL;
	uint32_t state = 1;

	if (make_parties(&parties) || history_new(&history, RECORDS, NULL, NULL))
		return EXIT_FAILURE;
	context.parties = parties;
	for (uint32_t n = 0; n < RECORDS; n++)
		add_record(history, &state, n);
	printf("%-34s %7s %9s %9s %9s\n%-34s %7s %9s %9s %9s\n", "filter", "scan", "of 10^6",
	       "last 20", "follow", "", "ns", "ms", "ms", "ns");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (measure_row(&rows[i], history, &context))
			return EXIT_FAILURE;
	}
	return measure_slices(history, &context) ? EXIT_FAILURE : EXIT_SUCCESS;
}
