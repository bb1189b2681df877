/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do weir's counters of a hook and the kernel's agree? Between the two stand, at egress, other
 * programs, a qdisc and the cutting of super-packets, of which the kernel tells much, but not all.
 * So there are three answers: they agree, they do not, or, where what the kernel does not tell is
 * all that may lie between them, they cannot be compared. Nothing here asks the kernel.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/link.h"
#include "verify/verify_line.h"

#include "weir/flow.h"
#include "weir/iface.h"

/* The counters of one hook at one moment. */
struct verify_reading {
	struct weir_count raw, gso; /* weir's */
	struct weir_count cut;	    /* of gso: super-packets too long for the device */
	struct weir_count kernel;   /* the device's */
	uint32_t guessed;	    /* super-packets of gso whose kind was not told */
	struct weir_count cut_tags; /* of them, before our hook: a VLAN tag cut short; ingress */
	uint64_t kernel_dropped;    /* by the device, in none of its others; egress */
	struct link_qdisc root;	    /* egress; kind "": none */
	struct link_qdisc clsact;   /* egress */
	bool is_quiet;		    /* nothing moved while it was read */
	struct weir_count moved; /* so much did, on the wire: the kernel's may be off by as much */
};

/* A hook, and what is known of the interface. */
struct verify_hook {
	enum weir_hook hook;
	bool is_loopback;
	bool may_skip_header;	/* the device may count the bytes behind layer 2 */
	bool may_repeat_header; /* it may count layer 2 twice: a macvlan what others send to all */
	bool has_tags;		/* packets with VLAN tags were seen */
	int64_t tagged;	  /* between the readings, on the wire, by the flow map: if nothing moves */
	bool has_tunnels; /* egress of a tunnel: packets that are a tunnel's themselves were seen */
	bool is_mixed;	 /* the device takes super-packets of some kinds, and is given others too */
	bool joins;	 /* ingress: GRO or LRO is on */
	bool is_resized; /* egress: the longest super-packet that it takes has changed */
	bool has_others; /* egress: programs or filters stand behind our hook */
	bool takes_others; /* ingress: the device takes in packets to other addresses, too */
	bool has_macvlans; /* for them: what they send each other passes our hook and is not counted */
	uint32_t longest; /* super-packet, in bytes; 0: not known */
	struct verify_reading first, second;
};

struct verify_judgement {
	struct verify_line packets, bytes;
};

/* Do packets stop there, and is it counted? */
bool verify_has_queue(const struct link_qdisc *qdisc);
void verify_judge(const struct verify_hook *hook, struct verify_judgement *ret);
/* Of two readings that with the higher rank tells more. */
unsigned int verify_rank(const struct verify_judgement *judgement);
