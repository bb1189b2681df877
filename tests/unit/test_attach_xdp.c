// SPDX-License-Identifier: BSD-2-Clause
/*
 * XDP: native or not at all, and never in another's place.
 */
#include "tests/unit/attach_world.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"

static uint32_t xdp_program(uint32_t ifindex, unsigned int flags)
{
	uint32_t id = 0;

	assert_int_equal(bpf_xdp_query_id((int)ifindex, (int)flags, &id), 0);
	return id;
}

static void xdp_is_native_and_goes_with_its_descriptor(void **state)
{
	struct attachment attachment;

	(void)state;
	assert_int_equal(attach_xdp(&attachment, ground.xdp_fd, ground.v0), 0);
	assert_int_equal(attachment.kind, ATTACH_XDP);
	assert_int_equal(xdp_program(ground.v0, XDP_FLAGS_DRV_MODE), id_of(ground.xdp_fd));
	assert_int_equal(xdp_program(ground.v0, XDP_FLAGS_SKB_MODE), 0);
	attach_detach(&attachment);
	assert_int_equal(xdp_program(ground.v0, 0), 0);

	assert_int_equal(attach_xdp(&attachment, ground.xdp_fd, ground.v0), 0);
	close(attachment.link_fd);
	assert_int_equal(xdp_program(ground.v0, 0), 0);
}

/* The link's descriptor or 0; -errno. */
static int foreign_xdp(unsigned int mode, bool is_link)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = mode);

	if (is_link)
		return bpf_link_create(ground.foreign_xdp_fd, (int)ground.v0, BPF_XDP, &opts);
	return bpf_xdp_attach((int)ground.v0, ground.foreign_xdp_fd, mode, NULL);
}

static void a_foreign_xdp_program_stays_whatever_holds_it(void **state)
{
	static const struct {
		const char *name;
		unsigned int mode;
		bool is_link;
	} cases[] = {
		{ "a native link", XDP_FLAGS_DRV_MODE, true },
		{ "a generic link", XDP_FLAGS_SKB_MODE, true },
		{ "a native program", XDP_FLAGS_DRV_MODE, false },
		{ "a generic program", XDP_FLAGS_SKB_MODE, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct attachment attachment = { .link_fd = -7 };
		int link = foreign_xdp(cases[i].mode, cases[i].is_link);

		assert_row(cases[i].name, link >= 0);
		assert_row_int(cases[i].name, attach_xdp(&attachment, ground.xdp_fd, ground.v0),
			       -EBUSY);
		assert_row_int(cases[i].name, attachment.link_fd, -7);
		assert_row_int(cases[i].name, xdp_program(ground.v0, cases[i].mode),
			       id_of(ground.foreign_xdp_fd));
		if (cases[i].is_link)
			close(link);
		else
			assert_int_equal(bpf_xdp_detach((int)ground.v0, cases[i].mode, NULL), 0);
	}
}

static void xdp_is_never_generic(void **state)
{
	struct attachment attachment;

	(void)state;
	sh("ip link add br0 type bridge");
	assert_int_equal(attach_xdp(&attachment, ground.xdp_fd, if_nametoindex("br0")),
			 -EOPNOTSUPP);
	assert_int_equal(attach_xdp(&attachment, ground.xdp_fd, if_nametoindex("lo")), -EOPNOTSUPP);
	assert_int_equal(xdp_program(if_nametoindex("br0"), 0), 0);
}

static void an_xdp_link_goes_along_to_another_namespace_until_it_is_detached(void **state)
{
	struct attachment attachment;
	struct netns other;

	(void)state;
	netns_open(&other);
	assert_int_equal(attach_xdp(&attachment, ground.xdp_fd, ground.v0), 0);
	sh("ip link set v0 netns %d", other.pid);
	netns_enter(&other);
	assert_int_equal(xdp_program(if_nametoindex("v0"), 0), id_of(ground.xdp_fd));
	attach_detach(&attachment);
	assert_int_equal(xdp_program(if_nametoindex("v0"), 0), 0);
	netns_enter(NULL);
	netns_close(&other);
}

int main(void)
{
	const char *reason = attach_world_prepare();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(
		NET_TEST(xdp_is_native_and_goes_with_its_descriptor),
		NET_TEST(a_foreign_xdp_program_stays_whatever_holds_it),
		NET_TEST(xdp_is_never_generic),
		NET_TEST(an_xdp_link_goes_along_to_another_namespace_until_it_is_detached));
}
