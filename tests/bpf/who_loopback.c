// SPDX-License-Identifier: BSD-2-Clause
/*
 * Both ends are in this namespace, so what leaves one is what reaches the other.
 */
#include "tests/bpf/who_loopback.h"

#include <netinet/in.h>

#include "tests/harness.h"

struct who *who_on_loopback(void)
{
	struct who *who = who_begin();

	who_attach(who, "lo", true);
	return who;
}

void assert_tuple(const struct weir_tuple *tuple, int family, uint16_t own, uint16_t peer)
{
	const __be32 mapped[4] = { 0, 0, htonl(0xffff), htonl(INADDR_LOOPBACK) };
	const __be32 loopback6[4] = { 0, 0, 0, htonl(1) };
	const __be32 *address = family == AF_INET ? mapped : loopback6;

	assert_int_equal(tuple->family, family == AF_INET ? WEIR_IPV4 : WEIR_IPV6);
	for (int end = 0; end < 2; end++)
		assert_memory_equal(tuple->addr[end], address, sizeof(mapped));
	assert_int_equal(tuple->port[tuple->own], htons(own));
	assert_int_equal(tuple->port[!tuple->own], htons(peer));
	/* The addresses are the same, so the ports decide, as they are in memory. */
	assert_true(tuple->port[0] <= tuple->port[1]);
}
