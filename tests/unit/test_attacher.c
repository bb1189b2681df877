// SPDX-License-Identifier: BSD-2-Clause
/*
 * The policy of attaching, with the real programs on real interfaces.
 */
#include "tests/unit/attacher_bench.h"

#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"

/* ---- on and off ---- */

static void check_on_and_off(struct bench *bench, enum attach_mode mode)
{
	static const struct {
		const char *name;
		bool has_ingress;
	} cases[] = { { "lo", false }, { "v0", true }, { "t0", true } };

	bench->attacher = bench_open(bench, mode);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum attach_kind ingress = cases[i].has_ingress ? kind_of(mode) : ATTACH_NONE;
		struct attach_result *result =
			bench_attach(bench, bench->attacher, cases[i].name, false);

		assert_row_int(cases[i].name, result->errors, 0);
		assert_row_str(cases[i].name, result->note, "");
		assert_row_int(cases[i].name, result->hooks[WEIR_INGRESS].kind, ingress);
		assert_row_int(cases[i].name, result->hooks[WEIR_EGRESS].kind, kind_of(mode));
		assert_hooks(cases[i].name, ingress, kind_of(mode));
		bench_detach(bench, bench->attacher, result);
		assert_hooks(cases[i].name, ATTACH_NONE, ATTACH_NONE);
	}
	attacher_free(&bench->attacher);
}

static void every_kind_of_interface_is_attached_to_and_detached_from(void **state)
{
	struct bench *bench = *state;

	check_on_and_off(bench, ATTACH_MODE_AUTO);
	check_on_and_off(bench, ATTACH_MODE_CLSACT);
	if (ground.has_tcx)
		check_on_and_off(bench, ATTACH_MODE_TCX);
	assert_int_equal(shows("tc qdisc show", "clsact"), 0);
}

static void the_first_interface_tells_whether_there_is_tcx(void **state)
{
	struct bench *bench = *state;

	bench->attacher = bench_open(bench, ATTACH_MODE_AUTO);
	assert_int_equal(attacher_tcx(bench->attacher), ATTACH_TCX_UNTRIED);
	/* One that is gone tells nothing. */
	bench_ask(bench->attacher, "gone", 4711, false);
	bench_settle(bench, bench->attacher);
	assert_int_equal(attacher_tcx(bench->attacher), ATTACH_TCX_UNTRIED);
	bench_attach(bench, bench->attacher, "v0", false);
	assert_int_equal(attacher_tcx(bench->attacher),
			 ground.has_tcx ? ATTACH_TCX_PRESENT : ATTACH_TCX_ABSENT);
}

static void what_was_asked_for_is_done_before_the_attacher_is_freed(void **state)
{
	struct bench *bench = *state;

	bench->attacher = bench_open(bench, ATTACH_MODE_AUTO);
	bench_ask(bench->attacher, "v0", if_nametoindex("v0"), false);
	bench_ask(bench->attacher, "v1", if_nametoindex("v1"), false);
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
	bench->attacher = bench_open(bench, ATTACH_MODE_CLSACT); /* no link ends by itself */
	bench_ask(bench->attacher, "v0", if_nametoindex("v0"), false);
	bench_ask(bench->attacher, "v1", if_nametoindex("v1"), false);
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

		bench->attacher = bench_open(bench, modes[i]);
		bench_ask(bench->attacher, "v0", ifindex, false);
		bench_settle(bench, bench->attacher);
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
	bench->attacher = bench_open(bench, ATTACH_MODE_AUTO);
	for (int i = 0; i < N_IFACES; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "d%d", i);
		bench_ask(bench->attacher, name, if_nametoindex(name), false);
	}
	/* Wherever the worker is by now. */
	sh("ip link del d%d && ip link del d0", N_IFACES - 1);
	bench_settle(bench, bench->attacher);
	assert_int_equal(bench->n_results, N_IFACES);
	for (int i = 0; i < N_IFACES; i++) {
		assert_int_equal(bench->results[i].errors, 0);
		assert_string_equal(bench->results[i].note, "");
	}
	assert_hooks("d1", kind_of(ATTACH_MODE_AUTO), kind_of(ATTACH_MODE_AUTO));
	for (int i = 0; i < N_IFACES; i++)
		attacher_detach(bench->attacher, bench->results[i].key_ifindex,
				bench->results[i].hooks);
	bench_settle(bench, bench->attacher);
	assert_hooks("d1", ATTACH_NONE, ATTACH_NONE);
}

static void what_is_forgotten_before_its_turn_is_not_attached_to(void **state)
{
	static const char *const names[] = { "v0", "v1", "t0" };
	enum attach_kind kinds[ARRAY_SIZE(names)] = {};
	struct bench *bench = *state;
	struct attach_job *jobs[ARRAY_SIZE(names)];

	bench->attacher = bench_open(bench, ATTACH_MODE_AUTO);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		jobs[i] = bench_ask(bench->attacher, names[i], if_nametoindex(names[i]), false);
	attacher_forget(bench->attacher, jobs[2]);
	attacher_forget(bench->attacher, jobs[1]);
	bench_settle(bench, bench->attacher);
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

	bench->attacher = bench_open(bench, ATTACH_MODE_CLSACT);
	bench_attach(bench, bench->attacher, "v0", false);
	assert_hooks("v0", ATTACH_CLSACT, ATTACH_CLSACT);

	second = bench_open(bench, ATTACH_MODE_CLSACT);
	capture_begin(&captured);
	result = bench_attach(bench, second, "v0", false);
	assert_non_null(strstr(capture_end(&captured), "v0: cannot attach at egress"));
	assert_int_equal(result->errors, 2);
	assert_string_equal(result->note,
			    "no ingress: another weir-agent uses clsact in this network namespace; "
			    "no egress: another weir-agent uses clsact in this network namespace");
	assert_int_equal(result->hooks[WEIR_INGRESS].kind, ATTACH_NONE);
	assert_int_equal(result->hooks[WEIR_EGRESS].kind, ATTACH_NONE);
	/* Nor does it take the first one's for what a dead agent left. */
	assert_hooks("v0", ATTACH_CLSACT, ATTACH_CLSACT);
	attacher_free(&second);

	/* The lock goes with its holder. */
	bench_detach(bench, bench->attacher, &bench->results[0]);
	attacher_free(&bench->attacher);
	bench->attacher = bench_open(bench, ATTACH_MODE_CLSACT);
	result = bench_attach(bench, bench->attacher, "v0", false);
	assert_int_equal(result->errors, 0);
	assert_hooks("v0", ATTACH_CLSACT, ATTACH_CLSACT);
}

static void an_agent_of_another_namespace_uses_clsact_too(void **state)
{
	auto_close int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct bench *bench = *state;
	struct attacher *other;

	assert_true(here >= 0);
	bench->attacher = bench_open(bench, ATTACH_MODE_CLSACT);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	other = bench_open(bench, ATTACH_MODE_CLSACT);
	assert_int_equal(bench_attach(bench, other, "lo", false)->errors, 0);
	assert_hooks("lo", ATTACH_NONE, ATTACH_CLSACT);
	bench_detach(bench, other, &bench->results[0]);
	attacher_free(&other);
	assert_int_equal(setns(here, CLONE_NEWNET), 0);
}

/* An attachment that is forgotten is what SIGKILL leaves. */
static void leave_behind(void)
{
	struct attachment forgotten;
	uint32_t v0 = if_nametoindex("v0");

	assert_int_equal(attach_clsact(&forgotten,
				       datapath_prog_fd(bench_datapath(), DATAPATH_TC_IN), v0,
				       false),
			 0);
	assert_int_equal(attach_clsact(&forgotten,
				       datapath_prog_fd(bench_datapath(), DATAPATH_TC_OUT), v0,
				       true),
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
		bench->attacher = bench_open(bench, modes[i]);
		result = bench_attach(bench, bench->attacher, "v0", false);
		assert_int_equal(result->errors, 0);
		assert_hooks("v0", kind_of(modes[i]), kind_of(modes[i]));
		bench_detach(bench, bench->attacher, result);
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

	bench->attacher = bench_open(bench, ATTACH_MODE_AUTO);
	result = bench_attach(bench, bench->attacher, "v0", true);
	assert_int_equal(result->errors, 0);
	assert_string_equal(result->note, "");
	assert_int_equal(result->hooks[WEIR_INGRESS].kind, ATTACH_XDP);
	assert_hooks("v0", ATTACH_XDP, kind_of(ATTACH_MODE_AUTO));
	bench_detach(bench, bench->attacher, result);
	assert_hooks("v0", ATTACH_NONE, ATTACH_NONE);
}

static void where_no_ingress_is_watched_xdp_is_told_to_be_in_vain(void **state)
{
	struct bench *bench = *state;
	struct captured captured;
	struct attach_result *result;

	bench->attacher = bench_open(bench, ATTACH_MODE_AUTO);
	capture_begin(&captured);
	result = bench_attach(bench, bench->attacher, "lo", true);
	assert_non_null(strstr(capture_end(&captured),
			       "lo: cannot attach XDP: it is watched at egress only"));
	assert_string_equal(result->note, "no XDP: it is watched at egress only");
	assert_int_equal(result->errors, 0);
	assert_false(result->lacks_room);
	assert_hooks("lo", ATTACH_NONE, kind_of(ATTACH_MODE_AUTO));
	bench_detach(bench, bench->attacher, result);
}

static void check_xdp_refused(struct bench *bench, const char *name, const char *note)
{
	enum attach_kind kind = kind_of(ATTACH_MODE_AUTO);
	struct captured captured;
	struct attach_result *result;

	capture_begin(&captured);
	result = bench_attach(bench, bench->attacher, name, true);
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
		bpf_link_create(ground.foreign_xdp_fd, (int)if_nametoindex("v0"), BPF_XDP, &opts);
	uint32_t id = 0;

	assert_true(foreign >= 0);
	sh("ip link add b0 type bridge");
	bench->attacher = bench_open(bench, ATTACH_MODE_AUTO);
	check_xdp_refused(bench, "v0", "no XDP: Device or resource busy");
	check_xdp_refused(bench, "b0", "no XDP: Operation not supported");
	assert_int_equal(bpf_xdp_query_id((int)if_nametoindex("v0"), 0, &id), 0);
	assert_int_equal(id, id_of(ground.foreign_xdp_fd));
}

int main(void)
{
	const char *reason = bench_prepare();
	int failed;

	if (reason)
		return skip_all(reason);
	if (bench_begin() < 0) {
		printf("Bail out! the programs cannot be loaded\n");
		return 1;
	}
	failed = RUN_TESTS(
		BENCH_TEST(every_kind_of_interface_is_attached_to_and_detached_from),
		BENCH_TEST(the_first_interface_tells_whether_there_is_tcx),
		BENCH_TEST(what_was_asked_for_is_done_before_the_attacher_is_freed),
		BENCH_TEST(what_attached_gives_back_while_the_attacher_is_freed_is_detached),
		BENCH_TEST(an_interface_that_vanished_is_no_error),
		BENCH_TEST(an_interface_may_vanish_while_its_job_waits),
		BENCH_TEST(what_is_forgotten_before_its_turn_is_not_attached_to),
		BENCH_TEST(one_agent_of_a_namespace_uses_clsact),
		BENCH_TEST(an_agent_of_another_namespace_uses_clsact_too),
		BENCH_TEST(what_a_dead_agent_left_is_removed_by_the_next),
		BENCH_TEST(xdp_is_at_the_ingress_where_it_is_wished_for),
		BENCH_TEST(where_no_ingress_is_watched_xdp_is_told_to_be_in_vain),
		BENCH_TEST(where_xdp_is_refused_tc_takes_its_place));
	bench_end();
	return failed;
}
