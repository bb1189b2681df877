/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UDP sockets that this network namespace had when the agent started. Of a talk that is older
 * than the agent, and is heard from the middle on, they say who is the server.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "weir/flow.h"

struct udp_sockets;

#define UDP_SOCKETS_MAX 8192

/* Asks, once. A kernel that doesn't answer is no failure: then nothing is known. -ENOMEM. */
int udp_sockets_new(struct udp_sockets **ret);
void udp_sockets_free(struct udp_sockets **at);

/*
 * Which end is the server; -1: nobody knows. is_local: each end's address is one of this host. How it
 * is told: WEIR_BY_LISTENER, a socket there waits for anybody, and the other end's does not, or has
 * the port of a client; WEIR_BY_PORTS, one end is a socket of ours, and only the server's port is none
 * that the kernel gives to clients (ip_local_port_range).
 */
int udp_sockets_server(const struct udp_sockets *sockets, const struct weir_flow_key *key,
		       const bool is_local[static 2], enum weir_initiator_by *ret_by);
