/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What diff.bpf.c does to a packet before it becomes the program under test, and what it saw. In a
 * mapped array: a step costs no system call to tell and ask.
 */
#pragma once

#include <linux/types.h>

#define DIFF_HEAD 512 /* bytes of a packet that are looked at again behind the program */

struct diff_args {
	__u32 prog;   /* which one: 0 weir_tc_in, 1 weir_tc_out */
	__u32 cut_to; /* bytes; 0: whole */
	__u16 tci;
	__be16 protocol; /* bytes 12 and 13 of the packet, which were another protocol before */
	__u8 has_tag;	 /* a VLAN tag in the metadata */
	__u8 has_protocol;
	__u8 is_on; /* else the packet is none of ours */
	__u8 pad;

	__u32 linear; /* as the program found it */
	__u32 has_l3_head;
	__u8 l3_head[8]; /* what is where the kernel sees layer 3 */
	__u32 has_left;
	__u32 len; /* behind it */
	__u8 head[DIFF_HEAD];
};

#define DIFF_FAILED (-100)
