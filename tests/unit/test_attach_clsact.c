// SPDX-License-Identifier: BSD-2-Clause
/*
 * clsact: the qdisc and the filters that are ours, and those that are not.
 */
#include "tests/unit/attach_world.h"

#include <errno.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "base/cleanup.h"

static bool shows_in_order(const char *command, const char *first, const char *second)
{
	const char *text = shown(command);
	const char *a = strstr(text, first), *b = strstr(text, second);

	return a && b && a < b;
}

static void clsact_is_made_and_goes_with_the_last_filter(void **state)
{
	(void)state;
	for (int first_is_egress = 0; first_is_egress < 2; first_is_egress++) {
		struct attachment attachments[2];

		assert_int_equal(attach_clsact(&attachments[0], ground.cls_fd, ground.v0, false),
				 0);
		assert_int_equal(attach_clsact(&attachments[1], ground.cls_fd, ground.v0, true), 0);
		assert_true(attachments[0].made_qdisc && attachments[1].made_qdisc);
		assert_int_equal(attachments[0].link_fd, -1);
		assert_true(shows(QDISCS, "clsact"));
		assert_true(shows(INGRESS, "pref 1 bpf chain 0 " OUR_HANDLE));
		assert_true(shows(EGRESS, "pref 65535 bpf chain 0 " OUR_HANDLE));
		assert_true(shows(EGRESS, "direct-action"));

		attach_detach(&attachments[first_is_egress]);
		assert_true(shows(QDISCS, "clsact"));
		assert_int_equal(shows(INGRESS, OUR_HANDLE), first_is_egress);
		assert_int_equal(shows(EGRESS, OUR_HANDLE), !first_is_egress);
		attach_detach(&attachments[!first_is_egress]);
		assert_false(shows(QDISCS, "clsact"));
	}
}

static void a_foreign_qdisc_is_not_removed(void **state)
{
	struct attachment attachments[2];

	(void)state;
	sh("tc qdisc add dev v0 clsact");
	assert_int_equal(attach_clsact(&attachments[0], ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_clsact(&attachments[1], ground.cls_fd, ground.v0, true), 0);
	assert_false(attachments[0].made_qdisc || attachments[1].made_qdisc);
	attach_detach(&attachments[0]);
	attach_detach(&attachments[1]);
	assert_false(shows(INGRESS, OUR_HANDLE) || shows(EGRESS, OUR_HANDLE));
	assert_true(shows(QDISCS, "clsact"));
}

static void a_foreign_filter_keeps_the_qdisc_we_made(void **state)
{
	static const char *const hooks[] = { "ingress", "egress" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		struct attachment attachment;

		assert_int_equal(attach_clsact(&attachment, ground.cls_fd, ground.v0, false), 0);
		sh("tc filter add dev v0 %s prio 9 protocol ip u32 match u32 0 0", hooks[i]);
		attach_detach(&attachment);
		assert_false(shows(INGRESS, OUR_HANDLE));
		assert_true(shows(i ? EGRESS : INGRESS, "pref 9 u32"));
		assert_int_equal(attach_clean_stale(ground.v0), 0);
		assert_true(shows(QDISCS, "clsact"));
		sh("tc qdisc del dev v0 clsact");
	}
}

/* A program of somebody who uses our priority. */
static void foreign_filter(enum bpf_tc_attach_point point, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ground.v0, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = ground.foreign_fd, .handle = 1,
		    .priority = priority);

	assert_int_equal(bpf_tc_attach(&hook, &opts), 0);
}

static void clsact_is_first_at_ingress_and_last_at_egress(void **state)
{
	struct attachment ingress, egress;

	(void)state;
	sh("tc qdisc add dev v0 clsact");
	foreign_filter(BPF_TC_INGRESS, 1);
	foreign_filter(BPF_TC_EGRESS, 0xc000);
	assert_int_equal(attach_clsact(&ingress, ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_clsact(&egress, ground.cls_fd, ground.v0, true), 0);
	assert_true(shows_in_order(INGRESS, OUR_HANDLE, "handle 0x1 "));
	assert_true(shows_in_order(EGRESS, "handle 0x1 ", OUR_HANDLE));
	attach_detach(&ingress);
	attach_detach(&egress);
	assert_true(shows(INGRESS, "handle 0x1 ") && shows(EGRESS, "handle 0x1 "));
	assert_false(shows(INGRESS, OUR_HANDLE) || shows(EGRESS, OUR_HANDLE));
}

static void a_priority_of_another_kind_of_classifier_is_passed_over(void **state)
{
	struct attachment ingress, egress;

	(void)state;
	sh("tc qdisc add dev v0 clsact && "
	   "tc filter add dev v0 ingress prio 1 protocol ip u32 match u32 0 0 && "
	   "tc filter add dev v0 egress prio 65535 protocol all u32 match u32 0 0");
	assert_int_equal(attach_clsact(&ingress, ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_clsact(&egress, ground.cls_fd, ground.v0, true), 0);
	assert_true(shows(INGRESS, "pref 2 bpf chain 0 " OUR_HANDLE));
	assert_true(shows(EGRESS, "pref 65534 bpf chain 0 " OUR_HANDLE));
	attach_detach(&ingress);
	attach_detach(&egress);
	assert_true(shows(INGRESS, "pref 1 u32") && shows(EGRESS, "pref 65535 u32"));
	assert_false(shows(INGRESS, OUR_HANDLE) || shows(EGRESS, OUR_HANDLE));
}

static void an_ingress_qdisc_takes_no_egress_program(void **state)
{
	struct attachment ingress, egress = { .link_fd = -7 };

	(void)state;
	sh("tc qdisc add dev v0 ingress");
	assert_int_equal(attach_clsact(&ingress, ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_clsact(&egress, ground.cls_fd, ground.v0, true), -EBUSY);
	assert_int_equal(egress.link_fd, -7);
	assert_true(shows(INGRESS, OUR_HANDLE));
	assert_int_equal(attach_clean_stale(ground.v0), 1);
	assert_true(shows(QDISCS, "ingress"));
}

/* An attachment that is forgotten is what SIGKILL leaves. */
static void a_filter_left_behind_is_replaced(void **state)
{
	struct attachment attachments[2];

	(void)state;
	assert_int_equal(attach_clsact(&attachments[0], ground.foreign_fd, ground.v0, false), 0);
	assert_int_equal(attach_clsact(&attachments[1], ground.foreign_fd, ground.v0, true), 0);

	assert_int_equal(attach_clsact(&attachments[0], ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_clsact(&attachments[1], ground.cls_fd, ground.v0, true), 0);
	assert_true(shows(INGRESS, OUR_HANDLE));
	assert_null(strstr(strstr(shown(INGRESS), OUR_HANDLE) + 1, OUR_HANDLE));
	/* The qdisc was ours, and is. */
	attach_detach(&attachments[0]);
	attach_detach(&attachments[1]);
	assert_false(shows(QDISCS, "clsact"));
}

static void what_was_left_behind_is_cleaned(void **state)
{
	struct attachment forgotten;

	(void)state;
	assert_int_equal(attach_clean_stale(ground.v0), 0);

	assert_int_equal(attach_clsact(&forgotten, ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_clsact(&forgotten, ground.cls_fd, ground.v0, true), 0);
	assert_int_equal(attach_clean_stale(ground.v0), 2);
	assert_false(shows(QDISCS, "clsact"));

	/* Empty, and yet somebody else's. */
	sh("tc qdisc add dev v0 clsact");
	assert_int_equal(attach_clean_stale(ground.v0), 0);
	assert_int_equal(attach_clsact(&forgotten, ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_clean_stale(ground.v0), 1);
	assert_true(shows(QDISCS, "clsact"));

	foreign_filter(BPF_TC_INGRESS, 1);
	assert_int_equal(attach_clsact(&forgotten, ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_clean_stale(ground.v0), 1);
	assert_true(shows(INGRESS, "handle 0x1 "));
}

static void a_program_that_is_none_leaves_no_qdisc(void **state)
{
	struct attachment attachment = { .link_fd = -7 };

	(void)state;
	assert_true(attach_clsact(&attachment, ground.xdp_fd, ground.v0, false) < 0);
	assert_int_equal(attachment.link_fd, -7);
	assert_false(shows(QDISCS, "clsact"));
	assert_int_equal(attach_clsact(&attachment, ground.cls_fd, 4711, false), -ENODEV);
}

/* Unlike a link. */
static void clsact_does_not_go_along_to_another_namespace(void **state)
{
	struct attachment attachment;
	struct netns other;

	(void)state;
	netns_open(&other);
	assert_int_equal(attach_clsact(&attachment, ground.cls_fd, ground.v0, false), 0);
	sh("ip link set v0 netns %d", other.pid);
	netns_enter(&other);
	assert_false(shows(QDISCS, "clsact"));
	netns_enter(NULL);
	attach_detach(&attachment);
	netns_close(&other);
}

int main(void)
{
	const char *reason = attach_world_prepare();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(NET_TEST(clsact_is_made_and_goes_with_the_last_filter),
			 NET_TEST(a_foreign_qdisc_is_not_removed),
			 NET_TEST(a_foreign_filter_keeps_the_qdisc_we_made),
			 NET_TEST(clsact_is_first_at_ingress_and_last_at_egress),
			 NET_TEST(a_priority_of_another_kind_of_classifier_is_passed_over),
			 NET_TEST(an_ingress_qdisc_takes_no_egress_program),
			 NET_TEST(a_filter_left_behind_is_replaced),
			 NET_TEST(what_was_left_behind_is_cleaned),
			 NET_TEST(a_program_that_is_none_leaves_no_qdisc),
			 NET_TEST(clsact_does_not_go_along_to_another_namespace));
}
