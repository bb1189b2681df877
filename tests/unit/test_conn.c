// SPDX-License-Identifier: BSD-2-Clause
/*
 * From legs to connections to records. A small kernel stands behind the table: it keeps a map of
 * flows by the datapath's rules (the same life cycle table), tells of them by events that can be
 * held back or lost, and is swept and reaped. What the table tells is held against what went over
 * the wires.
 */
#include "conn.h"

#include <netinet/in.h>

#include "base/cleanup.h"
#include "tests/harness.h"

#include "weir/lifecycle.h"

#define US	  1000ULL
#define MS	  1000000ULL
#define SEC	  1000000000ULL
#define TICK_NS	  (4 * MS)
#define BEGIN_NS  (1000 * SEC)
#define INTERVAL  (5 * SEC)
#define FRAME_LEN 100

enum tcp_flag {
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	PSH = 0x08,
	ACK = 0x10,
};

enum {
	LO = 1,
	ETH0 = 2,
	ETH1 = 3,
	POD_A = 10,
	POD_B = 11,
	TAP = 12,
	DUMMY = 20,
	OTHER = 21,
	MANY = 1000, /* and above: ports of a bridge */
};

static const struct {
	uint32_t ifindex;
	const char *name;
	enum iface_role role;
} ifaces[] = {
	{ LO, "lo", ROLE_LOOPBACK },	    { ETH0, "eth0", ROLE_UPLINK },
	{ ETH1, "eth1", ROLE_UPLINK },	    { POD_A, "veth-a", ROLE_ENDPOINT },
	{ POD_B, "veth-b", ROLE_ENDPOINT }, { TAP, "tap0", ROLE_ENDPOINT },
	{ DUMMY, "dummy0", ROLE_OTHER },    { OTHER, "vlan7", ROLE_OTHER },
};

/* An entry of the kernel's map. */
struct entry {
	struct weir_flow_key key;
	struct weir_flow flow;
	bool is_used;
	bool is_dying; /* marked by the sweep, and no packet since */
};

struct told {
	struct record rec;
	struct record_leg legs[RECORD_LEGS_MAX];
	unsigned int count;
};

#define ENTRIES 512
#define EVENTS	4096

struct world {
	struct conn_table *table;
	uint64_t now_ns;
	struct entry entries[ENTRIES];
	struct told *told;
	unsigned int told_count, told_room;
	/* Events that the agent has not read yet. */
	struct weir_event events[EVENTS];
	unsigned int events_begin, events_end;
	bool holds_events;    /* events wait for deliver() */
	bool loses_events;    /* the ring is full */
	int loss_percent;     /* or is so now and then */
	uint32_t gone_iface;  /* whose name is not known any more */
	unsigned int lookups; /* asked of the kernel's map */
};

#define auto_world __attribute__((cleanup(world_free)))

static struct entry *find_entry(struct world *world, const struct weir_flow_key *key)
{
	for (unsigned int i = 0; i < ENTRIES; i++) {
		struct entry *entry = &world->entries[i];

		if (entry->is_used && !memcmp(&entry->key, key, sizeof(*key)))
			return entry;
	}
	return NULL;
}

static int world_lookup(void *ctx, const struct weir_flow_key *key, struct weir_flow *ret)
{
	struct world *world = ctx;
	const struct entry *entry = find_entry(world, key);

	world->lookups++;
	if (!entry)
		return -ENOENT;
	*ret = entry->flow;
	return 0;
}

static bool world_iface(void *ctx, uint32_t ifindex, struct record_leg *ret)
{
	const struct world *world = ctx;

	if (ifindex == world->gone_iface)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ifaces); i++) {
		if (ifaces[i].ifindex != ifindex)
			continue;
		snprintf(ret->ifname, sizeof(ret->ifname), "%s", ifaces[i].name);
		ret->ifindex = ifindex;
		ret->role = (uint8_t)ifaces[i].role;
		return true;
	}
	return false;
}

/* 10.0.0.0/16 is this host. */
static bool world_is_local(void *ctx, const uint8_t addr[static 16])
{
	(void)ctx;
	return addr[12] == 10 && addr[13] == 0;
}

static void world_record(void *ctx, struct record *rec, const struct record_leg *legs,
			 unsigned int count)
{
	struct world *world = ctx;
	struct told *told;

	if (world->told_count == world->told_room) {
		world->told_room = world->told_room * 2 + 64;
		world->told = realloc(world->told, world->told_room * sizeof(*world->told));
		assert_non_null(world->told);
	}
	told = &world->told[world->told_count++];
	*told = (struct told){ .rec = *rec, .count = count };
	assert_true(count <= RECORD_LEGS_MAX);
	if (count)
		memcpy(told->legs, legs, count * sizeof(*legs));
}

static const struct conn_ops ops = { .lookup = world_lookup,
				     .iface = world_iface,
				     .is_local = world_is_local,
				     .record = world_record };

static struct world *world_new(uint32_t max_flows)
{
	const struct conn_options options = { .max_flows = max_flows,
					      .update_interval_ns = INTERVAL,
					      .boot_id = 4711 };
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->now_ns = BEGIN_NS;
	assert_int_equal(conn_table_new(&world->table, &options, &ops, world), 0);
	return world;
}

static void world_free(struct world **at)
{
	struct world *world = TAKE_PTR(*at);

	if (!world)
		return;
	conn_table_free(&world->table);
	free(world->told);
	free(world);
}

/* What the test looks at next: the oldest record that it has not taken yet. */
static struct told take(struct world *world)
{
	struct told told;

	if (!world->told_count)
		fail_msg("nothing was told");
	told = world->told[0];
	memmove(world->told, world->told + 1, --world->told_count * sizeof(*world->told));
	return told;
}

static struct told take_event(struct world *world, const char *name, enum record_event event)
{
	struct told told = take(world);

	assert_row_str(name, record_event_to_str(told.rec.event), record_event_to_str(event));
	return told;
}

static void assert_silent(const struct world *world, const char *name)
{
	if (world->told_count)
		fail_msg("%s: %s was told", name, record_event_to_str(world->told[0].rec.event));
}

static void assert_empty(const struct world *world)
{
	struct conn_stats stats;

	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 0);
	assert_int_equal(stats.connections, 0);
}

/* Endpoint 0 is 10.0.1.5, port 43210 and above; endpoint 1 is 10.9.2.7:5432. */
static struct weir_flow_key key_of(uint8_t proto, unsigned int tuple, uint32_t ifindex)
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

struct packet {
	uint8_t dir; /* who sends: endpoint 0 or 1 */
	uint8_t hook;
	uint8_t flags;
	uint8_t icmp_type;
	uint32_t seq;
	uint32_t bytes; /* 0: FRAME_LEN */
};

static void deliver(struct world *world)
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
				      .icmp_type = packet->icmp_type };
	memcpy(event->eth_src, macs[packet->dir], 6);
	memcpy(event->eth_dst, macs[!packet->dir], 6);
	if (!world->holds_events)
		deliver(world);
}

static unsigned int input_of(const struct weir_flow *flow, uint8_t proto,
			     const struct packet *packet)
{
	if (proto != IPPROTO_TCP)
		return WEIR_IN_PACKET;
	if (packet->flags & RST)
		return WEIR_IN_RST;
	if (packet->flags & SYN)
		return packet->flags & ACK ? WEIR_IN_SYNACK : WEIR_IN_SYN;
	if (packet->flags & FIN && !flow->dir[packet->dir].end_ns)
		return WEIR_IN_FIN;
	return flow->dir[!packet->dir].end_ns ? WEIR_IN_ACK_FIN : WEIR_IN_ACK;
}

/* What datapath/flow_table.h notes of a packet, in short. */
static void note(struct world *world, struct weir_flow *flow, const struct packet *packet,
		 unsigned int input, unsigned int state, bool is_responder)
{
	struct weir_dir *own = &flow->dir[packet->dir];
	uint8_t reason = 0;

	if (input == WEIR_IN_SYN || input == WEIR_IN_SYNACK) {
		if (own->flags & SYN)
			flow->flags |= WEIR_FLOW_SYN_REPEATED;
		own->isn = packet->seq;
	}
	if (input == WEIR_IN_FIN && !flow->close_reason)
		reason = WEIR_CLOSE_FIN;
	if (input == WEIR_IN_RST && state != WEIR_CLOSED)
		reason = state == WEIR_SYN_SENT && is_responder ? WEIR_CLOSE_REFUSED
								: WEIR_CLOSE_RST;
	if ((input == WEIR_IN_FIN || (input == WEIR_IN_RST && reason)) && !own->end_ns)
		own->end_ns = world->now_ns;
	if (input == WEIR_IN_RST && (state == WEIR_LAST_ACK_I || state == WEIR_LAST_ACK_R))
		reason = 0;
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

static uint8_t initiator_of(unsigned int input, uint8_t dir)
{
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
	unsigned int input = input_of(flow, entry->key.proto, packet);
	bool is_responder;

	flow->start_ns = world->now_ns;
	flow->initiator = initiator_of(input, packet->dir);
	is_responder = packet->dir != (flow->initiator & 1);
	flow->state = weir_lifecycle[WEIR_STATE_NONE][is_responder][input] & WEIR_STATE_MASK;
	note(world, flow, packet, input, WEIR_STATE_NONE, is_responder);
	if (is_responder && input == WEIR_IN_SYNACK)
		flow->reply_ns = world->now_ns;
	count(world, flow, packet);
	emit(world, WEIR_EVENT_OPEN, entry, flow, packet);
}

static bool is_renewed(const struct entry *entry, const struct packet *packet)
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
	unsigned int input = input_of(flow, entry->key.proto, packet);
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

/* A packet passes an interface. */
static void pass(struct world *world, const struct weir_flow_key *key, const struct packet *packet)
{
	struct entry *entry = find_entry(world, key);

	world->now_ns += 10 * US;
	if (entry)
		entry->is_dying = false;
	if (!entry) {
		for (entry = world->entries; entry->is_used; entry++)
			assert_true(entry + 1 < world->entries + ENTRIES);
		*entry = (struct entry){ .key = *key, .is_used = true };
		begin(world, entry, packet);
	} else if (is_renewed(entry, packet)) {
		renew(world, entry, packet);
	} else {
		step(world, entry, packet);
	}
}

/* An interface, and the hook by which what endpoint 0 sends passes it. */
struct place {
	uint32_t ifindex;
	uint8_t hook;
};

/* A packet of tuple 0 on its way over all places; the answers take the same way back. */
static void send_over(struct world *world, uint8_t proto, const struct place *path, size_t places,
		      const struct packet *packet)
{
	for (size_t i = 0; i < places; i++) {
		const struct place *place = &path[packet->dir ? places - 1 - i : i];
		struct weir_flow_key key = key_of(proto, 0, place->ifindex);
		struct packet there = *packet;

		there.hook = packet->dir ? !place->hook : place->hook;
		pass(world, &key, &there);
	}
}

static const struct place uplink[] = { { ETH0, WEIR_EGRESS } };
static const struct place pod[] = { { POD_A, WEIR_INGRESS } };
static const struct place pod_and_uplink[] = { { POD_A, WEIR_INGRESS }, { ETH0, WEIR_EGRESS } };

#define SEND(world, path, from, ...)                          \
	send_over(world, IPPROTO_TCP, path, ARRAY_SIZE(path), \
		  &(const struct packet){ .dir = (from), __VA_ARGS__ })

/* SYN, SYN-ACK, ACK; initiated by `from`. */
#define HANDSHAKE(world, path, from)                                      \
	do {                                                              \
		SEND(world, path, from, .flags = SYN, .seq = 1);          \
		SEND(world, path, !(from), .flags = SYN | ACK, .seq = 2); \
		SEND(world, path, from, .flags = ACK);                    \
	} while (0)

/* FIN, FIN, ACK; `from` closes. */
#define FAREWELL(world, path, from)                             \
	do {                                                    \
		SEND(world, path, from, .flags = FIN | ACK);    \
		SEND(world, path, !(from), .flags = FIN | ACK); \
		SEND(world, path, from, .flags = ACK);          \
	} while (0)

static uint64_t last_ns_of(const struct weir_flow *flow)
{
	uint64_t last =
		flow->dir[0].last > flow->dir[1].last ? flow->dir[0].last : flow->dir[1].last;

	return last * TICK_NS;
}

static void sweep(struct world *world)
{
	for (unsigned int i = 0; i < ENTRIES; i++) {
		struct entry *entry = &world->entries[i];

		if (entry->is_used)
			conn_seen(world->table, &entry->key, &entry->flow, world->now_ns);
	}
}

static void reap_entry(struct world *world, struct entry *entry, enum weir_close_reason reason)
{
	entry->is_used = false;
	conn_reaped(world->table, &entry->key, &entry->flow, (uint8_t)reason,
		    last_ns_of(&entry->flow), world->now_ns);
}

static void reap(struct world *world, const struct weir_flow_key *key,
		 enum weir_close_reason reason)
{
	struct entry *entry = find_entry(world, key);

	assert_non_null(entry);
	reap_entry(world, entry, reason);
}

static void reap_at(struct world *world, uint8_t proto, uint32_t ifindex,
		    enum weir_close_reason reason)
{
	struct weir_flow_key key = key_of(proto, 0, ifindex);

	reap(world, &key, reason);
}

static void reap_all(struct world *world, enum weir_close_reason reason)
{
	for (unsigned int i = 0; i < ENTRIES; i++) {
		if (world->entries[i].is_used)
			reap_entry(world, &world->entries[i], reason);
	}
}

static void drop_told(struct world *world)
{
	world->told_count = 0;
}

/* --- One leg. */

static void an_open_tells_who_and_where(void **state)
{
	(void)state;
	for (uint8_t from = 0; from < 2; from++) {
		auto_world struct world *world = world_new(64);
		const char *name = from ? "from endpoint 1" : "from endpoint 0";
		struct record rec;

		SEND(world, uplink, from, .flags = SYN, .seq = 1);
		rec = take_event(world, name, RECORD_OPEN).rec;
		assert_silent(world, name);
		assert_row_int(name, rec.time_ns, world->now_ns);
		assert_row_int(name, rec.start_ns, world->now_ns);
		assert_row_int(name, rec.duration_ns, 0);
		assert_row_int(name, rec.addr[from][15], 5);
		assert_row_int(name, rec.addr[!from][15], 7);
		assert_row_int(name, rec.port[from], 43210);
		assert_row_int(name, rec.port[!from], 5432);
		assert_row_int(name, rec.mac[from][5], 5);
		assert_row_int(name, rec.mac[!from][5], 7);
		assert_row_int(name, rec.is_local[from], true);
		assert_row_int(name, rec.is_local[!from], false);
		assert_row_int(name, rec.initiator_by, WEIR_BY_SYN);
		assert_row_int(name, rec.sender, 0);
		assert_row_int(name, rec.tcp_flags, SYN);
		assert_row_int(name, rec.hook, from ? WEIR_INGRESS : WEIR_EGRESS);
		assert_row_int(name, rec.role, ROLE_UPLINK);
		assert_row_int(name, rec.ifindex, ETH0);
		assert_row_str(name, rec.ifname, "eth0");
		assert_row_int(name, rec.family, WEIR_IPV4);
		assert_row_int(name, rec.proto, IPPROTO_TCP);
		assert_row(name, !rec.has_counts && !rec.legs);
		assert_row(name, !rec.rtt_server_ns && !rec.rtt_client_ns);
	}
}

static void an_established_tells_the_handshakes_time(void **state)
{
	(void)state;
	for (uint8_t from = 0; from < 2; from++) {
		auto_world struct world *world = world_new(64);
		const char *name = from ? "from endpoint 1" : "from endpoint 0";
		struct record open, rec;

		SEND(world, uplink, from, .flags = SYN, .seq = 1);
		world->now_ns += 300 * US;
		SEND(world, uplink, !from, .flags = SYN | ACK, .seq = 2);
		world->now_ns += 100 * US;
		SEND(world, uplink, from, .flags = ACK);
		open = take_event(world, name, RECORD_OPEN).rec;
		rec = take_event(world, name, RECORD_ESTABLISHED).rec;
		assert_silent(world, name);
		assert_row_int(name, rec.time_ns, world->now_ns);
		assert_row_int(name, rec.start_ns, open.start_ns);
		assert_row(name, rec.conn_id == open.conn_id);
		assert_row_int(name, rec.sender, 1);
		assert_row_int(name, rec.tcp_flags, SYN | ACK);
		assert_row_int(name, rec.hook, from ? WEIR_EGRESS : WEIR_INGRESS);
		assert_row_int(name, rec.addr[from][15], 5);
		assert_row_int(name, rec.rtt_server_ns, 310 * US);
		assert_row_int(name, rec.rtt_client_ns, 110 * US);
		assert_row_str(name, rec.ifname, "eth0");
		assert_row(name, !rec.has_counts);
	}
}

static void a_repeated_syn_leaves_the_rtt_unknown(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	HANDSHAKE(world, uplink, 0);
	take(world);
	rec = take_event(world, "established", RECORD_ESTABLISHED).rec;
	assert_int_equal(rec.rtt_server_ns, 0);
	assert_int_equal(rec.rtt_client_ns, 0);
	FAREWELL(world, uplink, 0);
	rec = take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.rtt_server_ns, 0);
}

static void an_update_is_told_at_the_interval_while_it_moves(void **state)
{
	auto_world struct world *world = world_new(64);
	uint64_t start = world->now_ns + 10 * US;
	struct told told;

	(void)state;
	HANDSHAKE(world, uplink, 0);
	drop_told(world);
	SEND(world, uplink, 0, .flags = ACK | PSH, .bytes = 1000);
	sweep(world);
	assert_silent(world, "too early");
	world->now_ns += INTERVAL;
	sweep(world);
	told = take_event(world, "first", RECORD_UPDATE);
	assert_int_equal(told.rec.time_ns, world->now_ns);
	assert_int_equal(told.rec.start_ns, start);
	assert_int_equal(told.rec.duration_ns, world->now_ns - start);
	assert_int_equal(told.rec.tcp_flags, ACK | PSH);
	assert_int_equal(told.rec.sender, 0);
	assert_true(told.rec.has_counts);
	assert_int_equal(told.rec.count[0].packets, 3);
	assert_int_equal(told.rec.count[0].bytes, 1200);
	assert_int_equal(told.rec.count[1].packets, 1);
	assert_int_equal(told.rec.count[1].bytes, 100);
	assert_true(told.rec.rtt_server_ns && told.rec.rtt_client_ns);
	assert_int_equal(told.count, 0);
	assert_string_equal(told.rec.ifname, "eth0");
	world->now_ns += INTERVAL;
	sweep(world);
	assert_silent(world, "nothing moved");
	SEND(world, uplink, 1, .flags = ACK);
	world->now_ns += INTERVAL - 20 * US;
	sweep(world);
	told = take_event(world, "second", RECORD_UPDATE);
	assert_int_equal(told.rec.tcp_flags, ACK);
	assert_int_equal(told.rec.count[1].packets, 2);
	SEND(world, uplink, 1, .flags = ACK);
	world->now_ns += INTERVAL - 20 * US;
	sweep(world);
	assert_silent(world, "just before the interval");
	world->now_ns += 20 * US;
	sweep(world);
	take_event(world, "third", RECORD_UPDATE);
}

static void a_close_tells_the_totals_once(void **state)
{
	(void)state;
	for (uint8_t from = 0; from < 2; from++) {
		auto_world struct world *world = world_new(64);
		const char *name = from ? "from endpoint 1" : "from endpoint 0";
		struct told open, told;

		HANDSHAKE(world, uplink, from);
		SEND(world, uplink, from, .flags = ACK | PSH, .bytes = 1000);
		SEND(world, uplink, !from, .flags = ACK | PSH, .bytes = 2000);
		FAREWELL(world, uplink, from);
		open = take_event(world, name, RECORD_OPEN);
		take_event(world, name, RECORD_ESTABLISHED);
		told = take_event(world, name, RECORD_CLOSE);
		assert_silent(world, name);
		assert_row(name, told.rec.conn_id == open.rec.conn_id);
		assert_row_int(name, told.rec.time_ns, world->now_ns);
		/* As it ends with the first FIN or with the later one, the datapath says. */
		assert_row(name, told.rec.duration_ns <= world->now_ns - open.rec.start_ns);
		assert_row(name, told.rec.duration_ns >= 50 * US);
		assert_row_int(name, told.rec.count[0].packets, 5);
		assert_row_int(name, told.rec.count[0].bytes, 1400);
		assert_row_int(name, told.rec.count[1].packets, 3);
		assert_row_int(name, told.rec.count[1].bytes, 2200);
		assert_row_int(name, told.count, 0);
		assert_row(name, told.rec.rtt_server_ns && told.rec.rtt_client_ns);
		/* What follows is told no more. */
		SEND(world, uplink, from, .flags = ACK);
		world->now_ns += 10 * INTERVAL;
		sweep(world);
		reap_all(world, WEIR_CLOSE_TIMEOUT);
		assert_silent(world, name);
		assert_empty(world);
	}
}

enum ending {
	FIN_BY_0,
	FIN_BY_1,
	RST_BY_0,
	RST_BY_1,
	REFUSED,
	SILENCE,
	RECLAIMED,
	GONE,
};

static void end_by(struct world *world, enum ending ending)
{
	switch (ending) {
	case FIN_BY_0:
	case FIN_BY_1:
		FAREWELL(world, uplink, ending == FIN_BY_1);
		break;
	case RST_BY_0:
	case RST_BY_1:
		SEND(world, uplink, ending == RST_BY_1, .flags = RST);
		break;
	case REFUSED:
		SEND(world, uplink, 1, .flags = RST | ACK);
		break;
	case SILENCE:
		reap_all(world, WEIR_CLOSE_TIMEOUT);
		break;
	case RECLAIMED:
		reap_all(world, WEIR_CLOSE_RECLAIMED);
		break;
	case GONE:
		reap_all(world, WEIR_CLOSE_INTERFACE_GONE);
		break;
	}
}

static void each_end_has_its_reason_and_its_author(void **state)
{
	static const struct {
		const char *name;
		enum ending ending;
		bool is_established;
		enum weir_close_reason reason;
		uint8_t tcp_flags, sender, hook;
	} cases[] = {
		{ "FIN", FIN_BY_0, true, WEIR_CLOSE_FIN, FIN | ACK, 0, WEIR_EGRESS },
		{ "FIN of the responder", FIN_BY_1, true, WEIR_CLOSE_FIN, FIN | ACK, 1,
		  WEIR_INGRESS },
		{ "RST", RST_BY_0, true, WEIR_CLOSE_RST, RST, 0, WEIR_EGRESS },
		{ "RST of the responder", RST_BY_1, true, WEIR_CLOSE_RST, RST, 1, WEIR_INGRESS },
		{ "given up", RST_BY_0, false, WEIR_CLOSE_RST, RST, 0, WEIR_EGRESS },
		{ "refused", REFUSED, false, WEIR_CLOSE_REFUSED, RST, 1, WEIR_INGRESS },
		{ "silence", SILENCE, true, WEIR_CLOSE_TIMEOUT, 0, 0, WEIR_EGRESS },
		{ "no answer", SILENCE, false, WEIR_CLOSE_TIMEOUT, 0, 0, WEIR_EGRESS },
		{ "map pressure", RECLAIMED, false, WEIR_CLOSE_RECLAIMED, 0, 0, WEIR_EGRESS },
		{ "interface gone", GONE, true, WEIR_CLOSE_INTERFACE_GONE, 0, 0, WEIR_EGRESS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_world struct world *world = world_new(64);
		const char *name = cases[i].name;
		struct record rec;

		if (cases[i].is_established)
			HANDSHAKE(world, uplink, 0);
		else
			SEND(world, uplink, 0, .flags = SYN, .seq = 1);
		drop_told(world);
		end_by(world, cases[i].ending);
		rec = take_event(world, name, RECORD_CLOSE).rec;
		assert_silent(world, name);
		assert_row_int(name, rec.close_reason, cases[i].reason);
		assert_row_int(name, rec.tcp_flags, cases[i].tcp_flags);
		assert_row_int(name, rec.sender, cases[i].sender);
		assert_row_int(name, rec.closed_by, cases[i].sender);
		assert_row_int(name, rec.hook, cases[i].hook);
		assert_row(name, rec.has_counts);
		reap_all(world, WEIR_CLOSE_TIMEOUT);
		assert_silent(world, name);
		assert_empty(world);
	}
}

static void send_udp(struct world *world, const struct place *path, size_t places, uint8_t dir)
{
	const struct packet packet = { .dir = dir };

	send_over(world, IPPROTO_UDP, path, places, &packet);
}

static void udp_lives_from_its_first_packet_to_silence(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	send_udp(world, uplink, 1, 1);
	told = take_event(world, "open", RECORD_OPEN);
	assert_int_equal(told.rec.initiator_by, WEIR_BY_FIRST);
	assert_int_equal(told.rec.tcp_flags, 0);
	assert_int_equal(told.rec.port[0], 5432);
	send_udp(world, uplink, 1, 1);
	assert_silent(world, "the same side again");
	send_udp(world, uplink, 1, 0);
	told = take_event(world, "established", RECORD_ESTABLISHED);
	assert_int_equal(told.rec.sender, 1);
	assert_int_equal(told.rec.tcp_flags, 0);
	assert_int_equal(told.rec.time_ns, world->now_ns);
	assert_int_equal(told.rec.rtt_server_ns, 0);
	send_udp(world, uplink, 1, 0);
	assert_silent(world, "the second answer");
	world->now_ns += 180 * SEC;
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	told = take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.rec.count[0].packets, 2);
	assert_int_equal(told.rec.count[1].packets, 2);
	/* It lasted to its last packet, not to the end of the silence. */
	assert_true(told.rec.duration_ns < TICK_NS);
	assert_int_equal(told.rec.time_ns, world->now_ns);
	assert_silent(world, "after the close");
	assert_empty(world);
}

static void icmp_has_the_type_of_each_side(void **state)
{
	static const struct {
		uint8_t proto, ask, answer;
	} cases[] = { { IPPROTO_ICMP, 8, 0 }, { IPPROTO_ICMPV6, 128, 129 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct packet ask = { .dir = 0, .icmp_type = cases[i].ask };
		const struct packet answer = { .dir = 1, .icmp_type = cases[i].answer };
		auto_world struct world *world = world_new(64);
		struct record rec;

		send_over(world, cases[i].proto, uplink, 1, &ask);
		rec = take_event(world, "open", RECORD_OPEN).rec;
		assert_int_equal(rec.icmp_type, cases[i].ask);
		assert_int_equal(rec.port[0], 77);
		send_over(world, cases[i].proto, uplink, 1, &answer);
		rec = take_event(world, "established", RECORD_ESTABLISHED).rec;
		assert_int_equal(rec.icmp_type, cases[i].answer);
		assert_int_equal(rec.sender, 1);
		send_over(world, cases[i].proto, uplink, 1, &ask);
		world->now_ns += INTERVAL;
		sweep(world);
		rec = take_event(world, "update", RECORD_UPDATE).rec;
		assert_int_equal(rec.icmp_type, cases[i].ask);
		assert_int_equal(rec.sender, 0);
		reap_all(world, WEIR_CLOSE_TIMEOUT);
		rec = take_event(world, "close", RECORD_CLOSE).rec;
		assert_int_equal(rec.icmp_type, cases[i].ask);
		assert_int_equal(rec.sender, 0);
	}
}

/* A tick is coarser than the clock: the last packet may seem older than the first. */
static void a_connection_never_ends_before_it_began(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	world->now_ns = BEGIN_NS + TICK_NS - 20 * US;
	send_udp(world, uplink, 1, 0);
	drop_told(world);
	world->now_ns += 60 * SEC;
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	rec = take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.duration_ns, 0);
}

static void a_first_packet_of_any_kind_begins_a_connection(void **state)
{
	static const struct {
		const char *name;
		uint8_t from, flags, initiator, by, open_sender;
		bool is_closed;
	} cases[] = {
		{ "SYN-ACK", 1, SYN | ACK, 0, WEIR_BY_SYNACK, 1, false },
		{ "ACK", 0, ACK, 0, WEIR_BY_PORTS, 0, false },
		{ "ACK of the lower port", 1, ACK, 0, WEIR_BY_PORTS, 1, false },
		{ "FIN", 0, FIN | ACK, 0, WEIR_BY_PORTS, 0, false },
		{ "RST", 0, RST, 0, WEIR_BY_PORTS, 0, true },
		{ "RST of the lower port", 1, RST | ACK, 0, WEIR_BY_PORTS, 1, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_world struct world *world = world_new(64);
		const char *name = cases[i].name;
		struct record rec;

		SEND(world, uplink, cases[i].from, .flags = cases[i].flags, .seq = 1);
		rec = take_event(world, name, RECORD_OPEN).rec;
		assert_row_int(name, rec.addr[cases[i].initiator][15], 5);
		assert_row_int(name, rec.initiator_by, cases[i].by);
		assert_row_int(name, rec.sender, cases[i].open_sender);
		assert_row_int(name, rec.tcp_flags, cases[i].flags);
		if (cases[i].is_closed) {
			world->now_ns += CONN_SETTLE_NS;
			conn_settle(world->table, world->now_ns);
			rec = take_event(world, name, RECORD_CLOSE).rec;
			assert_row_int(name, rec.close_reason, WEIR_CLOSE_RST);
			assert_row_int(name, rec.duration_ns, 0);
			assert_row_int(name, rec.count[cases[i].from].packets, 1);
		}
		assert_silent(world, name);
	}
}

/* --- Several legs. */

static void two_legs_are_one_connection(void **state)
{
	auto_world struct world *world = world_new(64);
	struct conn_stats stats;
	struct told open, told;

	(void)state;
	HANDSHAKE(world, pod_and_uplink, 0);
	open = take_event(world, "open", RECORD_OPEN);
	assert_string_equal(open.rec.ifname, "veth-a");
	assert_int_equal(open.count, 0);
	told = take_event(world, "established", RECORD_ESTABLISHED);
	assert_true(told.rec.conn_id == open.rec.conn_id);
	assert_silent(world, "open");
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 2);
	assert_int_equal(stats.connections, 1);
	world->now_ns += INTERVAL;
	SEND(world, pod_and_uplink, 0, .flags = ACK);
	sweep(world);
	told = take_event(world, "update", RECORD_UPDATE);
	assert_int_equal(told.count, 2);
	assert_silent(world, "update");
	FAREWELL(world, pod_and_uplink, 0);
	told = take_event(world, "close", RECORD_CLOSE);
	assert_true(told.rec.conn_id == open.rec.conn_id);
	assert_string_equal(told.rec.ifname, "veth-a");
	assert_int_equal(told.count, 2);
	assert_string_equal(told.legs[0].ifname, "veth-a");
	assert_int_equal(told.legs[0].role, ROLE_ENDPOINT);
	assert_string_equal(told.legs[1].ifname, "eth0");
	assert_int_equal(told.legs[1].role, ROLE_UPLINK);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(told.legs[i].count[0].packets, 5);
		assert_int_equal(told.legs[i].count[1].packets, 2);
	}
	assert_silent(world, "close");
	assert_int_equal(conn_settle(world->table, world->now_ns + SEC), 0);
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	assert_silent(world, "reaped");
	assert_empty(world);
}

/* Each place adds its own number of bytes, which tells whose totals were taken. */
static void totals_are_those_of_the_leg_nearest_the_initiator(void **state)
{
	static const struct {
		const char *name;
		struct place path[3]; /* as endpoint 0 sends */
		unsigned int places;
		uint8_t from;
		const char *nearest;
	} cases[] = {
		{ "pod to world",
		  { { POD_A, WEIR_INGRESS }, { ETH0, WEIR_EGRESS } },
		  2,
		  0,
		  "veth-a" },
		{ "world to pod",
		  { { POD_A, WEIR_INGRESS }, { ETH0, WEIR_EGRESS } },
		  2,
		  1,
		  "eth0" },
		{ "pod to pod",
		  { { POD_A, WEIR_INGRESS }, { POD_B, WEIR_EGRESS } },
		  2,
		  0,
		  "veth-a" },
		{ "and back", { { POD_A, WEIR_INGRESS }, { POD_B, WEIR_EGRESS } }, 2, 1, "veth-b" },
		{ "higher index first",
		  { { POD_B, WEIR_INGRESS }, { POD_A, WEIR_EGRESS } },
		  2,
		  0,
		  "veth-b" },
		{ "virtual machine",
		  { { TAP, WEIR_INGRESS }, { ETH1, WEIR_EGRESS } },
		  2,
		  0,
		  "tap0" },
		{ "loopback and uplink",
		  { { ETH0, WEIR_EGRESS }, { LO, WEIR_EGRESS } },
		  2,
		  0,
		  "lo" },
		{ "two uplinks", { { ETH1, WEIR_INGRESS }, { ETH0, WEIR_EGRESS } }, 2, 0, "eth0" },
		{ "uplink and another",
		  { { DUMMY, WEIR_INGRESS }, { ETH1, WEIR_EGRESS } },
		  2,
		  0,
		  "eth1" },
		{ "neither", { { OTHER, WEIR_INGRESS }, { DUMMY, WEIR_EGRESS } }, 2, 0, "dummy0" },
		{ "pod's far side only",
		  { { OTHER, WEIR_INGRESS }, { POD_A, WEIR_EGRESS } },
		  2,
		  0,
		  "veth-a" },
		{ "three",
		  { { POD_A, WEIR_INGRESS }, { DUMMY, WEIR_EGRESS }, { ETH0, WEIR_EGRESS } },
		  3,
		  0,
		  "veth-a" },
		{ "three, from the world",
		  { { POD_A, WEIR_INGRESS }, { DUMMY, WEIR_EGRESS }, { ETH0, WEIR_EGRESS } },
		  3,
		  1,
		  "eth0" },
		{ "one", { { OTHER, WEIR_INGRESS } }, 1, 1, "vlan7" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_world struct world *world = world_new(64);
		const char *name = cases[i].name;
		struct told told;

		for (unsigned int at = 0; at < cases[i].places; at++) {
			const struct place *place = &cases[i].path[at];
			const struct packet packet = { .dir = cases[i].from,
						       .bytes = place->ifindex };

			send_over(world, IPPROTO_UDP, place, 1, &packet);
		}
		drop_told(world);
		world->now_ns += INTERVAL;
		send_udp(world, cases[i].path, cases[i].places, cases[i].from);
		sweep(world);
		told = take_event(world, name, RECORD_UPDATE);
		assert_row_int(name, told.count, cases[i].places > 1 ? cases[i].places : 0);
		assert_row_str(name, told.rec.ifname, cases[i].nearest);
		if (told.count)
			assert_row_str(name, told.legs[0].ifname, cases[i].nearest);
		assert_row_int(name, told.rec.count[0].bytes, told.rec.ifindex + FRAME_LEN);
		assert_row_int(name, told.rec.count[0].packets, 2);
		for (unsigned int leg = 0; leg < told.count; leg++)
			assert_row_int(name, told.legs[leg].count[0].bytes,
				       told.legs[leg].ifindex + FRAME_LEN);
		assert_silent(world, name);
	}
}

static void a_close_waits_for_all_legs_or_a_while(void **state)
{
	auto_world struct world *world = world_new(64);
	uint64_t closed_ns;
	struct told told;

	(void)state;
	HANDSHAKE(world, pod_and_uplink, 0);
	drop_told(world);
	/* Dropped on its way: the uplink doesn't see it. */
	SEND(world, pod, 0, .flags = RST);
	closed_ns = world->now_ns;
	assert_silent(world, "one leg has ended");
	assert_int_equal(conn_settle(world->table, closed_ns), closed_ns + CONN_SETTLE_NS);
	assert_int_equal(conn_settle(world->table, closed_ns + CONN_SETTLE_NS - 1),
			 closed_ns + CONN_SETTLE_NS);
	assert_silent(world, "not long enough");
	assert_int_equal(conn_settle(world->table, closed_ns + CONN_SETTLE_NS), 0);
	told = take_event(world, "settled", RECORD_CLOSE);
	assert_int_equal(told.rec.time_ns, closed_ns);
	assert_int_equal(told.rec.close_reason, WEIR_CLOSE_RST);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.rec.count[0].packets, 3);
	assert_int_equal(told.legs[1].count[0].packets, 2);
	/* The other leg's end comes late, and is no news. */
	world->now_ns = closed_ns + SEC;
	SEND(world, uplink, 0, .flags = RST);
	assert_silent(world, "late");
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	assert_silent(world, "reaped");
	assert_empty(world);
}

static void ends_are_settled_in_their_order(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_flow_key keys[4][2];
	uint64_t first_ns = 0;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int leg = 0; leg < 2; leg++) {
			keys[i][leg] = key_of(IPPROTO_TCP, i, leg ? ETH0 : POD_A);
			pass(world, &keys[i][leg], &(struct packet){ .flags = SYN, .seq = 1 });
		}
	}
	drop_told(world);
	for (unsigned int i = 0; i < 4; i++) {
		pass(world, &keys[i][0], &(struct packet){ .flags = RST });
		first_ns = i ? first_ns : world->now_ns;
		world->now_ns += MS;
	}
	/* The second ends in full: it leaves the middle of the list. */
	pass(world, &keys[1][1], &(struct packet){ .flags = RST });
	assert_int_equal(take_event(world, "second", RECORD_CLOSE).rec.port[0], 43211);
	assert_int_equal(conn_settle(world->table, world->now_ns), first_ns + CONN_SETTLE_NS);
	assert_silent(world, "not due");
	assert_true(conn_settle(world->table, first_ns + CONN_SETTLE_NS) >
		    first_ns + CONN_SETTLE_NS);
	assert_int_equal(take_event(world, "first", RECORD_CLOSE).rec.port[0], 43210);
	assert_silent(world, "one was due");
	assert_int_equal(conn_settle(world->table, first_ns + SEC), 0);
	assert_int_equal(take_event(world, "third", RECORD_CLOSE).rec.port[0], 43212);
	assert_int_equal(take_event(world, "fourth", RECORD_CLOSE).rec.port[0], 43213);
	assert_silent(world, "all");
}

static void one_packet_that_begins_and_ends_it_is_one_connection_on_all_legs(void **state)
{
	static const struct place path[] = { { POD_A, WEIR_INGRESS },
					     { DUMMY, WEIR_EGRESS },
					     { ETH0, WEIR_EGRESS } };
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	SEND(world, path, 0, .flags = RST);
	take_event(world, "open", RECORD_OPEN);
	world->now_ns += CONN_SETTLE_NS;
	assert_int_equal(conn_settle(world->table, world->now_ns), 0);
	told = take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.rec.close_reason, WEIR_CLOSE_RST);
	assert_int_equal(told.count, 3);
	assert_string_equal(told.rec.ifname, "veth-a");
	assert_silent(world, "close");
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	assert_silent(world, "reaped");
	assert_empty(world);
}

static void a_connection_goes_on_without_a_leg_whose_interface_has_gone(void **state)
{
	auto_world struct world *world = world_new(64);
	struct conn_stats stats;
	struct told told;

	(void)state;
	HANDSHAKE(world, pod_and_uplink, 0);
	drop_told(world);
	reap_at(world, IPPROTO_TCP, POD_A, WEIR_CLOSE_INTERFACE_GONE);
	assert_int_equal(conn_settle(world->table, world->now_ns + SEC), 0);
	assert_silent(world, "one leg has gone");
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 1);
	assert_int_equal(stats.connections, 1);
	/* The other leg speaks for it now. */
	world->now_ns += INTERVAL;
	SEND(world, uplink, 0, .flags = ACK);
	sweep(world);
	told = take_event(world, "update", RECORD_UPDATE);
	assert_string_equal(told.rec.ifname, "eth0");
	assert_int_equal(told.rec.count[0].packets, 3);
	world->gone_iface = POD_A;
	FAREWELL(world, uplink, 0);
	told = take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.rec.close_reason, WEIR_CLOSE_FIN);
	assert_string_equal(told.rec.ifname, "eth0");
	assert_int_equal(told.rec.count[0].packets, 5);
	/* What the other had seen to its end is told, under its name. */
	assert_int_equal(told.count, 2);
	assert_string_equal(told.legs[1].ifname, "veth-a");
	assert_int_equal(told.legs[1].count[0].packets, 2);
	assert_silent(world, "close");
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	assert_empty(world);
}

/* In whatever order the sweep comes to them. */
static void legs_that_end_in_silence_are_told_together(void **state)
{
	static const enum weir_close_reason reasons[] = { WEIR_CLOSE_TIMEOUT, WEIR_CLOSE_RECLAIMED,
							  WEIR_CLOSE_INTERFACE_GONE };

	(void)state;
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(reasons); i++) {
		auto_world struct world *world = world_new(64);
		enum weir_close_reason reason = reasons[i / 2];
		struct told told;

		send_udp(world, pod_and_uplink, 2, 0);
		send_udp(world, pod_and_uplink, 2, 1);
		drop_told(world);
		world->now_ns += 180 * SEC;
		reap_at(world, IPPROTO_UDP, i % 2 ? POD_A : ETH0, reason);
		world->now_ns += 2 * MS;
		conn_settle(world->table, world->now_ns);
		assert_silent(world, "one leg");
		reap_at(world, IPPROTO_UDP, i % 2 ? ETH0 : POD_A, reason);
		told = take_event(world, "close", RECORD_CLOSE);
		assert_int_equal(told.rec.close_reason, reason);
		assert_int_equal(told.count, 2);
		assert_string_equal(told.rec.ifname, "veth-a");
		assert_string_equal(told.legs[0].ifname, "veth-a");
		assert_string_equal(told.legs[1].ifname, "eth0");
		for (unsigned int leg = 0; leg < 2; leg++) {
			assert_int_equal(told.legs[leg].count[0].packets, 1);
			assert_int_equal(told.legs[leg].count[1].packets, 1);
		}
		assert_silent(world, "close");
		assert_empty(world);
	}
}

/* Its packets before and after the pause are one leg's. */
static void a_leg_that_comes_back_adds_to_what_it_had(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	send_udp(world, pod_and_uplink, 2, 0);
	drop_told(world);
	for (int i = 0; i < 5; i++) {
		reap_at(world, IPPROTO_UDP, POD_A, WEIR_CLOSE_TIMEOUT);
		world->now_ns += 10 * SEC;
		send_udp(world, pod_and_uplink, 2, 0);
	}
	assert_silent(world, "it goes on");
	reap_at(world, IPPROTO_UDP, POD_A, WEIR_CLOSE_TIMEOUT);
	reap_at(world, IPPROTO_UDP, ETH0, WEIR_CLOSE_TIMEOUT);
	told = take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.count, 2);
	assert_string_equal(told.rec.ifname, "veth-a");
	assert_int_equal(told.rec.count[0].packets, 6);
	assert_int_equal(told.legs[1].count[0].packets, 6);
	assert_empty(world);
}

static void the_last_open_leg_ends_it_after_one_has_gone(void **state)
{
	auto_world struct world *world = world_new(64);
	struct told told;

	(void)state;
	HANDSHAKE(world, pod_and_uplink, 0);
	drop_told(world);
	/* The pod's leg is reset; the uplink's never hears of it, and goes. */
	SEND(world, pod, 1, .flags = RST);
	reap_at(world, IPPROTO_TCP, ETH0, WEIR_CLOSE_INTERFACE_GONE);
	told = take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.rec.close_reason, WEIR_CLOSE_RST);
	assert_int_equal(told.rec.sender, 1);
	assert_int_equal(told.count, 2);
	assert_silent(world, "close");
	assert_int_equal(conn_settle(world->table, world->now_ns + SEC), 0);
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	assert_silent(world, "reaped");
	assert_empty(world);
}

static void vlans_are_legs_and_namespaces_are_not(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_flow_key key = key_of(IPPROTO_UDP, 0, ETH0);
	struct conn_stats stats;
	struct told told;

	(void)state;
	pass(world, &key, &(struct packet){ 0 });
	key.vlan = WEIR_VLAN_TAGGED | 100;
	pass(world, &key, &(struct packet){ 0 });
	key.vlan = 0;
	key.netns = 1;
	pass(world, &key, &(struct packet){ 0 });
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 3);
	assert_int_equal(stats.connections, 2);
	told = take_event(world, "first", RECORD_OPEN);
	assert_true(told.rec.conn_id !=
		    take_event(world, "the other namespace", RECORD_OPEN).rec.conn_id);
	assert_silent(world, "open");
	world->now_ns += INTERVAL;
	key = key_of(IPPROTO_UDP, 0, ETH0);
	pass(world, &key, &(struct packet){ 0 });
	sweep(world);
	told = take_event(world, "update", RECORD_UPDATE);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.legs[0].vlan, 0);
	assert_int_equal(told.legs[1].vlan, WEIR_VLAN_TAGGED | 100);
}

static void a_broadcast_may_pass_hundreds_of_ports(void **state)
{
	auto_world struct world *world = world_new(1024);
	struct conn_stats stats;
	struct told told;

	(void)state;
	for (uint32_t i = 0; i < 400; i++) {
		struct weir_flow_key key = key_of(IPPROTO_UDP, 0, MANY + i);

		pass(world, &key, &(struct packet){ .hook = WEIR_EGRESS });
	}
	take_event(world, "open", RECORD_OPEN);
	assert_silent(world, "open");
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 400);
	assert_int_equal(stats.connections, 1);
	world->now_ns += 60 * SEC;
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	told = take_event(world, "close", RECORD_CLOSE);
	assert_int_equal(told.count, RECORD_LEGS_MAX);
	assert_silent(world, "close");
	assert_empty(world);
}

/* --- Lost and late events. */

/* A whole connection of which the agent hears only some events, and each of them late or never. */
static void check_losses(unsigned int lost, bool is_late, const struct place *path, size_t places)
{
	auto_world struct world *world = world_new(64);
	struct record open, established, close;
	struct weir_event late[64];
	unsigned int late_count = 0;
	char name[64];

	snprintf(name, sizeof(name), "lost %u, %s, %zu legs", lost, is_late ? "late" : "never",
		 places);
	world->holds_events = true;
	for (unsigned int phase = 0; phase < 3; phase++) {
		if (phase == 0)
			send_over(world, IPPROTO_TCP, path, places,
				  &(struct packet){ .flags = SYN, .seq = 1 });
		if (phase == 1) {
			send_over(world, IPPROTO_TCP, path, places,
				  &(struct packet){ .dir = 1, .flags = SYN | ACK, .seq = 2 });
			send_over(world, IPPROTO_TCP, path, places,
				  &(struct packet){ .flags = ACK });
		}
		if (phase == 2)
			send_over(world, IPPROTO_TCP, path, places,
				  &(struct packet){ .dir = 1, .flags = RST });
		if (lost & 1U << phase) {
			memcpy(late + late_count, world->events, world->events_end * sizeof(*late));
			late_count += world->events_end;
			world->events_end = 0;
			world->now_ns += SEC;
			sweep(world);
		}
		deliver(world);
	}
	conn_settle(world->table, world->now_ns + SEC);
	if (is_late) {
		memcpy(world->events, late, late_count * sizeof(*late));
		world->events_end = late_count;
		deliver(world);
		sweep(world);
		conn_settle(world->table, world->now_ns + SEC);
	}
	open = take_event(world, name, RECORD_OPEN).rec;
	established = take_event(world, name, RECORD_ESTABLISHED).rec;
	close = take_event(world, name, RECORD_CLOSE).rec;
	assert_silent(world, name);
	assert_row(name, open.conn_id == established.conn_id && open.conn_id == close.conn_id);
	assert_row_int(name, open.sender, 0);
	assert_row_int(name, open.tcp_flags, SYN);
	assert_row_int(name, established.sender, 1);
	assert_row_int(name, established.tcp_flags, SYN | ACK);
	assert_row(name, established.rtt_server_ns && established.rtt_client_ns);
	assert_row_int(name, close.close_reason, WEIR_CLOSE_RST);
	assert_row_int(name, close.sender, 1);
	assert_row_int(name, close.count[0].packets, 2);
	assert_row_int(name, close.count[1].packets, 2);
	assert_row(name, close.duration_ns >= 20 * US && close.duration_ns < 4 * SEC);
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	assert_silent(world, name);
	assert_empty(world);
}

static void the_sweep_tells_what_events_did_not(void **state)
{
	(void)state;
	for (unsigned int lost = 0; lost < 8; lost++) {
		for (int is_late = 0; is_late < 2; is_late++) {
			check_losses(lost, is_late, uplink, 1);
			check_losses(lost, is_late, pod_and_uplink, 2);
		}
	}
}

static void what_the_sweep_tells_is_counted(void **state)
{
	auto_world struct world *world = world_new(64);
	struct conn_stats stats;

	(void)state;
	HANDSHAKE(world, uplink, 0);
	sweep(world);
	FAREWELL(world, uplink, 0);
	sweep(world);
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.made_up, 0);
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	world->loses_events = true;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	sweep(world);
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.made_up, 1);
	HANDSHAKE(world, uplink, 0);
	sweep(world);
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.made_up, 2);
	SEND(world, uplink, 0, .flags = RST);
	sweep(world);
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.made_up, 3);
	sweep(world);
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.made_up, 3);
}

/* An entry that was never heard of, and is reaped: its whole life is told at once. */
static void a_life_that_nobody_told_is_told_at_its_end(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	world->loses_events = true;
	send_udp(world, uplink, 1, 0);
	send_udp(world, uplink, 1, 1);
	world->now_ns += 180 * SEC;
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	take_event(world, "open", RECORD_OPEN);
	take_event(world, "established", RECORD_ESTABLISHED);
	rec = take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.close_reason, WEIR_CLOSE_TIMEOUT);
	assert_int_equal(rec.count[1].packets, 1);
	assert_silent(world, "close");
	assert_empty(world);
}

/* The log is searched by time: what is told late has the time at which it is told. */
static void times_run_on_even_when_events_were_lost(void **state)
{
	static const struct place *const paths[] = { uplink, pod_and_uplink };

	(void)state;
	for (size_t places = 1; places <= 2; places++) {
		auto_world struct world *world = world_new(64);
		uint64_t start_ns = world->now_ns + 10 * US;
		struct record rec;

		world->loses_events = true;
		send_over(world, IPPROTO_TCP, paths[places - 1], places,
			  &(struct packet){ .flags = SYN, .seq = 1 });
		world->now_ns += SEC;
		sweep(world);
		rec = take_event(world, "open", RECORD_OPEN).rec;
		assert_int_equal(rec.time_ns, world->now_ns);
		assert_int_equal(rec.start_ns, start_ns);
		send_over(world, IPPROTO_TCP, paths[places - 1], places,
			  &(struct packet){ .dir = 1, .flags = SYN | ACK, .seq = 2 });
		send_over(world, IPPROTO_TCP, paths[places - 1], places,
			  &(struct packet){ .flags = ACK });
		world->now_ns += SEC;
		sweep(world);
		rec = take_event(world, "established", RECORD_ESTABLISHED).rec;
		assert_int_equal(rec.time_ns, world->now_ns);
		send_over(world, IPPROTO_TCP, paths[places - 1], 1,
			  &(struct packet){ .flags = RST });
		world->now_ns += SEC;
		sweep(world);
		conn_settle(world->table, world->now_ns);
		rec = take_event(world, "close", RECORD_CLOSE).rec;
		assert_int_equal(rec.time_ns, world->now_ns);
		assert_true(rec.duration_ns > 2 * SEC && rec.duration_ns < 2 * SEC + MS);
	}
}

static void icmp_is_not_taken_for_its_answer_when_events_were_lost(void **state)
{
	static const struct packet ask = { .icmp_type = 128 };
	static const struct packet answer = { .dir = 1, .icmp_type = 129 };
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	/* The answer's event is lost. */
	send_over(world, IPPROTO_ICMPV6, uplink, 1, &ask);
	take(world);
	world->loses_events = true;
	send_over(world, IPPROTO_ICMPV6, uplink, 1, &answer);
	sweep(world);
	rec = take_event(world, "established", RECORD_ESTABLISHED).rec;
	assert_int_equal(rec.icmp_type, 129);
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	drop_told(world);
	/* The question's event is lost. */
	send_over(world, IPPROTO_ICMPV6, uplink, 1, &ask);
	world->loses_events = false;
	send_over(world, IPPROTO_ICMPV6, uplink, 1, &answer);
	rec = take_event(world, "open", RECORD_OPEN).rec;
	assert_int_equal(rec.icmp_type, 128);
	assert_int_equal(rec.sender, 0);
	rec = take_event(world, "established", RECORD_ESTABLISHED).rec;
	assert_int_equal(rec.icmp_type, 129);
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	rec = take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.icmp_type, 128);
	assert_int_equal(rec.mac[0][5], 5);
}

/* The sweep may be a little ahead of the ring. */
static void an_event_behind_the_sweep_still_tells_who(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	world->holds_events = true;
	send_over(world, IPPROTO_ICMP, uplink, 1, &(struct packet){ .icmp_type = 8 });
	sweep(world);
	take_event(world, "open", RECORD_OPEN);
	deliver(world);
	assert_silent(world, "told already");
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	rec = take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.icmp_type, 8);
	assert_int_equal(rec.mac[0][5], 5);
	assert_int_equal(rec.mac[1][5], 7);
}

/* --- The tuple used again. */

enum reuse {
	REUSE_TOLD,	  /* all events come */
	REUSE_CLOSE_LOST, /* that of the former's end is lost */
	REUSE_ALL_LOST,	  /* and that of the new one */
};

/* A new SYN over an entry in the state that `before` leaves it in. */
static void check_reuse(const char *name, bool was_closed, enum reuse reuse,
			const struct place *path, size_t places)
{
	auto_world struct world *world = world_new(64);
	struct record first, close, second;

	send_over(world, IPPROTO_TCP, path, places, &(struct packet){ .flags = SYN, .seq = 1 });
	first = take_event(world, name, RECORD_OPEN).rec;
	if (was_closed) {
		send_over(world, IPPROTO_TCP, path, places,
			  &(struct packet){ .dir = 1, .flags = RST | ACK });
		close = take_event(world, name, RECORD_CLOSE).rec;
		assert_row_int(name, close.close_reason, WEIR_CLOSE_REFUSED);
	}
	world->now_ns += 500 * MS;
	world->holds_events = true;
	send_over(world, IPPROTO_TCP, path, places, &(struct packet){ .flags = SYN, .seq = 9 });
	if (reuse != REUSE_TOLD) {
		for (unsigned int i = 0; i < world->events_end; i++) {
			if (world->events[i].hdr.type == WEIR_EVENT_OPEN && reuse != REUSE_ALL_LOST)
				conn_event(world->table, &world->events[i]);
		}
		world->events_end = 0;
		sweep(world);
	}
	deliver(world);
	world->now_ns += CONN_SETTLE_NS;
	conn_settle(world->table, world->now_ns);
	if (!was_closed) {
		close = take_event(world, name, RECORD_CLOSE).rec;
		assert_row_int(name, close.close_reason, WEIR_CLOSE_REUSED);
		assert_row(name, close.duration_ns > 499 * MS && close.duration_ns < 501 * MS);
	}
	assert_row(name, close.conn_id == first.conn_id);
	second = take_event(world, name, RECORD_OPEN).rec;
	assert_silent(world, name);
	assert_row(name, second.conn_id != first.conn_id);
	assert_row_int(name, second.tcp_flags, SYN);
	assert_row(name, second.start_ns > first.start_ns + 500 * MS);
	/* The second has legs and totals of its own. */
	world->holds_events = false;
	send_over(world, IPPROTO_TCP, path, places,
		  &(struct packet){ .dir = 1, .flags = RST | ACK });
	close = take_event(world, name, RECORD_CLOSE).rec;
	assert_silent(world, name);
	assert_row(name, close.conn_id == second.conn_id);
	assert_row_int(name, close.close_reason, WEIR_CLOSE_REFUSED);
	assert_row_int(name, close.count[0].packets, 1);
	assert_row_int(name, close.count[1].packets, 1);
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	assert_silent(world, name);
	assert_empty(world);
}

static void a_tuple_used_again_is_another_connection(void **state)
{
	static const struct {
		const char *name;
		enum reuse reuse;
	} cases[] = { { "told", REUSE_TOLD },
		      { "close lost", REUSE_CLOSE_LOST },
		      { "all lost", REUSE_ALL_LOST } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int was_closed = 0; was_closed < 2; was_closed++) {
			check_reuse(cases[i].name, was_closed, cases[i].reuse, uplink, 1);
			check_reuse(cases[i].name, was_closed, cases[i].reuse, pod_and_uplink, 2);
		}
	}
}

static void totals_of_the_former_are_told_when_its_event_comes(void **state)
{
	auto_world struct world *world = world_new(64);
	struct record rec;

	(void)state;
	HANDSHAKE(world, uplink, 0);
	SEND(world, uplink, 0, .flags = FIN | ACK);
	drop_told(world);
	SEND(world, uplink, 0, .flags = SYN, .seq = 9);
	rec = take_event(world, "close", RECORD_CLOSE).rec;
	assert_int_equal(rec.close_reason, WEIR_CLOSE_FIN);
	assert_int_equal(rec.count[0].packets, 3);
	assert_int_equal(rec.count[1].packets, 1);
	take_event(world, "open", RECORD_OPEN);
	world->now_ns += INTERVAL;
	SEND(world, uplink, 1, .flags = SYN | ACK, .seq = 10);
	sweep(world);
	rec = take_event(world, "update", RECORD_UPDATE).rec;
	assert_int_equal(rec.count[0].packets, 1);
	assert_int_equal(rec.count[1].packets, 1);
}

static void an_old_event_does_no_harm_to_the_new_connection(void **state)
{
	auto_world struct world *world = world_new(64);
	struct weir_event old[2];

	(void)state;
	world->holds_events = true;
	SEND(world, uplink, 0, .flags = SYN, .seq = 1);
	SEND(world, uplink, 1, .flags = RST);
	assert_int_equal(world->events_end, 2);
	memcpy(old, world->events, sizeof(old));
	deliver(world);
	SEND(world, uplink, 0, .flags = SYN, .seq = 9);
	deliver(world);
	drop_told(world);
	conn_event(world->table, &old[0]);
	conn_event(world->table, &old[1]);
	assert_silent(world, "old events");
	SEND(world, uplink, 1, .flags = RST);
	deliver(world);
	take_event(world, "close", RECORD_CLOSE);
	assert_silent(world, "close");
}

static void the_id_is_that_of_tuple_and_start(void **state)
{
	uint64_t ids[6];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		auto_world struct world *world = world_new(64);
		struct weir_flow_key key = key_of(IPPROTO_TCP, i == 1, i == 5 ? POD_A : ETH0);

		world->now_ns += i == 2 ? 1 : 0;
		key.netns = i == 3;
		key.vlan = i == 4 ? WEIR_VLAN_TAGGED | 5 : 0;
		pass(world, &key, &(struct packet){ .flags = SYN, .seq = 1 });
		ids[i] = take(world).rec.conn_id;
	}
	assert_true(ids[1] != ids[0]);
	assert_true(ids[2] != ids[0]);
	assert_true(ids[3] != ids[0]);
	/* Not of the place where it was seen first. */
	assert_true(ids[4] == ids[0]);
	assert_true(ids[5] == ids[0]);
}

/* --- Limits. */

static void what_finds_no_room_is_counted(void **state)
{
	auto_world struct world *world = world_new(2);
	struct conn_stats stats;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct weir_flow_key key = key_of(IPPROTO_UDP, i, ETH0);

		pass(world, &key, &(struct packet){ 0 });
	}
	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 2);
	assert_int_equal(stats.connections, 2);
	assert_int_equal(stats.no_room, 2);
	take_event(world, "first", RECORD_OPEN);
	take_event(world, "second", RECORD_OPEN);
	assert_silent(world, "no room");
	/* What has had none till its end is never told. */
	reap(world, &world->entries[3].key, WEIR_CLOSE_TIMEOUT);
	assert_silent(world, "reaped");
	/* Room that is given back is used, and the sweep finds what has had none. */
	world->now_ns += 60 * SEC;
	reap(world, &world->entries[0].key, WEIR_CLOSE_TIMEOUT);
	take_event(world, "close", RECORD_CLOSE);
	sweep(world);
	take_event(world, "third", RECORD_OPEN);
	assert_silent(world, "full again");
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	assert_empty(world);
}

static void an_answer_about_one_leg_asks_the_kernel_nothing(void **state)
{
	auto_world struct world *world = world_new(64);

	(void)state;
	HANDSHAKE(world, uplink, 0);
	FAREWELL(world, uplink, 0);
	assert_int_equal(world->lookups, 0);
}

/* --- Random traffic. */

#define TUPLES	   12
#define PLACES_MAX 3

/* A 5-tuple and the way that its packets take. */
struct route {
	uint8_t proto;
	unsigned int places;
	struct place path[PLACES_MAX];
	uint32_t seq;
};

struct traffic {
	struct world *world;
	struct route routes[TUPLES];
	int drop_percent;      /* of packets, before each further place */
	int loss_percent;      /* of events */
	unsigned int begun;    /* connections, as the packets make them */
	uint64_t newest_ns;    /* time of a record */
	uint64_t delivered_ns; /* events were last read */
};

static const struct place paths[][PLACES_MAX] = {
	{ { ETH0, WEIR_EGRESS } },
	{ { LO, WEIR_EGRESS } },
	{ { POD_A, WEIR_INGRESS }, { ETH0, WEIR_EGRESS } },
	{ { POD_B, WEIR_INGRESS }, { POD_A, WEIR_EGRESS } },
	{ { POD_A, WEIR_INGRESS }, { DUMMY, WEIR_EGRESS }, { ETH1, WEIR_EGRESS } },
};

static struct packet random_packet(struct route *route)
{
	static const uint8_t flags[] = { SYN,	    SYN,       SYN,	  SYN | ACK, SYN | ACK,
					 ACK,	    ACK,       ACK,	  ACK | PSH, ACK | PSH,
					 FIN | ACK, FIN | ACK, FIN | ACK, RST };
	struct packet packet = { .dir = rand() % 4 == 0, .bytes = 60 + (uint32_t)rand() % 1400 };

	if (route->proto == IPPROTO_TCP)
		packet.flags = flags[(unsigned int)rand() % ARRAY_SIZE(flags)];
	if (packet.flags & SYN && rand() % 4)
		route->seq++;
	if (packet.flags & ACK && rand() % 3 == 0)
		packet.dir = 1;
	packet.seq = route->seq;
	return packet;
}

static unsigned int tuple_of(const struct record *rec)
{
	unsigned int port = rec->port[0] > rec->port[1] ? rec->port[0] : rec->port[1];

	return port - 43210;
}

static const struct entry *entry_at(struct world *world, const struct route *routes,
				    unsigned int tuple, unsigned int place)
{
	struct weir_flow_key key =
		key_of(routes[tuple].proto, tuple, routes[tuple].path[place].ifindex);

	return find_entry(world, &key);
}

static bool is_alive(struct traffic *traffic, unsigned int tuple)
{
	for (unsigned int i = 0; i < traffic->routes[tuple].places; i++) {
		const struct entry *entry = entry_at(traffic->world, traffic->routes, tuple, i);

		if (entry && (entry->flow.state & WEIR_STATE_MASK) != WEIR_CLOSED)
			return true;
	}
	return false;
}

/* Which of the connection's places, told from its role and from where the initiator sits? */
static uint32_t nearest_of(const struct route *route, const struct record *rec)
{
	static const uint8_t ranks[ROLE_MAX] = { [ROLE_OTHER] = 3,
						 [ROLE_ENDPOINT] = 3,
						 [ROLE_UPLINK] = 2,
						 [ROLE_LOOPBACK] = 1,
						 [ROLE_TUNNEL] = 3 };
	bool from_0 = rec->addr[0][15] == 5;
	uint32_t best = 0;
	unsigned int best_rank = 9;

	for (unsigned int i = 0; i < route->places; i++) {
		struct record_leg leg = { 0 };
		unsigned int rank;

		assert_true(world_iface(&(struct world){ 0 }, route->path[i].ifindex, &leg));
		rank = ranks[leg.role];
		if (leg.role == ROLE_ENDPOINT && (route->path[i].hook == WEIR_INGRESS) == from_0)
			rank = 0;
		if (rank < best_rank || (rank == best_rank && leg.ifindex < best)) {
			best_rank = rank;
			best = leg.ifindex;
		}
	}
	return best;
}

/* What the small kernel has counted of a connection whose end was just told. */
static void check_close(struct traffic *traffic, const struct told *told)
{
	unsigned int tuple = tuple_of(&told->rec);
	const struct route *route = &traffic->routes[tuple];
	struct weir_flow_key key = key_of(route->proto, tuple, told->rec.ifindex);
	const struct entry *entry = find_entry(traffic->world, &key);

	assert_true(told->rec.has_counts);
	/* Used again: a whole way after it began at the first place. */
	if (!entry || entry->flow.start_ns - told->rec.start_ns >= 10 * US * route->places)
		return;
	assert_int_equal(told->rec.ifindex, nearest_of(route, &told->rec));
	assert_int_equal(told->count, route->places > 1 ? route->places : 0);
	for (int side = 0; side < 2; side++) {
		const struct weir_dir *dir = &entry->flow.dir[side ^ (told->rec.addr[0][15] != 5)];

		assert_int_equal(told->rec.count[side].packets, dir->packets - dir->base_packets);
		assert_int_equal(told->rec.count[side].bytes, dir->bytes - dir->base_bytes);
	}
}

/* What holds for each record by itself and for its place in the log. */
static void check_records(struct traffic *traffic, unsigned int from, bool is_clean)
{
	struct world *world = traffic->world;

	for (unsigned int i = from; i < world->told_count; i++) {
		const struct record *rec = &world->told[i].rec;

		assert_true(rec->time_ns >= rec->start_ns);
		assert_true(rec->duration_ns <= world->now_ns - rec->start_ns);
		assert_true(rec->time_ns <= world->now_ns);
		assert_true(rec->time_ns + 50 * MS > traffic->newest_ns);
		if (rec->time_ns > traffic->newest_ns)
			traffic->newest_ns = rec->time_ns;
		if (rec->event == RECORD_CLOSE && is_clean)
			check_close(traffic, &world->told[i]);
	}
}

static void send_random(struct traffic *traffic)
{
	unsigned int tuple = (unsigned int)rand() % TUPLES;
	struct route *route = &traffic->routes[tuple];
	const struct packet packet = random_packet(route);
	bool was_alive = is_alive(traffic, tuple), is_begun = false;

	for (unsigned int i = 0; i < route->places; i++) {
		const struct place *place = &route->path[packet.dir ? route->places - 1 - i : i];
		struct weir_flow_key key = key_of(route->proto, tuple, place->ifindex);
		const struct entry *entry = find_entry(traffic->world, &key);
		struct packet there = packet;

		is_begun |= entry ? is_renewed(entry, &packet) : !was_alive;
		there.hook = packet.dir ? !place->hook : place->hook;
		pass(traffic->world, &key, &there);
		if (rand() % 100 < traffic->drop_percent)
			break;
	}
	traffic->begun += is_begun;
}

/* The agent reads its ring every few ms, whatever else happens. */
static void read_events(struct traffic *traffic)
{
	deliver(traffic->world);
	conn_settle(traffic->world->table, traffic->world->now_ns);
	traffic->delivered_ns = traffic->world->now_ns;
}

/* A pass that marks or reaps; what was marked in an earlier one has been heard of. */
static void sweep_random(struct traffic *traffic, bool is_clean)
{
	struct world *world = traffic->world;
	unsigned int tuple = (unsigned int)rand() % TUPLES, first = (unsigned int)rand() % 3;

	sweep(world);
	read_events(traffic);
	if (is_clean) { /* all legs of one tuple, in any order */
		for (unsigned int i = 0; i < PLACES_MAX; i++) {
			unsigned int at = (first + i) % PLACES_MAX;
			const struct route *route = &traffic->routes[tuple];

			if (at < route->places && entry_at(world, traffic->routes, tuple, at)) {
				struct weir_flow_key key =
					key_of(route->proto, tuple, route->path[at].ifindex);

				reap(world, &key, WEIR_CLOSE_TIMEOUT);
			}
		}
		return;
	}
	for (unsigned int i = 0; i < ENTRIES; i++) {
		struct entry *entry = &world->entries[i];

		if (!entry->is_used || rand() % 4)
			continue;
		if (entry->is_dying) {
			reap_entry(world, entry,
				   rand() % 2 ? WEIR_CLOSE_TIMEOUT : WEIR_CLOSE_INTERFACE_GONE);
		} else {
			entry->is_dying = true;
		}
	}
}

struct life {
	uint64_t conn_id;
	unsigned int told[RECORD_EVENT_MAX];
};

/* One open, first; at most one established; updates; one close, last. Returns the connections. */
static unsigned int check_lives(const struct world *world)
{
	struct life *lives = calloc(world->told_count + 1, sizeof(*lives));
	unsigned int count = 0, at;

	assert_non_null(lives);
	for (unsigned int i = 0; i < world->told_count; i++) {
		const struct record *rec = &world->told[i].rec;

		/* From the newest: the ids of those that live are near. */
		for (at = count; at && lives[at - 1].conn_id != rec->conn_id; at--)
			;
		if (!at)
			lives[at = count++].conn_id = rec->conn_id;
		else
			at--;
		assert_int_equal(lives[at].told[RECORD_OPEN], rec->event != RECORD_OPEN);
		assert_int_equal(lives[at].told[RECORD_CLOSE], 0);
		if (rec->event == RECORD_ESTABLISHED)
			assert_int_equal(lives[at].told[RECORD_ESTABLISHED], 0);
		lives[at].told[rec->event]++;
	}
	for (at = 0; at < count; at++)
		assert_int_equal(lives[at].told[RECORD_CLOSE], 1);
	free(lives);
	return count;
}

static void step_random(struct traffic *traffic, bool is_clean)
{
	struct world *world = traffic->world;

	world->now_ns += (uint64_t)rand() % (200 * US);
	send_random(traffic);
	if (is_clean || world->now_ns - traffic->delivered_ns > 5 * MS)
		read_events(traffic);
	if (rand() % 30 == 0)
		sweep(world);
	if (rand() % 60 == 0)
		sweep_random(traffic, is_clean);
	if (rand() % 100)
		return;
	read_events(traffic); /* nothing happens for a long time */
	world->now_ns += (uint64_t)rand() % (6 * SEC);
	conn_settle(world->table, world->now_ns);
}

static void random_traffic(struct traffic *traffic, unsigned int steps, bool is_clean)
{
	auto_world struct world *world = world_new(ENTRIES);
	unsigned int begun;

	traffic->world = world;
	world->loss_percent = traffic->loss_percent;
	traffic->delivered_ns = world->now_ns;
	world->holds_events = true;
	for (unsigned int i = 0; i < TUPLES; i++) {
		size_t path = (size_t)rand() % ARRAY_SIZE(paths);

		traffic->routes[i].proto = rand() % 4 ? IPPROTO_TCP : IPPROTO_UDP;
		memcpy(traffic->routes[i].path, paths[path], sizeof(paths[path]));
		while (traffic->routes[i].places < PLACES_MAX &&
		       paths[path][traffic->routes[i].places].ifindex)
			traffic->routes[i].places++;
	}
	for (unsigned int i = 0; i < steps; i++) {
		unsigned int before = world->told_count;

		step_random(traffic, is_clean);
		check_records(traffic, before, is_clean);
	}
	read_events(traffic);
	sweep(world);
	reap_all(world, WEIR_CLOSE_TIMEOUT);
	assert_int_equal(conn_settle(world->table, world->now_ns + SEC), 0);
	begun = check_lives(world);
	if (is_clean)
		assert_int_equal(begun, traffic->begun);
	assert_empty(world);
}

static void random_traffic_is_told_as_it_was(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 200; seed++) {
		struct traffic traffic = { 0 };

		srand(seed);
		random_traffic(&traffic, 3000, true);
	}
}

/* Packets, events and legs are lost: each connection still begins and ends once. */
static void whatever_is_lost_each_connection_begins_and_ends_once(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 400; seed++) {
		struct traffic traffic = { .drop_percent = seed % 3 ? 5 : 0,
					   .loss_percent = seed % 4 ? 10 : 0 };

		srand(1000 + seed);
		random_traffic(&traffic, 3000, false);
	}
}

int main(void)
{
	return RUN_TESTS(
		TEST(an_open_tells_who_and_where), TEST(an_established_tells_the_handshakes_time),
		TEST(a_repeated_syn_leaves_the_rtt_unknown),
		TEST(an_update_is_told_at_the_interval_while_it_moves),
		TEST(a_close_tells_the_totals_once), TEST(each_end_has_its_reason_and_its_author),
		TEST(udp_lives_from_its_first_packet_to_silence),
		TEST(icmp_has_the_type_of_each_side), TEST(a_connection_never_ends_before_it_began),
		TEST(a_first_packet_of_any_kind_begins_a_connection),
		TEST(two_legs_are_one_connection),
		TEST(totals_are_those_of_the_leg_nearest_the_initiator),
		TEST(a_close_waits_for_all_legs_or_a_while), TEST(ends_are_settled_in_their_order),
		TEST(one_packet_that_begins_and_ends_it_is_one_connection_on_all_legs),
		TEST(a_connection_goes_on_without_a_leg_whose_interface_has_gone),
		TEST(legs_that_end_in_silence_are_told_together),
		TEST(a_leg_that_comes_back_adds_to_what_it_had),
		TEST(the_last_open_leg_ends_it_after_one_has_gone),
		TEST(vlans_are_legs_and_namespaces_are_not),
		TEST(a_broadcast_may_pass_hundreds_of_ports),
		TEST(the_sweep_tells_what_events_did_not), TEST(what_the_sweep_tells_is_counted),
		TEST(a_life_that_nobody_told_is_told_at_its_end),
		TEST(times_run_on_even_when_events_were_lost),
		TEST(icmp_is_not_taken_for_its_answer_when_events_were_lost),
		TEST(an_event_behind_the_sweep_still_tells_who),
		TEST(a_tuple_used_again_is_another_connection),
		TEST(totals_of_the_former_are_told_when_its_event_comes),
		TEST(an_old_event_does_no_harm_to_the_new_connection),
		TEST(the_id_is_that_of_tuple_and_start), TEST(what_finds_no_room_is_counted),
		TEST(an_answer_about_one_leg_asks_the_kernel_nothing),
		TEST(random_traffic_is_told_as_it_was),
		TEST(whatever_is_lost_each_connection_begins_and_ends_once));
}
