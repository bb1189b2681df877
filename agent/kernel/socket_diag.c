// SPDX-License-Identifier: BSD-2-Clause
/* One dump for each family. */
#include "kernel/socket_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/addr.h"

struct asking {
	void (*tell)(void *ctx, const struct socket_told *told);
	void *ctx;
	uint32_t states;
};

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

static void read_addr(const struct inet_diag_msg *msg, const __be32 words[4], uint8_t ret[16])
{
	if (msg->idiag_family == AF_INET)
		addr_from_v4((const uint8_t *)words, ret);
	else
		memcpy(ret, words, 16);
}

static void read_place(const struct nlmsghdr *nlh, struct socket_place *ret)
{
	static const uint8_t zero[16];
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);

	ret->port = ntohs(msg->id.idiag_sport);
	read_addr(msg, msg->id.idiag_src, ret->addr);
	if (msg->idiag_family == AF_INET) {
		ret->is_any_v4 = !msg->id.idiag_src[0];
	} else {
		ret->is_any_v6 = !memcmp(ret->addr, zero, sizeof(zero));
		ret->is_any_v4 =
			ret->is_any_v6 ? !is_v6_only(nlh)
				       : addr_is_v4(ret->addr) && !memcmp(ret->addr + 12, zero, 4);
	}
}

static int on_socket(const struct nlmsghdr *nlh, void *ctx)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	const struct asking *asking = ctx;
	struct socket_told told = { 0 };

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg) || msg->idiag_state >= 32 ||
	    !(asking->states >> msg->idiag_state & 1))
		return MNL_CB_OK;
	read_place(nlh, &told.place);
	read_addr(msg, msg->id.idiag_dst, told.peer);
	told.peer_port = ntohs(msg->id.idiag_dport);
	told.state = msg->idiag_state;
	asking->tell(asking->ctx, &told);
	return MNL_CB_OK;
}

static int ask(struct socket_diag *diag, uint8_t family, uint8_t proto, const struct asking *asking)
{
	uint8_t buffer[16384] __attribute__((aligned(8)));
	unsigned int portid = mnl_socket_get_portid(diag->mnl);
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	int r = MNL_CB_OK;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++diag->seq;
	req->sdiag_family = family;
	req->sdiag_protocol = proto;
	req->idiag_states = asking->states;
	if (mnl_socket_sendto(diag->mnl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (r > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(diag->mnl, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = mnl_cb_run(buffer, (size_t)n, diag->seq, portid, on_socket, (void *)asking);
		if (r < 0 && errno == EPROTO) /* the rest of an answer that was given up */
			r = MNL_CB_OK;
	}
	return r < 0 ? -errno : 0;
}

int socket_diag_ask(struct socket_diag *diag, uint8_t proto, uint32_t states,
		    void (*tell)(void *ctx, const struct socket_told *told), void *ctx)
{
	const struct asking asking = { .tell = tell, .ctx = ctx, .states = states };
	int r = ask(diag, AF_INET, proto, &asking);

	return r ? r : ask(diag, AF_INET6, proto, &asking);
}

bool socket_place_has(const struct socket_place *place, const uint8_t addr[static 16])
{
	if (addr_is_v4(addr) ? place->is_any_v4 : place->is_any_v6)
		return true;
	return !memcmp(place->addr, addr, sizeof(place->addr));
}

int socket_diag_open(struct socket_diag *diag)
{
	*diag = (struct socket_diag){ .mnl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC) };
	if (diag->mnl && mnl_socket_bind(diag->mnl, 0, MNL_SOCKET_AUTOPID) >= 0)
		return 0;
	return -errno;
}

void socket_diag_close(struct socket_diag *diag)
{
	if (diag->mnl)
		mnl_socket_close(diag->mnl);
	diag->mnl = NULL;
}
