// SPDX-License-Identifier: BSD-2-Clause
/*
 * Layers 2 and 3: tags (802.1Q, 802.1ad), labels (RFC 3032), PPPoE (RFC 2516), IPv4 (RFC 791), IPv6
 * and its extension headers (RFC 8200).
 */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/reference/ref_packet.h"

#define ETHERNET_BYTES 14
#define TAG_BYTES      4
#define LABEL_BYTES    4
#define PPPOE_BYTES    8
#define IP4_BYTES      20
#define IP6_BYTES      40

/* Ethertypes that <net/ethernet.h> lacks. */
#define TYPE_QINQ     0x88a8
#define TYPE_QINQ_OLD 0x9100
#define TYPE_MPLS     0x8847
#define TYPE_MPLS_MC  0x8848
#define TYPE_PPPOE    0x8864

/* The second of two tags is the leg's VLAN, the first one goes where a VNI would be. */
static bool add_tag(struct ref_packet *p, uint16_t tci)
{
	uint16_t id = tci & WEIR_VLAN_ID, outer = p->key.vlan & WEIR_VLAN_ID;

	if (p->key.vlan & WEIR_VLAN_STACKED)
		return false;
	if (p->key.vlan & WEIR_VLAN_TAGGED) {
		if (!(p->key.vlan & WEIR_ENCAPSULATED)) {
			p->key.vni[1] = (uint8_t)(outer >> 8);
			p->key.vni[2] = (uint8_t)outer;
		}
		p->key.vlan = (p->key.vlan & WEIR_ENCAPSULATED) | WEIR_VLAN_STACKED;
	}
	p->key.vlan |= (uint16_t)(WEIR_VLAN_TAGGED | id);
	return true;
}

/* The IP version below the last label is the only thing that says what is there. */
static uint16_t type_below_label(const uint8_t *label)
{
	bool is_last = label[2] & 1;

	if (!is_last)
		return TYPE_MPLS;
	if (label[LABEL_BYTES] >> 4 == 4)
		return ETHERTYPE_IP;
	return label[LABEL_BYTES] >> 4 == 6 ? ETHERTYPE_IPV6 : 0;
}

/* Numbers end with an odd byte and begin with an even one, which need not be sent if it is 0. */
static uint16_t type_of_ppp(const uint8_t *h, size_t *ret_len)
{
	uint16_t protocol = h[0] & 1 ? h[0] : ref_u16(h);

	*ret_len = h[0] & 1 ? 1 : 2;
	if (protocol == 0x0021)
		return ETHERTYPE_IP;
	return protocol == 0x0057 ? ETHERTYPE_IPV6 : 0;
}

/* One header between Ethernet and IP, at p->headers. *type: what it is, then what is behind it. */
static int parse_shim(struct ref_packet *p, uint16_t *type)
{
	const uint8_t *h;
	size_t len;

	switch (*type) {
	case ETHERTYPE_VLAN:
	case TYPE_QINQ:
	case TYPE_QINQ_OLD:
		h = ref_look(p, p->headers, p->end, TAG_BYTES, TAG_BYTES);
		if (!h)
			return WEIR_REM_MALFORMED;
		p->headers += TAG_BYTES;
		*type = ref_u16(h + 2);
		return add_tag(p, ref_u16(h)) ? REF_FLOW : WEIR_REM_NON_IP;
	case TYPE_MPLS:
	case TYPE_MPLS_MC:
		h = ref_look(p, p->headers, p->end, LABEL_BYTES + 1, LABEL_BYTES + 1);
		if (!h)
			return WEIR_REM_MALFORMED;
		p->headers += LABEL_BYTES;
		*type = type_below_label(h);
		return REF_FLOW;
	case TYPE_PPPOE:
		h = ref_look(p, p->headers, p->end, PPPOE_BYTES, PPPOE_BYTES);
		if (!h)
			return WEIR_REM_MALFORMED;
		*type = type_of_ppp(h + 6, &len);
		p->headers += 6 + len;
		return REF_FLOW;
	case ETHERTYPE_ARP:
		return WEIR_REM_ARP;
	default:
		return WEIR_REM_NON_IP;
	}
}

/* is_answer: a is the greater one, too, if both are the same. */
static bool compare_is_greater(const uint8_t a[16], uint16_t a_port, const uint8_t b[16],
			       uint16_t b_port, bool is_answer)
{
	uint64_t words_a[2], words_b[2];

	memcpy(words_a, a, sizeof(words_a));
	memcpy(words_b, b, sizeof(words_b));
	if (words_a[0] != words_b[0])
		return words_a[0] > words_b[0];
	if (words_a[1] != words_b[1])
		return words_a[1] > words_b[1];
	return a_port > b_port || (a_port == b_port && is_answer);
}

void ref_set_endpoints(struct ref_packet *p, const uint8_t src[16], const uint8_t dst[16],
		       const uint16_t ports[2])
{
	p->dir = compare_is_greater(src, ports[0], dst, ports[1], p->is_answer);
	memcpy(p->key.addr[p->dir], src, 16);
	memcpy(p->key.addr[!p->dir], dst, 16);
	p->key.port[p->dir] = ports[0];
	p->key.port[!p->dir] = ports[1];
}

void ref_map_v4(uint8_t to[16], const uint8_t addr[4])
{
	memset(to, 0, 10);
	memset(to + 10, 0xff, 2);
	memcpy(to + 12, addr, 4);
}

/* What both versions have in common, once addresses, protocol and part are known. */
static int parse_above(struct reference *ref, struct ref_packet *p, const uint8_t src[16],
		       const uint8_t dst[16], uint32_t id)
{
	struct weir_fragment_key key = { .id = id, .vlan = p->key.vlan, .netns = p->key.netns };
	uint16_t ports[2] = { 0, 0 };
	int remainder;

	memcpy(key.src, src, 16);
	memcpy(key.dst, dst, 16);
	memcpy(key.vni, p->key.vni, sizeof(key.vni));
	/* RFC 8200, 4.5: of the fragments of an IPv6 packet the first alone says what it carries. */
	key.proto = p->key.family == WEIR_IPV6 ? 0 : p->key.proto;
	if (p->part == REF_LATER_FRAGMENT)
		remainder = ref_find_fragment(ref, p, &key, ports);
	else
		remainder = ref_parse_l4(p, p->headers, ports);
	if (remainder != REF_FLOW)
		return remainder;
	ref_set_endpoints(p, src, dst, ports);
	return p->part == REF_FIRST_FRAGMENT ? ref_save_fragment(ref, p, &key, ports) : REF_FLOW;
}

static int parse_v4(struct reference *ref, struct ref_packet *p)
{
	size_t at = p->headers, header, total;
	const uint8_t *h = ref_look(p, at, p->end, IP4_BYTES, IP4_BYTES);
	uint8_t src[16], dst[16];
	uint16_t fragment, id;

	if (!h)
		return WEIR_REM_MALFORMED;
	header = (h[0] & 0x0f) * (size_t)4;
	total = ref_u16(h + 2);
	if (!total && p->gso_size) /* super-packets of over 64 KiB have no other way to say so */
		total = p->end - at;
	p->headers = at + header;
	if (h[0] >> 4 != 4 || header < IP4_BYTES || total < header || at + total > p->end)
		return WEIR_REM_MALFORMED;
	p->ip_end = at + total;
	p->key.family = WEIR_IPV4;
	p->key.proto = h[9];
	fragment = ref_u16(h + 6) & 0x3fff; /* without the bit that forbids to fragment */
	if (fragment)
		p->part = fragment & 0x1fff ? REF_LATER_FRAGMENT : REF_FIRST_FRAGMENT;
	p->piece_at = p->headers;
	p->piece_from = (fragment & 0x1fff) * (size_t)8;
	p->has_more = fragment & 0x2000;
	ref_map_v4(src, h + 12);
	ref_map_v4(dst, h + 16);
	memcpy(&id, h + 4, sizeof(id));
	return parse_above(ref, p, src, dst, id);
}

/* Bytes of an extension header; 0: the number is not one's. */
static size_t ext_bytes(uint8_t number, uint8_t len)
{
	switch (number) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH: /* RFC 6275 */
	case 139:	 /* HIP, RFC 7401 */
	case 140:	 /* Shim6, RFC 5533 */
		return 8 + len * 8U;
	case IPPROTO_AH: /* RFC 4302 */
		return 8 + len * 4U;
	case IPPROTO_FRAGMENT:
		return 8;
	default:
		return 0;
	}
}

size_t ref_walk_ext(struct ref_packet *p, size_t at, size_t end, uint32_t *id)
{
	for (unsigned int i = 0; ext_bytes(p->key.proto, 0); i++) {
		const uint8_t *h = ref_look(p, at, end, 8, 8);
		uint8_t number = p->key.proto;

		if (!h || i == REF_EXT_HEADERS)
			return 0;
		at += ext_bytes(number, h[1]);
		p->key.proto = h[0];
		if (number == IPPROTO_FRAGMENT && (ref_u16(h + 2) & 0xfff9)) {
			memcpy(id, h + 4, sizeof(*id));
			p->piece_at = at;
			p->piece_from = ref_u16(h + 2) & 0xfff8;
			p->has_more = h[3] & 1;
			p->part = REF_FIRST_FRAGMENT;
			if (ref_u16(h + 2) & 0xfff8) {
				/* What comes next is the middle of something. */
				p->part = REF_LATER_FRAGMENT;
				return at;
			}
		}
	}
	return at <= end ? at : 0;
}

static int parse_v6(struct reference *ref, struct ref_packet *p)
{
	size_t at = p->headers, payload;
	const uint8_t *h = ref_look(p, at, p->end, IP6_BYTES, IP6_BYTES);
	uint32_t id = 0;

	if (!h)
		return WEIR_REM_MALFORMED;
	payload = ref_u16(h + 4);
	at += IP6_BYTES;
	if (!payload && p->gso_size) {
		/*
		 * A super-packet of over 64 KiB. What the kernel then puts in front, to tell the
		 * length, is on no wire (RFC 2675).
		 */
		payload = p->end - at;
		p->shed = h[6] == IPPROTO_HOPOPTS ? 8 : 0;
	}
	p->headers = at;
	if (h[0] >> 4 != 6 || at + payload > p->end)
		return WEIR_REM_MALFORMED;
	p->ip_end = at + payload;
	p->key.family = WEIR_IPV6;
	p->key.proto = h[6];
	at = ref_walk_ext(p, at, p->ip_end, &id);
	if (!at)
		return WEIR_REM_MALFORMED;
	p->headers = at;
	return parse_above(ref, p, h + 8, h + 24, id);
}

int ref_parse(struct reference *ref, struct ref_packet *p)
{
	uint16_t type = p->protocol;

	p->headers = p->begin;
	if (p->has_ethernet) {
		const uint8_t *h = ref_look(p, p->begin, p->end, ETHERNET_BYTES, ETHERNET_BYTES);

		if (!h)
			return WEIR_REM_MALFORMED;
		memcpy(p->macs, h, sizeof(p->macs));
		type = ref_u16(h + 12);
		p->headers += ETHERNET_BYTES;
	}
	for (unsigned int i = 0; type != ETHERTYPE_IP && type != ETHERTYPE_IPV6; i++) {
		int remainder = i < REF_SHIMS ? parse_shim(p, &type) : WEIR_REM_NON_IP;

		if (remainder != REF_FLOW)
			return remainder;
	}
	return type == ETHERTYPE_IP ? parse_v4(ref, p) : parse_v6(ref, p);
}
