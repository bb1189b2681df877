/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the agent listens: the value of --server as an address. */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#define SERVER_DEFAULT "unix:///run/weir/weir.sock"

struct server {
	const char *text; /* as it was given; borrowed */
	struct sockaddr_un address;
	socklen_t address_len;
};

/*
 * unix:///abs, unix:/abs, unix:rel or unix-abstract:name. -EINVAL after a message that names text
 * and where it comes from ("--server").
 */
int server_parse(struct server *ret, const char *text, const char *origin);
