// SPDX-License-Identifier: BSD-2-Clause
/*
 * Makes a session of a seed: some talks at a time, whose packets take turns, whole and damaged; noise;
 * errors about them; and what the agent does meanwhile.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "random.h"
#include "session.h"
#include "talk.h"

#include "mutate.h"

#define TALKS	      16
#define COMMANDS      4	 /* per cent of the steps */
#define NOISE	      3	 /* of the packets: random bytes */
#define ERRORS	      5	 /* ICMP, about another packet */
#define NEWCOMERS     6	 /* a talk ends, another one begins */
#define DAMAGED	      25 /* of the packets */
#define PAGED	      6
#define BEFORE	      5
#define GSO	      12
#define PAGED_PAYLOAD 4200
#define DAMAGED_MAX   6000 /* bytes of a frame that was made longer */

struct maker {
	struct random random;
	struct session session;
	struct talk talk[TALKS];
	uint8_t bytes[SESSION_FRAME_MAX];
	uint8_t last[SESSION_FRAME_MAX]; /* to take pieces from */
	size_t last_len;
};

static void make_setup(struct maker *m)
{
	struct session *session = &m->session;

	session->kind = random_percent(&m->random, 35) ? SESSION_L3 : SESSION_ETHERNET;
	if (random_percent(&m->random, 5))
		session->kind = SESSION_UNKNOWN;
	session->slot = (uint8_t)random_below(&m->random, 4);
	session->is_small = random_percent(&m->random, 15);
	for (size_t i = 0; i < 2; i++)
		session->gso_max[i] =
			random_percent(&m->random, 50) ? 65536 : random_below(&m->random, 2000);
}

static struct session_step make_command(struct maker *m)
{
	static const uint8_t usual[] = { SESSION_MARK, SESSION_MARK, SESSION_MARK,
					 SESSION_REAP, SESSION_REAP, SESSION_REAP,
					 SESSION_KILL, SESSION_BURY, SESSION_AGE };
	static const uint8_t small[] = { SESSION_MARK, SESSION_MARK,  SESSION_REAP, SESSION_REAP,
					 SESSION_REAP, SESSION_RETRY, SESSION_READ };
	struct session_step step = { .number = random_u32(&m->random) };

	step.op = m->session.is_small ? random_of(&m->random, small) : random_of(&m->random, usual);
	if (random_percent(&m->random, 10))
		step.twist = (uint8_t)random_below(&m->random, SESSION_TWIST_MAX);
	return step;
}

static void make_noise(struct maker *m, struct session_step *step)
{
	static const uint16_t types[] = { 0x0800, 0x86dd, 0x8100, 0x8847, 0x8864, 0x0806, 0x88cc };
	uint16_t type = random_of(&m->random, types);

	step->len = SESSION_FRAME_MIN + random_below(&m->random, 200);
	for (size_t i = 0; i < step->len; i++)
		m->bytes[i] = (uint8_t)random_u32(&m->random);
	step->protocol = type;
	if (random_percent(&m->random, 80)) {
		m->bytes[12] = (uint8_t)(type >> 8);
		m->bytes[13] = (uint8_t)type;
	}
	if (step->len > 14 && random_percent(&m->random, 70))
		m->bytes[14] = type == 0x0800 ? 0x45 : 0x60;
}

/* A super-packet: segments of one size, whose number the kernel mostly knows. */
static void make_gso(struct maker *m, struct session_step *step, struct talk_packet *packet)
{
	if (!random_percent(&m->random, GSO))
		return;
	step->gso_size = (uint16_t)(1 + random_below(&m->random, 1500));
	packet->payload = (uint16_t)random_below(&m->random, 1500);
	if (random_percent(&m->random, 70))
		step->gso_segs = (uint16_t)(1 + packet->payload / step->gso_size);
	packet->is_jumbo = random_percent(&m->random, 15);
}

/* A frame in several pieces, of which the first holds all headers or not all. */
static void make_paged(struct maker *m, struct session_step *step, struct talk *talk,
		       struct talk_packet *packet)
{
	if (step->prog == SESSION_XDP || m->session.is_small || talk->tunnels > 1 ||
	    !random_percent(&m->random, PAGED))
		return;
	if (random_percent(&m->random, 20))
		talk_lengthen(talk, &m->random);
	packet->payload = PAGED_PAYLOAD;
	step->gso_size = 0;
	step->linear =
		(uint16_t)(SESSION_FRAME_MIN +
			   random_below(&m->random, random_percent(&m->random, 60) ? 80 : 600));
}

/* As on kernels that leave the tunnel's headers in front: a test run puts layer 3 behind 14 bytes. */
static void make_before(struct maker *m, struct session_step *step)
{
	if (m->session.kind != SESSION_L3 || step->prog != SESSION_TC_IN || step->linear ||
	    step->len > SESSION_TC_MAX - SESSION_FRAME_MIN || !random_percent(&m->random, BEFORE))
		return;
	memmove(m->bytes + SESSION_FRAME_MIN, m->bytes, step->len);
	for (size_t i = 0; i < SESSION_FRAME_MIN; i++)
		m->bytes[i] = (uint8_t)random_u32(&m->random);
	step->len += SESSION_FRAME_MIN;
}

static void make_packet(struct maker *m, struct session_step *step)
{
	size_t number = random_below(&m->random, TALKS);
	struct talk *talk = &m->talk[number], error;
	struct talk_packet packet;
	bool has_ethernet = m->session.kind != SESSION_L3 || step->prog == SESSION_XDP;

	if (random_percent(&m->random, NEWCOMERS)) {
		talk_make(talk, &m->random);
		/* The tuple of another one, in other wrappings or protocols. */
		if (random_percent(&m->random, 30))
			talk->net = random_of(&m->random, m->talk).net;
	}
	if (random_percent(&m->random, ERRORS)) {
		talk_make_error(&error, &m->random, talk, &packet);
		talk = &error;
	} else {
		talk_next(talk, &m->random, &packet);
	}
	step->has_tag = talk->has_tag;
	step->tci = talk->tci;
	make_gso(m, step, &packet);
	make_paged(m, step, talk, &packet);
	step->len = (uint32_t)talk_write(talk, &packet, &m->random, has_ethernet, m->bytes,
					 &step->protocol);
	make_before(m, step);
}

static struct session_step make_step(struct maker *m)
{
	struct session_step step = { .op = SESSION_PACKET, .bytes = m->bytes };

	if (random_percent(&m->random, COMMANDS))
		return make_command(m);
	step.prog = (uint8_t)random_below(&m->random, SESSION_PROG_MAX);
	if (random_percent(&m->random, NOISE)) {
		make_noise(m, &step);
		return step;
	}
	make_packet(m, &step);
	if (m->last_len && random_percent(&m->random, DAMAGED))
		step.len = (uint32_t)mutate(&m->random, m->bytes, step.len, DAMAGED_MAX, m->last,
					    m->last_len);
	m->last_len = step.len;
	memcpy(m->last, m->bytes, step.len);
	return step;
}

int session_make(struct session *ret, uint64_t seed, uint64_t number, size_t steps)
{
	auto_free struct maker *m = calloc(1, sizeof(*m));
	int r = 0;

	if (!m)
		return -ENOMEM;
	m->random.state = seed;
	m->random.state = random_u64(&m->random) + number;
	make_setup(m);
	for (size_t i = 0; i < TALKS; i++)
		talk_make(&m->talk[i], &m->random);
	for (size_t i = 0; !r && i < steps; i++) {
		struct session_step step = make_step(m);

		r = session_add(&m->session, &step);
	}
	if (r)
		session_free(&m->session);
	else
		*ret = m->session;
	return r;
}
