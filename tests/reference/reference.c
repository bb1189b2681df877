// SPDX-License-Identifier: BSD-2-Clause
/*
 * A packet's way through the reference: read it, count it at the interface, in its flow or in a
 * remainder; and the commands of user space.
 */
#include "tests/reference/reference.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/reference/ref_packet.h"
#include "weir/lifecycle.h"

#define UDP_BYTES      8
#define FRAGMENT_BYTES 8 /* of an IPv6 fragment header */
#define TAG_BYTES      4
#define RING_HEADER    8 /* the kernel's, before each event */

int reference_new(struct reference **ret, const struct ref_options *options)
{
	auto_reference struct reference *ref = calloc(1, sizeof(*ref));

	if (!ref)
		return -ENOMEM;
	ref->options = *options;
	ref->events = calloc(options->ring_bytes / WEIR_EVENT_SHORT, sizeof(*ref->events));
	if (!ref->events)
		return -ENOMEM;
	*ret = TAKE_PTR(ref);
	return 0;
}

void reference_free(struct reference **ref)
{
	if (!*ref)
		return;
	ref_free_tables(*ref);
	free((*ref)->events);
	free(*ref);
	*ref = NULL;
}

/* len: what it is long in the kernel's ring. */
static void emit(struct reference *ref, enum weir_event_type type, size_t len,
		 const struct weir_flow *flow, const struct ref_packet *p, uint64_t now)
{
	size_t bytes = RING_HEADER + len;
	struct weir_event *event;

	if (ref->ring_used + bytes >= ref->options.ring_bytes) {
		ref->counters[WEIR_EVENTS_LOST]++;
		return;
	}
	ref->ring_used += bytes;
	event = &ref->events[ref->events_len++];
	*event = (struct weir_event){
		.hdr = { .len = sizeof(*event),
			 .type = (uint8_t)type,
			 .version = WEIR_EVENT_VERSION,
			 .hook = p->hook,
			 .dir = p->dir,
			 .tcp_flags = p->tcp_flags,
			 .time_ns = now },
		.key = p->key,
		.flow = *flow,
		.icmp_type = p->icmp_type,
		.icmp_code = p->icmp_code,
	};
	memcpy(event->eth_dst, p->macs, 6);
	memcpy(event->eth_src, p->macs + 6, 6);
}

void ref_emit(struct reference *ref, enum weir_event_type type, const struct weir_flow *flow,
	      const struct ref_packet *p, uint64_t now)
{
	emit(ref, type, sizeof(struct weir_event), flow, p, now);
}

void ref_emit_short(struct reference *ref, const struct weir_flow *flow, const struct ref_packet *p,
		    uint64_t now)
{
	emit(ref, WEIR_EVENT_OPEN, WEIR_EVENT_SHORT, flow, p, now);
}

void reference_read_events(struct reference *ref)
{
	ref->events_len = 0;
	ref->ring_used = 0;
}

/*
 * A super-packet of UDP whose segments nobody has numbered may be cut into IP fragments, each of which
 * holds a multiple of 8 bytes: the datagram's header is in the first alone, and IPv6 has 8 bytes more in
 * each. Nobody tells the datapath of it in a test run.
 */
static void cut(struct ref_packet *p)
{
	size_t headers = p->headers - (p->part == REF_LATER_FRAGMENT ? 0 : UDP_BYTES);
	size_t data = p->end - headers;

	if (p->key.proto != IPPROTO_UDP || !p->gso_size || p->gso_segs || p->gso_size % 8)
		return;
	if (data <= p->gso_size)
		return;
	p->headers = headers;
	p->gso_segs = (uint32_t)((data + p->gso_size - 1) / p->gso_size);
	p->shed = p->key.family == WEIR_IPV6 ? -(size_t)FRAGMENT_BYTES : 0;
	p->part = REF_FIRST_FRAGMENT;
}

/* Segments and bytes on the wire; each segment repeats the headers. */
static void measure(struct ref_packet *p, bool has_tag)
{
	size_t len = p->end - p->begin, headers = p->headers - p->begin;

	p->segs = 1;
	if (p->gso_size && p->gso_segs)
		p->segs = p->gso_segs;
	else if (p->gso_size && len > headers)
		p->segs = (len - headers + p->gso_size - 1) / p->gso_size;
	p->wire = len + (p->segs - 1) * headers - p->segs * p->shed;
	if (has_tag)
		p->wire += p->segs * TAG_BYTES;
}

static void count_add(struct weir_count *count, uint64_t packets, uint64_t bytes)
{
	count->packets += packets;
	count->bytes += bytes;
}

static void count_iface(struct reference *ref, const struct ref_packet *p,
			const struct ref_frame *frame)
{
	uint32_t gso_max = ref->iface.gso_max[p->key.family == WEIR_IPV6];
	uint64_t tags = frame->has_tag ? p->segs * TAG_BYTES : 0, len = p->end - p->begin;

	count_add(&ref->iface.raw[p->hook], 1, len);
	count_add(&ref->iface.gso[p->hook], p->segs - 1, p->wire - len);
	/* A device sees such a packet cut: as many as on the wire, but for the tag. */
	if (p->hook == WEIR_EGRESS && len >= gso_max)
		count_add(&ref->iface.cut, p->segs - 1, p->wire - tags - len);
}

/* What the packet carries or quotes, before itself. */
static int observe_inside(struct reference *ref, struct ref_packet *p,
			  const struct ref_frame *frame, uint64_t now)
{
	struct ref_packet q = {
		.bytes = p->bytes,
		.reach = p->reach,
		.hook = p->hook,
		.gso_size = p->gso_size,
		.gso_segs = p->gso_segs,
		.key = { .ifindex = p->key.ifindex, .netns = p->key.netns },
	};
	int remainder;

	if (!frame->is_xdp && q.reach < REF_REACH_INSIDE)
		q.reach = frame->len < REF_REACH_INSIDE ? frame->len : REF_REACH_INSIDE;
	p->reach = q.reach;
	if (p->inside == REF_QUOTE) {
		if (ref_read_quote(p, &q))
			ref_observe_quote(ref, &q, now);
		return 0;
	}
	if (!ref_open_tunnel(p, &q))
		return 0;
	remainder = ref_parse(ref, &q);
	if (remainder == REF_FLOW) {
		p->headers = q.headers;
		p->shed += q.shed;
		measure(&q, false);
		remainder = ref_observe(ref, &q, now);
		ref->seen_inner++;
	}
	/* What is not counted of an inner packet is in no remainder: it is in no sum either. */
	return remainder == REF_NO_MEMORY ? -ENOMEM : 0;
}

/*
 * Older kernels (5.10) leave the headers of an IP tunnel in front of what comes out of it. They are
 * no part of the packet, which begins where the kernel sees layer 3 and is as long as that says.
 */
static size_t find_begin(const struct reference *ref, const struct ref_frame *frame)
{
	const uint8_t *head = frame->l3_head;
	size_t len = frame->len, total;

	if (frame->is_xdp || frame->hook != WEIR_INGRESS || !ref->options.is_known ||
	    ref->options.has_ethernet || !head)
		return 0;
	if (head[0] >> 4 == 4)
		total = ref_u16(head + 2);
	else if (head[0] >> 4 == 6)
		total = 40U + ref_u16(head + 4);
	else
		return 0;
	if (memcmp(frame->bytes, head, REF_L3_HEAD) == 0 || total < REF_L3_HEAD || total > len ||
	    len - total > REF_BEFORE || memcmp(frame->bytes + len - total, head, REF_L3_HEAD) != 0)
		return 0;
	return len - total;
}

int reference_packet(struct reference *ref, const struct ref_frame *frame, uint64_t now)
{
	struct ref_packet p = {
		.bytes = frame->bytes,
		.begin = find_begin(ref, frame),
		.end = frame->len,
		.reach = frame->len,
		.has_ethernet = frame->is_xdp || ref->options.has_ethernet,
		.protocol = frame->protocol,
		.hook = frame->hook,
		.gso_size = frame->gso_size,
		.gso_segs = frame->gso_segs,
		.key = { .ifindex = ref->options.ifindex, .netns = ref->options.netns },
	};
	int remainder;

	ref->touched_len = 0;
	if (frame->linear && frame->linear < frame->len)
		p.reach = frame->linear > REF_REACH ? frame->linear : REF_REACH;
	if (p.reach > frame->len)
		p.reach = frame->len;
	if (frame->has_tag)
		p.key.vlan = (frame->tci & WEIR_VLAN_ID) | WEIR_VLAN_TAGGED;
	remainder = ref_parse(ref, &p);
	if (remainder == REF_FLOW)
		cut(&p);
	if (!ref->options.is_known)
		remainder = WEIR_REM_UNKNOWN_INTERFACE;
	/* A fragment holds but a part of what it carries. */
	if (remainder == REF_FLOW && p.part == REF_WHOLE && observe_inside(ref, &p, frame, now))
		return -ENOMEM;
	measure(&p, frame->has_tag);
	count_iface(ref, &p, frame);
	if (remainder == REF_FLOW)
		remainder = ref_observe(ref, &p, now);
	if (remainder == REF_NO_MEMORY)
		return -ENOMEM;
	if (remainder != REF_FLOW)
		count_add(&ref->iface.remainder[remainder], p.segs, p.wire);
	ref->remainder = remainder;
	return 0;
}

uint32_t reference_command(struct reference *ref, struct ref_entry *entry, enum weir_command_op op,
			   bool is_same, bool is_quiet, struct weir_flow *ret)
{
	if (!entry || !is_same)
		return WEIR_CMD_GONE;
	if (op == WEIR_CMD_MARK_DYING) {
		if (!is_quiet)
			return WEIR_CMD_ALIVE;
		entry->flow.state |= WEIR_STATE_DYING;
		return WEIR_CMD_DONE;
	}
	if (!(entry->flow.state & WEIR_STATE_DYING))
		return WEIR_CMD_ALIVE;
	entry->flow.state |= WEIR_STATE_DEAD;
	*ret = entry->flow;
	if (entry->flow.flags & WEIR_FLOW_UNANSWERED)
		ref->unanswered--;
	if (entry->flow.flags & WEIR_FLOW_ANSWERING)
		ref->answering--;
	if (entry->flow.flags & WEIR_FLOW_ONE_SIDED)
		ref->one_sided--;
	reference_delete(ref, entry);
	return WEIR_CMD_DONE;
}
