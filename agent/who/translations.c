// SPDX-License-Identifier: BSD-2-Clause
/*
 * As party.c: an array whose places are the numbers, touched as it fills; a hash by content; a list
 * of the places that are free again.
 */
#include "who/translations.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conn/conn_table.h"

struct place {
	struct translation translation;
	uint32_t refs; /* 0: free */
	uint32_t next; /* in the chain of its hash, or of those that are free */
};

struct translations {
	struct place *places; /* 1 .. max */
	uint32_t *heads;
	uint32_t mask;
	uint32_t max;
	uint32_t used; /* places ever used */
	uint32_t free;
	struct translations_stats stats;
};

/* ---- one ---- */

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

void translation_of(const struct nat_answer *answer, const struct nat_tuple *own,
		    struct translation *ret)
{
	const struct nat_tuple *other = &answer->other;

	*ret = (struct translation){ .role = (uint8_t)answer->role };
	if (!memcmp(other->source, own->source, sizeof(own->source)))
		ret->is_same |= TRANSLATION_SAME_INITIATOR;
	else
		memcpy(ret->addr[0], other->source, sizeof(ret->addr[0]));
	if (!memcmp(other->destination, own->destination, sizeof(own->destination)))
		ret->is_same |= TRANSLATION_SAME_RESPONDER;
	else
		memcpy(ret->addr[1], other->destination, sizeof(ret->addr[1]));
	if (is_icmp(own->proto))
		return;
	if (other->destination_port == own->destination_port)
		ret->is_same |= TRANSLATION_SAME_PORT;
	else
		ret->port = other->destination_port;
}

void translation_apply(const struct translation *translation, uint16_t port,
		       const struct nat_tuple *own, struct nat_tuple *ret)
{
	*ret = *own;
	if (!(translation->is_same & TRANSLATION_SAME_INITIATOR))
		memcpy(ret->source, translation->addr[0], sizeof(ret->source));
	if (!(translation->is_same & TRANSLATION_SAME_RESPONDER))
		memcpy(ret->destination, translation->addr[1], sizeof(ret->destination));
	if (!(translation->is_same & TRANSLATION_SAME_PORT))
		ret->destination_port = is_icmp(own->proto) ? port : translation->port;
	ret->source_port = port;
}

/* ---- all ---- */

int translations_new(struct translations **ret, uint32_t max)
{
	struct translations *translations = calloc(1, sizeof(*translations));
	uint32_t heads = 64;

	if (!translations)
		return -ENOMEM;
	while (heads < max && heads < TRANSLATIONS_MAX)
		heads *= 2;
	translations->max = max;
	translations->mask = heads - 1;
	translations->places = calloc((size_t)max + 1, sizeof(*translations->places));
	translations->heads = calloc(heads, sizeof(*translations->heads));
	if (!translations->places || !translations->heads) {
		translations_free(&translations);
		return -ENOMEM;
	}
	*ret = translations;
	return 0;
}

void translations_free(struct translations **at)
{
	struct translations *translations = TAKE_PTR(*at);

	if (!translations)
		return;
	free(translations->places);
	free(translations->heads);
	free(translations);
}

static uint32_t *head_of(const struct translations *translations,
			 const struct translation *translation)
{
	uint64_t hash = hash_bytes(0, translation, sizeof(*translation));

	return &translations->heads[hash & translations->mask];
}

static uint32_t place_take(struct translations *translations, bool is_knocking)
{
	uint32_t number = translations->free;

	if (is_knocking && translations->stats.held >= translations->max - translations->max / 4)
		return 0;
	if (number) {
		translations->free = translations->places[number].next;
		return number;
	}
	return translations->used < translations->max ? ++translations->used : 0;
}

/* Byte by byte: there are no holes in it. */
static bool is_equal(const struct translation *a, const struct translation *b)
{
	const void *first = a, *second = b;

	return !memcmp(first, second, sizeof(*a));
}

uint32_t translations_get(struct translations *translations, const struct translation *translation,
			  bool is_knocking)
{
	uint32_t *head = head_of(translations, translation), number;

	for (number = *head; number; number = translations->places[number].next) {
		if (!is_equal(&translations->places[number].translation, translation))
			continue;
		translations->places[number].refs++;
		return number;
	}
	number = place_take(translations, is_knocking);
	if (!number) {
		translations->stats.refused++;
		return 0;
	}
	translations->places[number] =
		(struct place){ .translation = *translation, .refs = 1, .next = *head };
	*head = number;
	translations->stats.held++;
	return number;
}

void translations_ref(struct translations *translations, uint32_t number)
{
	if (number)
		translations->places[number].refs++;
}

void translations_unref(struct translations *translations, uint32_t number)
{
	struct place *place;
	uint32_t *at;

	if (!number || --translations->places[number].refs)
		return;
	place = &translations->places[number];
	at = head_of(translations, &place->translation);
	while (*at != number)
		at = &translations->places[*at].next;
	*at = place->next;
	place->next = translations->free;
	translations->free = number;
	translations->stats.held--;
}

const struct translation *translations_at(const struct translations *translations, uint32_t number)
{
	return &translations->places[number].translation;
}

void translations_get_stats(const struct translations *translations, struct translations_stats *ret)
{
	*ret = translations->stats;
}
