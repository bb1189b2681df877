/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who comes to this machine and goes, and with which addresses: what the registry of containers
 * tells again and again, each told once. An endpoint is a pod, or a container of no pod; one whose
 * addresses are the host's has none of its own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct containers_ops;
struct party_facts;

/* An endpoint has no address before it is there, and none any more when it goes. */
struct endpoint_watch_ops {
	void (*endpoint)(void *ctx, const struct party_facts *facts, bool is_there);
	void (*address)(void *ctx, const uint8_t addr[static 16], const struct party_facts *facts,
			bool is_there);
};

struct endpoint_watch {
	const struct endpoint_watch_ops *ops;
	void *ctx;
};

/* For containers_new(), with a struct endpoint_watch as context. */
extern const struct containers_ops endpoint_watch_containers;
