// SPDX-License-Identifier: BSD-2-Clause
/*
 * First the kernel's view, then the loop that runs until the attacher is done.
 */
#include "tests/unit/attacher_bench.h"

#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "loop.h"
#include "tests/at_once.h"

#define DEADLINE_MS 20000
#define LOOK_MS	    1

static struct datapath *datapath;

struct datapath *bench_datapath(void)
{
	return datapath;
}

static unsigned int n_tcx(uint32_t ifindex, int hook)
{
	static const unsigned int types[] = { TCX_INGRESS, TCX_EGRESS };
	static const enum datapath_prog programs[] = { DATAPATH_TC_IN, DATAPATH_TC_OUT };
	uint32_t ids[8] = {}, n = ARRAY_SIZE(ids), flags;
	unsigned int ours = 0;

	if (!ground.has_tcx)
		return 0;
	assert_int_equal(
		bpf_prog_query((int)ifindex, (enum bpf_attach_type)types[hook], 0, &flags, ids, &n),
		0);
	for (uint32_t i = 0; i < n; i++)
		ours += ids[i] == id_of(datapath_prog_fd(datapath, programs[hook]));
	return ours;
}

static unsigned int n_clsact(const char *name, int hook)
{
	char command[64];

	snprintf(command, sizeof(command), "tc filter show dev %s %s", name,
		 hook == WEIR_INGRESS ? "ingress" : "egress");
	return shows(command, OUR_HANDLE);
}

static unsigned int n_xdp(uint32_t ifindex)
{
	uint32_t id = 0;

	assert_int_equal(bpf_xdp_query_id((int)ifindex, 0, &id), 0);
	return id == id_of(datapath_prog_fd(datapath, DATAPATH_XDP));
}

void assert_hooks(const char *name, enum attach_kind ingress, enum attach_kind egress)
{
	const enum attach_kind kinds[WEIR_HOOK_MAX] = { ingress, egress };
	uint32_t ifindex = if_nametoindex(name);

	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		assert_row_int(name, n_tcx(ifindex, hook), kinds[hook] == ATTACH_TCX);
		assert_row_int(name, n_clsact(name, hook), kinds[hook] == ATTACH_CLSACT);
	}
	assert_row_int(name, n_xdp(ifindex), ingress == ATTACH_XDP);
}

static void on_attached(void *ctx, const struct attach_result *result)
{
	struct bench *bench = ctx;
	struct attach_result *own = &bench->results[bench->n_results++];

	assert_true(bench->n_results <= MAX_RESULTS);
	*own = *result;
	if (bench->must_undo)
		attacher_detach(bench->attacher, own->key_ifindex, own->hooks);
}

static int on_deadline(void *ctx)
{
	struct bench *bench = ctx;

	bench->is_late = true;
	loop_stop(bench->loop, 0);
	return 0;
}

/* Nothing is told of a job that detaches. */
static int on_look(void *ctx)
{
	struct bench *bench = ctx;

	if (!attacher_pending(bench->awaited))
		loop_stop(bench->loop, 0);
	return 0;
}

void bench_settle(struct bench *bench, const struct attacher *attacher)
{
	bench->awaited = attacher;
	assert_int_equal(loop_run(bench->loop), 0);
	assert_false(bench->is_late);
	assert_int_equal(attacher_pending(attacher), 0);
}

struct attacher *bench_open(struct bench *bench, enum attach_mode mode)
{
	const struct attacher_options options = { .mode = mode,
						  .attached = on_attached,
						  .ctx = bench };
	struct attacher *attacher = NULL;

	assert_int_equal(attacher_new(&attacher, bench->loop, datapath, &options), 0);
	return attacher;
}

struct attach_job *bench_ask(struct attacher *attacher, const char *name, uint32_t ifindex,
			     bool want_xdp)
{
	bool has_ingress = strcmp(name, "lo") != 0;
	struct attach_result want = { .ifindex = ifindex,
				      .key_ifindex = 7000 + ifindex,
				      .has_ingress = has_ingress,
				      .want_ingress = has_ingress,
				      .want_egress = true,
				      .want_xdp = want_xdp };
	struct attach_job *job;

	snprintf(want.name, sizeof(want.name), "%s", name);
	job = attacher_attach(attacher, &want);
	assert_non_null(job);
	return job;
}

struct attach_result *bench_attach(struct bench *bench, struct attacher *attacher, const char *name,
				   bool want_xdp)
{
	unsigned int n = bench->n_results;
	struct attach_result *result = &bench->results[n];

	bench_ask(attacher, name, if_nametoindex(name), want_xdp);
	bench_settle(bench, attacher);
	assert_int_equal(bench->n_results, n + 1);
	assert_string_equal(result->name, name);
	assert_int_equal(result->ifindex, if_nametoindex(name));
	assert_int_equal(result->key_ifindex, 7000 + result->ifindex);
	return result;
}

void bench_detach(struct bench *bench, struct attacher *attacher, struct attach_result *result)
{
	attacher_detach(attacher, result->key_ifindex, result->hooks);
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		assert_int_equal(result->hooks[hook].kind, ATTACH_NONE);
		assert_int_equal(result->hooks[hook].link_fd, -1);
	}
	bench_settle(bench, attacher);
}

int bench_set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	if (!bench || unshare(CLONE_NEWNET) < 0 || loop_new(&bench->loop) < 0 ||
	    loop_add_timer(bench->loop, DEADLINE_MS, 0, on_deadline, bench, &bench->deadline) < 0 ||
	    loop_add_timer(bench->loop, LOOK_MS, LOOK_MS, on_look, bench, &bench->look) < 0)
		return -1;
	sh("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && "
	   "ip tuntap add t0 mode tun && ip link set t0 up && ip link set lo up");
	*state = bench;
	return 0;
}

int bench_tear_down(void **state)
{
	struct bench *bench = *state;

	for (unsigned int i = 0; i < bench->n_results; i++) {
		for (int hook = 0; hook < WEIR_HOOK_MAX; hook++)
			attach_detach(&bench->results[i].hooks[hook]);
	}
	attacher_free(&bench->attacher);
	watch_free(&bench->deadline);
	watch_free(&bench->look);
	loop_free(&bench->loop);
	free(bench);
	return 0;
}

enum attach_kind kind_of(enum attach_mode mode)
{
	return mode == ATTACH_MODE_CLSACT || !ground.has_tcx ? ATTACH_CLSACT : ATTACH_TCX;
}

const char *bench_prepare(void)
{
	const char *reason = attach_world_prepare();

	if (reason)
		return reason;
	if (system("ip link add b0 type bridge && " /* NOLINT(cert-env33-c) */
		   "ip tuntap add t0 mode tun") != 0)
		return "needs bridge and tun";
	return NULL;
}

int bench_begin(void)
{
	static const struct datapath_options options = {
		.max_flows = 64, .max_ifaces = 16, .ring_bytes = 65536, .want_xdp = true
	};

	return datapath_new(&datapath, &options);
}

void bench_end(void)
{
	datapath_free(&datapath);
}
