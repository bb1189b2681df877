/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where this kernel has in a packet what its programs are not told.
 */
#pragma once

#include "weir/skb_layout.h"

/* -errno: the kernel has no BTF, or is of another kind. */
int skb_layout_read(struct weir_skb_layout *ret);
