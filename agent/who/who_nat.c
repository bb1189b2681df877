// SPDX-License-Identifier: BSD-2-Clause
/*
 * Translated connections: what conntrack tells of them, and what their two halves tell of each
 * other. Each knows one end, whose socket has its tuple: the original the initiator, the twin the
 * responder. The other end's address is a service's, or this host's own behind a masquerade, and
 * whoever may have a socket there has not this connection.
 */
#include <arpa/inet.h>
#include <string.h>

#include "conn/conn.h"
#include "who/nat.h"
#include "who/party.h"
#include "who/translations.h"
#include "who/who_private.h"

/* From the initiator to the responder. */
static void tuple_of(const struct conn_nat *nat, struct nat_tuple *ret)
{
	const struct weir_flow_key *key = nat->key;
	unsigned int init = nat->initiator;

	*ret = (struct nat_tuple){ .source_port = ntohs(key->port[init]),
				   .destination_port = ntohs(key->port[!init]),
				   .family = key->family,
				   .proto = key->proto,
				   .icmp_type = nat->icmp_type };
	memcpy(ret->source, key->addr[init], sizeof(ret->source));
	memcpy(ret->destination, key->addr[!init], sizeof(ret->destination));
}

static void note(struct who *who, struct conn_nat *nat, const struct nat_tuple *own,
		 const struct nat_answer *answer)
{
	struct translation translation;

	translation_of(answer, own, &translation);
	nat->number = translations_get(who->translations, &translation, nat->is_knocking);
	nat->port = answer->other.source_port;
}

static void find(struct who *who, struct conn_nat *nat, const struct nat_tuple *own)
{
	const struct nat_question question = { .tuple = *own,
					       .began_ns = nat->began_ns,
					       .is_knocking = nat->is_knocking };
	struct nat_answer answer;

	switch (nat_find(who->nat, &question, &answer)) {
	case NAT_OFF:
		break;
	case NAT_PUT_OFF:
		nat->state = CONN_NAT_PUT_OFF;
		break;
	case NAT_MISSED: /* a first packet may be seen before conntrack has it; not a second one */
		nat->state = nat->state == CONN_NAT_MISSED ? CONN_NAT_SETTLED : CONN_NAT_MISSED;
		break;
	case NAT_TWIN:
		note(who, nat, own, &answer);
		nat->state = CONN_NAT_SETTLED;
		break;
	case NAT_NONE:
		nat->state = CONN_NAT_SETTLED;
		break;
	}
}

/* The flow key of a tuple; returns at which endpoint its source is. */
static unsigned int key_of(const struct nat_tuple *tuple, struct weir_flow_key *ret)
{
	uint64_t source[2], destination[2];
	__be16 port[] = { htons(tuple->source_port), htons(tuple->destination_port) };
	unsigned int at;

	memcpy(source, tuple->source, sizeof(source));
	memcpy(destination, tuple->destination, sizeof(destination));
	if (source[0] != destination[0])
		at = source[0] > destination[0];
	else
		at = source[1] != destination[1] ? source[1] > destination[1] : port[0] > port[1];
	*ret = (struct weir_flow_key){ .family = tuple->family, .proto = tuple->proto };
	memcpy(ret->addr[at], source, sizeof(source));
	memcpy(ret->addr[!at], destination, sizeof(destination));
	ret->port[at] = port[0];
	ret->port[!at] = port[1];
	return at;
}

/* Side of the connection whose socket has this half's tuple: 0 is the initiator's. */
static unsigned int own_side(const struct translation *translation)
{
	return translation->role == NAT_TRANSLATED;
}

/* Which process or namespace it is: names and the like are the address's. */
static bool is_known(const struct party *party)
{
	return party->via && party->via <= PARTY_ADDRESS;
}

/* The end as the twin knows it; the number is instead of the one that is given up. */
static uint32_t lend(struct who *who, uint32_t number, uint32_t twin)
{
	const struct party *from = parties_at(who->parties, twin);
	struct party party = *parties_at(who->parties, number);
	uint32_t ret;

	if (!is_known(from))
		return number;
	party.process = from->process;
	party.netns = from->netns;
	party.via = from->via;
	ret = parties_get(who->parties, &party);
	if (!ret)
		return number;
	parties_unref(who->parties, number);
	return ret;
}

static void borrow(struct who *who, struct conn_nat *nat, const struct nat_tuple *own)
{
	const struct translation *translation = translations_at(who->translations, nat->number);
	unsigned int side = !own_side(translation), at;
	struct nat_tuple other;
	struct weir_flow_key key;
	uint32_t twin;

	translation_apply(translation, nat->port, own, &other);
	at = key_of(&other, &key);
	if (!conn_get_party(who->parts.conns, &key, at ^ side, &twin))
		return;
	nat->has_twin = true;
	nat->party[side] = lend(who, nat->party[side], twin);
}

bool who_nat_is_elsewhere(const struct who *who, const struct weir_flow_key *key, unsigned int at)
{
	unsigned int initiator;
	uint32_t number;

	if (!conn_get_nat(who->parts.conns, key, &number, &initiator))
		return false;
	return (at ^ initiator) != own_side(translations_at(who->translations, number));
}

void who_nat(struct who *who, struct conn_nat *nat)
{
	struct nat_tuple own;

	tuple_of(nat, &own);
	if (nat->state != CONN_NAT_SETTLED)
		find(who, nat, &own);
	if (nat->number)
		borrow(who, nat, &own);
}

void who_nat_drop(struct who *who, uint32_t number, enum conn_nat_state state)
{
	translations_unref(who->translations, number);
	who->nat_unasked += state == CONN_NAT_PUT_OFF;
}

struct translations *who_translations(const struct who *who)
{
	return who->translations;
}

void who_nat_get_status(const struct who *who, struct who_nat_status *ret)
{
	struct translations_stats stats;

	translations_get_stats(who->translations, &stats);
	*ret = (struct who_nat_status){ .held = stats.held,
					.refused = stats.refused,
					.unasked = who->nat_unasked };
	ret->is_available = nat_is_available(who->nat, &ret->detail);
}
