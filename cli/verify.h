/* SPDX-License-Identifier: BSD-2-Clause */
/* weir status --verify: the agent's counters held against the kernel's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct output;
struct server;

/* *ret_ok: something was compared, and all of it agreed. 0, or an error after a message. */
int verify_run(const struct server *server, uint64_t for_ns, bool want_json, struct output *output,
	       bool *ret_ok);
