// SPDX-License-Identifier: BSD-2-Clause
/*
 * The policy of attaching, with the real programs on real interfaces: each test in a network
 * namespace of its own, and what is attached is asked of the kernel, not of the attacher.
 */
#include "kernel/attacher.h"

#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "kernel/datapath.h"
#include "loop.h"
#include "tests/harness.h"

/* Linux 6.6; older headers lack them. */
#define TCX_INGRESS 46
#define TCX_EGRESS  47

#define OUR_HANDLE "handle 0x77656972"

#define DEADLINE_MS 20000
#define LOOK_MS	    1
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

static struct datapath *datapath;
static int foreign_xdp_fd = -1;
static bool has_tcx;

/* ---- the kernel's view ---- */

static void sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void sh(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0) /* NOLINT(cert-env33-c): a test's own words */
		fail_msg("failed: %s", command);
}

/* How often a command prints that. */
static unsigned int shows(const char *command, const char *what)
{
	char text[16384];
	FILE *pipe = popen(command, "re"); /* NOLINT(cert-env33-c) */
	unsigned int n = 0;
	size_t len;

	assert_non_null(pipe);
	len = fread(text, 1, sizeof(text) - 1, pipe);
	text[len] = '\0';
	assert_int_equal(pclose(pipe), 0);
	for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
		n++;
	return n;
}

static uint32_t id_of(int prog_fd)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(prog_fd, &info, &len), 0);
	return info.id;
}

static unsigned int n_tcx(uint32_t ifindex, int hook)
{
	static const unsigned int types[] = { TCX_INGRESS, TCX_EGRESS };
	static const enum datapath_prog programs[] = { DATAPATH_TC_IN, DATAPATH_TC_OUT };
	uint32_t ids[8] = {}, n = ARRAY_SIZE(ids), flags;
	unsigned int ours = 0;

	if (!has_tcx)
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

/* These, and nothing else of ours, are at the interface. */
static void assert_hooks(const char *name, enum attach_kind ingress, enum attach_kind egress)
{
	const enum attach_kind kinds[WEIR_HOOK_MAX] = { ingress, egress };
	uint32_t ifindex = if_nametoindex(name);

	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		assert_row_int(name, n_tcx(ifindex, hook), kinds[hook] == ATTACH_TCX);
		assert_row_int(name, n_clsact(name, hook), kinds[hook] == ATTACH_CLSACT);
	}
	assert_row_int(name, n_xdp(ifindex), ingress == ATTACH_XDP);
}

/* ---- running ---- */

static void on_attached(void *ctx, const struct attach_result *result)
{
	struct bench *bench = ctx;
	struct attach_result *own = &bench->results[bench->n_results++];

	assert_true(bench->n_results <= MAX_RESULTS);
	*own = *result;
	if (bench->must_undo)
		attacher_detach(bench->attacher, own->hooks);
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

static void settle(struct bench *bench, const struct attacher *attacher)
{
	bench->awaited = attacher;
	assert_int_equal(loop_run(bench->loop), 0);
	assert_false(bench->is_late);
	assert_int_equal(attacher_pending(attacher), 0);
}

static struct attacher *open_attacher(struct bench *bench, enum attach_mode mode)
{
	const struct attacher_options options = { .mode = mode,
						  .attached = on_attached,
						  .ctx = bench };
	struct attacher *attacher = NULL;

	assert_int_equal(attacher_new(&attacher, bench->loop, datapath, &options), 0);
	return attacher;
}

static struct attach_job *ask(struct attacher *attacher, const char *name, uint32_t ifindex,
			      bool want_xdp)
{
	struct attach_result want = { .ifindex = ifindex,
				      .generation = 7000 + ifindex,
				      .want_ingress = strcmp(name, "lo") != 0,
				      .want_xdp = want_xdp };
	struct attach_job *job;

	snprintf(want.name, sizeof(want.name), "%s", name);
	job = attacher_attach(attacher, &want);
	assert_non_null(job);
	return job;
}

/* The result of attaching to one interface. */
static struct attach_result *attach(struct bench *bench, struct attacher *attacher,
				    const char *name, bool want_xdp)
{
	unsigned int n = bench->n_results;
	struct attach_result *result = &bench->results[n];

	ask(attacher, name, if_nametoindex(name), want_xdp);
	settle(bench, attacher);
	assert_int_equal(bench->n_results, n + 1);
	assert_string_equal(result->name, name);
	assert_int_equal(result->ifindex, if_nametoindex(name));
	assert_int_equal(result->generation, 7000 + result->ifindex);
	return result;
}

static void detach(struct bench *bench, struct attacher *attacher, struct attach_result *result)
{
	attacher_detach(attacher, result->hooks);
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		assert_int_equal(result->hooks[hook].kind, ATTACH_NONE);
		assert_int_equal(result->hooks[hook].link_fd, -1);
	}
	settle(bench, attacher);
}

static int setup(void **state)
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

static int teardown(void **state)
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

static enum attach_kind kind_of(enum attach_mode mode)
{
	return mode == ATTACH_MODE_CLSACT || !has_tcx ? ATTACH_CLSACT : ATTACH_TCX;
}

/* ---- on and off ---- */

static void check_on_and_off(struct bench *bench, enum attach_mode mode)
{
	static const struct {
		const char *name;
		bool has_ingress;
	} cases[] = { { "lo", false }, { "v0", true }, { "t0", true } };

	bench->attacher = open_attacher(bench, mode);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum attach_kind ingress = cases[i].has_ingress ? kind_of(mode) : ATTACH_NONE;
		struct attach_result *result = attach(bench, bench->attacher, cases[i].name, false);

		assert_row_int(cases[i].name, result->errors, 0);
		assert_row_str(cases[i].name, result->note, "");
		assert_row_int(cases[i].name, result->hooks[WEIR_INGRESS].kind, ingress);
		assert_row_int(cases[i].name, result->hooks[WEIR_EGRESS].kind, kind_of(mode));
		assert_hooks(cases[i].name, ingress, kind_of(mode));
		detach(bench, bench->attacher, result);
		assert_hooks(cases[i].name, ATTACH_NONE, ATTACH_NONE);
	}
	attacher_free(&bench->attacher);
}

static void every_kind_of_interface_is_attached_to_and_detached_from(void **state)
{
	struct bench *bench = *state;

	check_on_and_off(bench, ATTACH_MODE_AUTO);
	check_on_and_off(bench, ATTACH_MODE_CLSACT);
	if (has_tcx)
		check_on_and_off(bench, ATTACH_MODE_TCX);
	assert_int_equal(shows("tc qdisc show", "clsact"), 0);
}

static void the_first_interface_tells_whether_there_is_tcx(void **state)
{
	struct bench *bench = *state;

	bench->attacher = open_attacher(bench, ATTACH_MODE_AUTO);
	assert_int_equal(attacher_tcx(bench->attacher), ATTACH_TCX_UNTRIED);
	/* One that is gone tells nothing. */
	ask(bench->attacher, "gone", 4711, false);
	settle(bench, bench->attacher);
	assert_int_equal(attacher_tcx(bench->attacher), ATTACH_TCX_UNTRIED);
	attach(bench, bench->attacher, "v0", false);
	assert_int_equal(attacher_tcx(bench->attacher),
			 has_tcx ? ATTACH_TCX_PRESENT : ATTACH_TCX_ABSENT);
}

static void what_was_asked_for_is_done_before_the_attacher_is_freed(void **state)
{
	struct bench *bench = *state;

	bench->attacher = open_attacher(bench, ATTACH_MODE_AUTO);
	ask(bench->attacher, "v0", if_nametoindex("v0"), false);
	ask(bench->attacher, "v1", if_nametoindex("v1"), false);
	assert_int_equal(attacher_pending(bench->attacher), 2);
	attacher_free(&bench->attacher);
	assert_int_equal(bench->n_results, 2);
	assert_hooks("v0", kind_of(ATTACH_MODE_AUTO), kind_of(ATTACH_MODE_AUTO));
	assert_hooks("v1", kind_of(ATTACH_MODE_AUTO), kind_of(ATTACH_MODE_AUTO));
}

/* An agent that ends undoes what it is told of only then. */
static void what_attached_gives_back_while_the_attacher_is_freed_is_detached(void **state)
{
	struct bench *bench = *state;

	bench->must_undo = true;
	bench->attacher = open_attacher(bench, ATTACH_MODE_CLSACT); /* no link ends by itself */
	ask(bench->attacher, "v0", if_nametoindex("v0"), false);
	ask(bench->attacher, "v1", if_nametoindex("v1"), false);
	attacher_free(&bench->attacher);
	assert_int_equal(bench->n_results, 2);
	assert_hooks("v0", ATTACH_NONE, ATTACH_NONE);
	assert_hooks("v1", ATTACH_NONE, ATTACH_NONE);
}

/* ---- interfaces that vanish ---- */

static void an_interface_that_vanished_is_no_error(void **state)
{
	static const enum attach_mode modes[] = { ATTACH_MODE_AUTO, ATTACH_MODE_CLSACT };
	uint32_t ifindex = if_nametoindex("v0");
	struct bench *bench = *state;

	sh("ip link del v0");
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct attach_result *result = &bench->results[bench->n_results];

		bench->attacher = open_attacher(bench, modes[i]);
		ask(bench->attacher, "v0", ifindex, false);
		settle(bench, bench->attacher);
		assert_int_equal(result->ifindex, ifindex);
		assert_int_equal(result->errors, 0);
		assert_string_equal(result->note, "");
		assert_int_equal(result->hooks[WEIR_INGRESS].kind, ATTACH_NONE);
		assert_int_equal(result->hooks[WEIR_EGRESS].kind, ATTACH_NONE);
		attacher_free(&bench->attacher);
	}
}

static void an_interface_may_vanish_while_its_job_waits(void **state)
{
	enum {
		N_IFACES = 8
	};
	struct bench *bench = *state;

	for (int i = 0; i < N_IFACES; i++)
		sh("ip link add d%d type veth peer name e%d", i, i);
	bench->attacher = open_attacher(bench, ATTACH_MODE_AUTO);
	for (int i = 0; i < N_IFACES; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "d%d", i);
		ask(bench->attacher, name, if_nametoindex(name), false);
	}
	/* Wherever the worker is by now. */
	sh("ip link del d%d && ip link del d0", N_IFACES - 1);
	settle(bench, bench->attacher);
	assert_int_equal(bench->n_results, N_IFACES);
	for (int i = 0; i < N_IFACES; i++) {
		assert_int_equal(bench->results[i].errors, 0);
		assert_string_equal(bench->results[i].note, "");
	}
	assert_hooks("d1", kind_of(ATTACH_MODE_AUTO), kind_of(ATTACH_MODE_AUTO));
	for (int i = 0; i < N_IFACES; i++)
		attacher_detach(bench->attacher, bench->results[i].hooks);
	settle(bench, bench->attacher);
	assert_hooks("d1", ATTACH_NONE, ATTACH_NONE);
}

static void what_is_forgotten_before_its_turn_is_not_attached_to(void **state)
{
	static const char *const names[] = { "v0", "v1", "t0" };
	enum attach_kind kinds[ARRAY_SIZE(names)] = {};
	struct bench *bench = *state;
	struct attach_job *jobs[ARRAY_SIZE(names)];

	bench->attacher = open_attacher(bench, ATTACH_MODE_AUTO);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		jobs[i] = ask(bench->attacher, names[i], if_nametoindex(names[i]), false);
	attacher_forget(bench->attacher, jobs[2]);
	attacher_forget(bench->attacher, jobs[1]);
	settle(bench, bench->attacher);
	/* Where a job had begun already it is told how far it came. */
	assert_in_range(bench->n_results, 1, ARRAY_SIZE(names));
	for (unsigned int i = 0; i < bench->n_results; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			if (!strcmp(bench->results[i].name, names[k]))
				kinds[k] = bench->results[i].hooks[WEIR_EGRESS].kind;
		}
	}
	assert_int_equal(kinds[0], kind_of(ATTACH_MODE_AUTO));
	for (size_t k = 0; k < ARRAY_SIZE(names); k++)
		assert_hooks(names[k], kinds[k], kinds[k]);
}

/* ---- clsact ---- */

static void one_agent_of_a_namespace_uses_clsact(void **state)
{
	struct bench *bench = *state;
	struct attacher *second = NULL;
	struct attach_result *result;
	struct captured captured;

	bench->attacher = open_attacher(bench, ATTACH_MODE_CLSACT);
	attach(bench, bench->attacher, "v0", false);
	assert_hooks("v0", ATTACH_CLSACT, ATTACH_CLSACT);

	second = open_attacher(bench, ATTACH_MODE_CLSACT);
	capture_begin(&captured);
	result = attach(bench, second, "v0", false);
	assert_non_null(strstr(capture_end(&captured), "v0: cannot attach at egress"));
	assert_int_equal(result->errors, 2);
	assert_string_equal(result->note, "no egress: Device or resource busy");
	assert_int_equal(result->hooks[WEIR_INGRESS].kind, ATTACH_NONE);
	assert_int_equal(result->hooks[WEIR_EGRESS].kind, ATTACH_NONE);
	/* Nor does it take the first one's for what a dead agent left. */
	assert_hooks("v0", ATTACH_CLSACT, ATTACH_CLSACT);
	attacher_free(&second);

	/* The lock goes with its holder. */
	detach(bench, bench->attacher, &bench->results[0]);
	attacher_free(&bench->attacher);
	bench->attacher = open_attacher(bench, ATTACH_MODE_CLSACT);
	result = attach(bench, bench->attacher, "v0", false);
	assert_int_equal(result->errors, 0);
	assert_hooks("v0", ATTACH_CLSACT, ATTACH_CLSACT);
}

static void an_agent_of_another_namespace_uses_clsact_too(void **state)
{
	auto_close int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct bench *bench = *state;
	struct attacher *other;

	assert_true(here >= 0);
	bench->attacher = open_attacher(bench, ATTACH_MODE_CLSACT);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	other = open_attacher(bench, ATTACH_MODE_CLSACT);
	assert_int_equal(attach(bench, other, "lo", false)->errors, 0);
	assert_hooks("lo", ATTACH_NONE, ATTACH_CLSACT);
	detach(bench, other, &bench->results[0]);
	attacher_free(&other);
	assert_int_equal(setns(here, CLONE_NEWNET), 0);
}

/* An attachment that is forgotten is what SIGKILL leaves. */
static void leave_behind(void)
{
	struct attachment forgotten;
	uint32_t v0 = if_nametoindex("v0");

	assert_int_equal(
		attach_clsact(&forgotten, datapath_prog_fd(datapath, DATAPATH_TC_IN), v0, false),
		0);
	assert_int_equal(
		attach_clsact(&forgotten, datapath_prog_fd(datapath, DATAPATH_TC_OUT), v0, true),
		0);
	assert_hooks("v0", ATTACH_CLSACT, ATTACH_CLSACT);
}

static void what_a_dead_agent_left_is_removed_by_the_next(void **state)
{
	static const enum attach_mode modes[] = { ATTACH_MODE_AUTO, ATTACH_MODE_CLSACT };
	struct bench *bench = *state;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct attach_result *result;

		leave_behind();
		bench->attacher = open_attacher(bench, modes[i]);
		result = attach(bench, bench->attacher, "v0", false);
		assert_int_equal(result->errors, 0);
		assert_hooks("v0", kind_of(modes[i]), kind_of(modes[i]));
		detach(bench, bench->attacher, result);
		assert_hooks("v0", ATTACH_NONE, ATTACH_NONE);
		assert_int_equal(shows("tc qdisc show dev v0", "clsact"), 0);
		attacher_free(&bench->attacher);
	}
}

/* ---- XDP ---- */

static void xdp_is_at_the_ingress_where_it_is_wished_for(void **state)
{
	struct bench *bench = *state;
	struct attach_result *result;

	bench->attacher = open_attacher(bench, ATTACH_MODE_AUTO);
	result = attach(bench, bench->attacher, "v0", true);
	assert_int_equal(result->errors, 0);
	assert_string_equal(result->note, "");
	assert_int_equal(result->hooks[WEIR_INGRESS].kind, ATTACH_XDP);
	assert_hooks("v0", ATTACH_XDP, kind_of(ATTACH_MODE_AUTO));
	detach(bench, bench->attacher, result);
	assert_hooks("v0", ATTACH_NONE, ATTACH_NONE);
}

static void check_xdp_refused(struct bench *bench, const char *name, const char *note)
{
	enum attach_kind kind = kind_of(ATTACH_MODE_AUTO);
	struct captured captured;
	struct attach_result *result;

	capture_begin(&captured);
	result = attach(bench, bench->attacher, name, true);
	assert_non_null(strstr(capture_end(&captured), "cannot attach XDP, TC takes its place"));
	assert_row_int(name, result->errors, 0);
	assert_row_str(name, result->note, note);
	assert_row_int(name, result->hooks[WEIR_INGRESS].kind, kind);
	assert_hooks(name, kind, kind);
}

static void where_xdp_is_refused_tc_takes_its_place(void **state)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	struct bench *bench = *state;
	auto_close int foreign =
		bpf_link_create(foreign_xdp_fd, (int)if_nametoindex("v0"), BPF_XDP, &opts);
	uint32_t id = 0;

	assert_true(foreign >= 0);
	sh("ip link add b0 type bridge");
	bench->attacher = open_attacher(bench, ATTACH_MODE_AUTO);
	check_xdp_refused(bench, "v0", "no XDP: Device or resource busy");
	check_xdp_refused(bench, "b0", "no XDP: Operation not supported");
	assert_int_equal(bpf_xdp_query_id((int)if_nametoindex("v0"), 0, &id), 0);
	assert_int_equal(id, id_of(foreign_xdp_fd));
}

/* ---- all ---- */

static int load_foreign_xdp(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign_xdp", "Dual BSD/GPL", insns,
			     ARRAY_SIZE(insns), NULL);
}

/* Why these can't run here; NULL if they can. */
static const char *prepare(void)
{
	uint32_t ids[8], n = ARRAY_SIZE(ids), flags;

	if (geteuid() != 0)
		return "needs root";
	if (unshare(CLONE_NEWNET) < 0)
		return "needs CAP_SYS_ADMIN, for network namespaces";
	foreign_xdp_fd = load_foreign_xdp();
	if (foreign_xdp_fd < 0)
		return "needs CAP_BPF and CAP_NET_ADMIN";
	if (system("ip link add v0 type veth peer name v1 && " /* NOLINT(cert-env33-c) */
		   "ip link add b0 type bridge && ip tuntap add t0 mode tun && "
		   "tc qdisc add dev v0 clsact") != 0)
		return "needs ip, tc, veth, bridge, tun and clsact";
	has_tcx = bpf_prog_query((int)if_nametoindex("v0"), (enum bpf_attach_type)TCX_INGRESS, 0,
				 &flags, ids, &n) == 0;
	return NULL;
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct datapath_options options = {
		.max_flows = 64, .max_ifaces = 16, .ring_bytes = 65536, .want_xdp = true
	};
	const char *reason = prepare();
	int failed;

	if (reason)
		return skip_all(reason);
	if (datapath_new(&datapath, &options) < 0) {
		printf("Bail out! the programs cannot be loaded\n");
		return 1;
	}
	failed = RUN_TESTS(
		NET_TEST(every_kind_of_interface_is_attached_to_and_detached_from),
		NET_TEST(the_first_interface_tells_whether_there_is_tcx),
		NET_TEST(what_was_asked_for_is_done_before_the_attacher_is_freed),
		NET_TEST(what_attached_gives_back_while_the_attacher_is_freed_is_detached),
		NET_TEST(an_interface_that_vanished_is_no_error),
		NET_TEST(an_interface_may_vanish_while_its_job_waits),
		NET_TEST(what_is_forgotten_before_its_turn_is_not_attached_to),
		NET_TEST(one_agent_of_a_namespace_uses_clsact),
		NET_TEST(an_agent_of_another_namespace_uses_clsact_too),
		NET_TEST(what_a_dead_agent_left_is_removed_by_the_next),
		NET_TEST(xdp_is_at_the_ingress_where_it_is_wished_for),
		NET_TEST(where_xdp_is_refused_tc_takes_its_place));
	datapath_free(&datapath);
	close(foreign_xdp_fd);
	return failed;
}
