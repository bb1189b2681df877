// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the table asks of its owner, and what it tells it; conn_kernel.c has the flows.
 */
#include "tests/unit/conn_world.h"

static const struct {
	uint32_t ifindex;
	const char *name;
	enum iface_role role;
	bool is_edge;
	uint32_t bond;
} ifaces[] = {
	{ LO, "lo", ROLE_LOOPBACK, false, 0 },
	{ ETH0, "eth0", ROLE_UPLINK, true, 0 },
	{ ETH1, "eth1", ROLE_UPLINK, true, 0 },
	{ POD_A, "veth-a", ROLE_ENDPOINT, true, 0 },
	{ POD_B, "veth-b", ROLE_ENDPOINT, true, 0 },
	{ TAP, "tap0", ROLE_ENDPOINT, true, 0 },
	{ DUMMY, "dummy0", ROLE_OTHER, false, 0 },
	{ OTHER, "vlan7", ROLE_OTHER, false, 0 },
	{ PORT_A, "port-a", ROLE_UPLINK, true, BOND },
	{ PORT_B, "port-b", ROLE_UPLINK, true, BOND },
};

static int world_lookup(void *ctx, const struct weir_flow_key *key, struct weir_flow *ret)
{
	struct world *world = ctx;
	const struct entry *entry = world_find(world, key);

	world->lookups++;
	if (!entry)
		return -ENOENT;
	*ret = entry->flow;
	return 0;
}

bool world_iface(void *ctx, uint32_t ifindex, struct record_leg *ret)
{
	const struct world *world = ctx;

	if (ifindex == world->gone_iface)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ifaces); i++) {
		if (ifaces[i].ifindex != ifindex)
			continue;
		snprintf(ret->ifname, sizeof(ret->ifname), "%s", ifaces[i].name);
		ret->ifindex = ifindex;
		ret->role = (uint8_t)(ifindex == world->bare_iface ? ROLE_OTHER : ifaces[i].role);
		ret->is_edge = ifaces[i].is_edge;
		ret->bond = ifaces[i].bond;
		return true;
	}
	return false;
}

static uint64_t world_iface_gone_ns(void *ctx, uint32_t ifindex)
{
	const struct world *world = ctx;

	return ifindex == world->left_iface ? world->left_ns : 0;
}

/* 10.0.0.0/16 is this host. */
static bool world_is_local(void *ctx, const uint8_t addr[static 16])
{
	const struct world *world = ctx;

	return !world->has_no_addrs && addr[12] == 10 && addr[13] == 0;
}

static int world_listener(void *ctx, const struct weir_flow_key *key,
			  enum weir_initiator_by *ret_by)
{
	struct world *world = ctx;

	(void)key;
	world->listener_asked++;
	*ret_by = WEIR_BY_LISTENER;
	return world->listener - 1;
}

static bool world_retransmits(void *ctx, const struct weir_flow_key *key,
			      const struct weir_flow *flow, int dir, bool is_end, uint32_t *ret)
{
	struct world *world = ctx;

	(void)key;
	(void)flow;
	world->last_asked += is_end;
	*ret = world->retransmits[dir];
	return world->knows_retransmits >> dir & 1;
}

/* The last owner that was told is the one; MAC addresses stay. */
static uint32_t world_ask_party(void *ctx, const struct conn_side *side)
{
	struct world *world = ctx;
	struct party party = *parties_at(world->parties, side->was);
	struct asked *asked = &world->asked[side->at];

	*asked = (struct asked){ .count = asked->count + 1,
				 .has_owner = side->owner,
				 .has_mac = side->mac,
				 .is_behind = side->is_behind,
				 .ifindex = side->key->ifindex };
	if (side->mac)
		memcpy(party.mac, side->mac, sizeof(party.mac));
	if (side->owner) {
		party.netns = side->owner->tgid;
		party.via = side->owner->via;
	}
	parties_unref(world->parties, side->was);
	return parties_get(world->parties, &party);
}

static void world_drop_party(void *ctx, uint32_t number)
{
	struct world *world = ctx;

	parties_unref(world->parties, number);
}

static void world_nat(void *ctx, struct conn_nat *nat)
{
	struct world *world = ctx;

	world->nat_asked++;
	world->nat_question = *nat;
	nat->state = (uint8_t)world->nat_state;
	nat->has_twin |= world->nat_has_twin;
	if (nat->number || !world->nat_number)
		return;
	nat->number = world->nat_number;
	nat->port = world->nat_port;
	world->nat_held++;
}

static void world_nat_drop(void *ctx, uint32_t number, enum conn_nat_state state)
{
	struct world *world = ctx;

	world->nat_held -= number != 0;
	world->nat_dropped[state]++;
}

const struct party *world_party(const struct world *world, const struct record *rec, int side)
{
	return parties_at(world->parties, rec->party[side]);
}

static void world_tell(struct world *world, uint64_t place, const struct record *rec,
		       const struct record_leg *legs, unsigned int count)
{
	struct told *told;

	if (world->told_count == world->told_room) {
		world->told_room = world->told_room * 2 + 64;
		world->told = realloc(world->told, world->told_room * sizeof(*world->told));
		assert_non_null(world->told);
	}
	told = &world->told[world->told_count++];
	*told = (struct told){ .rec = *rec, .count = count, .place = place };
	for (int side = 0; side < 2; side++)
		(void)parties_ref(world->parties, rec->party[side]); /* see world_forget_told() */
	assert_true(count <= RECORD_SLOTS_MAX);
	if (count)
		memcpy(told->legs, legs, count * sizeof(*legs));
}

static void world_record(void *ctx, struct record *rec, const struct record_leg *legs,
			 unsigned int count)
{
	struct world *world = ctx;

	world_tell(world, ++world->places, rec, legs, count);
}

static uint64_t world_reserve(void *ctx)
{
	struct world *world = ctx;

	assert_true(world->reserved_count < ENTRIES);
	world->reserved[world->reserved_count++] = ++world->places;
	return world->places;
}

/* A place that was reserved, and only once. */
static void unreserve(struct world *world, uint64_t place)
{
	unsigned int i = 0;

	while (i < world->reserved_count && world->reserved[i] != place)
		i++;
	assert_true(i < world->reserved_count);
	world->reserved[i] = world->reserved[--world->reserved_count];
}

static bool world_fill(void *ctx, uint64_t place, struct record *rec, const struct record_leg *legs,
		       unsigned int count)
{
	struct world *world = ctx;

	unreserve(world, place);
	if (!world->overwrites_places)
		world_tell(world, place, rec, legs, count);
	return !world->overwrites_places;
}

static void world_release(void *ctx, uint64_t place)
{
	struct world *world = ctx;

	unreserve(world, place);
	world->released++;
}

static const struct conn_ops ops = { .lookup = world_lookup,
				     .iface = world_iface,
				     .iface_gone_ns = world_iface_gone_ns,
				     .is_local = world_is_local,
				     .listener = world_listener,
				     .retransmits = world_retransmits,
				     .party = world_ask_party,
				     .party_drop = world_drop_party,
				     .nat = world_nat,
				     .nat_drop = world_nat_drop,
				     .record = world_record,
				     .reserve = world_reserve,
				     .fill = world_fill,
				     .release = world_release };

struct world *world_new(uint32_t max_flows)
{
	const struct conn_options options = { .max_flows = max_flows,
					      .update_interval_ns = INTERVAL,
					      .young_until_ns = BEGIN_NS + YOUNG,
					      .boot_id = 4711 };
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->now_ns = BEGIN_NS;
	world->nat_state = CONN_NAT_SETTLED;
	assert_int_equal(parties_new(&world->parties, PARTIES_MAX, NULL, NULL), 0);
	assert_int_equal(conn_table_new(&world->table, &options, &ops, world), 0);
	return world;
}

void world_free(struct world **at)
{
	struct world *world = TAKE_PTR(*at);

	if (!world)
		return;
	conn_table_free(&world->table);
	parties_free(&world->parties);
	free(world->told);
	free(world);
}

struct told world_take(struct world *world)
{
	struct told told;

	if (!world->told_count)
		fail_msg("nothing was told");
	told = world->told[0];
	memmove(world->told, world->told + 1, --world->told_count * sizeof(*world->told));
	return told;
}

struct told world_take_event(struct world *world, const char *name, enum record_event event)
{
	struct told told = world_take(world);

	assert_row_str(name, record_event_to_str(told.rec.event), record_event_to_str(event));
	return told;
}

struct record_more world_more(const struct told *told)
{
	struct record rec = told->rec;
	struct record_more more;

	assert_true(!rec.has_more || told->count > 1);
	rec.legs = (told->count - 1) & 0xf;
	record_get_more(&rec, told->legs + 1, &more);
	return more;
}

void world_drop_told(struct world *world)
{
	world->told_count = 0;
}

void world_forget_told(struct world *world)
{
	for (unsigned int i = 0; i < world->told_count; i++) {
		for (int side = 0; side < 2; side++)
			parties_unref(world->parties, world->told[i].rec.party[side]);
	}
	world->told_count = 0;
}

void world_assert_silent(const struct world *world, const char *name)
{
	if (world->told_count)
		fail_msg("%s: %s was told", name, record_event_to_str(world->told[0].rec.event));
}

void world_assert_empty(const struct world *world)
{
	struct conn_stats stats;

	conn_get_stats(world->table, &stats);
	assert_int_equal(stats.legs, 0);
	assert_int_equal(stats.connections, 0);
	assert_int_equal(world->reserved_count, 0);
}

static int compare_places(const void *one, const void *other)
{
	const struct told *a = one, *b = other;

	assert_true(a == b || a->place != b->place);
	return a->place < b->place ? -1 : a->place > b->place;
}

void world_sort_told(struct world *world)
{
	qsort(world->told, world->told_count, sizeof(*world->told), compare_places);
}

void world_assert_totals(const char *name, const struct told *told, unsigned int places,
			 uint64_t forward, uint64_t reverse)
{
	assert_row_int(name, told->rec.count[0].packets, forward);
	assert_row_int(name, told->rec.count[0].bytes, forward * FRAME_LEN);
	assert_row_int(name, told->rec.count[1].packets, reverse);
	assert_row_int(name, told->rec.count[1].bytes, reverse * FRAME_LEN);
	assert_row_int(name, told->count, places > 1 ? places : 0);
	for (unsigned int i = 0; i < told->count; i++) {
		assert_row_int(name, told->legs[i].count[0].packets, forward);
		assert_row_int(name, told->legs[i].count[1].bytes, reverse * FRAME_LEN);
	}
}
