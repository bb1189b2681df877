/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaches to interfaces and detaches from them on the worker's thread: each link costs the
 * kernel an RCU grace period, some 10 ms that the loop has not.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/attach.h"
#include "kernel/attach_sight.h"

#include "weir/flow.h"

struct attach_job;
struct attacher;
struct datapath;
struct loop;

enum attach_mode {
	ATTACH_MODE_AUTO,
	ATTACH_MODE_TCX,
	ATTACH_MODE_CLSACT,
};

#define ATTACH_NOTE_SIZE 192

/* What is wanted at an interface, and what became of it. */
struct attach_result {
	uint32_t ifindex;
	uint32_t
		key_ifindex; /* the owner's: tells an interface from a former one of that ifindex */
	char name[IFNAMSIZ];
	bool has_ingress; /* one that is looked at: loopback has none, for instance */
	bool want_ingress;
	bool want_egress;
	bool want_xdp;
	bool takes_super; /* see iface_takes_super() */
	bool is_again;	  /* what has failed before: said no more, and what is there is ours */
	struct attachment hooks[WEIR_HOOK_MAX];
	char note[ATTACH_NOTE_SIZE]; /* why a hook is not as wished; "" */
	unsigned int errors;
	bool lacks_room; /* of which some may be given back */
};

/* A hook that is attached to, and what is seen there by now. */
struct attach_look {
	uint32_t key_ifindex;
	struct attachment hook; /* the owner's still */
	struct attach_sight sight;
	int error; /* nothing was seen */
};

struct attacher_options {
	int mode; /* enum attach_mode */
	/* The job is done; the attachments are the callee's now. */
	void (*attached)(void *ctx, const struct attach_result *result);
	/* What was to be detached is, and no packet is under way there any more. NULL: don't tell. */
	void (*detached)(void *ctx, uint32_t key_ifindex);
	/* All that were asked for have been looked at. */
	void (*looked)(void *ctx, const struct attach_look *looks, unsigned int count);
	void *ctx;
};

int attacher_new(struct attacher **ret, struct loop *loop, const struct datapath *datapath,
		 const struct attacher_options *options);
/* Waits for what was asked for and not forgotten; attached() is called for each. */
void attacher_free(struct attacher **attacher);

/*
 * Attaches as `want` says, when its turn has come. The job is the attacher's, and good until
 * attached() is called; NULL: no memory.
 */
struct attach_job *attacher_attach(struct attacher *attacher, const struct attach_result *want);
/*
 * The interface has gone. False: the job has begun, and attached() is called all the same; else
 * never.
 */
bool attacher_forget(struct attacher *attacher, struct attach_job *job);
/*
 * Takes the attachments over and detaches them; they read as none afterwards. True: detached() will
 * be called, unless key_ifindex is 0; else there was nothing to wait for.
 */
bool attacher_detach(struct attacher *attacher, uint32_t key_ifindex,
		     struct attachment hooks[static WEIR_HOOK_MAX]);
/* Looks at hooks when their turn has come. The array, of malloc(), is the attacher's then. -ENOMEM. */
int attacher_look(struct attacher *attacher, struct attach_look *looks, unsigned int count);
/* Jobs that are not done, but for looks. */
unsigned int attacher_pending(const struct attacher *attacher);

/* Has the kernel TCX? Known when the first interface was attached to. */
enum attach_tcx {
	ATTACH_TCX_UNTRIED,
	ATTACH_TCX_ABSENT,
	ATTACH_TCX_PRESENT,
};
enum attach_tcx attacher_tcx(const struct attacher *attacher);
