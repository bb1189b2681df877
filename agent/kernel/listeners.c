// SPDX-License-Identifier: BSD-2-Clause
/*
 * One dump for each family, of sockets in LISTEN only: the kernel then doesn't look at others. What
 * came is sorted by port, for who asks.
 */
#include "kernel/listeners.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"

#define ASK_NS 1000000000ULL

struct listener {
	uint8_t addr[16]; /* IPv4 mapped; unless any */
	uint16_t port;
	bool is_any_v4;
	bool is_any_v6;
};

struct list {
	struct listener *items;
	size_t count, room;
};

struct listeners {
	struct mnl_socket *mnl;
	struct list list;
	uint64_t asked_ns;
	uint32_t seq;
	int error;
};

static int list_add(struct list *list, const struct listener *item)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 32;
		struct listener *items;

		if (room > LISTENERS_MAX)
			return -ENOSPC;
		items = realloc(list->items, room * sizeof(*items));
		if (!items)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = *item;
	return 0;
}

/* Does the IPv6 socket take no IPv4? */
static bool is_v6_only(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct inet_diag_msg))
	{
		if (mnl_attr_get_type(attr) == INET_DIAG_SKV6ONLY &&
		    mnl_attr_get_payload_len(attr) >= 1)
			return mnl_attr_get_u8(attr) != 0;
	}
	return false;
}

static int on_socket(const struct nlmsghdr *nlh, void *ctx)
{
	static const uint8_t zero[16];
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct listener item = { 0 };
	const uint8_t *addr = (const uint8_t *)msg->id.idiag_src;
	bool is_any;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg) || msg->idiag_state != TCP_LISTEN)
		return MNL_CB_OK;
	item.port = ntohs(msg->id.idiag_sport);
	if (msg->idiag_family == AF_INET) {
		is_any = !msg->id.idiag_src[0];
		addr_from_v4(addr, item.addr);
		item.is_any_v4 = is_any;
	} else {
		is_any = !memcmp(addr, zero, sizeof(zero));
		memcpy(item.addr, addr, sizeof(item.addr));
		item.is_any_v6 = is_any;
		item.is_any_v4 =
			is_any ? !is_v6_only(nlh) : addr_is_v4(addr) && !memcmp(addr + 12, zero, 4);
	}
	(void)list_add(ctx, &item); /* who finds no room is not known: the ports decide */
	return MNL_CB_OK;
}

static int ask(struct listeners *listeners, uint8_t family, struct list *list)
{
	uint8_t buffer[16384] __attribute__((aligned(8)));
	unsigned int portid = mnl_socket_get_portid(listeners->mnl);
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	int r = MNL_CB_OK;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++listeners->seq;
	req->sdiag_family = family;
	req->sdiag_protocol = IPPROTO_TCP;
	req->idiag_states = 1U << TCP_LISTEN;
	if (mnl_socket_sendto(listeners->mnl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (r > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(listeners->mnl, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = mnl_cb_run(buffer, (size_t)n, listeners->seq, portid, on_socket, list);
		if (r < 0 && errno == EPROTO) /* the rest of an answer that was given up */
			r = MNL_CB_OK;
	}
	return r < 0 ? -errno : 0;
}

static int by_port(const void *a, const void *b)
{
	const struct listener *left = a, *right = b;

	return (left->port > right->port) - (left->port < right->port);
}

static void ask_all(struct listeners *listeners)
{
	struct list list = { 0 };
	int r = ask(listeners, AF_INET, &list);

	if (!r)
		r = ask(listeners, AF_INET6, &list);
	if (r && r != listeners->error)
		log_debug("the kernel doesn't tell who listens: %s", strerror(-r));
	listeners->error = r;
	if (r) {
		free(list.items);
		return;
	}
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_port);
	free(listeners->list.items);
	listeners->list = list;
}

void listeners_refresh(struct listeners *listeners, uint64_t now_ns)
{
	if (!listeners->mnl || now_ns - listeners->asked_ns < ASK_NS)
		return;
	listeners->asked_ns = now_ns;
	ask_all(listeners);
}

bool listeners_has(const struct listeners *listeners, const uint8_t addr[static 16], uint16_t port)
{
	const struct list *list = &listeners->list;
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->items[middle].port < port)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < list->count && list->items[low].port == port; low++) {
		const struct listener *item = &list->items[low];

		if (addr_is_v4(addr) ? item->is_any_v4 : item->is_any_v6)
			return true;
		if (!memcmp(item->addr, addr, sizeof(item->addr)))
			return true;
	}
	return false;
}

int listeners_error(const struct listeners *listeners)
{
	return listeners->error;
}

int listeners_new(struct listeners **ret)
{
	struct listeners *listeners = calloc(1, sizeof(*listeners));

	if (!listeners)
		return -ENOMEM;
	listeners->mnl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!listeners->mnl || mnl_socket_bind(listeners->mnl, 0, MNL_SOCKET_AUTOPID) < 0)
		listeners->error = -errno;
	else
		listeners_refresh(listeners, time_monotonic_ns());
	*ret = listeners;
	return 0;
}

void listeners_free(struct listeners **at)
{
	struct listeners *listeners = TAKE_PTR(*at);

	if (!listeners)
		return;
	if (listeners->mnl)
		mnl_socket_close(listeners->mnl);
	free(listeners->list.items);
	free(listeners);
}
