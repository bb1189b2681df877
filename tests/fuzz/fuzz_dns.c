// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whatever a DNS server sends: names of ASCII, a bounded number of addresses, and a table that
 * finds each of them again. The first byte says whether it is mDNS.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "who/dns_names.h"
#include "who/dns_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1000000000ULL

struct told {
	unsigned int count;
	struct dns_names *names;
};

static const uint8_t client[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 };

static void check(int is_so)
{
	if (!is_so)
		abort();
}

static void on_answer(void *ctx, const struct dns_answer *answer)
{
	struct told *told = ctx;
	struct dns_names_found found;

	check(++told->count <= DNS_RECORDS_MAX);
	check(answer->name[0] && strlen(answer->name) < DNS_NAME_SIZE);
	for (const char *c = answer->name; *c; c++)
		check(*c > ' ' && *c < 0x7f && !(*c >= 'A' && *c <= 'Z'));
	dns_names_find(told->names, client, answer->addr, NOW, &found);
	check(found.count > 0 && found.count <= DNS_NAMES_OF_PAIR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dns_names *names;
	struct told told = { 0 };
	char name[DNS_NAME_SIZE];
	/* Without a byte behind it: the sanitizer sees one read too many. */
	auto_free uint8_t *bytes = malloc(size ? size : 1);
	struct dns_message message = { .bytes = bytes };

	if (!size || !bytes || (!names && dns_names_new(&names)))
		return 0;
	message.is_mdns = data[0] & 1;
	message.len = size - 1;
	memcpy(bytes, data + 1, message.len);
	told.names = names;
	dns_names_learn(names, message.is_mdns ? NULL : client, &message, NOW);
	check((dns_parse(&message, name, on_answer, &told) == DNS_OK) == (told.count > 0));
	return 0;
}
