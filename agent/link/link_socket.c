// SPDX-License-Identifier: BSD-2-Clause
/*
 * Opening, asking, and what a socket is notified of: the groups, and a filter that keeps a
 * router's routes away.
 */
#include "link/link_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/cleanup.h"
#include "link/link.h"
#include "link/link_parse.h"

#define SOCKET_BUFFER (1 << 20)

int link_socket_open(struct link_socket *ret, int flags)
{
	struct mnl_socket *mnl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags);
	int r;

	if (!mnl)
		return -errno;
	if (mnl_socket_bind(mnl, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = -errno;
		mnl_socket_close(mnl);
		return r;
	}
	*ret = (struct link_socket){ .mnl = mnl };
	return 0;
}

void link_socket_close(struct link_socket *socket)
{
	if (socket->mnl)
		mnl_socket_close(socket->mnl);
	socket->mnl = NULL;
}

/*
 * Of route notifications only those of default routes are let in: a router's other routes change
 * all the time. Dumps (NLM_F_MULTI) pass, as the filter would see only their first message. Of traffic
 * control, what is removed.
 */
static int filter_messages(int fd)
{
	enum {
		OFF_DST_LEN = sizeof(struct nlmsghdr) + offsetof(struct rtmsg, rtm_dst_len)
	};
	struct sock_filter code[] = {
		/* Loads are big-endian, the header is the host's. */
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWQDISC), 8, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWTFILTER), 7, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 4),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, htons(NLM_F_MULTI), 2, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, OFF_DST_LEN),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

int link_socket_subscribe(struct link_socket *socket)
{
	static const int groups[] = { RTNLGRP_LINK,	  RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
				      RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,  RTNLGRP_TC };
	int fd = mnl_socket_get_fd(socket->mnl);
	int size = SOCKET_BUFFER;
	int r;

	/* Less is no error: an overflow is made up for. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	r = filter_messages(fd);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(socket->mnl, NETLINK_ADD_MEMBERSHIP, &group,
					  sizeof(group)) < 0)
			return -errno;
	}
	return 0;
}

struct nlmsghdr *link_socket_request(struct link_socket *socket, void *buffer, uint16_t type,
				     uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	if (++socket->seq == 0) /* notifications have 0 */
		socket->seq = 1;
	nlh->nlmsg_seq = socket->seq;
	return nlh;
}

int link_socket_send(const struct link_socket *socket, const struct nlmsghdr *nlh)
{
	return mnl_socket_sendto(socket->mnl, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
}

bool link_socket_is_answer(const struct link_socket *socket, const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_seq != 0 && nlh->nlmsg_pid == mnl_socket_get_portid(socket->mnl);
}

/*
 * Sends a request and hands what answers it to fn, until fn has enough (MNL_CB_STOP) or the answer
 * ends.
 */
static int ask(struct link_socket *socket, const struct nlmsghdr *nlh, mnl_cb_t fn, void *ctx)
{
	uint8_t buffer[16384] __attribute__((aligned(8)));
	unsigned int portid = mnl_socket_get_portid(socket->mnl);
	uint32_t seq = nlh->nlmsg_seq;
	int r = link_socket_send(socket, nlh);

	if (r < 0)
		return r;
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(socket->mnl, buffer, sizeof(buffer));

		r = n < 0 ? -1 : mnl_cb_run(buffer, (size_t)n, seq, portid, fn, ctx);
		if (r == MNL_CB_STOP)
			return 0;
		/* EPROTO: the answer to an earlier request, which a signal interrupted. */
		if (r < 0 && errno != EINTR && errno != EPROTO)
			return -errno;
	}
}

static int on_stats(const struct nlmsghdr *nlh, void *ctx)
{
	if (link_parse_stats(nlh, ctx))
		return MNL_CB_STOP;
	errno = ENODATA;
	return MNL_CB_ERROR;
}

int link_socket_read_stats(struct link_socket *socket, uint32_t ifindex, struct link_stats *ret)
{
	uint8_t buffer[256] __attribute__((aligned(8)));
	/* RTM_GETSTATS costs 2.5 us, RTM_GETLINK 6.5: a sixth of its answer. */
	struct nlmsghdr *nlh = link_socket_request(socket, buffer, RTM_GETSTATS, 0);
	struct if_stats_msg *ifsm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifsm));

	ifsm->ifindex = ifindex;
	ifsm->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	return ask(socket, nlh, on_stats, ret);
}

static int on_iface(const struct nlmsghdr *nlh, void *ctx)
{
	struct link_iface *ret = ctx;

	if (link_parse_iface(nlh, ret))
		return MNL_CB_STOP;
	errno = ENODATA;
	return MNL_CB_ERROR;
}

int link_socket_read_gso_max(struct link_socket *socket, uint32_t ifindex, uint32_t ret[static 2])
{
	uint8_t buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = link_socket_request(socket, buffer, RTM_GETLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	struct link_iface iface;
	int r;

	ifi->ifi_index = (int)ifindex;
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = ask(socket, nlh, on_iface, &iface);
	if (!r)
		memcpy(ret, iface.info.gso_max, sizeof(iface.info.gso_max));
	return r;
}

static struct nlmsghdr *tc_request(struct link_socket *socket, void *buffer, uint16_t type,
				   uint16_t flags, uint32_t ifindex, uint32_t parent)
{
	struct nlmsghdr *nlh = link_socket_request(socket, buffer, type, flags);
	struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));

	tcm->tcm_ifindex = (int)ifindex;
	tcm->tcm_parent = parent;
	return nlh;
}

struct qdisc_answer {
	struct link_qdisc *ret;
	bool has_come;
};

static int on_qdisc(const struct nlmsghdr *nlh, void *ctx)
{
	struct qdisc_answer *answer = ctx;

	answer->has_come = link_parse_qdisc(nlh, answer->ret);
	return MNL_CB_OK; /* the acknowledgement ends it */
}

int link_socket_read_qdisc(struct link_socket *socket, uint32_t ifindex, int place,
			   struct link_qdisc *ret)
{
	static const uint32_t parents[] = {
		[LINK_QDISC_ROOT] = TC_H_ROOT, [LINK_QDISC_CLSACT] = TC_H_CLSACT
	};
	uint8_t buffer[256] __attribute__((aligned(8)));
	struct qdisc_answer answer = { .ret = ret };
	/* Acknowledged, as a built-in qdisc may answer with nothing; echoed, for older kernels. */
	struct nlmsghdr *nlh = tc_request(socket, buffer, RTM_GETQDISC, NLM_F_ACK | NLM_F_ECHO,
					  ifindex, parents[place]);
	int r = ask(socket, nlh, on_qdisc, &answer);

	return r || answer.has_come ? r : -ENOENT;
}

static int on_filter(const struct nlmsghdr *nlh, void *ctx)
{
	bool *has_any = ctx;

	*has_any = *has_any || nlh->nlmsg_type == RTM_NEWTFILTER;
	return MNL_CB_OK;
}

int link_socket_has_egress_filters(struct link_socket *socket, uint32_t ifindex)
{
	uint8_t buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = tc_request(socket, buffer, RTM_GETTFILTER, NLM_F_DUMP, ifindex,
					  TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS));
	bool has_any = false;
	int r = ask(socket, nlh, on_filter, &has_any);

	return r < 0 ? r : has_any;
}

/* A unicast address that the device itself takes in beside its own; what a bridge has learned is not. */
static int on_address(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	bool *has_any = ctx;

	if (nlh->nlmsg_type != RTM_NEWNEIGH || mnl_nlmsg_get_payload_len(nlh) < sizeof(*ndm) ||
	    !(ndm->ndm_flags & NTF_SELF))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*ndm))
	{
		const uint8_t *address = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == NDA_LLADDR &&
		    mnl_attr_get_payload_len(attr) == ETHER_ADDR_LEN)
			*has_any = *has_any || !(address[0] & 1);
	}
	return MNL_CB_OK;
}

int link_socket_has_more_addresses(struct link_socket *socket, uint32_t ifindex)
{
	uint8_t buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = link_socket_request(socket, buffer, RTM_GETNEIGH, NLM_F_DUMP);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	bool has_any = false;
	int r;

	ifi->ifi_family = AF_BRIDGE;
	ifi->ifi_index = (int)ifindex;
	r = ask(socket, nlh, on_address, &has_any);
	return r < 0 ? r : has_any;
}

static int on_neighbour(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	int *count = ctx;

	if (nlh->nlmsg_type == RTM_NEWNEIGH && mnl_nlmsg_get_payload_len(nlh) >= sizeof(*ndm))
		*count += (ndm->ndm_state & NUD_INCOMPLETE) != 0;
	return MNL_CB_OK;
}

int link_socket_count_unresolved(struct link_socket *socket)
{
	uint8_t buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = link_socket_request(socket, buffer, RTM_GETNEIGH, NLM_F_DUMP);
	int count = 0, r;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ndmsg));
	r = ask(socket, nlh, on_neighbour, &count);
	return r < 0 ? r : count;
}
