// SPDX-License-Identifier: BSD-2-Clause
/* What others have done at a hook since ours was attached: it is gone, or somebody is in front. */
#include "kernel/attach_sight.h"

#include <linux/if_link.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "tests/unit/attach_world.h"

#define auto_attachment __attribute__((cleanup(attach_detach)))
#define NOTHING               \
	{                     \
		.link_fd = -1 \
	}

static struct attach_sight look(const struct attachment *attachment, int prog_fd)
{
	struct attach_sight sight = { 0 };

	assert_int_equal(attach_look(&sight, attachment, prog_fd), 0);
	return sight;
}

static void assert_alone(const struct attachment *attachment, int prog_fd)
{
	struct attach_sight sight = look(attachment, prog_fd);

	assert_true(sight.is_there);
	assert_int_equal(sight.ahead.count, 0);
}

static void assert_ahead(const struct attach_ahead *ahead, unsigned int count,
			 enum attach_kind kind, int prog_fd, const char *name)
{
	assert_int_equal(ahead->count, count);
	assert_int_equal(ahead->kind, kind);
	assert_int_equal(ahead->program, prog_fd < 0 ? 0 : id_of(prog_fd));
	assert_string_equal(ahead->name, name);
}

static void tcx_on(struct attachment *ret, bool is_egress)
{
	assert_int_equal(attach_tcx(ret, ground.cls_fd, ground.v0, is_egress), 0);
	assert_alone(ret, ground.cls_fd);
}

static int foreign_tcx(int prog_fd, bool is_egress, bool is_first)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = is_first ? 1U << 3 : 1U << 4);

	return bpf_link_create(prog_fd, (int)ground.v0,
			       (enum bpf_attach_type)(is_egress ? TCX_EGRESS : TCX_INGRESS), &opts);
}

static void who_is_behind_is_nobodys_concern(void **state)
{
	auto_attachment struct attachment ours = NOTHING;
	auto_close int behind = -1;

	(void)state;
	if (!ground.has_tcx)
		return;
	tcx_on(&ours, false);
	behind = foreign_tcx(ground.foreign_fd, false, false);
	assert_true(behind >= 0);
	assert_alone(&ours, ground.cls_fd);
}

static void who_is_in_front_is_told_by_name(void **state)
{
	(void)state;
	for (int is_egress = 0; is_egress < 2 && ground.has_tcx; is_egress++) {
		auto_attachment struct attachment ours = NOTHING;
		auto_close int second = -1, first = -1;
		struct attach_sight sight;

		tcx_on(&ours, is_egress);
		second = foreign_tcx(ground.foreign_fd, is_egress, true);
		first = foreign_tcx(ground.late_fd, is_egress, true);
		assert_true(second >= 0 && first >= 0);
		sight = look(&ours, ground.cls_fd);
		assert_true(sight.is_there);
		assert_ahead(&sight.ahead, 2, ATTACH_TCX, ground.late_fd, "late");
	}
}

static void a_link_that_is_detached_by_force_is_gone(void **state)
{
	auto_attachment struct attachment ours = NOTHING;
	struct attach_sight sight;

	(void)state;
	if (!ground.has_tcx)
		return;
	tcx_on(&ours, false);
	assert_int_equal(bpf_link_detach(ours.link_fd), 0);
	sight = look(&ours, ground.cls_fd);
	assert_false(sight.is_there);
	assert_int_equal(sight.ahead.count, 0);
}

static void a_link_that_was_given_another_program_is_gone(void **state)
{
	auto_attachment struct attachment ours = NOTHING;

	(void)state;
	if (!ground.has_tcx)
		return;
	tcx_on(&ours, true);
	assert_int_equal(bpf_link_update(ours.link_fd, ground.late_fd, NULL), 0);
	assert_false(look(&ours, ground.cls_fd).is_there);
}

static void clsact_goes_with_its_qdisc_or_by_itself(void **state)
{
	static const char *const ways[] = {
		"tc qdisc del dev v0 clsact", "tc filter del dev v0 egress",
		"tc qdisc del dev v0 clsact && tc qdisc add dev v0 ingress"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct attachment ours = NOTHING;

		assert_int_equal(attach_clsact(&ours, ground.cls_fd, ground.v0, true), 0);
		assert_alone(&ours, ground.cls_fd);
		sh("%s", ways[i]);
		assert_row(ways[i], !look(&ours, ground.cls_fd).is_there);
		attach_detach(&ours);
	}
	sh("tc qdisc del dev v0 ingress");
}

static void filters_in_front_are_told_by_name_or_kind(void **state)
{
	auto_attachment struct attachment ingress = NOTHING, egress = NOTHING;
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ground.v0, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = ground.foreign_fd, .priority = 1, .handle = 1);
	struct attach_sight sight;

	(void)state;
	sh("tc qdisc add dev v0 clsact");
	sh("tc filter add dev v0 egress protocol ip prio 3 u32 match u32 0 0");
	assert_int_equal(attach_clsact(&ingress, ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_clsact(&egress, ground.cls_fd, ground.v0, true), 0);
	assert_alone(&ingress, ground.cls_fd);
	/* Of one priority who comes last is first. */
	assert_int_equal(bpf_tc_attach(&hook, &opts), 0);
	sight = look(&ingress, ground.cls_fd);
	assert_true(sight.is_there);
	assert_ahead(&sight.ahead, 1, ATTACH_CLSACT, ground.foreign_fd, "foreign");
	sight = look(&egress, ground.cls_fd);
	assert_true(sight.is_there);
	assert_ahead(&sight.ahead, 1, ATTACH_CLSACT, -1, "u32");
}

static void xdp_is_in_front_of_all_at_ingress(void **state)
{
	auto_attachment struct attachment ingress = NOTHING, egress = NOTHING;
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	auto_close int xdp = -1;
	struct attach_sight sight;

	(void)state;
	assert_int_equal(attach_clsact(&ingress, ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_clsact(&egress, ground.cls_fd, ground.v0, true), 0);
	assert_alone(&ingress, ground.cls_fd);
	xdp = bpf_link_create(ground.foreign_xdp_fd, (int)ground.v0, BPF_XDP, &opts);
	assert_true(xdp >= 0);
	sight = look(&ingress, ground.cls_fd);
	assert_ahead(&sight.ahead, 1, ATTACH_XDP, ground.foreign_xdp_fd, "foreign_xdp");
	assert_alone(&egress, ground.cls_fd);
}

static void xdp_of_ours_that_is_detached_by_force_is_gone(void **state)
{
	auto_attachment struct attachment ours = NOTHING;

	(void)state;
	assert_int_equal(attach_xdp(&ours, ground.xdp_fd, ground.v0), 0);
	assert_alone(&ours, ground.xdp_fd);
	assert_int_equal(bpf_link_detach(ours.link_fd), 0);
	assert_false(look(&ours, ground.xdp_fd).is_there);
}

static void of_an_interface_that_has_gone_nothing_is_known(void **state)
{
	auto_attachment struct attachment ours = NOTHING;
	struct attach_sight sight = { 0 };

	(void)state;
	if (!ground.has_tcx)
		return;
	tcx_on(&ours, false);
	sh("ip link del v0");
	assert_int_equal(attach_look(&sight, &ours, ground.cls_fd), -ENODEV);
}

int main(void)
{
	const char *reason = attach_world_prepare();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(NET_TEST(who_is_behind_is_nobodys_concern),
			 NET_TEST(who_is_in_front_is_told_by_name),
			 NET_TEST(a_link_that_is_detached_by_force_is_gone),
			 NET_TEST(a_link_that_was_given_another_program_is_gone),
			 NET_TEST(clsact_goes_with_its_qdisc_or_by_itself),
			 NET_TEST(filters_in_front_are_told_by_name_or_kind),
			 NET_TEST(xdp_is_in_front_of_all_at_ingress),
			 NET_TEST(xdp_of_ours_that_is_detached_by_force_is_gone),
			 NET_TEST(of_an_interface_that_has_gone_nothing_is_known));
}
