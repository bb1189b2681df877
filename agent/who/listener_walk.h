/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks for the sockets that wait for anybody, TCP listeners and bound UDP sockets, in our network
 * namespace and in others, as a job of the worker. A thread of its own goes into the others, so
 * that nobody else is ever in the wrong one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "who/namespace_walk.h"
#include "worker.h"

#define LISTENER_WALK_MAX 16384 /* sockets */

/* A network namespace to look at. inode 0: our own, for which nothing else is needed. */
struct listener_place {
	uint64_t inode;
	pid_t pid;			/* of a process in it; 0: none is known */
	char name[NAMESPACE_NAME_SIZE]; /* of a file that holds it; "": none */
	int nsid;			/* for whoever gets the result */
};

struct listener_found {
	uint8_t addr[16]; /* IPv4 mapped, if family is 4 */
	uint16_t port;	  /* host order */
	uint8_t family;	  /* 4 or 6 */
	uint8_t proto;	  /* IPPROTO_TCP, IPPROTO_UDP */
	uint32_t place;	  /* index of places */
};

struct listener_walk {
	struct worker_job job; /* done() is the owner's, who frees */
	void *owner;
	struct listener_place *places; /* filled by the owner, before the job is given */
	size_t place_count;
	/* The result: by place, protocol and port; several sockets of one address are one. */
	struct listener_found *found;
	size_t count, room;
	size_t left_out;      /* sockets beyond LISTENER_WALK_MAX, or without memory */
	size_t places_unread; /* that could not be entered, or did not answer all */
};

/* With place_count places, all zero. NULL: no memory. */
struct listener_walk *listener_walk_new(size_t place_count);
void listener_walk_free(struct listener_walk **at);
