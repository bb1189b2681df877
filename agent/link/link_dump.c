// SPDX-License-Identifier: BSD-2-Clause
/*
 * The stages of a run. What is asked for while a run goes on waits for the next one: a request is
 * answered with the state of its time.
 */
#include "link/link_dump.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/cleanup.h"
#include "link/link_known.h"
#include "link/link_socket.h"

static int stage_request(struct link_dump *dump)
{
	static const struct {
		uint16_t type;
		unsigned char family;
	} requests[] = {
		[LINK_STAGE_ROUTES4] = { RTM_GETROUTE, AF_INET },
		[LINK_STAGE_ROUTES6] = { RTM_GETROUTE, AF_INET6 },
		[LINK_STAGE_LINKS] = { RTM_GETLINK, AF_UNSPEC },
		[LINK_STAGE_ADDRS] = { RTM_GETADDR, AF_UNSPEC },
	};
	_Static_assert(ARRAY_SIZE(requests) == LINK_STAGE_MAX, "a stage has no request");
	uint8_t buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh =
		link_socket_request(dump->socket, buffer, requests[dump->stage].type, NLM_F_DUMP);
	/* All four headers begin with the family; the longest is ifinfomsg. */
	unsigned char *family = mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));

	*family = requests[dump->stage].family;
	if (dump->stage == LINK_STAGE_LINKS)
		mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	dump->seq = nlh->nlmsg_seq;
	return link_socket_send(dump->socket, nlh);
}

/* Starts the next stage of the run; with none left the dump is idle. */
static void stage_next(struct link_dump *dump)
{
	int r;

	while (dump->pending) {
		dump->stage = (enum link_stage)__builtin_ctz(dump->pending);
		dump->pending &= ~(1u << dump->stage);
		link_known_begin(dump->known);
		if (dump->stage == LINK_STAGE_ROUTES4)
			link_known_begin_routes(dump->known);
		if (dump->stage != LINK_STAGE_ROUTES6) /* it completes what ROUTES4 began */
			dump->is_partial = false;
		r = stage_request(dump);
		if (r == 0)
			return;
		dump->error = r;
		dump->want |= 1u << dump->stage;
	}
	dump->stage = LINK_STAGE_IDLE;
}

void link_dump_start(struct link_dump *dump)
{
	if (dump->stage != LINK_STAGE_IDLE)
		return;
	dump->pending = dump->want;
	dump->want = 0;
	/* Both families fill one set. */
	if (dump->pending & LINK_WANT_ROUTES)
		dump->pending |= LINK_WANT_ROUTES;
	stage_next(dump);
}

bool link_dump_is_part(const struct link_dump *dump, const struct nlmsghdr *nlh)
{
	return dump->stage != LINK_STAGE_IDLE && link_socket_is_answer(dump->socket, nlh) &&
	       nlh->nlmsg_seq == dump->seq;
}

void link_dump_note(struct link_dump *dump, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR && link_dump_is_part(dump, nlh))
		dump->is_partial = true;
}

static void stage_end(struct link_dump *dump)
{
	static void (*const ends[])(struct link_known *) = {
		[LINK_STAGE_ROUTES6] = link_known_end_routes,
		[LINK_STAGE_LINKS] = link_known_end_ifaces,
		[LINK_STAGE_ADDRS] = link_known_end_addrs,
	};
	_Static_assert(ARRAY_SIZE(ends) == LINK_STAGE_MAX, "a stage has no end");

	if (dump->is_partial && dump->stage != LINK_STAGE_ROUTES4)
		dump->want |= 1u << dump->stage;
	else if (ends[dump->stage])
		ends[dump->stage](dump->known);
	stage_next(dump);
}

void link_dump_end(struct link_dump *dump, const struct nlmsghdr *nlh)
{
	const int *error = mnl_nlmsg_get_payload(nlh); /* NLMSG_DONE has one too */

	if (!link_dump_is_part(dump, nlh))
		return; /* link_dump_iface() was late: gone already */
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(*error) && *error < 0 &&
	    *error != -EOPNOTSUPP && *error != -EAFNOSUPPORT) { /* a kernel without IPv6 */
		dump->error = *error;
		dump->is_partial = true;
	}
	stage_end(dump);
}

int link_dump_iface(struct link_dump *dump, uint32_t ifindex)
{
	uint8_t buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = link_socket_request(dump->socket, buffer, RTM_GETLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));

	ifi->ifi_index = (int)ifindex;
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return link_socket_send(dump->socket, nlh);
}
