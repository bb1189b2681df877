// SPDX-License-Identifier: BSD-2-Clause
/*
 * TCX: where among others a program is put, and how long it stays.
 */
#include "tests/unit/attach_world.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"

/* The programs at a hook of an interface, in the order they run. */
static uint32_t tcx_programs(uint32_t ifindex, unsigned int type, uint32_t ids[static 8])
{
	uint32_t n = 8, flags;

	memset(ids, 0, 8 * sizeof(*ids));
	assert_int_equal(
		bpf_prog_query((int)ifindex, (enum bpf_attach_type)type, 0, &flags, ids, &n), 0);
	return n;
}

static int foreign_tcx(int prog_fd, unsigned int type)
{
	return bpf_link_create(prog_fd, (int)ground.v0, (enum bpf_attach_type)type, NULL);
}

static void tcx_is_first_at_ingress_and_last_at_egress(void **state)
{
	struct attachment ingress, egress;
	auto_close int foreign_in = foreign_tcx(ground.foreign_fd, TCX_INGRESS);
	auto_close int foreign_out = foreign_tcx(ground.foreign_fd, TCX_EGRESS);
	auto_close int late = -1;
	uint32_t ids[8];

	(void)state;
	assert_true(foreign_in >= 0 && foreign_out >= 0);
	assert_int_equal(attach_tcx(&ingress, ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_tcx(&egress, ground.cls_fd, ground.v0, true), 0);
	assert_int_equal(ingress.kind, ATTACH_TCX);
	assert_false(ingress.is_egress);
	assert_true(egress.is_egress);
	assert_int_equal(egress.ifindex, ground.v0);
	assert_int_equal(tcx_programs(ground.v0, TCX_INGRESS, ids), 2);
	assert_int_equal(ids[0], id_of(ground.cls_fd));
	assert_int_equal(ids[1], id_of(ground.foreign_fd));
	assert_int_equal(tcx_programs(ground.v0, TCX_EGRESS, ids), 2);
	assert_int_equal(ids[0], id_of(ground.foreign_fd));
	assert_int_equal(ids[1], id_of(ground.cls_fd));

	/* One that comes later, without a wish, goes to the tail. */
	late = foreign_tcx(ground.late_fd, TCX_INGRESS);
	assert_true(late >= 0);
	assert_int_equal(tcx_programs(ground.v0, TCX_INGRESS, ids), 3);
	assert_int_equal(ids[0], id_of(ground.cls_fd));
	assert_int_equal(ids[2], id_of(ground.late_fd));
	/* The kernel takes a program once per hook. */
	assert_int_equal(attach_tcx(&egress, ground.cls_fd, ground.v0, true), -EEXIST);

	attach_detach(&ingress);
	attach_detach(&egress);
	assert_int_equal(ingress.kind, ATTACH_NONE);
	assert_int_equal(ingress.link_fd, -1);
	assert_int_equal(tcx_programs(ground.v0, TCX_INGRESS, ids), 2);
	assert_int_equal(ids[0], id_of(ground.foreign_fd));
	assert_int_equal(tcx_programs(ground.v0, TCX_EGRESS, ids), 1);
	assert_int_equal(ids[0], id_of(ground.foreign_fd));
}

static void who_attaches_later_stands_behind_us_at_egress(void **state)
{
	auto_close int before = foreign_tcx(ground.foreign_fd, TCX_EGRESS);
	auto_close int late = -1;
	struct attachment egress;

	(void)state;
	assert_int_equal(attach_tcx_behind(ground.cls_fd, ground.v0), 0);
	assert_int_equal(attach_tcx(&egress, ground.cls_fd, ground.v0, true), 0);
	assert_int_equal(attach_tcx_behind(ground.cls_fd, ground.v0), 0);
	late = foreign_tcx(ground.late_fd, TCX_EGRESS);
	assert_true(before >= 0 && late >= 0);
	assert_int_equal(attach_tcx_behind(ground.cls_fd, ground.v0), 1);
	assert_int_equal(attach_tcx_behind(ground.foreign_fd, ground.v0), 2);
	attach_detach(&egress);
	assert_int_equal(attach_tcx_behind(ground.cls_fd, ground.v0), 0);
	assert_int_equal(attach_tcx_behind(ground.cls_fd, 4711), -ENODEV);
}

static void closing_the_descriptor_of_a_tcx_link_detaches(void **state)
{
	struct attachment attachment;
	uint32_t ids[8];

	(void)state;
	assert_int_equal(attach_tcx(&attachment, ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(tcx_programs(ground.v0, TCX_INGRESS, ids), 1);
	close(attachment.link_fd);
	assert_int_equal(tcx_programs(ground.v0, TCX_INGRESS, ids), 0);
}

static void tcx_needs_an_interface(void **state)
{
	struct attachment attachment = { .link_fd = -7 };

	(void)state;
	assert_int_equal(attach_tcx(&attachment, ground.cls_fd, 4711, false), -ENODEV);
	assert_int_equal(attachment.link_fd, -7);
}

/* Only RTM_DELLINK tells that it has to be closed. */
static void a_tcx_link_goes_along_to_another_namespace_until_it_is_detached(void **state)
{
	struct attachment attachment;
	struct netns other;
	uint32_t ids[8];

	(void)state;
	netns_open(&other);
	assert_int_equal(attach_tcx(&attachment, ground.cls_fd, ground.v0, false), 0);
	sh("ip link set v0 netns %d", other.pid);
	netns_enter(&other);
	assert_int_equal(tcx_programs(if_nametoindex("v0"), TCX_INGRESS, ids), 1);
	attach_detach(&attachment);
	assert_int_equal(tcx_programs(if_nametoindex("v0"), TCX_INGRESS, ids), 0);
	netns_enter(NULL);
	netns_close(&other);
}

static void a_kernel_without_tcx_says_so(void **state)
{
	struct attachment attachment;
	int r = attach_tcx(&attachment, ground.cls_fd, ground.v0, false);

	(void)state;
	assert_true(r == -EINVAL || r == -EOPNOTSUPP);
}

int main(void)
{
	const char *reason = attach_world_prepare();

	if (reason)
		return skip_all(reason);
	if (!ground.has_tcx) {
		printf("# this kernel has no TCX: its tests are left out\n");
		return RUN_TESTS(NET_TEST(a_kernel_without_tcx_says_so));
	}
	return RUN_TESTS(NET_TEST(tcx_is_first_at_ingress_and_last_at_egress),
			 NET_TEST(who_attaches_later_stands_behind_us_at_egress),
			 NET_TEST(closing_the_descriptor_of_a_tcx_link_detaches),
			 NET_TEST(tcx_needs_an_interface),
			 NET_TEST(a_tcx_link_goes_along_to_another_namespace_until_it_is_detached));
}
