// SPDX-License-Identifier: BSD-2-Clause
/*
 * Random traffic: what the table tells is held against what went over the wires.
 */
#include "conn_world.h"

#include "weir/lifecycle.h"

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
	int drop_percent;   /* of packets, before each further place */
	int loss_percent;   /* of events */
	uint64_t lag_ns;    /* events are read this late */
	bool is_summed;	    /* nothing is sent or lost that no record could tell */
	unsigned int begun; /* connections, as the packets make them */
	struct record_count passed[TUPLES][PLACES_MAX];
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
		world_key(routes[tuple].proto, tuple, routes[tuple].path[place].ifindex);

	return world_find(world, &key);
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
	struct weir_flow_key key = world_key(route->proto, tuple, told->rec.ifindex);
	const struct entry *entry = world_find(traffic->world, &key);

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

/* What holds for each record by itself. */
static void check_records(struct traffic *traffic, unsigned int from, bool is_clean)
{
	struct world *world = traffic->world;

	for (unsigned int i = from; i < world->told_count; i++) {
		const struct record *rec = &world->told[i].rec;

		assert_true(rec->time_ns >= rec->start_ns);
		assert_true(rec->duration_ns <= world->now_ns - rec->start_ns);
		assert_true(rec->time_ns <= world->now_ns);
		if (rec->event == RECORD_CLOSE && is_clean)
			check_close(traffic, &world->told[i]);
	}
}

/* Has it ended so long ago that what comes now may be in no record? */
static bool is_past(struct traffic *traffic, unsigned int tuple)
{
	const struct entry *entry = entry_at(traffic->world, traffic->routes, tuple, 0);

	return entry && (entry->flow.state & WEIR_STATE_MASK) == WEIR_CLOSED &&
	       traffic->world->now_ns > entry->flow.dir[0].end_ns + CONN_SETTLE_NS / 2 &&
	       traffic->world->now_ns > entry->flow.dir[1].end_ns + CONN_SETTLE_NS / 2;
}

static void send_random(struct traffic *traffic)
{
	unsigned int tuple = (unsigned int)rand() % TUPLES;
	struct route *route = &traffic->routes[tuple];
	struct packet packet = random_packet(route);
	bool was_alive = is_alive(traffic, tuple), is_begun = false;

	if (traffic->is_summed && is_past(traffic, tuple)) {
		packet.flags = SYN;
		packet.seq = ++route->seq;
	}
	for (unsigned int i = 0; i < route->places; i++) {
		const struct place *place = &route->path[packet.dir ? route->places - 1 - i : i];
		struct weir_flow_key key = world_key(route->proto, tuple, place->ifindex);
		const struct entry *entry = world_find(traffic->world, &key);
		struct packet there = packet;

		is_begun |= entry ? world_would_renew(entry, &packet) : !was_alive;
		there.hook = packet.dir ? !place->hook : place->hook;
		world_pass(traffic->world, &key, &there);
		traffic->passed[tuple][place - route->path].packets++;
		traffic->passed[tuple][place - route->path].bytes += packet.bytes;
		if (rand() % 100 < traffic->drop_percent)
			break;
	}
	traffic->begun += is_begun;
}

/* The agent reads its ring every few ms, whatever else happens. */
static void read_events(struct traffic *traffic)
{
	world_deliver(traffic->world);
	conn_settle(traffic->world->table, traffic->world->now_ns);
	traffic->delivered_ns = traffic->world->now_ns;
}

/* A pass that marks or reaps; what was marked in an earlier one has been heard of. */
static void sweep_random(struct traffic *traffic, bool is_clean)
{
	struct world *world = traffic->world;
	unsigned int tuple = (unsigned int)rand() % TUPLES, first = (unsigned int)rand() % 3;

	read_events(traffic);
	world_sweep(world);
	if (is_clean) { /* all legs of one tuple, in any order */
		for (unsigned int i = 0; i < PLACES_MAX; i++) {
			unsigned int at = (first + i) % PLACES_MAX;
			const struct route *route = &traffic->routes[tuple];

			if (at < route->places && entry_at(world, traffic->routes, tuple, at)) {
				struct weir_flow_key key =
					world_key(route->proto, tuple, route->path[at].ifindex);

				world_reap(world, &key, WEIR_CLOSE_TIMEOUT);
			}
		}
		return;
	}
	for (unsigned int i = 0; i < world->entries_end; i++) {
		struct entry *entry = &world->entries[i];

		if (!entry->is_used || rand() % 4)
			continue;
		if (entry->is_dying) {
			world_reap_entry(world, entry,
					 rand() % 2 ? WEIR_CLOSE_TIMEOUT
						    : WEIR_CLOSE_INTERFACE_GONE);
		} else {
			entry->is_dying = true;
		}
	}
}

/* What a search by time relies on; and no place is left over. */
static void check_order(struct world *world)
{
	uint64_t newest_ns = 0;

	world_sort_told(world);
	for (unsigned int i = 0; i < world->told_count; i++) {
		const struct record *rec = &world->told[i].rec;

		assert_true(rec->time_ns + 50 * MS > newest_ns);
		if (rec->time_ns > newest_ns)
			newest_ns = rec->time_ns;
	}
	assert_int_equal(world->places, world->told_count + world->released);
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
	if (world->now_ns - traffic->delivered_ns >= traffic->lag_ns)
		read_events(traffic);
	else if (rand() % 4 == 0)
		conn_settle(world->table, world->now_ns);
	if (rand() % 30 == 0) {
		if (traffic->is_summed) /* the sweep leaves what is new to its events */
			read_events(traffic);
		world_sweep(world);
	}
	if (rand() % 60 == 0)
		sweep_random(traffic, is_clean);
	if (rand() % 100)
		return;
	read_events(traffic); /* nothing happens for a long time */
	world->now_ns += (uint64_t)rand() % (6 * SEC);
	conn_settle(world->table, world->now_ns);
}

/* All packets that passed are told at the ends of connections, and none twice. */
static void check_sums(const struct traffic *traffic, unsigned int tuple, unsigned int place)
{
	const struct world *world = traffic->world;
	uint32_t ifindex = traffic->routes[tuple].path[place].ifindex;
	struct record_count sum = { 0 };

	for (unsigned int i = 0; i < world->told_count; i++) {
		const struct told *told = &world->told[i];

		if (told->rec.event != RECORD_CLOSE || tuple_of(&told->rec) != tuple)
			continue;
		for (int side = 0; side < 2; side++) {
			const struct record_count *of = &told->rec.count[side];

			for (unsigned int leg = 0; leg < told->count; leg++) {
				if (told->legs[leg].ifindex == ifindex)
					of = &told->legs[leg].count[side];
			}
			sum.packets += of->packets;
			sum.bytes += of->bytes;
		}
	}
	assert_int_equal(sum.packets, traffic->passed[tuple][place].packets);
	assert_int_equal(sum.bytes, traffic->passed[tuple][place].bytes);
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
	world_sweep(world);
	world_reap_all(world, WEIR_CLOSE_TIMEOUT);
	assert_int_equal(conn_settle(world->table, world->now_ns + SEC), 0);
	check_order(world);
	begun = check_lives(world);
	if (is_clean)
		assert_int_equal(begun, traffic->begun);
	for (unsigned int i = 0; i < TUPLES && traffic->is_summed; i++) {
		for (unsigned int at = 0; at < traffic->routes[i].places; at++) {
			if (is_clean || traffic->routes[i].places == 1)
				check_sums(traffic, i, at);
		}
	}
	world_assert_empty(world);
}

static void random_traffic_is_told_as_it_was(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 200; seed++) {
		struct traffic traffic = { .is_summed = seed % 2 };

		srand(seed);
		random_traffic(&traffic, 3000, true);
	}
}

/* Of one leg; those of several may be told before each of them was heard of. */
static void however_late_events_are_read_each_packet_is_told_once(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 200; seed++) {
		struct traffic traffic = { .lag_ns = seed % 8ULL * 10 * MS, .is_summed = true };

		srand(2000 + seed);
		random_traffic(&traffic, 3000, false);
	}
}

/* Packets, events and legs are lost: each connection still begins and ends once. */
static void whatever_is_lost_each_connection_begins_and_ends_once(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 400; seed++) {
		struct traffic traffic = { .drop_percent = seed % 3 ? 5 : 0,
					   .loss_percent = seed % 4 ? 10 : 0,
					   .lag_ns = 5 * MS };

		srand(1000 + seed);
		random_traffic(&traffic, 3000, false);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(random_traffic_is_told_as_it_was),
			 TEST(however_late_events_are_read_each_packet_is_told_once),
			 TEST(whatever_is_lost_each_connection_begins_and_ends_once));
}
