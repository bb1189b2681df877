/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What both sides have counted at a hook between two readings, and what Verify is to say of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/verify_judge.h"

/* A super-packet of ten segments, and what counting these adds. */
#define SUPER (54 + 1460 * 10ULL)
#define MORE  (9 * 54ULL)

/* What has passed between the readings. Ours is raw and, of super-packets, what segments add. */
struct verify_world {
	struct weir_count raw, gso, cut;
	struct weir_count kernel;
	uint64_t dropped_by_device;
	uint32_t dropped_by_clsact;
	const char *qdisc; /* NULL: none */
	struct weir_count out;
	uint32_t dropped;
	int queued, queued_bytes;
	int64_t tagged;
	bool duplicates;
	uint32_t guessed;
	bool may_repeat_header, is_resized;
	bool is_ingress, is_loopback, may_skip_header, has_tags, is_mixed, joins, has_others;
	bool takes_others, has_macvlans, has_tunnels;
	struct weir_count cut_tags;
};

/* Before, the queue held 100 packets, and everything had counted something. */
struct verify_hook verify_world_hook(const struct verify_world *world);

struct verdict_case {
	const char *name;
	struct verify_world world;
	enum verify_result packets, bytes;
	const char *note; /* a part of that of the bytes; "": none */
};

void assert_judged(const struct verdict_case *cases, size_t count);

#define OK	 VERIFY_OK
#define FAILED	 VERIFY_FAILED
#define UNKNOWN	 VERIFY_UNKNOWN
#define AGREES	 OK, OK, ""
#define MISMATCH FAILED, FAILED, ""

/* So many packets of 100 bytes that we saw, and that the kernel did; what a qdisc has sent of them. */
#define SEEN(n)		.raw = { n, (n)*100ULL }
#define COUNTED(n)	.kernel = { n, (n)*100ULL }
#define BEHIND(kind, n) .qdisc = (kind), .out = { n, (n)*100ULL }
/* Super-packets that we saw, tags beside them included; and segments of them that the kernel did. */
#define TAGGED(n, tags) .raw = { n, (n)*SUPER }, .gso = { (n)*9ULL, (n)*MORE + (tags) }
#define SUPERS(n)	TAGGED(n, 0)
#define CUT(n)		.kernel = { (n)*10ULL, (n) * (SUPER + MORE) }
