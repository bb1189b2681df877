/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The switches of the datapath, set once between opening and loading it. The verifier knows them
 * as constants, so that what is off costs nothing.
 */
#pragma once

#include "weir/types.h"

struct weir_config {
	__u32 iface_mask;     /* slots of `ifaces` less one; a power of two less one */
	__u32 refuse_jiffies; /* how long a CPU does not try to insert after the map was full */
	__u32 max_unanswered; /* weir_pressure.unanswered up to which a first packet makes a flow */
	__u32 max_answering;  /* the same of weir_pressure.answering */
	__u32 max_one_sided;  /* ... and of weir_pressure.one_sided */
	__u32 present_words;  /* of a half of `present`, 8 bytes each; a power of two */
	__u32 knock_mask;     /* places of `knocks` less one; a power of two less one */
	__u8 events;	      /* 0: no events into the ring (benchmarks) */
	__u8 dns;	      /* 1: samples of DNS answers into the ring */
	__u8 dns_xdp;	      /* 1: of what XDP takes, too; needs bpf_xdp_load_bytes() */
	__u8 gso_types; /* 1: kinds of super-packets are read; needs bpf_probe_read_kernel() */
};
WEIR_ASSERT_SIZE(struct weir_config, 32);
