// SPDX-License-Identifier: BSD-2-Clause
/*
 * A datagram a question, a datagram an answer, which has the question's sequence number.
 */
#include "who/nat_request.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "who/nat.h"
#include "who/netlink.h"

#define BUFFER_SIZE 4096 /* an answer is some 400 bytes */

/* 1: it is the entry that was asked for; 0: there is none; -errno. */
static int take(const struct nlmsghdr *nlh, struct conntrack_entry *ret)
{
	int r;

	if (nlh->nlmsg_type != NLMSG_ERROR)
		return conntrack_parse(nlh, ret) ? 1 : -EBADMSG;
	r = netlink_error_of(nlh);
	return r == -ENOENT ? 0 : r;
}

/* What came late, of a question before this one, is passed over. */
static int receive(const struct nat_request *request, struct conntrack_entry *ret)
{
	uint8_t buffer[BUFFER_SIZE] __attribute__((aligned(8)));
	int nsid, len;

	while ((len = netlink_receive(request->fd, buffer, sizeof(buffer), &nsid)) >= 0) {
		struct netlink_rest rest = { buffer, (size_t)len };
		const struct nlmsghdr *nlh;

		while ((nlh = netlink_take(&rest))) {
			if (nlh->nlmsg_seq == request->seq)
				return take(nlh, ret);
		}
	}
	return len;
}

static int ask(struct nat_request *request, const struct nat_tuple *tuple,
	       struct conntrack_entry *ret)
{
	uint8_t buffer[CONNTRACK_REQUEST_SIZE] __attribute__((aligned(8))) = {};
	int r = netlink_send(request->fd, buffer,
			     conntrack_put_request(buffer, ++request->seq, tuple));

	return r < 0 ? r : receive(request, ret);
}

int nat_request_run(struct nat_request *request, const struct nat_tuple *tuple,
		    struct conntrack_entry *ret, struct nat_stats *stats)
{
	struct nat_tuple reversed;
	int r = ask(request, tuple, ret);

	stats->requests++;
	if (!r) {
		nat_tuple_reverse(tuple, &reversed);
		r = ask(request, &reversed, ret);
		stats->requests++;
	}
	stats->unanswered += r < 0;
	return r;
}

int nat_request_open(struct nat_request *ret)
{
	struct nat_request request = { .fd = netlink_open(NETLINK_NETFILTER, SOCK_NONBLOCK, 0) };
	const struct nat_tuple nobody = { .family = 4, .proto = IPPROTO_UDP };
	struct conntrack_entry none;
	int on = 1, r;

	if (request.fd < 0)
		return request.fd;
	/* An error need not repeat the request. */
	(void)setsockopt(request.fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	/* Is there somebody who answers? */
	r = ask(&request, &nobody, &none);
	if (r < 0) {
		nat_request_close(&request);
		return r;
	}
	*ret = request;
	return 0;
}

void nat_request_close(struct nat_request *request)
{
	if (request->fd >= 0)
		close(request->fd);
	request->fd = -1;
}
