// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is known of a tuple for which there was no room, in the words of weir/knock.h: as if it had a
 * place of its own, and nothing were hashed.
 */
#include <netinet/in.h>

#include "life.h"
#include "pkt_build.h"

static bool is_said(const struct life_said *said, uint8_t dir, uint32_t number, bool is_answer)
{
	return said->is_there && said->dir == dir && said->number == number &&
	       said->is_answer == is_answer;
}

/* What goes one way answers what has gone the other, or the same if that is no echo. */
static bool has_heard(const struct life_knocks *knocks, const struct life_packet *packet,
		      bool is_answer)
{
	for (unsigned int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		if ((hook == packet->hook) == (packet->echoes >> packet->hook & 1))
			continue;
		for (unsigned int i = 0; i < 2; i++)
			if (is_said(&knocks->said[hook][i], !packet->dir, packet->ack, is_answer))
				return true;
	}
	return false;
}

static void say(struct life_knocks *knocks, const struct life_packet *packet, uint32_t number,
		bool is_answer)
{
	struct life_said *said = knocks->said[packet->hook];

	if (is_said(&said[0], packet->dir, number, is_answer))
		return;
	said[1] = said[0];
	said[0] = (struct life_said){
		.is_there = true, .dir = packet->dir, .number = number, .is_answer = is_answer
	};
}

static enum life_heard knock_tcp(struct life_knocks *knocks, const struct life_packet *packet)
{
	bool is_syn = packet->flags & PKT_SYN, is_fin = packet->flags & PKT_FIN;
	enum life_heard heard = LIFE_UNHEARD;

	if (!(packet->flags & PKT_ACK) || packet->flags & PKT_RST)
		return LIFE_UNHEARD;
	if (has_heard(knocks, packet, true))
		heard = LIFE_HEARD_SYNACK;
	else if (has_heard(knocks, packet, false))
		heard = LIFE_HEARD;
	say(knocks, packet, packet->seq + packet->payload + is_syn + is_fin, is_syn);
	return is_syn ? LIFE_UNHEARD : heard;
}

enum life_heard life_knock(struct life_knocks *knocks, const struct life_packet *packet)
{
	struct life_packet plain = *packet;
	enum life_heard heard;

	if (packet->proto == IPPROTO_TCP)
		return knock_tcp(knocks, packet);
	plain.ack = 0;
	heard = has_heard(knocks, &plain, true) ? LIFE_HEARD : LIFE_UNHEARD;
	say(knocks, &plain, 0, has_heard(knocks, &plain, false));
	return heard;
}
