// SPDX-License-Identifier: BSD-2-Clause
/*
 * A hash of sockets by their tuple. The kernel's entries hold totals, so it does no harm to remove
 * one as soon as it rests: the socket's next retransmission makes another one, which says how many
 * there were before. Of a connection that is older than the agent the first one says from where to
 * count.
 */
#include "kernel/retransmits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "conn/conn_table.h"

#define BUCKETS	     4096
#define REST_PASSES  3	/* seconds without a change after which an entry leaves the kernel's map */
#define WALK_PASSES  60 /* between walks that look for what may be forgotten */
#define UNCLAIMED_NS (300 * 1000000000ULL) /* no connection has asked for it: NAT, other hosts */
#define READ_COST    50 /* what is read between passes takes one part in so many of the time */
#define TCP_SYN	     0x02

struct resender {
	struct resender *next;
	struct weir_retransmit_key key;
	uint32_t total;
	uint32_t before; /* of the first entry */
	uint32_t netns;
	uint8_t rests; /* passes without a change */
	bool is_in_kernel;
	bool is_claimed; /* a connection has asked */
	bool is_ended;	 /* and won't again */
	uint64_t touched_ns;
};

struct retransmits {
	struct retransmits_options options;
	const struct retransmits_ops *ops;
	void *ctx;
	uint64_t now_ns;
	uint64_t changes; /* sums->changes when the map was read */
	uint64_t rest_until_ns;
	uint64_t no_room;
	uint32_t count;
	uint32_t in_kernel;
	uint32_t passes; /* since the last walk */
	struct resender *buckets[BUCKETS];
};

/* Addresses and ports: the key's first bytes. */
#define TUPLE_SIZE offsetof(struct weir_retransmit_key, base)

static struct resender **bucket_of(struct retransmits *retransmits,
				   const struct weir_retransmit_key *key)
{
	return &retransmits->buckets[hash_bytes(0, key, TUPLE_SIZE) % BUCKETS];
}

static bool is_loopback(const __be32 addr[static 4])
{
	static const uint8_t v4[13] = { [10] = 0xff, [11] = 0xff, [12] = 127 };
	static const uint8_t v6[16] = { [15] = 1 };

	return !memcmp(addr, v4, sizeof(v4)) || !memcmp(addr, v6, sizeof(v6));
}

static struct resender *resender_add(struct retransmits *retransmits,
				     const struct weir_retransmit_key *key,
				     const struct weir_retransmit *value)
{
	struct resender **bucket = bucket_of(retransmits, key), *item = NULL;

	if (retransmits->count < RETRANSMITS_KEPT_MAX)
		item = calloc(1, sizeof(*item));
	if (!item) {
		retransmits->no_room++;
		return NULL;
	}
	item->key = *key;
	item->before = value->before;
	item->netns = value->netns;
	item->next = *bucket;
	*bucket = item;
	retransmits->count++;
	return item;
}

static void resender_set(const struct retransmits *retransmits, struct resender *item,
			 const struct weir_retransmit *value)
{
	if (item->total == value->total)
		return;
	item->total = value->total;
	item->rests = 0;
	item->touched_ns = retransmits->now_ns;
}

static void note_entry(void *ctx, const struct weir_retransmit_key *key,
		       const struct weir_retransmit *value)
{
	struct retransmits *retransmits = ctx;
	struct resender *item = *bucket_of(retransmits, key);
	struct weir_retransmit last;

	while (item && memcmp(&item->key, key, sizeof(*key)) != 0)
		item = item->next;
	/* Of others' loopbacks we see no packet. */
	if (!item && (value->netns == retransmits->options.netns || !is_loopback(key->addr[0])))
		item = resender_add(retransmits, key, value);
	if (!item) {
		(void)retransmits->ops->take(retransmits->ctx, key, &last);
		return;
	}
	if (!item->is_in_kernel)
		retransmits->in_kernel++;
	item->is_in_kernel = true;
	resender_set(retransmits, item, value);
}

static void read_all(struct retransmits *retransmits, uint64_t now_ns)
{
	uint64_t changes = retransmits->options.sums->changes;

	if (changes == retransmits->changes)
		return;
	retransmits->now_ns = now_ns;
	if (!retransmits->ops->read(retransmits->ctx, note_entry, retransmits))
		retransmits->changes = changes;
}

static bool may_be_forgotten(const struct retransmits *retransmits, const struct resender *item)
{
	uint64_t age_ns = retransmits->now_ns - item->touched_ns;

	if (item->is_in_kernel)
		return false;
	return item->is_ended || age_ns > retransmits->options.keep_ns ||
	       (!item->is_claimed && age_ns > UNCLAIMED_NS);
}

static void rest(struct retransmits *retransmits, struct resender *item)
{
	struct weir_retransmit last;

	if (!item->is_in_kernel || item->rests++ < REST_PASSES)
		return;
	if (!retransmits->ops->take(retransmits->ctx, &item->key, &last))
		resender_set(retransmits, item, &last);
	item->is_in_kernel = false;
	retransmits->in_kernel--;
}

static void walk(struct retransmits *retransmits)
{
	for (unsigned int i = 0; i < BUCKETS; i++) {
		struct resender **at = &retransmits->buckets[i];

		while (*at) {
			struct resender *item = *at;

			rest(retransmits, item);
			if (may_be_forgotten(retransmits, item)) {
				*at = item->next;
				free(item);
				retransmits->count--;
			} else {
				at = &item->next;
			}
		}
	}
}

void retransmits_pass(struct retransmits *retransmits, uint64_t now_ns)
{
	read_all(retransmits, now_ns);
	if (!retransmits->count)
		return;
	if (!retransmits->in_kernel && ++retransmits->passes < WALK_PASSES)
		return;
	retransmits->now_ns = now_ns;
	retransmits->passes = 0;
	walk(retransmits);
}

/* Is it the socket's connection, and not another use of its tuple? */
static bool is_of(const struct resender *item, const struct weir_retransmit_key *tuple,
		  const struct weir_dir *dir)
{
	if (memcmp(&item->key, tuple, TUPLE_SIZE) != 0)
		return false;
	if (dir->flags & TCP_SYN) /* it was seen: see weir_retransmit_key.base */
		return item->key.base - dir->isn <= 1;
	return !item->is_ended;
}

/* The tuple's only one is not known by its key: reads all, unless that costs too much too often. */
static void read_between(struct retransmits *retransmits)
{
	uint64_t begin_ns = time_monotonic_ns(), end_ns;

	if (begin_ns < retransmits->rest_until_ns)
		return;
	read_all(retransmits, begin_ns);
	end_ns = time_monotonic_ns();
	retransmits->rest_until_ns = end_ns + (end_ns - begin_ns) * READ_COST;
}

/* What has come since the last pass. key: the tuple. */
static void catch_up(struct retransmits *retransmits, struct weir_retransmit_key key,
		     const struct weir_flow *flow, int dir)
{
	struct weir_retransmit value;

	if (retransmits->options.sums->changes == retransmits->changes)
		return;
	if (!(flow->dir[dir].flags & TCP_SYN)) {
		read_between(retransmits);
		return;
	}
	key.base = flow->dir[dir].isn + (dir != (flow->initiator & 1));
	if (!retransmits->ops->lookup(retransmits->ctx, &key, &value))
		note_entry(retransmits, &key, &value);
}

bool retransmits_get(struct retransmits *retransmits, const struct weir_flow_key *key,
		     const struct weir_flow *flow, int dir, bool is_end, uint32_t *ret)
{
	struct weir_retransmit_key tuple = { .port = { key->port[dir], key->port[!dir] } };
	const struct weir_dir *seen = &flow->dir[dir];
	struct resender *found = NULL;

	memcpy(tuple.addr[0], key->addr[dir], sizeof(tuple.addr[0]));
	memcpy(tuple.addr[1], key->addr[!dir], sizeof(tuple.addr[1]));
	if (is_end)
		catch_up(retransmits, tuple, flow, dir);
	if (!retransmits->count)
		return false;
	for (struct resender *item = *bucket_of(retransmits, &tuple); item; item = item->next) {
		if (is_of(item, &tuple, seen) && (!found || item->touched_ns > found->touched_ns))
			found = item;
	}
	if (!found)
		return false;
	found->is_claimed = true;
	found->is_ended |= is_end;
	found->touched_ns = retransmits->now_ns;
	*ret = seen->flags & TCP_SYN ? found->total : found->total - found->before;
	return true;
}

void retransmits_get_stats(const struct retransmits *retransmits, struct retransmits_stats *ret)
{
	*ret = (struct retransmits_stats){ .sockets = retransmits->count,
					   .no_room = retransmits->no_room };
}

int retransmits_new(struct retransmits **ret, const struct retransmits_options *options,
		    const struct retransmits_ops *ops, void *ctx)
{
	struct retransmits *retransmits = calloc(1, sizeof(*retransmits));

	if (!retransmits)
		return -ENOMEM;
	retransmits->options = *options;
	retransmits->ops = ops;
	retransmits->ctx = ctx;
	*ret = retransmits;
	return 0;
}

void retransmits_free(struct retransmits **at)
{
	struct retransmits *retransmits = TAKE_PTR(*at);

	if (!retransmits)
		return;
	for (unsigned int i = 0; i < BUCKETS; i++) {
		while (retransmits->buckets[i]) {
			struct resender *next = retransmits->buckets[i]->next;

			free(retransmits->buckets[i]);
			retransmits->buckets[i] = next;
		}
	}
	free(retransmits);
}
