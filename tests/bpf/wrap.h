/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What wrap.bpf.c does to a packet before it passes it to the program under test: things that the
 * context of a test run does not take.
 */
#pragma once

#include <linux/types.h>

struct wrap_args {
	__u32 cut_to; /* bytes; 0: whole */
	__u16 tci;
	__u16 tag_proto; /* of a VLAN tag in the metadata, in host order; 0: none */
};

#define WRAP_FAILED (-100)
