/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of conntrack's netlink interface -> its entries, and questions to it. Without state;
 * what is shorter than it should be is not read. An entry has two tuples: `original`, as the packets
 * of who began it are before translation, and `reply`, as the answers are before theirs. Without
 * translation one is the other, reversed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;

struct nat_tuple {
	uint8_t source[16], destination[16]; /* IPv4 mapped */
	uint16_t source_port;		     /* host order; ICMP: the id, in both; else 0 */
	uint16_t destination_port;
	uint8_t family; /* 4 or 6 */
	uint8_t proto;
	uint8_t icmp_type; /* of a packet from source to destination; not compared */
	uint8_t pad;
};

struct conntrack_entry {
	struct nat_tuple original, reply;
};

/* Which side of a translation a connection is seen on. */
enum nat_role {
	NAT_ORIGINAL,	/* its tuple is that before translation */
	NAT_TRANSLATED, /* it is the twin */
	NAT_ROLE_MAX,
};

/* What becomes of, or has been, a connection's tuple; the same end is the source in both. */
struct nat_answer {
	struct nat_tuple other;
	enum nat_role role;
};

/* "original", "translated" */
const char *nat_role_to_str(enum nat_role role);

/* What its answers look like. */
void nat_tuple_reverse(const struct nat_tuple *tuple, struct nat_tuple *ret);
/* The same connection, in the same direction. */
bool nat_tuple_is_equal(const struct nat_tuple *a, const struct nat_tuple *b);

/* IPCTNL_MSG_CT_NEW, which also is what answers a question. False: it is no entry, or not whole. */
bool conntrack_parse(const struct nlmsghdr *nlh, struct conntrack_entry *ret);
bool conntrack_is_translated(const struct conntrack_entry *entry);
/* False: the tuple, whichever way it goes, is not of this entry, or there is no translation. */
bool conntrack_match(const struct conntrack_entry *entry, const struct nat_tuple *tuple,
		     struct nat_answer *ret);

#define CONNTRACK_REQUEST_SIZE 160

/* ICMP that has no answer, for example, has no entry. */
bool conntrack_may_have(const struct nat_tuple *tuple);
/*
 * IPCTNL_MSG_CT_GET of the entry, one of whose two tuples this is exactly, into buffer, which is
 * zeroed and aligned to 4. The tuple of a translated twin is none of the two, but it reversed is.
 * Returns its length.
 */
size_t conntrack_put_request(uint8_t buffer[static CONNTRACK_REQUEST_SIZE], uint32_t seq,
			     const struct nat_tuple *tuple);
