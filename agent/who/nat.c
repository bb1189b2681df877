// SPDX-License-Identifier: BSD-2-Clause
/*
 * First what the kernel has told (nat_events.c), then a request (nat_request.c), if there may be
 * one more.
 */
#include "who/nat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "who/nat_events.h"
#include "who/nat_request.h"
#include "worker.h"

#define NS_PER_S   1000000000ULL
#define COUNT_PATH "/proc/sys/net/netfilter/nf_conntrack_count"
#define LOOK_NS	   10000000ULL
#define CLOSED_NS  (60 * NS_PER_S)
/* What the kernel told of other protocols than TCP, whose beginning nobody can tell, holds so long. */
#define FRESH_NS (1 * NS_PER_S)

/* The sockets are opened by the worker: it may load a module. */
struct opening {
	struct worker_job job;
	struct nat *nat; /* NULL: it is gone */
	struct nat_events *events;
	struct nat_request request;
	int result;
};

struct nat {
	struct worker *worker;
	struct opening *opening;   /* under way */
	struct nat_events *events; /* NULL: conntrack had no entry so far */
	struct nat_request request;
	int error;		  /* why it could not be opened */
	uint64_t closed_until_ns; /* that is not tried again */
	uint64_t looked_ns;	  /* into COUNT_PATH, where it was */
	bool is_loaded, is_in_use;

	uint64_t second_ns; /* when the present one began */
	uint32_t beginnings;
	uint64_t filled_ns; /* when there were so many tokens: */
	uint32_t tokens;
	struct nat_stats stats;
};

/* ---- opening ---- */

/* Does conntrack follow any connection at all? Without it there is no such file. */
static void look(struct nat *nat, uint64_t now_ns)
{
	char digit = '0';
	auto_close int fd = -1;

	if (nat->looked_ns && now_ns - nat->looked_ns < LOOK_NS)
		return;
	fd = open(COUNT_PATH, O_RDONLY | O_CLOEXEC);
	nat->looked_ns = now_ns;
	nat->is_loaded = fd >= 0;
	nat->is_in_use = fd >= 0 && read(fd, &digit, 1) == 1 && digit != '0';
}

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
		nat->error = 0;
		return;
	}
	nat_request_close(&opening->request);
	nat_events_free(&opening->events);
	if (!nat)
		return;
	nat->closed_until_ns = time_monotonic_ns() + CLOSED_NS;
	if (!nat->error)
		log_warn(opening->result, "conntrack cannot be asked for translations");
	nat->error = opening->result;
}

/* Conntrack has entries: from now on we look at them. */
static void begin_opening(struct nat *nat)
{
	struct opening *opening = calloc(1, sizeof(*opening));

	if (!opening)
		return;
	*opening = (struct opening){ .job = { .run = opening_run, .done = opening_done },
				     .nat = nat,
				     .request = { .fd = -1 } };
	nat->opening = opening;
	worker_give(nat->worker, &opening->job);
}

static bool is_open(struct nat *nat, uint64_t now_ns)
{
	if (nat->events)
		return true;
	if (nat->opening || now_ns < nat->closed_until_ns)
		return false;
	look(nat, now_ns);
	if (nat->is_in_use)
		begin_opening(nat);
	return false;
}

/* ---- bounds ---- */

/* Each that is half open is a connection that begins. */
static void count_beginning(struct nat *nat, uint64_t now_ns)
{
	if (now_ns - nat->second_ns >= NS_PER_S) {
		if (nat->beginnings < NAT_BEGINNINGS_MAX || now_ns - nat->second_ns > 2 * NS_PER_S)
			nat_events_resume(nat->events);
		nat->second_ns = now_ns;
		nat->beginnings = 0;
	}
	if (++nat->beginnings != NAT_BEGINNINGS_MAX)
		return;
	if (nat_events_pause(nat->events))
		nat->stats.pauses++;
}

/* Two: as a twin, or what conntrack does not know, takes. */
static bool take_tokens(struct nat *nat, uint64_t now_ns)
{
	uint64_t more = (now_ns - nat->filled_ns) * NAT_REQUESTS_A_SECOND / NS_PER_S;

	if (!nat->filled_ns || more >= NAT_REQUESTS_AT_ONCE - nat->tokens) {
		nat->tokens = NAT_REQUESTS_AT_ONCE;
		nat->filled_ns = now_ns;
	} else if (more) {
		nat->tokens += (uint32_t)more;
		nat->filled_ns += more * NS_PER_S / NAT_REQUESTS_A_SECOND;
	}
	if (nat->tokens < 2)
		return false;
	nat->tokens -= 2;
	return true;
}

/* ---- questions ---- */

static enum nat_found ask(struct nat *nat, const struct nat_tuple *tuple, struct nat_answer *ret)
{
	struct conntrack_entry entry;
	int r = nat_request_run(&nat->request, tuple, &entry, &nat->stats);

	if (r < 0)
		return NAT_PUT_OFF;
	if (!r)
		return NAT_MISSED;
	return conntrack_match(&entry, tuple, ret) ? NAT_TWIN : NAT_NONE;
}

/* Silence tells only when there was time to speak. */
static enum nat_found silence(const struct nat_question *question, uint64_t now_ns)
{
	return question->is_knocking && now_ns - question->began_ns < NAT_WAIT_NS ? NAT_MISSED
										  : NAT_NONE;
}

/* What the kernel has told of it. NAT_OFF: that tells nothing. */
static enum nat_found look_up(struct nat *nat, const struct nat_question *question, uint64_t now_ns,
			      struct nat_answer *ret)
{
	uint64_t began_ns = question->began_ns;
	uint64_t since_ns = began_ns ? began_ns - NAT_WAIT_NS : now_ns - FRESH_NS;
	enum nat_event event = nat_events_find(nat->events, &question->tuple, since_ns, ret);
	bool is_read = false;

	/* Of a twin it was told with the original. */
	if (event != NAT_EVENT_FRESH) {
		is_read = nat_events_read(nat->events, &nat->stats);
		event = nat_events_find(nat->events, &question->tuple, since_ns, ret);
	}
	if (event == NAT_EVENT_FRESH)
		return NAT_TWIN;
	if (event == NAT_EVENT_OLD) /* of another use of the tuple, perhaps */
		return NAT_OFF;
	if (!is_read || !began_ns || !nat_events_cover(nat->events, began_ns))
		return NAT_OFF;
	return silence(question, now_ns);
}

enum nat_found nat_find(struct nat *nat, const struct nat_question *question,
			struct nat_answer *ret)
{
	uint64_t now_ns = time_monotonic_ns();
	enum nat_found told;

	if (!conntrack_may_have(&question->tuple))
		return NAT_NONE;
	if (!is_open(nat, now_ns))
		return NAT_OFF;
	if (question->is_knocking)
		count_beginning(nat, now_ns);
	told = look_up(nat, question, now_ns, ret);
	if (told != NAT_OFF)
		return told;
	if (question->is_knocking || !take_tokens(nat, now_ns))
		return NAT_PUT_OFF;
	return ask(nat, &question->tuple, ret);
}

void nat_get_stats(const struct nat *nat, struct nat_stats *ret)
{
	*ret = nat->stats;
}

static const char *detail_of(const struct nat *nat)
{
	if (nat->error == -EPERM)
		return "to ask conntrack takes CAP_NET_ADMIN";
	if (nat->error)
		return strerror(-nat->error);
	if (nat->events)
		return "conntrack tells of translated connections";
	if (nat->is_loaded)
		return "conntrack follows no connection: until it does there is nothing to tell";
	return "conntrack is not loaded: until it is there is nothing to tell";
}

bool nat_is_available(const struct nat *nat, const char **ret_detail)
{
	*ret_detail = detail_of(nat);
	return !nat->error;
}

/* ---- making and freeing ---- */

void nat_free(struct nat **at)
{
	struct nat *nat = TAKE_PTR(*at);

	if (!nat)
		return;
	nat_events_free(&nat->events);
	nat_request_close(&nat->request);
	if (nat->opening)
		nat->opening->nat = NULL;
	free(nat);
}

int nat_new(struct nat **ret, struct worker *worker)
{
	struct nat *nat = calloc(1, sizeof(*nat));

	if (!nat)
		return -ENOMEM;
	nat->worker = worker;
	nat->request.fd = -1;
	look(nat, time_monotonic_ns());
	*ret = nat;
	return 0;
}
