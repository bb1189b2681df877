// SPDX-License-Identifier: BSD-2-Clause
#include "who/translations.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "who/counted.h"

struct translations {
	struct counted items; /* struct translation, which has no holes */
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
	auto_free struct translations *translations = calloc(1, sizeof(*translations));
	int r;

	if (!translations)
		return -ENOMEM;
	r = counted_init(&translations->items, sizeof(struct translation),
			 sizeof(struct translation), max);
	if (!r)
		*ret = TAKE_PTR(translations);
	return r;
}

void translations_free(struct translations **at)
{
	struct translations *translations = TAKE_PTR(*at);

	if (!translations)
		return;
	counted_done(&translations->items);
	free(translations);
}

uint32_t translations_get(struct translations *translations, const struct translation *translation,
			  bool is_knocking)
{
	uint32_t spare = is_knocking ? translations->items.max / 4 : 0;
	bool is_new;

	return counted_get(&translations->items, translation, spare, &is_new);
}

void translations_ref(struct translations *translations, uint32_t number)
{
	counted_ref(&translations->items, number);
}

void translations_unref(struct translations *translations, uint32_t number)
{
	(void)counted_unref(&translations->items, number);
}

const struct translation *translations_at(const struct translations *translations, uint32_t number)
{
	return counted_at(&translations->items, number);
}

void translations_get_stats(const struct translations *translations, struct translations_stats *ret)
{
	*ret = (struct translations_stats){ .held = translations->items.held,
					    .refused = translations->items.refused };
}
