/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the agent listens: the value of --server, of both programs, as an address. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "options.h"

#define SERVER_DEFAULT "unix:///run/weir/weir.sock"

struct server {
	const char *text; /* as it was given; borrowed */
	struct sockaddr_un address;
	socklen_t address_len;
	/* How long a client waits there, set by himself; 0: always. */
	uint64_t connect_ns, answer_ns;
};

/* unix:///abs, unix:/abs, unix:rel or unix-abstract:name. -EINVAL with the reason. */
int server_parse(struct server *ret, const char *text, char reason[static OPTION_REASON_SIZE]);
/* The same answer, for a row of options. */
int server_check(const char *text, char reason[static OPTION_REASON_SIZE]);
/* The path of the socket; NULL if its name is abstract. */
const char *server_path(const struct server *server);
