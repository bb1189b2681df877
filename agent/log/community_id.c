// SPDX-License-Identifier: BSD-2-Clause
/*
 * SHA-1 over seed, addresses, protocol, padding and ports, the smaller endpoint first, as the
 * Community ID specification has it; ICMP puts the type and the type of its answer for ports.
 */
#include "log/community_id.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include <nettle/base64.h>
#include <nettle/sha1.h>

#include "base/cleanup.h"
#include "log/record.h"

#include "weir/flow.h"

/*
 * Types of ICMP that ask and answer: the other's type stands for the destination port. Each table
 * ends with a pair of zeros.
 */
static const uint8_t icmp4_pairs[][2] = { { 8, 0 },   { 0, 8 },	  { 13, 14 }, { 14, 13 },
					  { 15, 16 }, { 16, 15 }, { 17, 18 }, { 18, 17 },
					  { 10, 9 },  { 9, 10 },  { 0, 0 } };
static const uint8_t icmp6_pairs[][2] = { { 128, 129 }, { 129, 128 }, { 133, 134 }, { 134, 133 },
					  { 135, 136 }, { 136, 135 }, { 130, 131 }, { 131, 130 },
					  { 139, 140 }, { 140, 139 }, { 144, 145 }, { 145, 144 },
					  { 0, 0 } };

bool community_id_counterpart(uint8_t proto, uint8_t type, uint8_t *ret)
{
	const uint8_t(*pairs)[2] = proto == IPPROTO_ICMP ? icmp4_pairs : icmp6_pairs;

	for (size_t i = 0; pairs[i][0] || pairs[i][1]; i++) {
		if (pairs[i][0] == type) {
			*ret = pairs[i][1];
			return true;
		}
	}
	return false;
}

/* False: the message is one-way, and keeps its direction. */
static bool icmp_ports(const struct record *rec, uint16_t ports[2])
{
	uint8_t other;
	bool is_two_way = community_id_counterpart(rec->proto, rec->icmp_type, &other);

	ports[0] = rec->icmp_type;
	ports[1] = is_two_way ? other : rec->icmp_code;
	return is_two_way;
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

bool community_id(const struct record *rec, char text[static COMMUNITY_ID_SIZE])
{
	size_t len = rec->family == WEIR_IPV4 ? 4 : 16, at = 2;
	uint16_t ports[2] = { rec->port[0], rec->port[1] };
	uint8_t bytes[2 + 16 + 16 + 2 + 4] = { 0 };
	uint8_t digest[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha1;
	const uint8_t *addr[2];
	bool is_icmp = rec->proto == IPPROTO_ICMP || rec->proto == IPPROTO_ICMPV6;
	bool is_two_way = true;
	int order, first = 0;

	if (rec->proto == IPPROTO_SCTP && !ports[0] && !ports[1]) /* no such ports: not known */
		return false;
	if (is_icmp) {
		is_two_way = icmp_ports(rec, ports);
		first = rec->sender; /* the ports are those of the sender's message */
	}
	addr[0] = rec->addr[first] + 16 - len;
	addr[1] = rec->addr[!first] + 16 - len;
	order = memcmp(addr[0], addr[1], len);
	if (is_two_way && (order > 0 || (order == 0 && ports[0] > ports[1]))) {
		const uint8_t *swap = addr[0];
		uint16_t port = ports[0];

		addr[0] = addr[1];
		addr[1] = swap;
		ports[0] = ports[1];
		ports[1] = port;
	}
	for (int i = 0; i < 2; i++, at += len)
		memcpy(bytes + at, addr[i], len);
	bytes[at++] = rec->proto;
	bytes[at++] = 0;
	if (is_icmp || has_ports(rec->proto)) {
		for (int i = 0; i < 2; i++) {
			bytes[at++] = (uint8_t)(ports[i] >> 8);
			bytes[at++] = (uint8_t)ports[i];
		}
	}
	sha1_init(&sha1);
	sha1_update(&sha1, at, bytes);
	sha1_digest(&sha1, sizeof(digest), digest);
	memcpy(text, "1:", 2);
	base64_encode_raw(text + 2, sizeof(digest), digest);
	text[2 + BASE64_ENCODE_RAW_LENGTH(sizeof(digest))] = '\0';
	return true;
}
