// SPDX-License-Identifier: BSD-2-Clause
/*
 * TCX and XDP tell by the ids of programs who is there; clsact by its filters (attach_clsact.c). Where a
 * link has been detached by force, or given another program, ours is not among them.
 */
#include "kernel/attach_sight.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "kernel/attach_private.h"

static int id_of(int prog_fd, uint32_t *ret)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int r = bpf_obj_get_info_by_fd(prog_fd, &info, &len);

	*ret = info.id;
	return r;
}

/* Needs CAP_SYS_ADMIN: without it nobody has a name. */
static void read_name(struct attach_ahead *ahead)
{
	auto_close int fd = bpf_prog_get_fd_by_id(ahead->program);
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) && info.name[0])
		memcpy(ahead->name, info.name, sizeof(ahead->name) - 1);
}

static int look_tcx(struct attach_sight *ret, const struct attachment *attachment, uint32_t id)
{
	uint32_t ids[ATTACH_TCX_MAX], count = ARRAY_SIZE(ids), at = 0;
	int r = bpf_prog_query((int)attachment->ifindex, attach_tcx_type(attachment->is_egress), 0,
			       NULL, ids, &count);

	if (r)
		return r;
	while (at < count && ids[at] != id)
		at++;
	ret->is_there = at < count;
	if (ret->is_there && at > 0)
		ret->ahead =
			(struct attach_ahead){ .count = at, .kind = ATTACH_TCX, .program = ids[0] };
	return 0;
}

static int look_xdp(struct attach_sight *ret, const struct attachment *attachment, uint32_t id)
{
	struct bpf_link_info info = { 0 };
	uint32_t len = sizeof(info);
	int r = bpf_obj_get_info_by_fd(attachment->link_fd, &info, &len);

	ret->is_there = info.xdp.ifindex && info.prog_id == id;
	return r;
}

/* XDP comes before all of TC's. Ours is not in this way, or the ingress would be its own. */
static void look_before_tc(struct attach_sight *ret, uint32_t ifindex)
{
	uint32_t id;

	if (bpf_xdp_query_id((int)ifindex, 0, &id) || !id)
		return;
	ret->ahead.count++;
	ret->ahead.kind = ATTACH_XDP;
	ret->ahead.program = id;
	ret->ahead.name[0] = '\0';
}

int attach_look(struct attach_sight *ret, const struct attachment *attachment, int prog_fd)
{
	struct attach_sight sight = { 0 };
	uint32_t id;
	int r = id_of(prog_fd, &id);

	if (r)
		return r;
	if (attachment->kind == ATTACH_TCX)
		r = look_tcx(&sight, attachment, id);
	else if (attachment->kind == ATTACH_CLSACT)
		r = attach_clsact_look(&sight, attachment);
	else
		r = look_xdp(&sight, attachment, id);
	if (r)
		return r;
	if (sight.is_there && attachment->kind != ATTACH_XDP && !attachment->is_egress)
		look_before_tc(&sight, attachment->ifindex);
	if (sight.ahead.program)
		read_name(&sight.ahead);
	*ret = sight;
	return 0;
}
