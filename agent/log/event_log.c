// SPDX-License-Identifier: BSD-2-Clause
#include "log/event_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "log/log_order.h"

struct event {
	uint64_t time_ns;
	char *json; /* without a NUL */
	size_t len;
};

struct event_log {
	struct event *events; /* seq is at seq % max_events */
	unsigned int max_events;
	size_t max_bytes;
	size_t bytes;	       /* of their JSON */
	uint64_t oldest, next; /* sequence numbers */
	struct log_order order;
};

int event_log_new(struct event_log **ret, unsigned int max_events, size_t max_bytes)
{
	struct event_log *log = calloc(1, sizeof(*log));

	if (!log)
		return -ENOMEM;
	log->max_events = max_events;
	log->max_bytes = max_bytes;
	log->oldest = log->next = 1;
	log->events = calloc(max_events, sizeof(*log->events));
	if (!log->events) {
		event_log_free(&log);
		return -ENOMEM;
	}
	*ret = log;
	return 0;
}

static struct event *event_at(const struct event_log *log, uint64_t seq)
{
	return &log->events[seq % log->max_events];
}

static void remove_oldest(struct event_log *log)
{
	struct event *event = event_at(log, log->oldest++);

	log->bytes -= event->len;
	free(event->json);
	*event = (struct event){ 0 };
}

static void remove_all(struct event_log *log)
{
	while (log->oldest < log->next)
		remove_oldest(log);
}

void event_log_free(struct event_log **at)
{
	struct event_log *log = TAKE_PTR(*at);

	if (!log)
		return;
	remove_all(log);
	free(log->events);
	free(log);
}

static bool has_room(const struct event_log *log, size_t len)
{
	return log->next - log->oldest < log->max_events && log->bytes + len <= log->max_bytes;
}

void event_log_add(struct event_log *log, uint64_t time_ns, struct text json)
{
	auto_free char *copy = json.len <= log->max_bytes ? malloc(json.len) : NULL;

	if (!copy) {
		remove_all(log);
		log->oldest = ++log->next;
		return;
	}
	while (!has_room(log, json.len))
		remove_oldest(log);
	log_order_note(&log->order, log->next, time_ns);
	memcpy(copy, json.bytes, json.len);
	*event_at(log, log->next++) =
		(struct event){ .time_ns = time_ns, .json = TAKE_PTR(copy), .len = json.len };
	log->bytes += json.len;
}

struct text event_log_get(const struct event_log *log, uint64_t seq, uint64_t *ret_time_ns)
{
	const struct event *event = event_at(log, seq);

	*ret_time_ns = event->time_ns;
	return (struct text){ event->json, event->len };
}

static uint64_t log_oldest(const void *ctx)
{
	const struct event_log *log = ctx;

	return log->oldest;
}

static uint64_t log_next(const void *ctx)
{
	const struct event_log *log = ctx;

	return log->next;
}

static uint64_t log_last(const void *ctx, uint64_t count)
{
	const struct event_log *log = ctx;

	return log->next - log->oldest > count ? log->next - count : log->oldest;
}

static uint64_t log_orderly(const void *ctx)
{
	const struct event_log *log = ctx;

	return log->order.from;
}

static bool log_look(void *ctx, uint64_t seq, uint64_t *ret_time_ns)
{
	const struct event_log *log = ctx;

	*ret_time_ns = event_at(log, seq)->time_ns;
	return true;
}

struct log_view event_log_view(struct event_log *log)
{
	static const struct log_ops ops = {
		.oldest = log_oldest,
		.next = log_next,
		.last = log_last,
		.orderly = log_orderly,
		.look = log_look,
	};
	static struct event_log nothing = { .oldest = 1, .next = 1 };

	return (struct log_view){ &ops, log ? log : &nothing };
}
