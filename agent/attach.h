/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaches the packet programs to an interface, and detaches them: rows of a table, tcx, clsact
 * and xdp. Never touches what is not ours.
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
	bool made_qdisc;  /* clsact: the qdisc is ours to remove if it is empty */
	uint32_t ifindex;
	int link_fd;	  /* tcx, xdp: closing it detaches; -1 otherwise */
};

/*
 * TCX: a bpf_link, ingress at the head, egress at the tail. -EINVAL or -EOPNOTSUPP where the
 * kernel has no TCX.
 */
int attach_tcx(struct attachment *ret, int prog_fd, uint32_t ifindex, bool is_egress);
/*
 * clsact: makes the qdisc if there is none, adds a filter with our handle (ATTACH_TC_HANDLE), first priority at
 * ingress, last at egress. A filter with our handle left by an agent that was killed is replaced.
 */
int attach_clsact(struct attachment *ret, int prog_fd, uint32_t ifindex, bool is_egress);
/* Native mode only, as a bpf_link. -EBUSY where another XDP program is, -EOPNOTSUPP without native mode. */
int attach_xdp(struct attachment *ret, int prog_fd, uint32_t ifindex);
/*
 * Undoes it; what is gone already is fine. clsact: removes our filter, and the qdisc only if we
 * made it and no filter is left in it.
 */
void attach_detach(struct attachment *attachment);
/*
 * Removes what an agent that was killed left on the interface: filters with our handle, and the clsact qdisc if
 * it then holds nothing and was made by us (told by its being empty after our filters went). Returns how many filters.
 */
int attach_clean_stale(uint32_t ifindex);

#define ATTACH_TC_HANDLE 0x77656972 /* "weir" */
