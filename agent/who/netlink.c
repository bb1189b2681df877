// SPDX-License-Identifier: BSD-2-Clause
/*
 * recvmsg() and not libmnl's receive: it tells who has sent, and from which namespace.
 */
#include "who/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

int netlink_open(int protocol, int flags, int receive_bytes)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, protocol);

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return -errno;
	/* Less is no error: an overflow is made up for. */
	if (receive_bytes &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof(receive_bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
	return TAKE_FD(fd);
}

static int nsid_of(struct msghdr *msg)
{
	int nsid = NETLINK_HERE;

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level == SOL_NETLINK && cmsg->cmsg_type == NETLINK_LISTEN_ALL_NSID &&
		    cmsg->cmsg_len >= CMSG_LEN(sizeof(nsid)))
			memcpy(&nsid, CMSG_DATA(cmsg), sizeof(nsid));
	}
	return nsid;
}

int netlink_receive(int fd, void *buffer, size_t size, int *ret_nsid)
{
	struct sockaddr_nl from = {};
	struct iovec iov = { .iov_base = buffer, .iov_len = size };
	uint8_t control[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct nl_pktinfo))]
		__attribute__((aligned(8)));
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n;

	do
		n = recvmsg(fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (from.nl_pid != 0)
		return 0;
	if (msg.msg_flags & MSG_TRUNC)
		return -ENOSPC;
	*ret_nsid = nsid_of(&msg);
	return (int)n;
}

const struct nlmsghdr *netlink_take(struct netlink_rest *rest)
{
	const struct nlmsghdr *nlh = (const void *)rest->at;
	size_t len;

	if (rest->len < sizeof(*nlh) || nlh->nlmsg_len < sizeof(*nlh) || nlh->nlmsg_len > rest->len)
		return NULL;
	len = NLMSG_ALIGN((size_t)nlh->nlmsg_len);
	len = len < rest->len ? len : rest->len;
	rest->at += len;
	rest->len -= len;
	return nlh;
}

int netlink_send(int fd, const void *messages, size_t len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(fd, messages, len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0 ? -errno
											    : 0;
}

static int note(const struct nlattr *attr, void *ctx)
{
	struct netlink_attrs *attrs = ctx;

	if (mnl_attr_get_type(attr) < ARRAY_SIZE(attrs->at))
		attrs->at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

void netlink_attrs_of(const struct nlmsghdr *nlh, size_t skip, struct netlink_attrs *ret)
{
	*ret = (struct netlink_attrs){};
	mnl_attr_parse(nlh, (unsigned int)skip, note, ret);
}

void netlink_attrs_nested(const struct nlattr *attr, struct netlink_attrs *ret)
{
	*ret = (struct netlink_attrs){};
	if (attr)
		mnl_attr_parse_nested(attr, note, ret);
}

bool netlink_attr_copy(const struct nlattr *attr, void *ret, size_t len)
{
	if (!attr || mnl_attr_get_payload_len(attr) < len)
		return false;
	memcpy(ret, mnl_attr_get_payload(attr), len);
	return true;
}

int netlink_error_of(const struct nlmsghdr *nlh)
{
	int error;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(error))
		return -EBADMSG;
	memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
	return error;
}
