/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asking, and keeping, the note of which keys may be in the flow map: see weir/present.h.
 */
#pragma once

#include "maps.h"
#include "pkt.h"
#include "weir/present.h"

_Static_assert(__builtin_offsetof(struct pkt, key) == 0, "the key is in whole words");

static __always_inline __u8 *present_byte(__u64 hash, __u32 half)
{
	__u32 index = WEIR_PRESENT_FIRST + half * cfg.present_words +
		      ((__u32)(hash >> 3) & (cfg.present_words - 1));
	__u8 *word = bpf_map_lookup_elem(&present, &index);

	return word ? word + (hash & 7) : 0;
}

static __always_inline __u64 present_use(void)
{
	__u32 zero = 0;
	const volatile __u64 *use = bpf_map_lookup_elem(&present, &zero);

	return use ? *use : 0;
}

/* Behind the making of the entry: who reads the map in between, and not this yet, has seen it there. */
static __always_inline void present_note(const struct pkt *p)
{
	__u64 hash;
	__u8 *byte;

	if (!(present_use() & WEIR_PRESENT_NOTED))
		return;
	hash = weir_present_hash((const __u64 *)p);
	byte = present_byte(hash, 0);
	if (byte)
		*byte = 1;
	byte = present_byte(hash, 1);
	if (byte)
		*byte = 1;
}

/* Is the key of that hash surely not in the map? */
static __always_inline int present_is_absent(__u64 hash)
{
	__u64 use = present_use();
	const __u8 *byte;

	if (!(use & WEIR_PRESENT_ASKED))
		return 0;
	byte = present_byte(hash, !!(use & WEIR_PRESENT_HALF));
	return byte && !*byte;
}
