/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which sockets there are in this network namespace, as inet_diag tells: their own end and, if they
 * are connected, the other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct mnl_socket;

/* Where a socket is bound. */
struct socket_place {
	uint8_t addr[16]; /* IPv4 mapped; unless any */
	uint16_t port;	  /* host order */
	bool is_any_v4;
	bool is_any_v6;
};

struct socket_told {
	struct socket_place place;
	uint8_t peer[16]; /* IPv4 mapped */
	uint16_t peer_port;
	uint8_t state; /* TCP_LISTEN and so on */
};

struct socket_diag {
	struct mnl_socket *mnl; /* NULL: it cannot be asked */
	uint32_t seq;
};

/* -errno. To be closed in any case. */
int socket_diag_open(struct socket_diag *diag);
void socket_diag_close(struct socket_diag *diag);
/*
 * Tells all IPv4 and IPv6 sockets of the protocol (IPPROTO_*) in these states (1 << TCP_*, OR'ed; the
 * kernel looks at no others). -errno: not all were told; -ENOENT, the kernel lacks the module.
 */
int socket_diag_ask(struct socket_diag *diag, uint8_t proto, uint32_t states,
		    void (*tell)(void *ctx, const struct socket_told *told), void *ctx);

/* Would what is sent to this address of ours come there? The port is not looked at. */
bool socket_place_has(const struct socket_place *place, const uint8_t addr[static 16]);
