// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whatever messages come from conntrack's netlink interface: an entry that can be matched, asked
 * for and turned round, or none.
 */
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "who/conntrack.h"
#include "who/netlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_so)
{
	if (!is_so)
		abort();
}

/* Each of its four tuples is found, and leads to the other side and back. */
static void check_translated(const struct conntrack_entry *entry)
{
	struct nat_answer there, back;
	struct nat_tuple tuples[4];

	tuples[0] = entry->original;
	tuples[1] = entry->reply;
	nat_tuple_reverse(&entry->original, &tuples[2]);
	nat_tuple_reverse(&entry->reply, &tuples[3]);
	for (size_t i = 0; i < ARRAY_SIZE(tuples); i++) {
		check(conntrack_match(entry, &tuples[i], &there));
		check(there.role < NAT_ROLE_MAX);
		check(conntrack_match(entry, &there.other, &back));
	}
}

static void check_entry(const struct conntrack_entry *entry)
{
	uint8_t buffer[CONNTRACK_REQUEST_SIZE] __attribute__((aligned(8))) = { 0 };
	struct nat_answer answer;

	check(entry->original.family == 4 || entry->original.family == 6);
	check(conntrack_put_request(buffer, 1, &entry->original) <= sizeof(buffer));
	if (conntrack_is_translated(entry))
		check_translated(entry);
	else
		check(!conntrack_match(entry, &entry->original, &answer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/*
	 * Nothing behind it: the sanitizer sees a byte read too many. But libmnl rounds a message's
	 * length up, and the buffers that it reads from have room for that.
	 */
	auto_free uint8_t *buffer = calloc(1, NLMSG_ALIGN(size) + 1);
	struct netlink_rest rest = { buffer, size };
	struct conntrack_entry entry;
	const struct nlmsghdr *nlh;

	if (!buffer)
		return 0;
	memcpy(buffer, data, size);
	while ((nlh = netlink_take(&rest))) {
		if (conntrack_parse(nlh, &entry))
			check_entry(&entry);
	}
	return 0;
}
