/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses and ports that this network namespace listens at for TCP, as inet_diag tells them.
 * Of a connection that is older than the agent they say who is the server.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct listeners;

#define LISTENERS_MAX 65536

/* Asks for the first time. A kernel that doesn't answer is no failure. -ENOMEM. */
int listeners_new(struct listeners **ret);
void listeners_free(struct listeners **at);

/* Asks again, but not more than once a second; now_ns: CLOCK_MONOTONIC. */
void listeners_refresh(struct listeners *listeners, uint64_t now_ns);
/* Would a SYN to this address of ours, IPv4 mapped, find a listener? port: host order. */
bool listeners_has(const struct listeners *listeners, const uint8_t addr[static 16], uint16_t port);

/* 0, or why the kernel did not answer: -errno. */
int listeners_error(const struct listeners *listeners);
