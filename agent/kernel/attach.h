/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaches the packet programs to an interface, and detaches them: tcx, clsact and xdp. Never
 * touches what is not ours. To attach or to detach tcx or xdp waits for an RCU grace period, 8 to
 * 16 ms, under the lock of all of rtnetlink, so that threads don't help; clsact takes 0.2 ms.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum attach_kind {
	ATTACH_NONE,
	ATTACH_TCX,
	ATTACH_CLSACT,
	ATTACH_XDP,
	ATTACH_KIND_MAX,
};

/* "none", "tcx", "clsact", "xdp" */
const char *attach_kind_to_str(enum attach_kind kind);

/* A program attached at one hook of one interface. Zeroed is "not attached" but for link_fd = -1. */
struct attachment {
	enum attach_kind kind;
	bool is_egress;
	bool made_qdisc; /* clsact: the qdisc is ours to remove if it is empty */
	uint32_t ifindex;
	int link_fd; /* tcx, xdp: closing it detaches; -1 otherwise */
};

/*
 * TCX: a bpf_link, ingress at the head, egress at the tail. -EINVAL or -EOPNOTSUPP where the
 * kernel has no TCX; -EEXIST where this very program is at that hook already. The link stays on an
 * interface that moves into another namespace.
 */
int attach_tcx(struct attachment *ret, int prog_fd, uint32_t ifindex, bool is_egress);
/*
 * clsact: makes the qdisc if there is none, adds a filter with our handle (ATTACH_TC_HANDLE), first
 * priority at ingress, last at egress. A filter with our handle left by an agent that was killed is
 * replaced. The filter's name tells whether the qdisc is ours. -EBUSY at egress where the older
 * "ingress" qdisc is.
 */
int attach_clsact(struct attachment *ret, int prog_fd, uint32_t ifindex, bool is_egress);
/*
 * How many programs stand behind this one at the TCX egress hook of an interface: who attaches later
 * comes last. -errno.
 */
int attach_tcx_behind(int prog_fd, uint32_t ifindex);
/* Native mode only, as a bpf_link. -EBUSY where another XDP program is, -EOPNOTSUPP without native mode. */
int attach_xdp(struct attachment *ret, int prog_fd, uint32_t ifindex);
/*
 * Undoes it; what is gone already is fine. clsact: removes our filter, and the qdisc only if we
 * made it and no filter is left in it.
 */
void attach_detach(struct attachment *attachment);
/*
 * Removes what an agent that was killed left on the interface: filters with our handle, and the
 * clsact qdisc if we made it (the names of those filters tell) and nothing is left in it. Returns
 * how many filters, or -errno.
 */
int attach_clean_stale(uint32_t ifindex);

#define ATTACH_TC_HANDLE 0x77656972 /* "weir" */
