// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is the same of every kind of attachment.
 */
#include "tests/unit/attach_world.h"

#include <errno.h>

static void every_kind_of_attachment_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(attach_kind_to_str(ATTACH_NONE), "none");
	assert_string_equal(attach_kind_to_str(ATTACH_TCX), "tcx");
	assert_string_equal(attach_kind_to_str(ATTACH_CLSACT), "clsact");
	assert_string_equal(attach_kind_to_str(ATTACH_XDP), "xdp");
	assert_string_equal(attach_kind_to_str(ATTACH_KIND_MAX), "none");
}

static void detaching_what_is_not_attached_does_nothing(void **state)
{
	struct attachment attachment = { .link_fd = -1 };

	(void)state;
	attach_detach(&attachment);
	assert_int_equal(attachment.link_fd, -1);
}

static void detaching_from_an_interface_that_is_gone_is_fine(void **state)
{
	struct attachment tcx, xdp, clsact;

	(void)state;
	assert_int_equal(attach_tcx(&tcx, ground.cls_fd, ground.v0, false), 0);
	assert_int_equal(attach_xdp(&xdp, ground.xdp_fd, ground.v0), 0);
	assert_int_equal(attach_clsact(&clsact, ground.cls_fd, ground.v0, true), 0);
	sh("ip link del v0");
	attach_detach(&tcx);
	attach_detach(&xdp);
	attach_detach(&clsact);
	assert_int_equal(clsact.kind, ATTACH_NONE);
	attach_detach(&clsact);
	assert_int_equal(attach_clean_stale(ground.v0), -ENODEV);
}

int main(void)
{
	const char *reason = attach_world_prepare();

	if (reason)
		return skip_all(reason);
	if (ground.has_tcx) {
		return RUN_TESTS(TEST(every_kind_of_attachment_has_a_name),
				 TEST(detaching_what_is_not_attached_does_nothing),
				 NET_TEST(detaching_from_an_interface_that_is_gone_is_fine));
	}
	return RUN_TESTS(TEST(every_kind_of_attachment_has_a_name),
			 TEST(detaching_what_is_not_attached_does_nothing));
}
