/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of attach.h's module share. Only they include this: attach.c (links) and
 * attach_clsact.c.
 */
#pragma once

#include "kernel/attach.h"

/* Our filter off a hook, and the qdisc if it was ours and is empty. How many filters, or -errno. */
int attach_clsact_remove(uint32_t ifindex, bool is_egress);
