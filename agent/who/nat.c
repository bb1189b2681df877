// SPDX-License-Identifier: BSD-2-Clause
/*
 * Asks wait in a ring. A timer looks at them while there are any: one of which the kernel has told
 * is answered at once, the others when they have waited long enough. nat_events.c is what the kernel
 * tells, nat_request.c asks.
 */
#include "who/nat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "loop.h"
#include "who/nat_events.h"
#include "who/nat_request.h"
#include "worker.h"

#define TICK_MS	     5
#define BUDGET_NS    1000000 /* of the 2 ms that a callback may take */
#define WAIT_NS	     (NAT_WAIT_MS * 1000000ULL)
#define COUNT_PATH   "/proc/sys/net/netfilter/nf_conntrack_count"
#define COUNT_DIGITS 24
#define CLOSED_NS    60000000000ULL

struct ask {
	struct nat_tuple tuple;
	uint64_t cookie;
	uint64_t began_ns;
	uint64_t asked_ns;
	bool is_answered; /* it is not the oldest, and its place not free yet */
};

/* The sockets are opened by the worker: it may load a module. */
struct opening {
	struct worker_job job;
	struct nat *nat; /* NULL: it is gone */
	struct nat_events *events;
	struct nat_request request;
	int result;
};

struct nat {
	nat_answer_fn fn;
	void *ctx;
	struct watch *timer;
	bool is_armed;
	struct worker *worker;
	struct opening *opening;   /* under way */
	struct nat_events *events; /* NULL: conntrack had no entry so far */
	struct nat_request request;
	uint64_t closed_until_ns; /* it could not be opened */
	bool is_told;		  /* that */
	struct nat_stats stats;
	uint32_t first, count;
	struct ask asks[NAT_ASKS_MAX]; /* touched as they are used */
};

static struct ask *ask_at(struct nat *nat, uint32_t i)
{
	return &nat->asks[(nat->first + i) % NAT_ASKS_MAX];
}

static void arm(struct nat *nat)
{
	if (nat->is_armed || !nat->count)
		return;
	nat->is_armed = watch_set_timer(nat->timer, TICK_MS, 0) == 0;
}

static void drop_answered(struct nat *nat)
{
	while (nat->count && ask_at(nat, 0)->is_answered) {
		nat->first = (nat->first + 1) % NAT_ASKS_MAX;
		nat->count--;
	}
}

/* Looked at for every 32nd only: who is answered does something, too. */
static bool is_late(uint32_t i, uint64_t deadline_ns)
{
	return i % NAT_REQUEST_MAX == NAT_REQUEST_MAX - 1 && time_monotonic_ns() > deadline_ns;
}

static void answer(struct nat *nat, struct ask *ask, const struct nat_answer *answer)
{
	ask->is_answered = true;
	if (answer)
		nat->stats.translated++;
	nat->fn(nat->ctx, ask->cookie, answer);
}

/* Asks of which the kernel has told. Not those made meanwhile: they are behind. */
static void answer_told(struct nat *nat, uint64_t deadline_ns)
{
	struct nat_answer found;

	for (uint32_t i = 0, n = nat->count; i < n && !is_late(i, deadline_ns); i++) {
		struct ask *ask = ask_at(nat, i);

		if (!ask->is_answered && nat_events_find(nat->events, &ask->tuple, &found))
			answer(nat, ask, &found);
	}
	drop_answered(nat);
}

/* Asks, from the oldest on, that have waited long enough. */
static uint32_t count_ripe(struct nat *nat, uint64_t now_ns)
{
	uint32_t n = 0;

	while (n < nat->count && now_ns - ask_at(nat, n)->asked_ns >= WAIT_NS)
		n++;
	return n;
}

/* Does conntrack follow any connection at all? Without it there is no such file. */
static bool is_in_use(void)
{
	char text[COUNT_DIGITS];
	auto_close int fd = open(COUNT_PATH, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	return n > 0 && text[0] != '0';
}

/* Who is asked for in a batch. */
struct batch {
	struct nat_request_item items[NAT_REQUEST_MAX];
	struct ask *asks[NAT_REQUEST_MAX];
	size_t n;
};

static void batch_finish(struct nat *nat, struct batch *batch)
{
	struct nat_answer found;

	if (!batch->n)
		return;
	nat_request_run(&nat->request, batch->items, batch->n, &nat->stats);
	for (size_t i = 0; i < batch->n; i++) {
		const struct nat_request_item *item = &batch->items[i];
		bool is_found = item->is_found &&
				conntrack_match(&item->entry, &batch->asks[i]->tuple, &found);

		answer(nat, batch->asks[i], is_found ? &found : NULL);
	}
	batch->n = 0;
}

static bool needs_request(const struct nat *nat, const struct ask *ask)
{
	return conntrack_may_have(&ask->tuple) && !nat_events_cover(nat->events, ask->began_ns);
}

static void answer_ripe(struct nat *nat, uint64_t deadline_ns)
{
	uint32_t n = count_ripe(nat, time_monotonic_ns());
	struct batch batch = { .n = 0 };
	struct nat_answer found;

	for (uint32_t i = 0; i < n && !is_late(i, deadline_ns); i++) {
		struct ask *ask = ask_at(nat, i);

		if (ask->is_answered)
			continue;
		if (nat_events_find(nat->events, &ask->tuple, &found)) {
			answer(nat, ask, &found); /* there was no time for it before */
			continue;
		}
		if (!needs_request(nat, ask)) {
			answer(nat, ask, NULL);
			continue;
		}
		batch.asks[batch.n] = ask;
		batch.items[batch.n++].tuple = ask->tuple;
		if (batch.n == NAT_REQUEST_MAX)
			batch_finish(nat, &batch);
	}
	batch_finish(nat, &batch);
	drop_answered(nat);
}

/* Nobody can be asked, or there is nothing to be told. */
static void answer_ripe_not(struct nat *nat, uint64_t deadline_ns)
{
	uint32_t n = count_ripe(nat, time_monotonic_ns());

	for (uint32_t i = 0; i < n && !is_late(i, deadline_ns); i++) {
		if (!ask_at(nat, i)->is_answered)
			answer(nat, ask_at(nat, i), NULL);
	}
	drop_answered(nat);
}

/* ---- opening ---- */

static void opening_run(struct worker_job *job)
{
	struct opening *opening = (struct opening *)job;

	opening->result = nat_request_open(&opening->request);
	if (!opening->result)
		opening->result = nat_events_new(&opening->events);
}

static void opening_done(struct worker_job *job)
{
	auto_free struct opening *opening = (struct opening *)job;
	struct nat *nat = opening->nat;

	if (nat)
		nat->opening = NULL;
	if (nat && !opening->result) {
		nat->request = opening->request;
		nat->events = opening->events;
		return;
	}
	nat_request_close(&opening->request);
	nat_events_free(&opening->events);
	if (!nat)
		return;
	nat->closed_until_ns = time_monotonic_ns() + CLOSED_NS;
	if (!nat->is_told)
		log_warn(opening->result, "conntrack cannot be asked for translations");
	nat->is_told = true;
}

/* Conntrack has entries: from now on we look at them. False: they can't be looked at. */
static bool begin_opening(struct nat *nat)
{
	struct opening *opening;

	if (nat->opening)
		return true;
	if (time_monotonic_ns() < nat->closed_until_ns)
		return false;
	opening = calloc(1, sizeof(*opening));
	if (!opening)
		return false;
	*opening = (struct opening){ .job = { .run = opening_run, .done = opening_done },
				     .nat = nat,
				     .request = { .fd = -1 } };
	nat->opening = opening;
	worker_give(nat->worker, &opening->job);
	return true;
}

/* ---- the loop's side ---- */

static int on_tick(void *ctx)
{
	struct nat *nat = ctx;
	uint64_t deadline_ns = time_monotonic_ns() + BUDGET_NS;

	nat->is_armed = false;
	if (nat->events) {
		bool is_read = nat_events_read(nat->events, deadline_ns, &nat->stats);

		answer_told(nat, deadline_ns);
		if (is_read && count_ripe(nat, time_monotonic_ns()))
			answer_ripe(nat, deadline_ns);
	} else if (count_ripe(nat, time_monotonic_ns())) {
		/* Counted later than they were asked. */
		if (!is_in_use() || !begin_opening(nat))
			answer_ripe_not(nat, deadline_ns);
	}
	arm(nat);
	return 0;
}

int nat_ask(struct nat *nat, const struct nat_tuple *tuple, uint64_t began_ns, uint64_t cookie)
{
	if (nat->count == NAT_ASKS_MAX) {
		nat->stats.refused++;
		return -ENOBUFS;
	}
	nat->stats.asked++;
	*ask_at(nat, nat->count++) = (struct ask){ .tuple = *tuple,
						   .cookie = cookie,
						   .began_ns = began_ns,
						   .asked_ns = time_monotonic_ns() };
	arm(nat);
	return 0;
}

void nat_get_stats(const struct nat *nat, struct nat_stats *ret)
{
	*ret = nat->stats;
	ret->waiting = nat->count;
}

void nat_free(struct nat **at)
{
	struct nat *nat = TAKE_PTR(*at);

	if (!nat)
		return;
	watch_free(&nat->timer);
	nat_events_free(&nat->events);
	nat_request_close(&nat->request);
	if (nat->opening)
		nat->opening->nat = NULL;
	free(nat);
}

int nat_new(struct nat **ret, struct loop *loop, struct worker *worker, nat_answer_fn fn, void *ctx)
{
	struct nat *nat = calloc(1, sizeof(*nat));
	int r;

	if (!nat)
		return -ENOMEM;
	nat->fn = fn;
	nat->ctx = ctx;
	nat->worker = worker;
	nat->request.fd = -1;
	r = loop_add_timer(loop, 0, 0, on_tick, nat, &nat->timer);
	if (r < 0) {
		nat_free(&nat);
		return r;
	}
	*ret = nat;
	return 0;
}
