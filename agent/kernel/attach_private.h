/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of attach.h's module share. Only they include this: attach.c (links),
 * attach_clsact.c, and attach_sight.c, which looks what has become of either.
 */
#pragma once

#include <bpf/bpf.h>

#include "kernel/attach.h"

struct attach_sight;

#define ATTACH_TCX_MAX 64 /* programs at a TCX hook; the kernel allows 63 */

/* Our filter off a hook, and the qdisc if it was ours and is empty. How many filters, or -errno. */
int attach_clsact_remove(uint32_t ifindex, bool is_egress);
/* Is our filter there, and what stands in front of it? */
int attach_clsact_look(struct attach_sight *ret, const struct attachment *attachment);
/* Linux 6.6; the headers may lack it. */
enum bpf_attach_type attach_tcx_type(bool is_egress);
