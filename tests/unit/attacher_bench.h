/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attachers with the real programs, on real interfaces in a network namespace of the test's own; what
 * is attached is asked of the kernel, not of the attacher.
 */
#pragma once

#include <stdbool.h>

#include "kernel/attacher.h"
#include "kernel/datapath.h"
#include "tests/unit/attach_world.h"

#define MAX_RESULTS 16

struct bench {
	struct loop *loop;
	struct watch *deadline, *look;
	struct attacher *attacher;
	const struct attacher *awaited;
	struct attach_result results[MAX_RESULTS];
	unsigned int n_results;
	bool must_undo; /* attached() detaches at once */
	bool is_late;
};

/* Why these tests can't run here; NULL if they can. */
const char *bench_prepare(void);
/* Loads the datapath; < 0: -errno. */
int bench_begin(void);
void bench_end(void);
struct datapath *bench_datapath(void);
/* cmocka's: v0 and v1, a tun t0, lo; all are up. */
int bench_set_up(void **state);
int bench_tear_down(void **state);

#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)

struct attacher *bench_open(struct bench *bench, enum attach_mode mode);
struct attach_job *bench_ask(struct attacher *attacher, const char *name, uint32_t ifindex,
			     bool want_xdp);
/* Runs until the attacher has nothing more to do. */
void bench_settle(struct bench *bench, const struct attacher *attacher);
/* The result of attaching to one interface. */
struct attach_result *bench_attach(struct bench *bench, struct attacher *attacher, const char *name,
				   bool want_xdp);
void bench_detach(struct bench *bench, struct attacher *attacher, struct attach_result *result);

/* What the mode comes to on this kernel. */
enum attach_kind kind_of(enum attach_mode mode);
/* These, and nothing else of ours, are at the interface. */
void assert_hooks(const char *name, enum attach_kind ingress, enum attach_kind egress);
