/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs at the kernel's tracepoints, and their maps: the only module that knows their
 * skeleton. They are extras: not every kernel has the tracepoints, the type information (BTF) by
 * which their arguments are read, or lets programs there. Then there is nothing to read here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "weir/iface.h"
#include "weir/retransmit.h"
#include "weir/unseen.h"

struct datapath_maps;
struct tracing;

struct tracing_options {
	uint32_t netns; /* inode of the network namespace whose retransmissions are summed */
	int cgroup; /* the root of cgroup v2, opened: for who has made a socket; < 0: there is none */
	const struct datapath_maps *maps; /* NULL: retransmissions alone */
};

/* Programs that are of use only together. */
enum tracing_part {
	TRACING_RETRANSMITS, /* what TCP sends again */
	TRACING_OWNERS,	     /* who makes and connects sockets, and has those that exist */
	TRACING_USERS,	     /* who sends and receives by them: Linux 6.3 */
	TRACING_SENDERS,     /* who sends by unconnected ones: where the kernel hasn't the former */
	TRACING_EXECS,	     /* what processes are made of */
	TRACING_EXECS_BEGUN, /* the same before it can be seen elsewhere: Linux 6.10 */
	TRACING_CGROUPS,     /* cgroups that are made and removed */
	TRACING_UNSEEN,	     /* what is counted and comes to no hook, while it is asked for */
	TRACING_PART_MAX,
};

/*
 * Loads and attaches what the kernel has, in two steps, by a thread: there is nothing to ask before
 * the second. -ENOMEM.
 */
int tracing_begin(struct tracing **ret, const struct tracing_options *options);
void tracing_wait(struct tracing *tracing);
void tracing_free(struct tracing **at);

bool tracing_has(const struct tracing *tracing, enum tracing_part part);
/* Why it has or hasn't, for people. */
const char *tracing_note(const struct tracing *tracing, enum tracing_part part);

/* A link to the iterator that notes who has sockets open, or -1; it stays tracing's. */
int tracing_existing_fd(const struct tracing *tracing);
/* The map of struct weir_exec by tgid, or -1; it stays tracing's. */
int tracing_execs_fd(const struct tracing *tracing);

/* In memory that the kernel writes: as long as nothing changes here, nothing does in the map. */
const volatile struct weir_retransmit_sums *tracing_retransmit_sums(const struct tracing *tracing);
/*
 * Hands all entries to fn; one may be missed, or seen twice, if others come or go meanwhile. -errno.
 */
typedef void (*tracing_retransmit_fn)(void *ctx, const struct weir_retransmit_key *key,
				      const struct weir_retransmit *value);
int tracing_retransmits_read(const struct tracing *tracing, tracing_retransmit_fn fn, void *ctx);
int tracing_retransmit_lookup(const struct tracing *tracing, const struct weir_retransmit_key *key,
			      struct weir_retransmit *ret);
/* Removes an entry, and tells what it was at last. -ENOENT. */
int tracing_retransmit_take(const struct tracing *tracing, const struct weir_retransmit_key *key,
			    struct weir_retransmit *ret);

/*
 * From one to the other what is dropped and comes to no hook is counted; they may be nested.
 * -errno: it is not.
 */
int tracing_unseen_begin(struct tracing *tracing);
void tracing_unseen_end(struct tracing *tracing);
bool tracing_unseen_is_counted(const struct tracing *tracing);
typedef void (*tracing_unseen_fn)(void *ctx, const struct weir_unseen_key *key,
				  const struct weir_count *count);
/* All that was counted so far; or that of one place, 0 if there is nothing. */
void tracing_unseen_read(const struct tracing *tracing, tracing_unseen_fn fn, void *ctx);
struct weir_count tracing_unseen_lookup(const struct tracing *tracing,
					const struct weir_unseen_key *key);

/* Bytes of kernel memory that the maps take. */
uint64_t tracing_map_bytes(const struct tracing *tracing);
