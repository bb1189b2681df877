// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel behind the table: what datapath/flow_table.h does with a packet, in short, its sweep and
 * its reaper.
 */
#include "tests/unit/conn_world.h"

#include "weir/lifecycle.h"

struct entry *world_find(struct world *world, const struct weir_flow_key *key)
{
	for (unsigned int i = 0; i < world->entries_end; i++) {
		struct entry *entry = &world->entries[i];

		if (entry->is_used && !memcmp(&entry->key, key, sizeof(*key)))
			return entry;
	}
	return NULL;
}

struct weir_flow_key world_key(uint8_t proto, unsigned int tuple, uint32_t ifindex)
{
	struct weir_flow_key key = { .ifindex = ifindex, .family = WEIR_IPV4, .proto = proto };

	for (int side = 0; side < 2; side++) {
		key.addr[side][2] = htonl(0xffff);
		key.addr[side][3] = htonl(side ? 0x0a090207 : 0x0a000105);
		key.port[side] = htons((uint16_t)(side ? 5432 : 43210 + tuple));
	}
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		key.port[0] = key.port[1] = htons((uint16_t)(77 + tuple));
	return key;
}

void world_deliver(struct world *world)
{
	while (world->events_begin < world->events_end)
		conn_event(world->table, &world->events[world->events_begin++]);
	world->events_begin = world->events_end = 0;
}

static void emit(struct world *world, enum weir_event_type type, const struct entry *entry,
		 const struct weir_flow *flow, const struct packet *packet)
{
	static const uint8_t macs[2][6] = { { 2, 0, 0, 0, 0, 5 }, { 2, 0, 0, 0, 0, 7 } };
	struct weir_event *event;

	if (world->loses_events || (world->loss_percent && rand() % 100 < world->loss_percent))
		return;
	assert_true(world->events_end < EVENTS);
	event = &world->events[world->events_end++];
	*event = (struct weir_event){ .hdr = { .len = sizeof(*event),
					       .type = (uint8_t)type,
					       .version = WEIR_EVENT_VERSION,
					       .hook = packet->hook,
					       .dir = packet->dir,
					       .tcp_flags = packet->flags,
					       .time_ns = world->now_ns },
				      .key = entry->key,
				      .flow = *flow,
				      .icmp_type = packet->icmp_type,
				      .owner = world->owners[packet->dir] };
	memcpy(event->eth_src, macs[packet->dir], 6);
	memcpy(event->eth_dst, macs[!packet->dir], 6);
	if (!world->holds_events)
		world_deliver(world);
}

void world_icmp_error(struct world *world, const struct weir_flow_key *key, uint8_t dir,
		      uint8_t type, uint8_t code)
{
	const struct entry *entry = world_find(world, key);
	struct weir_event event = { .hdr = { .len = sizeof(event),
					     .type = WEIR_EVENT_ICMP_ERROR,
					     .version = WEIR_EVENT_VERSION,
					     .dir = dir,
					     .time_ns = world->now_ns },
				    .key = *key,
				    .flow = entry->flow,
				    .icmp_type = type,
				    .icmp_code = code };

	conn_event(world->table, &event);
}

/* The direction that answers: of a TCP socket that is connected to itself, the same. */
static uint8_t answering_dir(const struct weir_flow_key *key, const struct packet *packet)
{
	bool is_to_itself = key->proto == IPPROTO_TCP && key->port[0] == key->port[1] &&
			    !memcmp(key->addr[0], key->addr[1], sizeof(key->addr[0]));

	return is_to_itself ? packet->dir : !packet->dir;
}

static unsigned int input_of(const struct weir_flow *flow, const struct weir_flow_key *key,
			     const struct packet *packet)
{
	bool has_peer_ended = flow->dir[answering_dir(key, packet)].end_ns;

	if (key->proto != IPPROTO_TCP)
		return WEIR_IN_PACKET;
	if (packet->flags & RST)
		return WEIR_IN_RST;
	if (packet->flags & SYN)
		return packet->flags & ACK ? WEIR_IN_SYNACK : WEIR_IN_SYN;
	if (packet->flags & FIN && !flow->dir[packet->dir].end_ns)
		return has_peer_ended ? WEIR_IN_LAST_FIN : WEIR_IN_FIN;
	return has_peer_ended ? WEIR_IN_ACK_FIN : WEIR_IN_ACK;
}

/* What datapath/flow_table.h notes of a packet, in short. */
static void note(struct world *world, struct weir_flow *flow, const struct packet *packet,
		 unsigned int input, unsigned int state, bool is_responder)
{
	struct weir_dir *own = &flow->dir[packet->dir];
	bool is_fin = input == WEIR_IN_FIN || input == WEIR_IN_LAST_FIN;
	uint8_t reason = 0;

	if (input == WEIR_IN_SYN || input == WEIR_IN_SYNACK) {
		if (own->flags & SYN)
			flow->flags |= WEIR_FLOW_SYN_REPEATED;
		own->isn = packet->seq;
	}
	if (is_fin && !flow->close_reason)
		reason = WEIR_CLOSE_FIN;
	if (input == WEIR_IN_RST && state != WEIR_CLOSED)
		reason = state == WEIR_SYN_SENT && is_responder ? WEIR_CLOSE_REFUSED
								: WEIR_CLOSE_RST;
	if ((is_fin || (input == WEIR_IN_RST && reason)) && !own->end_ns)
		own->end_ns = world->now_ns;
	if (!reason)
		return;
	flow->close_reason = reason;
	flow->flags &= (uint8_t)~WEIR_FLOW_CLOSED_BY_1;
	flow->flags |= packet->dir ? WEIR_FLOW_CLOSED_BY_1 : 0;
}

static void count(struct world *world, struct weir_flow *flow, const struct packet *packet)
{
	struct weir_dir *own = &flow->dir[packet->dir];

	own->packets++;
	own->bytes += packet->bytes ? packet->bytes : FRAME_LEN;
	own->last = world->now_ns / TICK_NS;
	own->flags |= packet->flags;
	own->hooks |= (uint8_t)(1 << packet->hook);
}

static uint8_t initiator_of(unsigned int input, const struct packet *packet)
{
	uint8_t dir = packet->dir;

	if (packet->answers_unseen)
		return dir | WEIR_BY_SYNACK << 1;
	switch (input) {
	case WEIR_IN_PACKET:
		return dir | WEIR_BY_FIRST << 1;
	case WEIR_IN_SYN:
		return dir | WEIR_BY_SYN << 1;
	case WEIR_IN_SYNACK:
		return (uint8_t)(!dir) | WEIR_BY_SYNACK << 1;
	default:
		return WEIR_BY_PORTS << 1; /* endpoint 0 has the higher port */
	}
}

static void begin(struct world *world, struct entry *entry, const struct packet *packet)
{
	struct weir_flow *flow = &entry->flow;
	unsigned int input = input_of(flow, &entry->key, packet);
	bool is_responder;

	flow->start_ns = world->now_ns;
	flow->initiator = initiator_of(input, packet);
	flow->established_ns = packet->answers_unseen ? world->now_ns : 0;
	is_responder = packet->dir != (flow->initiator & 1);
	flow->state = weir_lifecycle[WEIR_STATE_NONE][is_responder][input] & WEIR_STATE_MASK;
	note(world, flow, packet, input, WEIR_STATE_NONE, is_responder);
	if (is_responder && input == WEIR_IN_SYNACK)
		flow->reply_ns = world->now_ns;
	count(world, flow, packet);
	emit(world, WEIR_EVENT_OPEN, entry, flow, packet);
}

bool world_would_renew(const struct entry *entry, const struct packet *packet)
{
	const struct weir_dir *own = &entry->flow.dir[packet->dir];
	unsigned int state = entry->flow.state & WEIR_STATE_MASK;

	if (entry->key.proto != IPPROTO_TCP || (packet->flags & (SYN | ACK | FIN | RST)) != SYN ||
	    !(1U << state & WEIR_RENEWABLE))
		return false;
	return own->flags & SYN ? own->isn != packet->seq : state != WEIR_SYN_SENT;
}

static void renew(struct world *world, struct entry *entry, const struct packet *packet)
{
	struct weir_flow *flow = &entry->flow, old = *flow, new = { 0 };

	for (int dir = 0; dir < 2; dir++) {
		new.dir[dir].packets = new.dir[dir].base_packets = old.dir[dir].packets;
		new.dir[dir].bytes = new.dir[dir].base_bytes = old.dir[dir].bytes;
		new.dir[dir].last = old.dir[dir].last;
	}
	*flow = new;
	if ((old.state & WEIR_STATE_MASK) != WEIR_CLOSED) {
		if (!old.close_reason)
			old.close_reason = WEIR_CLOSE_REUSED;
		emit(world, WEIR_EVENT_CLOSE, entry, &old, packet);
	}
	begin(world, entry, packet);
}

static void step(struct world *world, struct entry *entry, const struct packet *packet)
{
	struct weir_flow *flow = &entry->flow;
	unsigned int state = flow->state & WEIR_STATE_MASK;
	unsigned int input = input_of(flow, &entry->key, packet);
	bool is_responder = packet->dir != (flow->initiator & 1);
	uint8_t todo = weir_lifecycle[state][is_responder][input];

	note(world, flow, packet, input, state, is_responder);
	if (is_responder && !flow->reply_ns && (input == WEIR_IN_SYNACK || input == WEIR_IN_PACKET))
		flow->reply_ns = world->now_ns;
	if (todo & WEIR_DO_ESTABLISHED && !flow->established_ns)
		flow->established_ns = world->now_ns;
	flow->state = WEIR_NEXT(todo, state);
	count(world, flow, packet);
	if (todo & (WEIR_DO_ESTABLISHED | WEIR_DO_CLOSE))
		emit(world, todo & WEIR_DO_CLOSE ? WEIR_EVENT_CLOSE : WEIR_EVENT_ESTABLISHED, entry,
		     flow, packet);
}

void world_pass(struct world *world, const struct weir_flow_key *key, const struct packet *packet)
{
	struct entry *entry = world_find(world, key);

	world->now_ns += 10 * US;
	if (entry)
		entry->is_dying = false;
	if (!entry) {
		for (entry = world->entries; entry->is_used; entry++)
			assert_true(entry + 1 < world->entries + ENTRIES);
		if (entry == world->entries + world->entries_end)
			world->entries_end++;
		*entry = (struct entry){ .key = *key, .is_used = true };
		begin(world, entry, packet);
	} else if (world_would_renew(entry, packet)) {
		renew(world, entry, packet);
	} else {
		step(world, entry, packet);
	}
}

const struct place uplink[1] = { { ETH0, WEIR_EGRESS } };
const struct place pod[1] = { { POD_A, WEIR_INGRESS } };
const struct place pod_and_uplink[2] = { { POD_A, WEIR_INGRESS }, { ETH0, WEIR_EGRESS } };

void world_send(struct world *world, uint8_t proto, const struct place *path, size_t places,
		const struct packet *packet)
{
	for (size_t i = 0; i < places; i++) {
		const struct place *place = &path[packet->dir ? places - 1 - i : i];
		struct weir_flow_key key = world_key(proto, 0, place->ifindex);
		struct packet there = *packet;

		there.hook = packet->dir ? !place->hook : place->hook;
		world_pass(world, &key, &there);
	}
}

void world_send_udp(struct world *world, const struct place *path, size_t places, uint8_t dir)
{
	const struct packet packet = { .dir = dir };

	world_send(world, IPPROTO_UDP, path, places, &packet);
}

static uint64_t last_ns_of(const struct weir_flow *flow)
{
	uint64_t last =
		flow->dir[0].last > flow->dir[1].last ? flow->dir[0].last : flow->dir[1].last;

	return last * TICK_NS;
}

void world_sweep(struct world *world)
{
	for (unsigned int i = 0; i < world->entries_end; i++) {
		struct entry *entry = &world->entries[i];

		if (entry->is_used)
			conn_seen(world->table, &entry->key, &entry->flow, last_ns_of(&entry->flow),
				  world->now_ns);
	}
}

void world_reap_entry(struct world *world, struct entry *entry, enum weir_close_reason reason)
{
	entry->is_used = false;
	conn_reaped(world->table, &entry->key, &entry->flow, (uint8_t)reason,
		    last_ns_of(&entry->flow), world->now_ns);
}

void world_reap(struct world *world, const struct weir_flow_key *key, enum weir_close_reason reason)
{
	struct entry *entry = world_find(world, key);

	assert_non_null(entry);
	world_reap_entry(world, entry, reason);
}

void world_reap_at(struct world *world, uint8_t proto, uint32_t ifindex,
		   enum weir_close_reason reason)
{
	struct weir_flow_key key = world_key(proto, 0, ifindex);

	world_reap(world, &key, reason);
}

void world_reap_all(struct world *world, enum weir_close_reason reason)
{
	for (unsigned int i = 0; i < world->entries_end; i++) {
		if (world->entries[i].is_used)
			world_reap_entry(world, &world->entries[i], reason);
	}
}

void world_settle(struct world *world)
{
	uint64_t next_ns = world->now_ns + CONN_SETTLE_NS;

	for (; next_ns; next_ns = conn_settle(world->table, world->now_ns))
		world->now_ns = next_ns;
}
