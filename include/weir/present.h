/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which keys may be in the flow map: a byte for each value of a hash, 0 for what surely is not.
 * While new flows are refused, most packets belong to none, and this says so of most of them for a
 * fifth of what a look-up costs. A byte that is set says nothing, so nothing is ever taken back; a
 * fresh note is made now and then.
 *
 * The map `present`: a word that says how it is used, then two halves. The agent writes one from a
 * pass over the flow map while the other is asked; whoever makes an entry notes it in both.
 */
#pragma once

#include "weir/types.h"

/* Bits of the first word, which is the agent's. */
#define WEIR_PRESENT_NOTED 1 /* entries are noted as they are made */
#define WEIR_PRESENT_ASKED 2 /* one half is complete: */
#define WEIR_PRESENT_HALF  4 /* the second */

#define WEIR_PRESENT_FIRST 1 /* word of the first half */

/*
 * A product carries upwards only, and the last byte of an address is the upmost of its word: in the sum
 * of products alone most keys of two networks would be the same.
 */
static inline __u64 weir_present_mix(__u64 word)
{
	return word ^ word >> 31;
}

/* The key by words. The byte is the hash's lowest bits', as many as there are bytes in a half. */
static inline __u64 weir_present_hash(const __u64 key[6])
{
	__u64 sum = weir_present_mix(key[0]) * 0x9e3779b97f4a7c15ULL +
		    weir_present_mix(key[1]) * 0xc2b2ae3d27d4eb4fULL +
		    weir_present_mix(key[2]) * 0x165667b19e3779f9ULL +
		    weir_present_mix(key[3]) * 0xd6e8feb86659fd93ULL +
		    weir_present_mix(key[4]) * 0xa0761d6478bd642fULL +
		    weir_present_mix(key[5]) * 0xe7037ed1a0b428dbULL;

	sum ^= sum >> 32;
	return sum * 0x8ebc6af09c88c6e3ULL >> 24;
}
