// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a talk says next. TCP goes through its life as two honest ends would have it, but every
 * fifth segment is one that they would not send, or not now.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "talk.h"
#include "weir/flow.h"
#include "weir/lifecycle.h"

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define PSH 0x08
#define ACK 0x10

static uint16_t pick_payload(struct random *random)
{
	if (random_percent(random, 40))
		return 0;
	if (random_percent(random, 15))
		return 1;
	return (uint16_t)random_below(random, random_percent(random, 90) ? 200 : 1500);
}

/* A segment that takes its place in the sequence. */
static void say(struct talk *talk, struct talk_packet *packet, unsigned int from,
		unsigned int flags, uint16_t payload)
{
	packet->from = (uint8_t)from;
	packet->tcp_flags = (uint8_t)flags;
	packet->payload = payload;
	packet->seq = talk->next[from];
	packet->ack = flags & ACK ? talk->next[!from] : 0;
	if (flags & SYN)
		talk->isn[from] = packet->seq;
	talk->next[from] += payload + !!(flags & SYN) + !!(flags & FIN);
}

static void say_new_syn(struct talk *talk, struct random *random, struct talk_packet *packet,
			unsigned int from, unsigned int flags)
{
	talk->next[from] += 1000 + random_below(random, 1000000);
	say(talk, packet, from, flags, 0);
	talk->client = (uint8_t)(flags & ACK ? !from : from);
}

static void say_syn_answer(struct talk *talk, struct random *random, struct talk_packet *packet)
{
	unsigned int server = !talk->client;

	if (random_percent(random, 10)) {
		say(talk, packet, server, RST | ACK, 0);
		talk->stage = TALK_OVER;
	} else if (random_percent(random, 10)) {
		say(talk, packet, server, SYN, 0); /* both open at once */
		talk->stage = TALK_SYNACK;
	} else {
		say(talk, packet, server, SYN | ACK, 0);
		talk->stage = TALK_SYNACK;
	}
}

static void say_open(struct talk *talk, struct random *random, struct talk_packet *packet)
{
	unsigned int from = random_below(random, 2);

	if (random_percent(random, 75)) {
		say(talk, packet, from, ACK | (random_percent(random, 30) ? PSH : 0),
		    pick_payload(random));
	} else if (random_percent(random, 80)) {
		say(talk, packet, from, FIN | ACK, pick_payload(random));
		talk->finisher = (uint8_t)from;
		talk->stage = TALK_FIN;
	} else {
		say(talk, packet, from, RST | (random_percent(random, 50) ? ACK : 0), 0);
		talk->stage = TALK_OVER;
	}
}

static void say_fin(struct talk *talk, struct random *random, struct talk_packet *packet)
{
	unsigned int other = !talk->finisher;

	if (random_percent(random, 50)) {
		say(talk, packet, other, FIN | ACK, pick_payload(random));
		/* The FINs may have crossed. */
		if (random_percent(random, 30))
			packet->ack -= 1;
		talk->stage = TALK_LAST;
	} else {
		say(talk, packet, random_percent(random, 80) ? other : talk->finisher, ACK,
		    pick_payload(random));
	}
}

static void say_last(struct talk *talk, struct random *random, struct talk_packet *packet)
{
	unsigned int from = random_percent(random, 70) ? talk->finisher : !talk->finisher;

	say(talk, packet, from, ACK, 0);
	if (random_percent(random, 20))
		packet->ack -= 1;
	else if (from == talk->finisher)
		talk->stage = TALK_OVER;
}

static void say_plausible(struct talk *talk, struct random *random, struct talk_packet *packet)
{
	switch ((enum talk_stage)talk->stage) {
	case TALK_NEW:
		say(talk, packet, talk->client, SYN, 0);
		talk->stage = TALK_SYN;
		break;
	case TALK_SYN:
		say_syn_answer(talk, random, packet);
		break;
	case TALK_SYNACK:
		say(talk, packet, talk->client, ACK, pick_payload(random));
		talk->stage = TALK_OPEN;
		break;
	case TALK_OPEN:
		say_open(talk, random, packet);
		break;
	case TALK_FIN:
		say_fin(talk, random, packet);
		break;
	case TALK_LAST:
		say_last(talk, random, packet);
		break;
	case TALK_OVER:
		if (random_percent(random, 50)) {
			say(talk, packet, random_below(random, 2), ACK, 0);
			break;
		}
		say_new_syn(talk, random, packet, random_below(random, 2), SYN);
		talk->stage = TALK_SYN;
		break;
	}
}

/* Of the SYNs the same again, with and without ACK, and others. */
static void say_odd_syn(struct talk *talk, struct random *random, struct talk_packet *packet)
{
	unsigned int flags = random_percent(random, 50) ? SYN : SYN | ACK;

	if (random_percent(random, 50)) {
		say_new_syn(talk, random, packet, packet->from, flags);
		return;
	}
	packet->seq = talk->isn[packet->from];
	packet->tcp_flags = (uint8_t)flags;
	packet->payload = random_percent(random, 80) ? 0 : 10;
}

/* About as far off as a number may be: at one of the two bounds, either way. */
static uint32_t just_off(struct random *random)
{
	uint32_t bound = random_percent(random, 50) ? WEIR_SEQ_REACH : WEIR_SEQ_STEP;

	return (random_percent(random, 50) ? 1U : -1U) * (bound + random_below(random, 3) - 1);
}

/* Numbers at their bounds, or anywhere: of one who guesses, or because much was not seen of a side. */
static void say_far(struct talk *talk, struct random *random, struct talk_packet *packet)
{
	unsigned int from = packet->from;

	packet->tcp_flags = random_percent(random, 25) ? FIN | ACK : ACK;
	if (random_percent(random, 40))
		packet->seq += just_off(random);
	else if (random_percent(random, 50))
		packet->seq = random_u32(random);
	if (random_percent(random, 40))
		packet->ack += just_off(random);
	else if (random_percent(random, 50))
		packet->ack = random_u32(random);
	if (random_percent(random, 30)) /* it goes on from there */
		talk->next[from] = packet->seq + packet->payload + !!(packet->tcp_flags & FIN);
}

/* Something that was sent before, or never should be. */
static void say_odd(struct talk *talk, struct random *random, struct talk_packet *packet)
{
	unsigned int from = random_below(random, 2);

	packet->from = (uint8_t)from;
	packet->seq = talk->next[from];
	packet->ack = talk->next[!from];
	packet->payload = pick_payload(random);
	packet->tcp_flags = ACK;
	switch (random_below(random, 12)) {
	case 0: /* again, or overtaken */
		packet->seq -= random_below(random, 500);
		break;
	case 1: /* a hole */
		packet->seq += random_below(random, 500);
		break;
	case 2: /* keep-alive */
		packet->seq -= 1;
		packet->payload = (uint16_t)random_below(random, 2);
		break;
	case 3:
		packet->has_zero_window = true;
		packet->tcp_flags = (uint8_t)random_below(random, 256);
		break;
	case 4:
		packet->tcp_flags = (uint8_t)random_u32(random);
		break;
	case 5:
	case 6:
		say_odd_syn(talk, random, packet);
		break;
	case 7:
		packet->tcp_flags = RST;
		if (random_percent(random, 50))
			packet->seq += just_off(random);
		break;
	case 8:
		packet->tcp_flags = random_percent(random, 70) ? FIN | ACK : FIN;
		packet->seq -= random_below(random, 2);
		break;
	case 9:
		say_far(talk, random, packet);
		break;
	case 10: /* acknowledges a FIN, or just not */
		packet->ack -= random_below(random, 3);
		packet->payload = 0;
		break;
	case 11: /* as if the SYN had found nobody */
		packet->seq = 0;
		packet->ack = talk->isn[!from] + (random_percent(random, 80) ? 1 : 0);
		packet->tcp_flags = random_percent(random, 90) ? RST | ACK : RST;
		break;
	}
}

static void next_icmp(const struct talk *talk, struct random *random, struct talk_packet *packet)
{
	static const uint8_t types4[][2] = { { 8, 0 }, { 13, 14 }, { 42, 43 }, { 9, 10 } };
	static const uint8_t types6[][2] = {
		{ 128, 129 }, { 160, 161 }, { 135, 136 }, { 143, 143 }
	};
	bool is_answer = packet->from != talk->client;

	/* The kind is the talk's: its id says which. */
	if (talk->proto == IPPROTO_ICMP)
		packet->icmp_type = types4[talk->port[0] % 4][is_answer];
	else
		packet->icmp_type = types6[talk->port[0] % 4][is_answer];
	if (random_percent(random, 10))
		packet->icmp_type = (uint8_t)random_below(random, 160);
	packet->icmp_code = random_percent(random, 80) ? 0 : (uint8_t)random_u32(random);
}

/* Mostly another fragment of the last one's datagram. */
static void next_part(struct talk *talk, struct random *random, struct talk_packet *packet)
{
	/* Few places, so that fragments meet; the first two of them are in most headers. */
	static const uint16_t places[] = { 1, 2, 3, 185 };
	size_t from = random_below(random, ARRAY_SIZE(places)), to;

	packet->part = random_percent(random, 50) ? TALK_FIRST : TALK_LATER;
	packet->part_from = packet->part == TALK_LATER ? places[from] : 0;
	to = packet->part == TALK_LATER ? from + 1 : from;
	if (to < ARRAY_SIZE(places) && random_percent(random, 50))
		packet->part_to = places[to];
	if (!talk->has_part || random_percent(random, 20)) {
		talk->part_end = packet->from;
		talk->part_level = (uint8_t)random_below(random, talk->tunnels + 1U);
		talk->part_id = random_below(random, 8) * 0x1001;
	}
	packet->from = talk->part_end;
	packet->part_level = talk->part_level;
	packet->part_id = talk->part_id;
}

void talk_next(struct talk *talk, struct random *random, struct talk_packet *packet)
{
	*packet = (struct talk_packet){ .from = (uint8_t)random_below(random, 2) };
	if (random_percent(random, 70))
		packet->from = talk->client;
	packet->tcp_options = random_percent(random, 30) ? (uint8_t)random_below(random, 11) : 0;
	if (talk->proto != IPPROTO_TCP)
		packet->payload = pick_payload(random);
	else if (random_percent(random, 80))
		say_plausible(talk, random, packet);
	else
		say_odd(talk, random, packet);
	if (talk->proto == IPPROTO_ICMP || talk->proto == IPPROTO_ICMPV6)
		next_icmp(talk, random, packet);
	if (!random_percent(random, talk->has_part ? 60 : 3)) {
		talk->has_part = false;
		return;
	}
	next_part(talk, random, packet);
	talk->has_part = true;
}
