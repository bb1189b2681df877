// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets for which their share has no room, as weir/knock.h has it: remembered by what the other
 * side would answer, two of each way in a place. What the datapath has as a word is written out here;
 * the places alone are told by the same hash.
 */
#include <netinet/in.h>
#include <string.h>

#include "tests/reference/ref_packet.h"
#include "weir/present.h"

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

static struct ref_knock (*place_of(struct reference *ref, const struct weir_flow_key *key))[2]
{
	__u64 words[6];

	_Static_assert(sizeof(words) == sizeof(*key), "the key by words");
	memcpy(words, key, sizeof(words));
	return ref->knocks[weir_present_hash(words) % REF_KNOCKS];
}

static bool is_same(const struct ref_knock *a, const struct ref_knock *b)
{
	return a->is_there && a->dir == b->dir && a->number == b->number &&
	       !memcmp(&a->key, &b->key, sizeof(a->key));
}

struct found {
	bool is_question, is_answer;
};

/* What was left of two, on a way, that the packet may answer. */
static void look(const struct ref_knock two[2], const struct ref_knock *wanted, struct found *found)
{
	for (int i = 0; i < 2; i++) {
		if (!is_same(&two[i], wanted))
			continue;
		found->is_answer |= two[i].is_answer;
		found->is_question |= !two[i].is_answer;
	}
}

static void leave(struct ref_knock two[2], const struct ref_knock *knock)
{
	if (is_same(&two[0], knock) && two[0].is_answer == knock->is_answer)
		return;
	two[1] = two[0];
	two[0] = *knock;
}

enum ref_heard ref_knock(struct reference *ref, const struct ref_packet *p)
{
	bool is_tcp = p->key.proto == IPPROTO_TCP, is_syn = p->tcp_flags & SYN;
	struct ref_knock own = { .is_there = true, .key = p->key, .dir = p->dir };
	struct ref_knock wanted = { .key = p->key, .dir = !p->dir };
	struct ref_knock(*place)[2] = place_of(ref, &p->key);
	struct found found = { 0 };

	if (is_tcp && (!(p->tcp_flags & ACK) || p->tcp_flags & RST))
		return REF_UNHEARD;
	if (is_tcp) {
		wanted.number = p->ack;
		own.number = p->seq + p->payload + is_syn + !!(p->tcp_flags & FIN);
	}
	/* By the same way the other side's may be its own, but where there is only one. */
	if (p->hook == WEIR_INGRESS)
		look(place[WEIR_EGRESS], &wanted, &found);
	else
		look(place[ref->options.has_ingress ? WEIR_INGRESS : WEIR_EGRESS], &wanted, &found);
	own.is_answer = is_tcp ? is_syn : found.is_question;
	leave(place[p->hook], &own);
	if (is_syn)
		return REF_UNHEARD;
	if (found.is_answer)
		return is_tcp ? REF_HEARD_SYNACK : REF_HEARD;
	return is_tcp && found.is_question ? REF_HEARD : REF_UNHEARD;
}
