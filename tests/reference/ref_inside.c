// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets in packets: what tunnels carry (VXLAN, Geneve, GRE, IP in IP), and what ICMP errors quote.
 * Both end where the packet around them ends by its IP header's length.
 */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/reference/ref_packet.h"

#define TYPE_BRIDGED 0x6558 /* an Ethernet frame: RFC 1701, 7637, 8926 */

static const uint8_t *look_inside(const struct ref_packet *p, size_t at, size_t len)
{
	return ref_look(p, at, p->ip_end, len, len);
}

static void set_protocol(struct ref_packet *q, uint16_t protocol)
{
	q->has_ethernet = protocol == TYPE_BRIDGED;
	q->protocol = protocol;
}

/* RFC 7348: flags, of which one says that there is a VNI; VNI in bytes 4 to 6. */
static bool open_vxlan(const struct ref_packet *p, struct ref_packet *q)
{
	const uint8_t *h = look_inside(p, p->headers, 8);

	if (!h || !(h[0] & 0x08))
		return false;
	memcpy(q->key.vni, h + 4, 3);
	set_protocol(q, TYPE_BRIDGED);
	q->begin = p->headers + 8;
	return true;
}

/* RFC 8926: version and length of the options, flags, protocol, VNI. */
static bool open_geneve(const struct ref_packet *p, struct ref_packet *q)
{
	const uint8_t *h = look_inside(p, p->headers, 8);

	if (!h || h[0] >> 6)
		return false;
	memcpy(q->key.vni, h + 4, 3);
	set_protocol(q, ref_u16(h + 2));
	q->begin = p->headers + 8 + (h[0] & 0x3f) * (size_t)4;
	return true;
}

/* RFC 2784 and 2890: flags, version and protocol, then what the flags say. No source routes. */
static bool open_gre(const struct ref_packet *p, struct ref_packet *q)
{
	const uint8_t *h = look_inside(p, p->headers, 4);
	size_t at = p->headers + 4;

	if (!h || (h[0] & 0x40) || (h[1] & 0x07))
		return false;
	set_protocol(q, ref_u16(h + 2));
	if (h[0] & 0x80) /* checksum */
		at += 4;
	if (h[0] & 0x20) {
		const uint8_t *key = look_inside(p, at, 4);

		if (!key)
			return false;
		/* RFC 7637: 24 bits of network and 8 of flow. */
		memcpy(q->key.vni, q->has_ethernet ? key : key + 1, 3);
		at += 4;
	}
	if (h[0] & 0x10) /* sequence number */
		at += 4;
	q->begin = at;
	return true;
}

bool ref_open_tunnel(const struct ref_packet *p, struct ref_packet *q)
{
	q->key.vlan = WEIR_ENCAPSULATED;
	q->end = p->ip_end;
	switch ((enum ref_inside)p->inside) {
	case REF_VXLAN:
		return open_vxlan(p, q);
	case REF_GENEVE:
		return open_geneve(p, q);
	case REF_GRE:
		return open_gre(p, q);
	case REF_IP_IN_IP:
		q->begin = p->headers;
		set_protocol(q, p->key.proto == IPPROTO_IPIP ? ETHERTYPE_IP : ETHERTYPE_IPV6);
		return true;
	case REF_NOTHING:
	case REF_QUOTE:
		break;
	}
	return false;
}

/* The first 8 bytes of layer 4 are promised (RFC 792). */
static bool read_quoted_ports(const struct ref_packet *p, struct ref_packet *q, size_t at,
			      uint16_t ports[2])
{
	const uint8_t *h = look_inside(p, at, 8);

	if (!h)
		return false;
	switch (q->key.proto) {
	case IPPROTO_TCP:
		q->seq = ref_u32(h + 4);
		memcpy(ports, h, 4);
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		memcpy(ports, h, 4);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (!ref_icmp_has_id(q->key.proto, h[0]))
			break;
		memcpy(&ports[0], h + 4, 2);
		ports[1] = ports[0];
		break;
	}
	return true;
}

/* The length is that of the packet as it was sent, not of what is quoted: it says nothing here. */
static bool read_quote_v4(const struct ref_packet *p, struct ref_packet *q)
{
	const uint8_t *h = look_inside(p, p->headers, 20);
	uint16_t ports[2] = { 0, 0 };
	uint8_t src[16], dst[16];
	size_t header;

	if (!h)
		return false;
	header = (h[0] & 0x0f) * (size_t)4;
	if (h[0] >> 4 != 4 || header < 20 || (ref_u16(h + 6) & 0x1fff))
		return false;
	q->key.family = WEIR_IPV4;
	q->key.proto = h[9];
	if (!read_quoted_ports(p, q, p->headers + header, ports))
		return false;
	ref_map_v4(src, h + 12);
	ref_map_v4(dst, h + 16);
	ref_set_endpoints(q, src, dst, ports);
	return true;
}

static bool read_quote_v6(const struct ref_packet *p, struct ref_packet *q)
{
	const uint8_t *h = look_inside(p, p->headers, 40);
	uint16_t ports[2] = { 0, 0 };
	uint32_t id = 0;
	size_t at;

	if (!h || h[0] >> 4 != 6)
		return false;
	q->key.family = WEIR_IPV6;
	q->key.proto = h[6];
	at = ref_walk_ext(q, p->headers + 40, p->ip_end, &id);
	if (!at || q->part == REF_LATER_FRAGMENT || !read_quoted_ports(p, q, at, ports))
		return false;
	ref_set_endpoints(q, h + 8, h + 24, ports);
	return true;
}

/*
 * Does the error say that the packet went nowhere? A redirect, a source quench and a packet that is
 * too big (RFC 792: fragmentation needed) have it sent again, another way.
 */
static bool is_failure(const struct ref_packet *p)
{
	if (p->key.proto == IPPROTO_ICMPV6)
		return p->icmp_type != 2;
	switch (p->icmp_type) {
	case 3:
		return p->icmp_code != 4;
	case 11:
	case 12:
		return true;
	default:
		return false;
	}
}

bool ref_read_quote(const struct ref_packet *p, struct ref_packet *q)
{
	if (!is_failure(p))
		return false;
	q->key.vlan = p->key.vlan;
	memcpy(q->key.vni, p->key.vni, sizeof(q->key.vni));
	q->icmp_type = p->icmp_type;
	q->icmp_code = p->icmp_code;
	return p->key.proto == IPPROTO_ICMP ? read_quote_v4(p, q) : read_quote_v6(p, q);
}
