/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who was refused room for a new flow, and has yet to show that there are two who talk. The map
 * `knocks`: a packet of a flow that its share has no room for leaves a word at a place that the key
 * tells; the word tells of the key, the direction and, of TCP, the number that the other side will
 * acknowledge. Whoever does that has received it.
 *
 * Each place keeps the last two words of what came in and of what went out, 32 bits each, the newer
 * one in the lower half. Packet programs alone read and write them, without a lock: what two CPUs
 * write at once is a word more or less. 0: nothing yet.
 */
#pragma once

#include "weir/flow.h"
#include "weir/present.h"

/* What it answers was a question: of TCP, it is a SYN-ACK. The lowest bit of a word. */
#define WEIR_KNOCK_ANSWERS 1

struct weir_knocks {
	__u64 left[WEIR_HOOK_MAX];
};
WEIR_ASSERT_SIZE(struct weir_knocks, 16);

#define WEIR_KNOCK_PLACES (1U << 14)

/*
 * What direction dir of a key leaves that stands at this number. hash: weir_present_hash() of the
 * key, 40 bits; the lower ones tell the place.
 */
static inline __u32 weir_knock_word(__u64 hash, __u32 dir, __u32 number)
{
	__u64 sum = (hash >> 16 << 33) + ((__u64)dir << 32) + number;

	return (__u32)(sum * 0xd6e8feb86659fd93ULL >> 32) & ~(__u32)WEIR_KNOCK_ANSWERS;
}
