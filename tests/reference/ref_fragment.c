// SPDX-License-Identifier: BSD-2-Clause
/*
 * What fragments know of each other (RFC 791, 8200): the first of a datagram has the ports, until all
 * of it has passed. It has where as many fragments have begun at each place as have ended there.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/reference/ref_packet.h"

static bool count_at(struct ref_fragment *seen, size_t place, int by)
{
	struct ref_place *places;

	if (!place) /* the datagram's beginning, where nothing ends */
		return true;
	for (size_t i = 0; i < seen->places_len; i++) {
		if (seen->places[i].place == place) {
			seen->places[i].ended += by;
			return true;
		}
	}
	places = realloc(seen->places, (seen->places_len + 1) * sizeof(*places));
	if (!places)
		return false;
	seen->places = places;
	places[seen->places_len++] = (struct ref_place){ .place = place, .ended = by };
	return true;
}

static int count_piece(struct ref_fragment *seen, const struct ref_packet *p)
{
	size_t end = p->piece_from + p->ip_end - p->piece_at;

	if (!count_at(seen, p->piece_from, -1) || (p->has_more && !count_at(seen, end, 1)))
		return REF_NO_MEMORY;
	return REF_FLOW;
}

bool reference_is_whole(const struct ref_fragment *seen)
{
	for (size_t i = 0; i < seen->places_len; i++)
		if (seen->places[i].ended)
			return false;
	return true;
}

static void forget(struct ref_fragment *seen)
{
	memset(&seen->first, 0, sizeof(seen->first));
	seen->places_len = 0;
	seen->is_old = false;
}

/* The same datagram's, at another hook than before? */
static bool is_further(const struct weir_fragment *seen, const struct weir_fragment *first)
{
	return seen->has_first && (seen->ifindex != first->ifindex || seen->hook != first->hook) &&
	       memcmp(seen->port, first->port, sizeof(seen->port)) == 0 &&
	       seen->proto == first->proto && seen->is_answer == first->is_answer;
}

int ref_save_fragment(struct reference *ref, const struct ref_packet *p,
		      const struct weir_fragment_key *key, const uint16_t ports[2])
{
	struct ref_fragment *seen = reference_find_fragment(ref, key);
	const struct weir_fragment first = { .port = { ports[0], ports[1] },
					     .ifindex = p->key.ifindex,
					     .hook = p->hook,
					     .proto = p->key.proto,
					     .is_answer = p->is_answer,
					     .has_first = 1 };

	if (!seen)
		seen = ref_add_fragment(ref, key);
	if (!seen)
		return REF_NO_MEMORY;
	if (seen->is_old || (seen->first.has_first && !is_further(&seen->first, &first)))
		forget(seen);
	if (!seen->first.has_first)
		seen->first = first;
	return count_piece(seen, p);
}

int ref_find_fragment(struct reference *ref, struct ref_packet *p,
		      const struct weir_fragment_key *key, uint16_t ports[2])
{
	struct ref_fragment *seen = reference_find_fragment(ref, key);

	if (!seen)
		seen = ref_add_fragment(ref, key);
	if (!seen)
		return REF_NO_MEMORY;
	ref->seen_passed += seen->first.has_first && !seen->is_old && reference_is_whole(seen);
	if (seen->is_old || reference_is_whole(seen))
		forget(seen);
	if (count_piece(seen, p) == REF_NO_MEMORY)
		return REF_NO_MEMORY;
	if (!seen->first.has_first)
		return WEIR_REM_FRAGMENT;
	memcpy(ports, seen->first.port, sizeof(seen->first.port));
	p->key.proto = seen->first.proto;
	p->is_answer = seen->first.is_answer;
	return REF_FLOW;
}
