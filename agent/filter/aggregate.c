// SPDX-License-Identifier: BSD-2-Clause
/* What a record adds to its group, and how a connection moves from one to another. */
#include "filter/aggregate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "filter/aggregate_private.h"
#include "filter/where.h"

const struct aggregate_limits aggregate_limits_default = {
	.groups = 10000,
	.conns = 196608,
	.buckets = 1U << 20,
};

#define SLOTS_FIRST  256
#define RTT_LEFT_OUT UINT64_MAX /* of a connection: there was no room for it */

/* What a record says. */
struct sample {
	uint64_t conn; /* 0: none */
	uint64_t bytes, packets;
	uint64_t rtt_ns;  /* 0: unknown */
	uint64_t time_ns; /* 0: unknown */
	bool has_counts, is_drop, is_close;
};

int aggregate_new(struct aggregate **ret, const struct aggregate_limits *limits)
{
	auto_aggregate struct aggregate *aggregate = calloc(1, sizeof(*aggregate));

	if (!aggregate)
		return -ENOMEM;
	aggregate->limits = *limits;
	aggregate->conns.max = limits->conns;
	aggregate->buckets_left = limits->buckets;
	aggregate->size = 64;
	aggregate->groups = calloc(aggregate->size, sizeof(*aggregate->groups));
	aggregate->slots_size = SLOTS_FIRST;
	aggregate->slots = calloc(aggregate->slots_size, sizeof(*aggregate->slots));
	if (!aggregate->groups || !aggregate->slots)
		return -ENOMEM;
	aggregate->count = 1;
	if (getrandom(&aggregate->seed, sizeof(aggregate->seed), GRND_NONBLOCK) < 0)
		aggregate->seed = (uint64_t)(uintptr_t)aggregate;
	*ret = TAKE_PTR(aggregate);
	return 0;
}

void aggregate_free(struct aggregate **at)
{
	struct aggregate *aggregate = TAKE_PTR(*at);

	if (!aggregate)
		return;
	for (uint32_t i = 0; i < aggregate->count; i++) {
		free(aggregate->groups[i].key);
		sketch_done(&aggregate->groups[i].rtts);
	}
	aggregate_conns_done(&aggregate->conns);
	free(aggregate->groups);
	free(aggregate->slots);
	free(aggregate->places);
	free(aggregate);
}

int aggregate_add_field(struct aggregate *aggregate, struct text name, struct where_error *error)
{
	return aggregate_columns_add(&aggregate->columns, name, error);
}

int aggregate_add_fields(struct aggregate *aggregate, const char *names, struct where_error *error)
{
	const char *at = names;
	struct text name;

	while (aggregate_next_name(&at, &name)) {
		int r = aggregate_add_field(aggregate, name, error);

		if (r < 0) {
			error->at += (size_t)(name.bytes - names);
			return r;
		}
	}
	return 0;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

static uint64_t hash_of(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint64_t word;

	hash = mix(hash, len);
	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, at, len);
	return mix(mix(hash, word), 0);
}

static bool get_number(struct field_reader *reader, enum field field, uint64_t *ret)
{
	struct field_value value;

	if (!reader->get(reader, field, 0, &value))
		return false;
	*ret = value.number;
	return true;
}

static struct text get_text(struct field_reader *reader, enum field field)
{
	struct field_value value;

	if (!reader->get(reader, field, 0, &value))
		return (struct text){ 0 };
	return (struct text){ value.text, value.len };
}

/* Did the destination begin? */
static bool is_swapped(struct field_reader *reader)
{
	struct text initiator = get_text(reader, FIELD_INITIATOR);
	uint64_t is_reply = 0;

	if (!initiator.len)
		return get_number(reader, FIELD_REPLY, &is_reply) && is_reply;
	return text_is(initiator, "destination");
}

/* An address and a port; 0: there is no address. */
static uint64_t end_id(const struct aggregate *aggregate, struct field_reader *reader,
		       enum field ip, enum field port)
{
	struct field_value value;
	uint64_t hash, number = 0;

	if (!reader->get(reader, ip, 0, &value))
		return 0;
	hash = hash_of(aggregate->seed, value.addr, 16);
	get_number(reader, port, &number);
	return mix(hash, number) | 1;
}

/* What tells the connection from others, whichever way the record goes. Never 0 if there is one. */
static uint64_t conn_of(const struct aggregate *aggregate, struct field_reader *reader)
{
	struct text id = get_text(reader, FIELD_CONN_ID);
	uint64_t source, destination, number = 0;
	struct text protocol;

	if (id.len)
		return hash_of(aggregate->seed, id.bytes, id.len) | 1;
	source = end_id(aggregate, reader, FIELD_SOURCE_IP, FIELD_SOURCE_PORT);
	destination = end_id(aggregate, reader, FIELD_DESTINATION_IP, FIELD_DESTINATION_PORT);
	if (!source || !destination)
		return 0;
	protocol = get_text(reader, FIELD_PROTOCOL);
	number = hash_of(source + destination, protocol.bytes ? protocol.bytes : "", protocol.len);
	return number | 1;
}

static void read_sample(const struct aggregate *aggregate, struct field_reader *reader,
			struct sample *ret)
{
	*ret = (struct sample){ .conn = conn_of(aggregate, reader) };
	ret->has_counts = get_number(reader, FIELD_BYTES, &ret->bytes);
	get_number(reader, FIELD_PACKETS, &ret->packets);
	get_number(reader, FIELD_RTT, &ret->rtt_ns);
	get_number(reader, FIELD_AT, &ret->time_ns);
	ret->is_drop = text_is(get_text(reader, FIELD_VERDICT), "DROPPED");
	ret->is_close = text_is(get_text(reader, FIELD_EVENT), "close");
}

static bool grow_slots(struct aggregate *aggregate)
{
	uint32_t size = aggregate->slots_size * 2;
	uint32_t *slots;

	if (aggregate->count < aggregate->slots_size / 4 * 3)
		return true;
	slots = calloc(size, sizeof(*slots));
	if (!slots)
		return false;
	for (uint32_t i = AGGREGATE_OTHER + 1; i < aggregate->count; i++) {
		uint32_t at = (uint32_t)aggregate->groups[i].hash & (size - 1);

		while (slots[at])
			at = (at + 1) & (size - 1);
		slots[at] = i;
	}
	free(aggregate->slots);
	aggregate->slots = slots;
	aggregate->slots_size = size;
	return true;
}

static bool grow_groups(struct aggregate *aggregate)
{
	struct aggregate_group *groups;

	if (aggregate->count < aggregate->size)
		return true;
	groups = realloc(aggregate->groups, sizeof(*groups) * aggregate->size * 2);
	if (!groups)
		return false;
	aggregate->groups = groups;
	aggregate->size *= 2;
	return true;
}

/* The group's number; AGGREGATE_OTHER if there is no room for it. */
static uint32_t find_group(struct aggregate *aggregate, const uint8_t *key, size_t len)
{
	uint64_t hash = hash_of(aggregate->seed, key, len);
	uint32_t at;
	uint8_t *copy;

	if (!grow_slots(aggregate) || !grow_groups(aggregate))
		return AGGREGATE_OTHER;
	at = (uint32_t)hash & (aggregate->slots_size - 1);
	for (; aggregate->slots[at]; at = (at + 1) & (aggregate->slots_size - 1)) {
		const struct aggregate_group *group = &aggregate->groups[aggregate->slots[at]];

		if (group->hash == hash && group->key_len == len &&
		    memcmp(group->key, key, len) == 0)
			return aggregate->slots[at];
	}
	/* "other" is among them. */
	if (aggregate->count > aggregate->limits.groups || !(copy = malloc(len + 1)))
		return AGGREGATE_OTHER;
	memcpy(copy, key, len);
	aggregate->groups[aggregate->count] =
		(struct aggregate_group){ .key = copy, .key_len = len, .hash = hash };
	aggregate->slots[at] = aggregate->count;
	return aggregate->count++;
}

/* What the connection keeps of its RTT. */
static uint64_t add_rtt(struct aggregate *aggregate, struct aggregate_group *group, uint64_t rtt_ns)
{
	if (sketch_add(&group->rtts, rtt_ns, &aggregate->buckets_left))
		return rtt_ns;
	aggregate->rtts_left_out++;
	return RTT_LEFT_OUT;
}

static void leave(struct aggregate *aggregate, const struct aggregate_conn *conn)
{
	struct aggregate_group *group = &aggregate->groups[conn->group];

	group->flows--;
	group->records -= conn->records;
	group->drops -= conn->drops;
	group->bytes -= conn->bytes;
	group->packets -= conn->packets;
	if (conn->rtt_ns && conn->rtt_ns != RTT_LEFT_OUT)
		sketch_remove(&group->rtts, conn->rtt_ns, &aggregate->buckets_left);
}

static void join(struct aggregate *aggregate, struct aggregate_conn *conn, uint32_t index)
{
	struct aggregate_group *group = &aggregate->groups[index];

	group->flows++;
	group->records += conn->records;
	group->drops += conn->drops;
	group->bytes += conn->bytes;
	group->packets += conn->packets;
	if (conn->rtt_ns && conn->rtt_ns != RTT_LEFT_OUT)
		conn->rtt_ns = add_rtt(aggregate, group, conn->rtt_ns);
	conn->group = index;
}

/* The latest totals take the place of what the connection has put there before. */
static void add_to_conn(struct aggregate *aggregate, struct aggregate_conn *conn,
			const struct sample *sample)
{
	struct aggregate_group *group = &aggregate->groups[conn->group];

	group->records++;
	group->drops += sample->is_drop;
	conn->records++;
	conn->drops += sample->is_drop;
	aggregate_see(&conn->first_ns, &conn->last_ns, sample->time_ns);
	if (sample->has_counts) {
		group->bytes += sample->bytes - conn->bytes;
		group->packets += sample->packets - conn->packets;
		conn->bytes = sample->bytes;
		conn->packets = sample->packets;
	}
	if (sample->rtt_ns && !conn->rtt_ns)
		conn->rtt_ns = add_rtt(aggregate, group, sample->rtt_ns);
	if (!sample->is_close)
		return;
	aggregate_see(&group->first_ns, &group->last_ns, conn->first_ns);
	aggregate_see(&group->first_ns, &group->last_ns, conn->last_ns);
	aggregate_conns_remove(&aggregate->conns, conn);
}

/* Of a record that stays where it is: its connection is not known, or not remembered. */
static void add_alone(struct aggregate *aggregate, struct aggregate_group *group,
		      const struct sample *sample)
{
	group->records++;
	group->drops += sample->is_drop;
	aggregate_see(&group->first_ns, &group->last_ns, sample->time_ns);
	if (!sample->conn)
		return;
	/* Only the end is told apart from what was told before. */
	aggregate->not_told_apart++;
	if (!sample->is_close)
		return;
	group->flows++;
	group->bytes += sample->bytes;
	group->packets += sample->packets;
	if (sample->rtt_ns)
		add_rtt(aggregate, group, sample->rtt_ns);
}

/* Is it the translated half (NAT) of a connection whose original half was seen, too? */
static bool is_second_half(struct field_reader *reader)
{
	uint64_t has_twin = 0;

	return get_number(reader, FIELD_NAT_TWIN, &has_twin) && has_twin &&
	       text_is(get_text(reader, FIELD_NAT_ROLE), "translated");
}

/* What it has told before anybody knew. */
static void take_out(struct aggregate *aggregate, uint64_t id)
{
	struct aggregate_conn *conn = id ? aggregate_conns_find(&aggregate->conns, id) : NULL;

	if (!conn)
		return;
	leave(aggregate, conn);
	aggregate_conns_remove(&aggregate->conns, conn);
	aggregate->changes++;
}

void aggregate_add(struct aggregate *aggregate, struct field_reader *reader)
{
	uint8_t key[AGGREGATE_KEY_MAX];
	struct aggregate_conn *conn = NULL;
	struct sample sample;
	bool is_new = false;
	uint32_t index;
	size_t len;

	if (is_second_half(reader)) {
		take_out(aggregate, conn_of(aggregate, reader));
		return;
	}
	len = aggregate_key_make(&aggregate->columns, reader, is_swapped(reader), key);
	index = find_group(aggregate, key, len);
	read_sample(aggregate, reader, &sample);
	aggregate->changes++;
	if (sample.conn)
		conn = aggregate_conns_find_or_add(&aggregate->conns, sample.conn, &is_new);
	if (!conn) {
		add_alone(aggregate, &aggregate->groups[index], &sample);
		return;
	}
	if (!is_new && conn->group != index)
		leave(aggregate, conn);
	if (is_new || conn->group != index)
		join(aggregate, conn, index);
	add_to_conn(aggregate, conn, &sample);
}

uint64_t aggregate_changes(const struct aggregate *aggregate)
{
	return aggregate->changes;
}
