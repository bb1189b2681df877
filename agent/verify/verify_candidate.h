/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel may have counted at one place, in one way of counting, and a comparison with that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "verify/verify_judge.h"

#define VERIFY_ETH_HEADER 14

struct verify_count {
	int64_t packets, bytes;
};

/* What the kernel tells of packets that passed our hook and are not in its count. */
struct verify_losses {
	int64_t dropped, queued; /* buffers; less are queued than before: negative */
	int64_t queued_bytes;	 /* on the wire */
	int64_t cut_tags; /* frames that came to no hook; the kernel's count here is without them */
	int64_t maybe;	  /* dropped, but some may be of the other direction, or counted too */
};

struct verify_candidate {
	struct verify_count low,
		high; /* ours, as counted there; the same if that is known exactly */
	struct verify_count kernel;
	struct verify_losses losses;
	const char *note;  /* the way of counting */
	const char *place; /* a qdisc's kind; NULL: the device */
	bool is_cut;	   /* one buffer may be many packets there */
	const char *lack;  /* why any number of ours may not be there; NULL: none */
	bool may_miss_tags, may_have_tags;
	bool may_leave_out; /* headers of a tunnel around another's packets */
	const char *vague;  /* why low and high differ; NULL: they don't */
};

void verify_candidate_judge(const struct verify_hook *hook,
			    const struct verify_candidate *candidate, struct verify_judgement *ret);
