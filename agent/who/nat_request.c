// SPDX-License-Identifier: BSD-2-Clause
/*
 * All requests of a batch go in one datagram; the answers are told apart by their sequence numbers.
 */
#include "who/nat_request.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "who/nat.h"
#include "who/netlink.h"

/* An answer is some 400 bytes, and is accounted for with 768. */
#define RECEIVE_BYTES (128 * 1024)

/* Sends those that are not done. Their number, or -errno. */
static int send_all(struct nat_request *request, const struct nat_request_item *items, size_t n,
		    bool is_reversed)
{
	uint8_t buffer[NAT_REQUEST_MAX * CONNTRACK_REQUEST_SIZE] __attribute__((aligned(8)));
	struct nat_tuple tuple;
	size_t len = 0;
	int sent = 0, r;

	for (size_t i = 0; i < n; i++) {
		if (items[i].is_done)
			continue;
		tuple = items[i].tuple;
		if (is_reversed)
			nat_tuple_reverse(&items[i].tuple, &tuple);
		memset(buffer + len, 0, CONNTRACK_REQUEST_SIZE);
		len += conntrack_put_request(buffer + len, request->seq + (uint32_t)i, &tuple);
		sent++;
	}
	if (!sent)
		return 0;
	r = netlink_send(request->fd, buffer, len);
	return r < 0 ? r : sent;
}

/* 1: it has answered one of ours for good, or said that there is no such entry. */
static int take(struct nat_request *request, struct nat_request_item *items, size_t n,
		const struct nlmsghdr *nlh)
{
	uint32_t i = nlh->nlmsg_seq - request->seq;

	if (i >= n || items[i].is_done)
		return 0;
	if (nlh->nlmsg_type != NLMSG_ERROR && conntrack_parse(nlh, &items[i].entry))
		items[i].is_found = items[i].is_done = true;
	return 1;
}

/* The answers to `sent` requests; how many came. */
static int receive_all(struct nat_request *request, struct nat_request_item *items, size_t n,
		       int sent)
{
	uint8_t buffer[4096] __attribute__((aligned(8)));
	int came = 0, nsid, len;

	while (came < sent) {
		const struct nlmsghdr *nlh;
		struct netlink_rest rest;

		len = netlink_receive(request->fd, buffer, sizeof(buffer), &nsid);
		if (len < 0 && len != -ENOBUFS && len != -ENOSPC)
			break;
		rest = (struct netlink_rest){ buffer, len > 0 ? (size_t)len : 0 };
		while ((nlh = netlink_take(&rest)))
			came += take(request, items, n, nlh);
	}
	return came;
}

void nat_request_run(struct nat_request *request, struct nat_request_item *items, size_t n,
		     struct nat_stats *stats)
{
	for (size_t i = 0; i < n; i++)
		items[i].is_done = items[i].is_found = false;
	for (int way = 0; way < 2; way++) {
		int sent = send_all(request, items, n, way);

		if (sent <= 0)
			break;
		stats->requests += (uint64_t)sent;
		stats->unanswered += (uint64_t)(sent - receive_all(request, items, n, sent));
		request->seq += NAT_REQUEST_MAX; /* what is late is nobody's */
	}
}

/* Is there somebody who answers? The tuple is nobody's: all zero. */
static int probe(struct nat_request *request)
{
	uint8_t buffer[4096] __attribute__((aligned(8))) = {};
	const struct nat_tuple nobody = { .family = 4, .proto = IPPROTO_UDP };
	size_t len = conntrack_put_request(buffer, request->seq, &nobody);
	const struct nlmsghdr *nlh;
	struct netlink_rest rest;
	int nsid, r = netlink_send(request->fd, buffer, len);

	if (!r)
		r = netlink_receive(request->fd, buffer, sizeof(buffer), &nsid);
	if (r < 0)
		return r;
	rest = (struct netlink_rest){ buffer, (size_t)r };
	nlh = netlink_take(&rest);
	if (!nlh || nlh->nlmsg_type != NLMSG_ERROR)
		return 0;
	r = netlink_error_of(nlh);
	return r == -ENOENT ? 0 : r;
}

int nat_request_open(struct nat_request *ret)
{
	struct nat_request request = { .seq = NAT_REQUEST_MAX };
	int on = 1, r;

	request.fd = netlink_open(NETLINK_NETFILTER, SOCK_NONBLOCK, RECEIVE_BYTES);
	if (request.fd < 0)
		return request.fd;
	/* An error need not repeat the request. */
	(void)setsockopt(request.fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	r = probe(&request);
	if (r < 0) {
		nat_request_close(&request);
		return r;
	}
	request.seq += NAT_REQUEST_MAX;
	*ret = request;
	return 0;
}

void nat_request_close(struct nat_request *request)
{
	if (request->fd >= 0)
		close(request->fd);
	request->fd = -1;
}
