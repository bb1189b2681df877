// SPDX-License-Identifier: BSD-2-Clause
/*
 * Entries as the kernel tells them, whole, cut and wrong. test_nat.c asks the kernel itself.
 */
#include "who/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "tests/harness.h"

#define MESSAGE_SIZE 512

struct side {
	const char *source, *destination;
	uint16_t source_port, destination_port; /* ICMP: id, type */
};

static void put_addr(struct nlmsghdr *nlh, const char *text, uint16_t v4, uint16_t v6)
{
	uint8_t addr[16];

	if (strchr(text, ':')) {
		assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
		mnl_attr_put(nlh, v6, 16, addr);
	} else {
		assert_int_equal(inet_pton(AF_INET, text, addr), 1);
		mnl_attr_put(nlh, v4, 4, addr);
	}
}

static void put_side(struct nlmsghdr *nlh, uint16_t attr, uint8_t proto, const struct side *side)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, attr), *nest;
	bool is_v6 = proto == IPPROTO_ICMPV6;

	nest = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	put_addr(nlh, side->source, CTA_IP_V4_SRC, CTA_IP_V6_SRC);
	put_addr(nlh, side->destination, CTA_IP_V4_DST, CTA_IP_V6_DST);
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, proto);
	if (proto == IPPROTO_ICMP || is_v6) {
		mnl_attr_put_u16(nlh, is_v6 ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID,
				 htons(side->source_port));
		mnl_attr_put_u8(nlh, is_v6 ? CTA_PROTO_ICMPV6_TYPE : CTA_PROTO_ICMP_TYPE,
				(uint8_t)side->destination_port);
	} else {
		mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(side->source_port));
		mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(side->destination_port));
	}
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_nest_end(nlh, tuple);
}

static struct nlmsghdr *message(void *buffer, uint8_t proto, const struct side *original,
				const struct side *reply)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW;
	nfg->nfgen_family = strchr(original->source, ':') ? AF_INET6 : AF_INET;
	put_side(nlh, CTA_TUPLE_ORIG, proto, original);
	put_side(nlh, CTA_TUPLE_REPLY, proto, reply);
	mnl_attr_put_u32(nlh, CTA_STATUS, htonl(0x18e));
	return nlh;
}

static const struct row {
	const char *name;
	uint8_t proto;
	struct side original, reply;
	bool is_translated;
} rows[] = {
	{ "nothing",
	  IPPROTO_TCP,
	  { "10.0.0.1", "10.0.0.2", 40000, 80 },
	  { "10.0.0.2", "10.0.0.1", 80, 40000 },
	  false },
	{ "dnat",
	  IPPROTO_TCP,
	  { "10.0.0.1", "10.9.9.9", 40000, 80 },
	  { "10.0.0.2", "10.0.0.1", 8080, 40000 },
	  true },
	{ "port only",
	  IPPROTO_UDP,
	  { "10.0.0.1", "10.0.0.2", 40000, 80 },
	  { "10.0.0.2", "10.0.0.1", 80, 40001 },
	  true },
	{ "IPv6",
	  IPPROTO_TCP,
	  { "fd01::1", "fd09::9", 40000, 80 },
	  { "fd02::2", "fd01::1", 8080, 40000 },
	  true },
	{ "IPv6, nothing",
	  IPPROTO_SCTP,
	  { "fd01::1", "fd09::9", 40000, 80 },
	  { "fd09::9", "fd01::1", 80, 40000 },
	  false },
	{ "ping",
	  IPPROTO_ICMP,
	  { "10.0.0.1", "10.0.0.2", 77, 8 },
	  { "10.0.0.2", "10.0.0.1", 77, 0 },
	  false },
	{ "ping, another id",
	  IPPROTO_ICMP,
	  { "10.0.0.1", "10.0.0.2", 77, 8 },
	  { "10.0.0.2", "10.0.0.1", 78, 0 },
	  true },
	{ "ping, IPv6",
	  IPPROTO_ICMPV6,
	  { "fd01::1", "fd09::9", 77, 128 },
	  { "fd02::2", "fd01::1", 77, 129 },
	  true },
	{ "hairpin",
	  IPPROTO_TCP,
	  { "10.0.0.1", "10.9.9.9", 40000, 80 },
	  { "10.0.0.1", "10.0.0.254", 8080, 40000 },
	  true },
};

static void assert_side(const char *name, const struct nat_tuple *tuple, const struct side *side)
{
	char source[ADDR_TEXT_SIZE], destination[ADDR_TEXT_SIZE];
	bool is_icmp = tuple->proto == IPPROTO_ICMP || tuple->proto == IPPROTO_ICMPV6;

	addr_to_str(tuple->source, tuple->family, source);
	addr_to_str(tuple->destination, tuple->family, destination);
	assert_row_str(name, source, side->source);
	assert_row_str(name, destination, side->destination);
	assert_row_int(name, tuple->source_port, side->source_port);
	assert_row_int(name, is_icmp ? tuple->icmp_type : tuple->destination_port,
		       side->destination_port);
}

static void an_entry_is_read_and_matched_from_all_four_sides(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t buffer[MESSAGE_SIZE] __attribute__((aligned(8)));
		const struct row *row = &rows[i];
		struct conntrack_entry entry;
		struct nat_tuple back, twin;
		struct nat_answer answer;

		assert_row(row->name,
			   conntrack_parse(message(buffer, row->proto, &row->original, &row->reply),
					   &entry));
		assert_side(row->name, &entry.original, &row->original);
		assert_side(row->name, &entry.reply, &row->reply);
		assert_row_int(row->name, conntrack_is_translated(&entry), row->is_translated);
		nat_tuple_reverse(&entry.original, &back);
		nat_tuple_reverse(&entry.reply, &twin);
		assert_row_int(row->name, conntrack_match(&entry, &entry.original, &answer),
			       row->is_translated);
		if (!row->is_translated)
			continue;
		assert_row(row->name,
			   answer.role == NAT_ORIGINAL && nat_tuple_is_equal(&answer.other, &twin));
		assert_row(row->name, conntrack_match(&entry, &back, &answer) &&
					      answer.role == NAT_ORIGINAL &&
					      nat_tuple_is_equal(&answer.other, &entry.reply));
		assert_row(row->name, conntrack_match(&entry, &twin, &answer) &&
					      answer.role == NAT_TRANSLATED &&
					      nat_tuple_is_equal(&answer.other, &entry.original));
		assert_row(row->name, conntrack_match(&entry, &entry.reply, &answer) &&
					      answer.role == NAT_TRANSLATED &&
					      nat_tuple_is_equal(&answer.other, &back));
		twin.source_port ^= 1;
		twin.destination_port ^= 1;
		assert_row(row->name, !conntrack_match(&entry, &twin, &answer));
	}
}

/* Without its status, which stands last, it is whole. */
static void a_message_cut_anywhere_is_no_entry(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t buffer[MESSAGE_SIZE] __attribute__((aligned(8)));
		const struct row *row = &rows[i];
		struct nlmsghdr *nlh = message(buffer, row->proto, &row->original, &row->reply);
		uint32_t whole = nlh->nlmsg_len - 8;
		struct conntrack_entry entry;

		for (uint32_t len = NLMSG_HDRLEN; len < whole; len += NLMSG_ALIGNTO) {
			auto_free uint8_t *cut = malloc(len);

			assert_non_null(cut);
			nlh->nlmsg_len = len;
			memcpy(cut, buffer, len);
			assert_row(row->name, !conntrack_parse((const void *)cut, &entry));
		}
	}
}

static void tuples_that_do_not_belong_together_are_no_entry(void **state)
{
	static const struct side v4 = { "10.0.0.1", "10.0.0.2", 1, 2 }, v6 = { "::1", "::2", 1, 2 };
	uint8_t buffer[MESSAGE_SIZE] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = message(buffer, IPPROTO_TCP, &v4, &v6);
	struct conntrack_entry entry;

	(void)state;
	assert_false(conntrack_parse(nlh, &entry));
	nlh = message(buffer, IPPROTO_TCP, &v4, &v4);
	assert_true(conntrack_parse(nlh, &entry));
	put_side(nlh, CTA_TUPLE_REPLY, IPPROTO_UDP, &v4); /* the later counts */
	assert_false(conntrack_parse(nlh, &entry));
	nlh = message(buffer, IPPROTO_TCP, &v4, &v4);
	nlh->nlmsg_type = NLMSG_ERROR;
	assert_false(conntrack_parse(nlh, &entry));
	nlh->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE;
	assert_false(conntrack_parse(nlh, &entry));
}

static void only_icmp_with_an_answer_has_an_entry(void **state)
{
	static const struct {
		uint8_t proto, type;
		bool has;
	} types[] = {
		{ IPPROTO_ICMP, 8, true },     { IPPROTO_ICMP, 0, true },
		{ IPPROTO_ICMP, 13, true },    { IPPROTO_ICMP, 3, false },
		{ IPPROTO_ICMP, 128, false },  { IPPROTO_ICMPV6, 128, true },
		{ IPPROTO_ICMPV6, 129, true }, { IPPROTO_ICMPV6, 135, false },
		{ IPPROTO_ICMPV6, 8, false },  { IPPROTO_TCP, 3, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct nat_tuple tuple = { .proto = types[i].proto, .icmp_type = types[i].type };

		assert_int_equal(conntrack_may_have(&tuple), types[i].has);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(an_entry_is_read_and_matched_from_all_four_sides),
			 TEST(a_message_cut_anywhere_is_no_entry),
			 TEST(tuples_that_do_not_belong_together_are_no_entry),
			 TEST(only_icmp_with_an_answer_has_an_entry));
}
