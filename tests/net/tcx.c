// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attaches a pinned program to a TCX hook by a link that goes with this process. By system calls:
 * libbpf and bpftool of Debian 12 are older than TCX.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.6 */
#define TCX_INGRESS 46
#define TCX_EGRESS  47
#define TCX_BEFORE  (1U << 3)
#define TCX_AFTER   (1U << 4)

static int sys_bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(__NR_bpf, command, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
	union bpf_attr get = { 0 }, link = { 0 };

	if (argc != 5) {
		fputs("usage: tcx PINNED INTERFACE ingress|egress first|last\n", stderr);
		return 2;
	}
	get.pathname = (uintptr_t)argv[1];
	link.link_create.prog_fd = (uint32_t)sys_bpf(BPF_OBJ_GET, &get);
	link.link_create.target_ifindex = if_nametoindex(argv[2]);
	link.link_create.attach_type = strcmp(argv[3], "egress") ? TCX_INGRESS : TCX_EGRESS;
	link.link_create.flags = strcmp(argv[4], "last") ? TCX_BEFORE : TCX_AFTER;
	if (sys_bpf(BPF_LINK_CREATE, &link) < 0) {
		printf("not attached: %s\n", strerror(errno));
		return 1;
	}
	puts("attached");
	fflush(stdout);
	pause();
	return 0;
}
