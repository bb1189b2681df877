/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lo of a namespace of its own, with weir_tc_out at its egress. A packet socket hands it frames
 * of which only the first bytes are directly readable, the rest is in pages: what a test run
 * cannot do. Loopback brings them back as they are.
 */
#pragma once

#include "bpf_env.h"
#include "pkt_build.h"

struct paged {
	int netns_was, send, receive;
};

#define PAGED_NONE         \
	{                  \
		-1, -1, -1 \
	}
#define auto_paged __attribute__((cleanup(paged_done)))

/* Fails the test that runs if it cannot. */
void paged_init(struct paged *paged, const struct bpf_env *env);
void paged_done(const struct paged *paged);
/* Of the packet, the first `linear` bytes are readable. The frame must come back unchanged. */
void paged_pass(const struct paged *paged, const struct packet *packet, size_t linear);
