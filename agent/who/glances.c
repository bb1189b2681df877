// SPDX-License-Identifier: BSD-2-Clause
/*
 * A small hash of places, which is emptied when its time is over.
 */
#include "who/glances.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conn/conn_table.h"

#define BUCKETS 64

/* Where a socket waits. No holes: compared as bytes. */
struct place {
	__be32 addr[4];
	int32_t nsid;
	__be16 port;
	uint8_t family, proto;
};

struct answer {
	struct place place;
	struct weir_owner owner;
	struct answer *next;
};

struct glances {
	glances_lookup_fn lookup;
	void *ctx;
	uint64_t since_ns;
	unsigned int asked, count;
	struct answer *buckets[BUCKETS];
	struct answer answers[GLANCES_MAX];
};

int glances_new(struct glances **ret, glances_lookup_fn lookup, void *ctx)
{
	struct glances *glances = calloc(1, sizeof(*glances));

	if (!glances)
		return -ENOMEM;
	glances->lookup = lookup;
	glances->ctx = ctx;
	*ret = glances;
	return 0;
}

void glances_free(struct glances **at)
{
	free(TAKE_PTR(*at));
}

static struct place place_of(const struct weir_tuple *tuple, int nsid)
{
	unsigned int own = tuple->own & 1;
	struct place place = { .nsid = nsid,
			       .port = tuple->port[own],
			       .family = tuple->family,
			       .proto = tuple->proto };

	memcpy(place.addr, tuple->addr[own], sizeof(place.addr));
	return place;
}

static struct answer **bucket_of(struct glances *glances, const struct place *place)
{
	return &glances->buckets[hash_bytes(0, place, sizeof(*place)) % BUCKETS];
}

static struct answer *find(struct glances *glances, const struct place *place)
{
	struct answer *answer = *bucket_of(glances, place);

	while (answer && memcmp(&answer->place, place, sizeof(*place)) != 0)
		answer = answer->next;
	return answer;
}

/* It is at most one for each question, so there is room. */
static struct answer *add(struct glances *glances, const struct place *place)
{
	struct answer **bucket = bucket_of(glances, place);
	struct answer *answer = &glances->answers[glances->count++];

	answer->place = *place;
	answer->next = *bucket;
	*bucket = answer;
	return answer;
}

/* Does the socket wait for anybody, or is it one connection's? */
static bool is_for_all(const struct weir_tuple *tuple, const struct weir_owner *owner)
{
	return tuple->proto != IPPROTO_TCP || owner->flags & WEIR_OWNER_LISTENER;
}

static bool ask(struct glances *glances, const struct weir_tuple *tuple, int nsid,
		struct weir_owner *ret)
{
	struct weir_lookup lookup = { .tuple = *tuple, .nsid = nsid };
	struct place place = place_of(tuple, nsid);
	struct answer *answer;

	glances->asked++;
	if (glances->lookup(glances->ctx, &lookup, 1) || !lookup.is_found || !lookup.owner.tgid)
		return false;
	*ret = lookup.owner;
	if (!is_for_all(tuple, ret))
		return true;
	answer = find(glances, &place);
	if (!answer)
		answer = add(glances, &place);
	answer->owner = *ret;
	return true;
}

bool glance(struct glances *glances, const struct weir_tuple *tuple, int nsid, uint64_t now_ns,
	    struct weir_owner *ret)
{
	const struct answer *answer;
	struct place place;

	if (now_ns - glances->since_ns >= GLANCES_NS) {
		glances->since_ns = now_ns;
		glances->asked = glances->count = 0;
		memset(glances->buckets, 0, sizeof(glances->buckets));
	}
	if (glances->asked < GLANCES_MAX)
		return ask(glances, tuple, nsid, ret);
	place = place_of(tuple, nsid);
	answer = find(glances, &place);
	if (answer)
		*ret = answer->owner;
	return answer;
}
