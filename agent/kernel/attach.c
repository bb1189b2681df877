// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packet programs on and off an interface. TCX and XDP are links, which go with their descriptor;
 * clsact, for kernels without TCX, is attach_clsact.c's.
 */
#include "kernel/attach_private.h"

#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"

/* Linux 6.6; older headers lack them. */
#define WEIR_BPF_TCX_INGRESS 46
#define WEIR_BPF_TCX_EGRESS  47
#define WEIR_BPF_F_BEFORE    (1u << 3)
#define WEIR_BPF_F_AFTER     (1u << 4)

static const char *const kind_names[] = {
	[ATTACH_NONE] = "none",
	[ATTACH_TCX] = "tcx",
	[ATTACH_CLSACT] = "clsact",
	[ATTACH_XDP] = "xdp",
};
_Static_assert(ARRAY_SIZE(kind_names) == ATTACH_KIND_MAX, "an attach kind has no name");

const char *attach_kind_to_str(enum attach_kind kind)
{
	return (unsigned int)kind < ATTACH_KIND_MAX ? kind_names[kind] : kind_names[ATTACH_NONE];
}

enum bpf_attach_type attach_tcx_type(bool is_egress)
{
	return (enum bpf_attach_type)(is_egress ? WEIR_BPF_TCX_EGRESS : WEIR_BPF_TCX_INGRESS);
}

static int attach_link(struct attachment *ret, const struct attachment *want, int prog_fd,
		       enum bpf_attach_type type, uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);
	int fd = bpf_link_create(prog_fd, (int)want->ifindex, type, &opts);

	if (fd < 0)
		return fd;
	*ret = *want;
	ret->link_fd = fd;
	return 0;
}

int attach_tcx(struct attachment *ret, int prog_fd, uint32_t ifindex, bool is_egress)
{
	struct attachment want = { .kind = ATTACH_TCX, .is_egress = is_egress, .ifindex = ifindex };

	return attach_link(ret, &want, prog_fd, attach_tcx_type(is_egress),
			   is_egress ? WEIR_BPF_F_AFTER : WEIR_BPF_F_BEFORE);
}

int attach_tcx_behind(int prog_fd, uint32_t ifindex)
{
	struct bpf_prog_info info = { 0 };
	uint32_t ids[ATTACH_TCX_MAX], count = ARRAY_SIZE(ids), len = sizeof(info);
	int r = bpf_obj_get_info_by_fd(prog_fd, &info, &len);

	if (!r)
		r = bpf_prog_query((int)ifindex, attach_tcx_type(true), 0, NULL, ids, &count);
	if (r)
		return r;
	for (uint32_t i = 0; i < count; i++) {
		if (ids[i] == info.id)
			return (int)(count - i - 1);
	}
	return 0;
}

int attach_xdp(struct attachment *ret, int prog_fd, uint32_t ifindex)
{
	struct attachment want = { .kind = ATTACH_XDP, .ifindex = ifindex };
	int r = attach_link(ret, &want, prog_fd, BPF_XDP, XDP_FLAGS_DRV_MODE);

	/* A program in generic mode is there. */
	return r == -EEXIST ? -EBUSY : r;
}

void attach_detach(struct attachment *attachment)
{
	if (attachment->link_fd >= 0)
		close(attachment->link_fd);
	/* What fails here is gone with its interface. */
	if (attachment->kind == ATTACH_CLSACT)
		(void)attach_clsact_remove(attachment->ifindex, attachment->is_egress);
	*attachment = (struct attachment){ .link_fd = -1 };
}
