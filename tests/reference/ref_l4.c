// SPDX-License-Identifier: BSD-2-Clause
/*
 * Layer 4: ports or what stands for them. TCP (RFC 9293), UDP (RFC 768), UDP-Lite (RFC 3828), SCTP
 * (RFC 9260), DCCP (RFC 4340), ICMP (RFC 792), ICMPv6 (RFC 4443); all else is its number.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/reference/ref_packet.h"

#define TCP_BYTES  20
#define UDP_BYTES  8
#define SCTP_BYTES 12 /* and DCCP's */
#define ICMP_BYTES 8
#define PORT_BYTES 4 /* of both */

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04

/*
 * Of a header that is not all there. If its rest may be in the next fragment it has ports, and nothing
 * else that one could rely on.
 */
static int parse_cut(struct ref_packet *p, size_t at, uint16_t ports[2])
{
	const uint8_t *h = ref_look(p, at, p->ip_end, PORT_BYTES, PORT_BYTES);

	if (!h || p->part != REF_FIRST_FRAGMENT)
		return WEIR_REM_MALFORMED;
	memcpy(ports, h, PORT_BYTES);
	p->headers = p->ip_end;
	return REF_FLOW;
}

static int parse_tcp(struct ref_packet *p, size_t at, uint16_t ports[2])
{
	const uint8_t *h = ref_look(p, at, p->ip_end, TCP_BYTES, TCP_BYTES);
	size_t header = h ? (h[12] >> 4) * 4U : 0;

	if (at + TCP_BYTES > p->ip_end)
		return parse_cut(p, at, ports);
	if (header < TCP_BYTES)
		return WEIR_REM_MALFORMED;
	if (at + header > p->ip_end)
		return parse_cut(p, at, ports);
	memcpy(ports, h, PORT_BYTES);
	p->seq = ref_u32(h + 4);
	p->ack = ref_u32(h + 8);
	p->tcp_flags = h[13];
	/* In these the window says nothing of what the receiver can take now. */
	p->is_zero_window = !ref_u16(h + 14) && !(h[13] & (TCP_SYN | TCP_FIN | TCP_RST));
	p->headers = at + header;
	p->payload = (uint32_t)(p->ip_end - p->headers);
	return REF_FLOW;
}

static int parse_udp(struct ref_packet *p, size_t at, uint16_t ports[2])
{
	const uint8_t *h = ref_look(p, at, p->ip_end, UDP_BYTES, UDP_BYTES);

	if (at + UDP_BYTES > p->ip_end)
		return parse_cut(p, at, ports);
	if (!h)
		return WEIR_REM_MALFORMED;
	memcpy(ports, h, PORT_BYTES);
	p->headers = at + UDP_BYTES;
	switch (ref_u16(h + 2)) {
	case 4789: /* RFC 7348 */
	case 8472: /* Linux before there was a number */
		p->inside = REF_VXLAN;
		break;
	case 6081: /* RFC 8926 */
		p->inside = REF_GENEVE;
		break;
	}
	return REF_FLOW;
}

static int parse_ports(struct ref_packet *p, size_t at, size_t header, uint16_t ports[2])
{
	const uint8_t *h = ref_look(p, at, p->ip_end, header, PORT_BYTES);

	if (at + header > p->ip_end)
		return parse_cut(p, at, ports);
	if (!h)
		return WEIR_REM_MALFORMED;
	memcpy(ports, h, PORT_BYTES);
	p->headers = at + header;
	return REF_FLOW;
}

/* Echo, timestamp, information, address mask, RFC 8335: question and answer carry one id. */
bool ref_icmp_has_id(uint8_t proto, uint8_t type)
{
	if (proto == IPPROTO_ICMPV6)
		return type == 128 || type == 129 || type == 160 || type == 161;
	switch (type) {
	case 0:
	case 8:
	case 13:
	case 14:
	case 15:
	case 16:
	case 17:
	case 18:
	case 42:
	case 43:
		return true;
	default:
		return false;
	}
}

/* Unreachable, source quench, redirect, time exceeded, parameter problem; too big. */
static bool icmp_is_error(uint8_t proto, uint8_t type)
{
	if (proto == IPPROTO_ICMPV6)
		return type >= 1 && type <= 4;
	switch (type) {
	case 3:
	case 4:
	case 5:
	case 11:
	case 12:
		return true;
	default:
		return false;
	}
}

/* To oneself nothing else tells an answer from its question. */
static bool icmp_is_answer(uint8_t proto, uint8_t type)
{
	switch (type) {
	case 0:
	case 14:
	case 16:
	case 18:
	case 43:
		return proto == IPPROTO_ICMP;
	case 129:
	case 161:
		return proto == IPPROTO_ICMPV6;
	default:
		return false;
	}
}

static int parse_icmp(struct ref_packet *p, size_t at, uint16_t ports[2])
{
	const uint8_t *h = ref_look(p, at, p->ip_end, ICMP_BYTES, ICMP_BYTES);

	if (!h)
		return WEIR_REM_MALFORMED;
	p->icmp_type = h[0];
	p->icmp_code = h[1];
	p->headers = at + ICMP_BYTES;
	if (ref_icmp_has_id(p->key.proto, h[0])) {
		memcpy(&ports[0], h + 4, sizeof(ports[0]));
		ports[1] = ports[0];
	}
	p->is_answer = icmp_is_answer(p->key.proto, h[0]);
	if (icmp_is_error(p->key.proto, h[0]))
		p->inside = REF_QUOTE;
	return REF_FLOW;
}

int ref_parse_l4(struct ref_packet *p, size_t at, uint16_t ports[2])
{
	switch (p->key.proto) {
	case IPPROTO_TCP:
		return parse_tcp(p, at, ports);
	case IPPROTO_UDP:
		return parse_udp(p, at, ports);
	case IPPROTO_UDPLITE:
		return parse_ports(p, at, UDP_BYTES, ports);
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return parse_ports(p, at, SCTP_BYTES, ports);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return parse_icmp(p, at, ports);
	case IPPROTO_GRE:
		p->inside = REF_GRE;
		return REF_FLOW;
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		p->inside = REF_IP_IN_IP;
		return REF_FLOW;
	default:
		return REF_FLOW;
	}
}
