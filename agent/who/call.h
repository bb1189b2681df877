/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call to another process over its Unix socket, from a worker's thread: it blocks, but never
 * longer than until a point in time, or until the agent ends.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CALL_LIMIT_NS  2000000000ULL
#define CALL_BYTES_MAX (16U << 20) /* of an answer */

struct call {
	uint64_t limit_ns; /* of one call; 0: CALL_LIMIT_NS */
	uint64_t until_ns; /* CLOCK_MONOTONIC */
	int cancel_fd;	   /* readable: give up (-ECANCELED); -1: nobody does */
};

/* From now on there is time for one more call. */
void call_begin(struct call *call);
/* *ret_fd is the caller's. -ETIMEDOUT, -ECANCELED, -ECONNREFUSED, ... */
int call_connect(const struct call *call, const char *path, int *ret_fd);
/* All of it. */
int call_send(const struct call *call, int fd, const void *bytes, size_t len);
/* What there is: > 0; 0: the other side has ended. */
ssize_t call_recv(const struct call *call, int fd, void *bytes, size_t size);
