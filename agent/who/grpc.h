/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of gRPC over a Unix socket, for calls with one request and one answer, one after
 * another over one connection. It blocks, within the limits of who/call.h; for a worker's thread.
 */
#pragma once

#include <stddef.h>

struct buf;
struct call;
struct grpc;

enum grpc_status {
	GRPC_OK = 0,
	GRPC_NOT_FOUND = 5,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_UNAVAILABLE = 14,
};

/* call: borrowed; each unary call gets its whole time anew. -errno of connecting. */
int grpc_open(struct grpc **ret, struct call *call, const char *path);
/* Over a socket that is connected, and is taken over, also on failure. */
int grpc_open_fd(struct grpc **ret, struct call *call, int fd);
void grpc_close(struct grpc **at);
#define auto_grpc __attribute__((cleanup(grpc_close)))

/*
 * The message of the answer replaces what is in *answer. method: "/package.Service/Method".
 * -EREMOTEIO: the other side answered with a status that is not OK, see grpc_status(); -EPROTO:
 * with something else than gRPC; -EMSGSIZE: too long; and what who/call.h says. After anything but
 * 0 and -EREMOTEIO the connection is of no more use.
 */
int grpc_unary(struct grpc *grpc, const char *method, const void *request, size_t len,
	       struct buf *answer);
int grpc_status(const struct grpc *grpc);
