// SPDX-License-Identifier: BSD-2-Clause
/*
 * ctnetlink: an entry is an nfgenmsg and attributes, nested three deep; ports are big-endian.
 */
#include "who/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "who/netlink.h"

static const char *const role_names[] = {
	[NAT_ORIGINAL] = "original",
	[NAT_TRANSLATED] = "translated",
};
_Static_assert(ARRAY_SIZE(role_names) == NAT_ROLE_MAX, "a role has no name");

const char *nat_role_to_str(enum nat_role role)
{
	return (unsigned int)role < NAT_ROLE_MAX ? role_names[role] : "unknown";
}

/* ---- tuples ---- */

/* Questions and their answers; both ways. */
static const struct icmp_pair {
	uint8_t proto;
	uint8_t question, answer;
} icmp_pairs[] = {
	{ IPPROTO_ICMP, ICMP_ECHO, ICMP_ECHOREPLY },
	{ IPPROTO_ICMP, ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY },
	{ IPPROTO_ICMP, ICMP_INFO_REQUEST, ICMP_INFO_REPLY },
	{ IPPROTO_ICMP, ICMP_ADDRESS, ICMP_ADDRESSREPLY },
	{ IPPROTO_ICMPV6, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY },
	{ IPPROTO_ICMPV6, 139, 140 }, /* node information, RFC 4620 */
};

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static bool icmp_inverse(uint8_t proto, uint8_t type, uint8_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(icmp_pairs); i++) {
		const struct icmp_pair *pair = &icmp_pairs[i];

		if (pair->proto != proto || (pair->question != type && pair->answer != type))
			continue;
		*ret = pair->question == type ? pair->answer : pair->question;
		return true;
	}
	return false;
}

void nat_tuple_reverse(const struct nat_tuple *tuple, struct nat_tuple *ret)
{
	struct nat_tuple reversed = *tuple;

	memcpy(reversed.source, tuple->destination, sizeof(reversed.source));
	memcpy(reversed.destination, tuple->source, sizeof(reversed.destination));
	reversed.source_port = tuple->destination_port;
	reversed.destination_port = tuple->source_port;
	if (is_icmp(tuple->proto))
		(void)icmp_inverse(tuple->proto, tuple->icmp_type, &reversed.icmp_type);
	*ret = reversed;
}

bool nat_tuple_is_equal(const struct nat_tuple *a, const struct nat_tuple *b)
{
	return a->source_port == b->source_port && a->destination_port == b->destination_port &&
	       a->family == b->family && a->proto == b->proto &&
	       !memcmp(a->source, b->source, sizeof(a->source)) &&
	       !memcmp(a->destination, b->destination, sizeof(a->destination));
}

bool conntrack_is_translated(const struct conntrack_entry *entry)
{
	struct nat_tuple reversed;

	nat_tuple_reverse(&entry->reply, &reversed);
	return !nat_tuple_is_equal(&entry->original, &reversed);
}

bool conntrack_match(const struct conntrack_entry *entry, const struct nat_tuple *tuple,
		     struct nat_answer *ret)
{
	struct nat_tuple back, translated, answer = entry->reply;

	if (!conntrack_is_translated(entry))
		return false;
	nat_tuple_reverse(tuple, &back);
	nat_tuple_reverse(&answer, &translated);
	if (nat_tuple_is_equal(tuple, &entry->original))
		*ret = (struct nat_answer){ translated, NAT_ORIGINAL };
	else if (nat_tuple_is_equal(&back, &entry->original))
		*ret = (struct nat_answer){ answer, NAT_ORIGINAL };
	else if (nat_tuple_is_equal(tuple, &translated))
		*ret = (struct nat_answer){ entry->original, NAT_TRANSLATED };
	else if (nat_tuple_is_equal(&back, &translated))
		nat_tuple_reverse(&entry->original, &ret->other), ret->role = NAT_TRANSLATED;
	else
		return false;
	return true;
}

/* ---- reading ---- */

static bool parse_addrs(const struct nlattr *attr, struct nat_tuple *ret)
{
	struct netlink_attrs ip;

	netlink_attrs_nested(attr, &ip);
	if (ip.at[CTA_IP_V6_SRC]) {
		ret->family = 6;
		return netlink_attr_copy(ip.at[CTA_IP_V6_SRC], ret->source, 16) &&
		       netlink_attr_copy(ip.at[CTA_IP_V6_DST], ret->destination, 16);
	}
	ret->family = 4;
	memcpy(ret->source, addr_v4_prefix, ADDR_V4_PREFIX_SIZE);
	memcpy(ret->destination, addr_v4_prefix, ADDR_V4_PREFIX_SIZE);
	return netlink_attr_copy(ip.at[CTA_IP_V4_SRC], ret->source + 12, 4) &&
	       netlink_attr_copy(ip.at[CTA_IP_V4_DST], ret->destination + 12, 4);
}

static uint16_t port_of(const struct nlattr *attr)
{
	uint16_t port = 0;

	(void)netlink_attr_copy(attr, &port, sizeof(port));
	return ntohs(port);
}

static bool parse_proto(const struct nlattr *attr, struct nat_tuple *ret)
{
	struct netlink_attrs proto;
	const struct nlattr *id, *type;

	netlink_attrs_nested(attr, &proto);
	if (!netlink_attr_copy(proto.at[CTA_PROTO_NUM], &ret->proto, 1))
		return false;
	if (!is_icmp(ret->proto)) {
		ret->source_port = port_of(proto.at[CTA_PROTO_SRC_PORT]);
		ret->destination_port = port_of(proto.at[CTA_PROTO_DST_PORT]);
		return true;
	}
	id = proto.at[ret->proto == IPPROTO_ICMP ? CTA_PROTO_ICMP_ID : CTA_PROTO_ICMPV6_ID];
	type = proto.at[ret->proto == IPPROTO_ICMP ? CTA_PROTO_ICMP_TYPE : CTA_PROTO_ICMPV6_TYPE];
	ret->source_port = ret->destination_port = port_of(id);
	return id && netlink_attr_copy(type, &ret->icmp_type, 1);
}

static bool parse_tuple(const struct nlattr *attr, struct nat_tuple *ret)
{
	struct netlink_attrs tuple;

	netlink_attrs_nested(attr, &tuple);
	*ret = (struct nat_tuple){};
	return tuple.at[CTA_TUPLE_IP] && tuple.at[CTA_TUPLE_PROTO] &&
	       parse_addrs(tuple.at[CTA_TUPLE_IP], ret) &&
	       parse_proto(tuple.at[CTA_TUPLE_PROTO], ret);
}

bool conntrack_parse(const struct nlmsghdr *nlh, struct conntrack_entry *ret)
{
	struct conntrack_entry entry;
	struct netlink_attrs attrs;

	if (nlh->nlmsg_type != ((NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return false;
	netlink_attrs_of(nlh, sizeof(struct nfgenmsg), &attrs);
	if (!parse_tuple(attrs.at[CTA_TUPLE_ORIG], &entry.original) ||
	    !parse_tuple(attrs.at[CTA_TUPLE_REPLY], &entry.reply) ||
	    entry.original.family != entry.reply.family ||
	    entry.original.proto != entry.reply.proto)
		return false;
	*ret = entry;
	return true;
}

/* ---- asking ---- */

/* Those that conntrack tells apart by ports; GRE's are its keys. */
static bool wants_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_UDPLITE ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_DCCP || proto == IPPROTO_GRE;
}

bool conntrack_may_have(const struct nat_tuple *tuple)
{
	uint8_t inverse;

	return !is_icmp(tuple->proto) || icmp_inverse(tuple->proto, tuple->icmp_type, &inverse);
}

static void put_addrs(struct nlmsghdr *nlh, const struct nat_tuple *tuple)
{
	struct nlattr *ip = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);

	if (tuple->family == 4) {
		mnl_attr_put(nlh, CTA_IP_V4_SRC, 4, tuple->source + 12);
		mnl_attr_put(nlh, CTA_IP_V4_DST, 4, tuple->destination + 12);
	} else {
		mnl_attr_put(nlh, CTA_IP_V6_SRC, 16, tuple->source);
		mnl_attr_put(nlh, CTA_IP_V6_DST, 16, tuple->destination);
	}
	mnl_attr_nest_end(nlh, ip);
}

static void put_proto(struct nlmsghdr *nlh, const struct nat_tuple *tuple)
{
	struct nlattr *proto = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);

	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, tuple->proto);
	if (tuple->proto == IPPROTO_ICMP) {
		mnl_attr_put_u16(nlh, CTA_PROTO_ICMP_ID, htons(tuple->source_port));
		mnl_attr_put_u8(nlh, CTA_PROTO_ICMP_TYPE, tuple->icmp_type);
		mnl_attr_put_u8(nlh, CTA_PROTO_ICMP_CODE, 0);
	} else if (tuple->proto == IPPROTO_ICMPV6) {
		mnl_attr_put_u16(nlh, CTA_PROTO_ICMPV6_ID, htons(tuple->source_port));
		mnl_attr_put_u8(nlh, CTA_PROTO_ICMPV6_TYPE, tuple->icmp_type);
		mnl_attr_put_u8(nlh, CTA_PROTO_ICMPV6_CODE, 0);
	} else if (wants_ports(tuple->proto)) {
		mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(tuple->source_port));
		mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(tuple->destination_port));
	}
	mnl_attr_nest_end(nlh, proto);
}

size_t conntrack_put_request(uint8_t buffer[static CONNTRACK_REQUEST_SIZE], uint32_t seq,
			     const struct nat_tuple *tuple)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	struct nlattr *nest;

	nlh->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = seq;
	nfg->nfgen_family = tuple->family == 4 ? AF_INET : AF_INET6;
	nfg->version = NFNETLINK_V0;
	/* The kernel looks among the tuples of both directions, whichever the attribute is called. */
	nest = mnl_attr_nest_start(nlh, CTA_TUPLE_ORIG);
	put_addrs(nlh, tuple);
	put_proto(nlh, tuple);
	mnl_attr_nest_end(nlh, nest);
	return nlh->nlmsg_len;
}
