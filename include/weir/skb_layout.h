/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where this kernel has what no helper tells of a packet: which kind of super-packet it is. The one
 * entry of the map `skb_layouts`; the agent writes it once, from the kernel's BTF.
 */
#pragma once

#include "weir/types.h"

struct weir_skb_layout {
	__u16 head;	/* offsets into struct sk_buff: the buffer, */
	__u16 end;	/* and where in it struct skb_shared_info begins */
	__u16 gso_type; /* in that one */
	__u8 is_known;
	__u8 pad;
};
WEIR_ASSERT_SIZE(struct weir_skb_layout, 8);
