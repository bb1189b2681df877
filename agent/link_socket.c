// SPDX-License-Identifier: BSD-2-Clause
/*
 * Opening, asking, and what a socket is notified of: the groups, and a filter that keeps a
 * router's routes away.
 */
#include "link_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/cleanup.h"
#include "link.h"
#include "link_parse.h"

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
 * all the time. Dumps (NLM_F_MULTI) pass, as the filter would see only their first message.
 */
static int filter_routes(int fd)
{
	enum {
		OFF_DST_LEN = sizeof(struct nlmsghdr) + offsetof(struct rtmsg, rtm_dst_len)
	};
	struct sock_filter code[] = {
		/* Loads are big-endian, the header is the host's. */
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
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
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
				      RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE };
	int fd = mnl_socket_get_fd(socket->mnl);
	int size = SOCKET_BUFFER;
	int r;

	/* Less is no error: an overflow is made up for. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	r = filter_routes(fd);
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

static int on_stats(const struct nlmsghdr *nlh, void *ctx)
{
	if (link_parse_stats(nlh, ctx))
		return MNL_CB_STOP;
	errno = ENODATA;
	return MNL_CB_ERROR;
}

int link_socket_read_stats(struct link_socket *socket, uint32_t ifindex, struct link_stats *ret)
{
	uint8_t buffer[4096] __attribute__((aligned(8)));
	unsigned int portid = mnl_socket_get_portid(socket->mnl);
	/* RTM_GETSTATS costs 2.5 us, RTM_GETLINK 6.5: a sixth of its answer. */
	struct nlmsghdr *nlh = link_socket_request(socket, buffer, RTM_GETSTATS, 0);
	struct if_stats_msg *ifsm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifsm));
	uint32_t seq = nlh->nlmsg_seq;
	int r;

	ifsm->ifindex = ifindex;
	ifsm->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	r = link_socket_send(socket, nlh);
	if (r < 0)
		return r;
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(socket->mnl, buffer, sizeof(buffer));

		if (n >= 0)
			n = mnl_cb_run(buffer, (size_t)n, seq, portid, on_stats, ret);
		if (n >= 0)
			return 0;
		/* EPROTO: the answer to an earlier request, which a signal interrupted. */
		if (errno != EINTR && errno != EPROTO)
			return -errno;
	}
}
