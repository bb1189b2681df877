// SPDX-License-Identifier: BSD-2-Clause
/*
 * One netlink socket carries both the notifications and the dumps, so that what arrives is in the
 * kernel's order and both go through the same functions. Notifications do not tell everything (the
 * kernel drops IPv4 routes in silence): where something may have changed unsaid, it is asked again.
 * link_parse reads the messages, link_known keeps what they say and tells, link_dump asks.
 */
#include "link/link.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "link/link_dump.h"
#include "link/link_known.h"
#include "link/link_parse.h"
#include "link/link_socket.h"
#include "loop.h"

#define RECV_SIZE	  32768	  /* the most the kernel puts into one message of a dump */
#define BUDGET_NS	  1000000 /* a callback may take 2 ms, and the last message's share is open */
#define RESUME_MS	  1
#define REFRESH_MS	  20 /* bursts are debounced */
#define FIRST_DUMP_MS	  5000
#define FIRST_DUMP_ROUNDS 8

struct link {
	struct link_socket socket;
	struct link_socket stats_socket;
	struct watch *watch;
	struct watch *timer;
	bool is_armed; /* the timer */
	/*
	 * Notifications were lost, and what waits may be from before: nothing is asked until it has
	 * been read, or a link whose end was lost would pass for one that is there.
	 */
	bool is_behind;

	struct link_known known;
	struct link_dump dump;

	size_t have; /* bytes in buffer */
	size_t next; /* offset of the first that was not looked at */
	unsigned char buffer[RECV_SIZE] __attribute__((aligned(8)));
};

/* ---- asking ---- */

/* Not pushed back by what comes meanwhile: a storm may last. */
static int arm(struct link *link, uint64_t ms)
{
	if (link->is_armed)
		return 0;
	link->is_armed = true;
	return watch_set_timer(link->timer, ms, 0);
}

static void want(struct link *link, uint32_t stages)
{
	link->dump.want |= stages;
	(void)arm(link, REFRESH_MS);
}

/* A run has begun, or a stage of it has ended: if that was the last, is there more? */
static void arm_next_run(struct link *link)
{
	if (link->dump.stage == LINK_STAGE_IDLE && link->dump.want)
		(void)arm(link, REFRESH_MS);
}

static void run_start(struct link *link)
{
	link_dump_start(&link->dump);
	arm_next_run(link);
}

/* What the last fact leaves to be asked. */
static void ask_later(struct link *link)
{
	if (link->known.has_unsure)
		(void)arm(link, REFRESH_MS);
	if (link->known.may_lack_routes)
		want(link, LINK_WANT_ROUTES);
	link->known.may_lack_routes = false;
}

/*
 * The first end of a pair is notified before the kernel has made the second. If that is not in this
 * namespace nothing more is said.
 */
static void ask_unsure(struct link *link)
{
	uint64_t deadline_ns = time_monotonic_ns() + BUDGET_NS;
	uint32_t ifindex;
	size_t at = 0;

	link->known.has_unsure = false;
	while ((ifindex = link_known_take_unsure(&link->known, &at))) {
		if (link_dump_iface(&link->dump, ifindex) < 0)
			want(link, LINK_WANT_LINKS);
		if (time_monotonic_ns() > deadline_ns) {
			link->known.has_unsure = true;
			(void)arm(link, RESUME_MS);
			return;
		}
	}
}

/* ---- messages ---- */

static int on_link(struct link *link, const struct nlmsghdr *nlh)
{
	struct link_iface now;
	bool is_unsure;
	int r;

	if (!link_parse_iface(nlh, &now))
		return 0;
	if (nlh->nlmsg_type == RTM_DELLINK) {
		link_known_remove_iface(&link->known, &now);
		return 0;
	}
	if (now.info.name[0] == '\0') /* a wireless event: nothing but IFLA_WIRELESS */
		return 0;
	is_unsure = iface_is_pair(&now.info) && !now.peer && !now.info.is_peer_elsewhere &&
		    !link_socket_is_answer(&link->socket, nlh);
	r = link_known_set_iface(&link->known, &now, is_unsure);
	ask_later(link);
	return r;
}

static int on_addr(struct link *link, const struct nlmsghdr *nlh)
{
	struct link_addr now;

	if (!link_parse_addr(nlh, &now))
		return 0;
	if (nlh->nlmsg_type == RTM_NEWADDR)
		return link_known_add_addr(&link->known, &now);
	link_known_remove_addr(&link->known, &now);
	ask_later(link);
	return 0;
}

static int on_hop(void *ctx, uint32_t oif)
{
	return link_known_add_route(ctx, oif);
}

/*
 * A notification of a default route only makes us ask: replacing one tells nothing of the old one,
 * and an interface may hold several.
 */
static int on_route(struct link *link, const struct nlmsghdr *nlh)
{
	if (!link_parse_is_default_route(nlh))
		return 0;
	if (link_dump_is_part(&link->dump, nlh))
		return link_parse_hops(nlh, on_hop, &link->known);
	want(link, LINK_WANT_ROUTES);
	return 0;
}

static int on_tc(struct link *link, const struct nlmsghdr *nlh)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(*tcm))
		link->known.ops->tc_removed(link->known.ctx, (uint32_t)tcm->tcm_ifindex);
	return 0;
}

static int on_message(struct link *link, const struct nlmsghdr *nlh)
{
	link_dump_note(&link->dump, nlh);
	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return on_link(link, nlh);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return on_addr(link, nlh);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return on_route(link, nlh);
	case RTM_DELQDISC:
	case RTM_DELTFILTER:
		return on_tc(link, nlh);
	case NLMSG_DONE:
	case NLMSG_ERROR:
		link_dump_end(&link->dump, nlh);
		arm_next_run(link);
		return 0;
	default:
		return 0;
	}
}

/* ---- the loop's side ---- */

/* All that waited has been read. */
static void caught_up(struct link *link)
{
	link->is_behind = false;
	arm_next_run(link);
}

/* Refills the buffer. 1: there is something; 0: nothing to read now. */
static int refill(struct link *link)
{
	ssize_t n = mnl_socket_recvfrom(link->socket.mnl, link->buffer, sizeof(link->buffer));

	link->next = 0;
	link->have = n > 0 ? (size_t)n : 0;
	if (n >= 0)
		return n > 0;
	if (errno == EAGAIN) {
		caught_up(link);
		return 0;
	}
	if (errno == EINTR)
		return 0;
	/* The socket overflowed, or a message did not fit. What was lost is not known. */
	if (errno == ENOBUFS || errno == ENOSPC) {
		link->is_behind = true;
		want(link, LINK_WANT_ALL);
		return 1;
	}
	return -errno;
}

/* Message by message until nothing is left (0) or the time is over (1). */
static int process(struct link *link, uint64_t deadline_ns)
{
	for (;;) {
		struct nlmsghdr *nlh = (void *)(link->buffer + link->next);
		size_t left = link->have - link->next;
		int r;

		if (time_monotonic_ns() > deadline_ns)
			return 1;
		if (left == 0 || !mnl_nlmsg_ok(nlh, (int)left)) {
			r = refill(link);
			if (r <= 0)
				return r;
			continue;
		}
		left = NLMSG_ALIGN((size_t)nlh->nlmsg_len);
		link->next += left < link->have - link->next ? left : link->have - link->next;
		r = on_message(link, nlh);
		if (r < 0)
			return r;
	}
}

/* Is there to be read what may wake nobody: in the buffer, or that there is nothing more? */
static bool has_rest(const struct link *link)
{
	return link->next < link->have || link->is_behind;
}

static int on_readable(void *ctx, uint32_t events __attribute__((unused)))
{
	struct link *link = ctx;
	int r = process(link, time_monotonic_ns() + BUDGET_NS);

	if (r > 0 && has_rest(link))
		r = arm(link, RESUME_MS);
	return r < 0 ? r : 0;
}

static int on_timer(void *ctx)
{
	struct link *link = ctx;

	link->is_armed = false;
	if (has_rest(link)) {
		int r = on_readable(link, EPOLLIN);

		if (r < 0 || has_rest(link))
			return r;
	}
	if (link->known.has_unsure)
		ask_unsure(link);
	if (link->dump.want)
		run_start(link);
	return 0;
}

/* ---- making and freeing ---- */

/* Everything that is there, before link_new() returns. */
static int first_run(struct link *link)
{
	struct pollfd pfd = { .fd = mnl_socket_get_fd(link->socket.mnl), .events = POLLIN };

	link->dump.want = LINK_WANT_ALL;
	for (int round = 0; round < FIRST_DUMP_ROUNDS && link->dump.want; round++) {
		link->dump.error = 0;
		run_start(link);
		while (link->dump.stage != LINK_STAGE_IDLE) {
			int r = process(link, UINT64_MAX);

			if (r < 0)
				return r;
			if (link->dump.stage != LINK_STAGE_IDLE &&
			    poll(&pfd, 1, FIRST_DUMP_MS) == 0)
				return -ETIMEDOUT;
		}
	}
	return link->dump.error;
}

void link_free(struct link **link)
{
	struct link *old = TAKE_PTR(*link);

	if (!old)
		return;
	watch_free(&old->watch);
	watch_free(&old->timer);
	link_socket_close(&old->socket);
	link_socket_close(&old->stats_socket);
	link_known_done(&old->known);
	free(old);
}

int link_new(struct link **ret, struct loop *loop, const struct link_ops *ops, void *ctx)
{
	__attribute__((cleanup(link_free))) struct link *link = calloc(1, sizeof(*link));
	int r;

	if (!link)
		return -ENOMEM;
	link_known_init(&link->known, ops, ctx);
	link->dump = (struct link_dump){ .socket = &link->socket, .known = &link->known };
	r = link_socket_open(&link->stats_socket, 0);
	if (r == 0)
		r = link_socket_open(&link->socket, SOCK_NONBLOCK);
	if (r == 0)
		r = link_socket_subscribe(&link->socket);
	if (r == 0)
		r = loop_add_timer(loop, 0, 0, on_timer, link, &link->timer);
	if (r == 0)
		r = first_run(link);
	if (r == 0)
		r = loop_add_fd(loop, mnl_socket_get_fd(link->socket.mnl), EPOLLIN, on_readable,
				link, &link->watch);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(link);
	return 0;
}

int link_read_qdisc(struct link *link, uint32_t ifindex, enum link_qdisc_place place,
		    struct link_qdisc *ret)
{
	return link_socket_read_qdisc(&link->stats_socket, ifindex, place, ret);
}

int link_has_egress_filters(struct link *link, uint32_t ifindex)
{
	return link_socket_has_egress_filters(&link->stats_socket, ifindex);
}

int link_has_more_addresses(struct link *link, uint32_t ifindex)
{
	return link_socket_has_more_addresses(&link->stats_socket, ifindex);
}

bool link_has_macvlan(const struct link *link, uint32_t ifindex)
{
	return link_known_has_macvlan(&link->known, ifindex);
}

int link_count_unresolved(struct link *link)
{
	return link_socket_count_unresolved(&link->stats_socket);
}

void link_each(const struct link *link, void (*fn)(void *ctx, const struct iface_info *info),
	       void *ctx)
{
	link_known_each(&link->known, fn, ctx);
}

int link_read_gso_max(struct link *link, uint32_t ifindex, uint32_t ret[static 2])
{
	return link_socket_read_gso_max(&link->stats_socket, ifindex, ret);
}

int link_read_stats(struct link *link, uint32_t ifindex, struct link_stats *ret)
{
	return link_socket_read_stats(&link->stats_socket, ifindex, ret);
}
