// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ours and foreign programs, which only return.
 */
#include "tests/unit/attach_world.h"

#include <linux/pkt_cls.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"

struct attach_ground ground = { -1, -1, -1, -1, -1, 0, false };

static int load(enum bpf_prog_type type, const char *name, int verdict)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, name, "Dual BSD/GPL", insns, ARRAY_SIZE(insns), NULL);
}

uint32_t id_of(int prog_fd)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(prog_fd, &info, &len), 0);
	return info.id;
}

const char *shown(const char *command)
{
	static char text[16384];
	FILE *pipe = popen(command, "re"); /* NOLINT(cert-env33-c) */
	size_t len;

	assert_non_null(pipe);
	len = fread(text, 1, sizeof(text) - 1, pipe);
	text[len] = '\0';
	assert_int_equal(pclose(pipe), 0);
	return text;
}

unsigned int shows(const char *command, const char *what)
{
	unsigned int n = 0;

	for (const char *at = strstr(shown(command), what); at; at = strstr(at + 1, what))
		n++;
	return n;
}

const char *attach_world_prepare(void)
{
	uint32_t ids[8], n = ARRAY_SIZE(ids), flags;

	libbpf_set_print(NULL);
	ground.cls_fd = load(BPF_PROG_TYPE_SCHED_CLS, "ours", TC_ACT_UNSPEC);
	ground.foreign_fd = load(BPF_PROG_TYPE_SCHED_CLS, "foreign", TC_ACT_UNSPEC);
	ground.late_fd = load(BPF_PROG_TYPE_SCHED_CLS, "late", TC_ACT_UNSPEC);
	ground.xdp_fd = load(BPF_PROG_TYPE_XDP, "ours_xdp", XDP_PASS);
	ground.foreign_xdp_fd = load(BPF_PROG_TYPE_XDP, "foreign_xdp", XDP_PASS);
	if (ground.cls_fd < 0 || ground.foreign_fd < 0 || ground.late_fd < 0 || ground.xdp_fd < 0 ||
	    ground.foreign_xdp_fd < 0)
		return "needs CAP_BPF and CAP_NET_ADMIN";
	if (unshare(CLONE_NEWNET) < 0)
		return "needs CAP_SYS_ADMIN, for network namespaces";
	if (system("ip link add v0 type veth peer name v1") != 0) /* NOLINT(cert-env33-c) */
		return "needs CAP_NET_ADMIN, ip and veth";
	ground.v0 = if_nametoindex("v0");
	if (system("tc qdisc add dev v0 clsact && " /* NOLINT(cert-env33-c) */
		   "tc filter add dev v0 ingress protocol ip u32 match u32 0 0") != 0)
		return "needs tc, clsact and cls_u32";
	ground.has_tcx = bpf_prog_query((int)ground.v0, (enum bpf_attach_type)TCX_INGRESS, 0,
					&flags, ids, &n) == 0;
	return NULL;
}

int attach_world_set_up(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	sh("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
	ground.v0 = if_nametoindex("v0");
	netns_home();
	return 0;
}
