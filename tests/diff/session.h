/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A session: an interface, and what happens at it step by step. It is made from a seed, or read from
 * text, runs through the kernel's programs and the reference, and can be printed as text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SESSION_FRAME_MIN 14
#define SESSION_TC_MIN	  64   /* of a shorter frame a test run is told by cutting a longer one */
#define SESSION_TC_MAX	  3600 /* a test run takes no more; a packet socket does */
#define SESSION_XDP_MAX	  3400
#define SESSION_FRAME_MAX 65550 /* what lo takes: its MTU and an Ethernet header */

enum session_op {
	SESSION_PACKET,
	SESSION_MARK,  /* MARK_DYING one of the entries */
	SESSION_REAP,  /* REAP one of them */
	SESSION_AGE,   /* first fragments become too old to be found */
	SESSION_RETRY, /* the time is over for which a full map was not tried */
	SESSION_READ,  /* the ring, where it is not read after each step */
	SESSION_KILL,  /* an entry is DEAD for packets */
	SESSION_BURY,  /* and one that is goes */
	SESSION_OP_MAX,
};

enum session_prog {
	SESSION_TC_IN,
	SESSION_TC_OUT,
	SESSION_XDP,
	SESSION_PROG_MAX,
};

/* What is not right about a command. */
enum session_twist {
	SESSION_HONEST,
	SESSION_OTHER_START,
	SESSION_MOVED, /* packets came since `last` */
	SESSION_TWIST_MAX,
};

struct session_step {
	uint8_t op;    /* enum session_op */
	uint8_t prog;  /* enum session_prog */
	uint8_t twist; /* enum session_twist */
	bool has_tag;
	uint16_t tci;
	uint16_t protocol; /* to TC, where the interface has no Ethernet header */
	uint16_t linear;   /* not 0: by a packet socket, with so many bytes in one piece */
	uint16_t gso_size, gso_segs;
	uint32_t number; /* of the entry: reference_pick(); of a packet: whatever its maker wants */
	uint32_t len;
	uint8_t *bytes; /* malloc'ed */
};

enum session_kind {
	SESSION_ETHERNET,
	SESSION_L3,	 /* to TC there is no Ethernet header */
	SESSION_UNKNOWN, /* the interface has no slot */
	SESSION_KIND_MAX,
};

struct session {
	uint8_t kind; /* enum session_kind */
	bool is_small; /* maps and ring have little room, and the ring is read by SESSION_READ only */
	uint8_t slot; /* of the interface, from the one that its number asks for */
	uint32_t gso_max[2];
	struct session_step *steps;
	size_t len, size;
};

void session_free(struct session *session);
#define auto_session __attribute__((cleanup(session_free)))

/* Appends the step with a copy of its bytes, made one that can be run. Returns 0 or -ENOMEM. */
int session_add(struct session *session, const struct session_step *step);
/* A copy without the steps from leave_from up to the one before leave_to. */
int session_copy(struct session *ret, const struct session *from, size_t leave_from,
		 size_t leave_to);
/* Makes the step one that can be run, if it is not. */
void session_settle(const struct session *session, struct session_step *step);

#define SESSION_STEPS 1000

/* Session `number` of a seed, of so many steps. */
int session_make(struct session *ret, uint64_t seed, uint64_t number, size_t steps);

void session_print(const struct session *session, FILE *to);
void session_print_step(const struct session_step *step, FILE *to);
/* -EINVAL: *ret_line is the number of the line that is no step. */
int session_parse(struct session *ret, const char *text, size_t *ret_line);
