/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A DNS answer that passed: the beginning of what is behind its UDP header, as an event of type
 * WEIR_EVENT_DNS in the ring. Two sizes, so that the many short answers take little of it.
 */
#pragma once

#include "weir/event.h"

#define WEIR_DNS_PORT  53
#define WEIR_MDNS_PORT 5353
#define WEIR_DNS_MIN   12   /* bytes of a DNS header: what is shorter is no answer */
#define WEIR_DNS_SHORT 256  /* bytes of data in a short record */
#define WEIR_DNS_LONG  1232 /* what a server sends without fragments, as EDNS has it */

struct weir_dns_event {
	struct weir_event_hdr hdr; /* dir: the server's place in the key */
	struct weir_flow_key key;
	__u16 len;	/* bytes of data; what is behind them in the record means nothing */
	__u16 wire_len; /* bytes of the message */
	__u32 pad;
	__u8 data[];
};
WEIR_ASSERT_SIZE(struct weir_dns_event, 72);
