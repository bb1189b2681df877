// SPDX-License-Identifier: BSD-2-Clause
/*
 * clsact and not TCX: it is in every kernel that weir runs on, and lo is this process's own.
 */
#include "kernel_pieces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "kernel.h"

struct pieces {
	int fd;
};

static int set_lo_up(void)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		return -errno;
	return 0;
}

int kernel_isolate(void)
{
	cpu_set_t cpus;
	int cpu = sched_getcpu();

	if (cpu < 0)
		return -errno;
	CPU_ZERO(&cpus);
	CPU_SET((size_t)cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) || unshare(CLONE_NEWNET))
		return -errno;
	return set_lo_up();
}

static int attach(const int fds[2])
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = KERNEL_IFINDEX, .attach_point = BPF_TC_EGRESS);
	int r = bpf_tc_hook_create(&hook);

	for (uint32_t i = 0; !r && i < 2; i++) {
		LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = fds[i], .handle = 1, .priority = i + 1);

		r = bpf_tc_attach(&hook, &opts);
	}
	return r;
}

int pieces_new(struct pieces **ret, int enter_fd, int leave_fd)
{
	const int fds[2] = { enter_fd, leave_fd };
	auto_pieces struct pieces *pieces = calloc(1, sizeof(*pieces));
	int one = 1, r;

	if (!pieces)
		return -ENOMEM;
	pieces->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (pieces->fd < 0 ||
	    setsockopt(pieces->fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)))
		return -errno;
	r = attach(fds);
	if (r)
		return r;
	*ret = TAKE_PTR(pieces);
	return 0;
}

void pieces_free(struct pieces **pieces)
{
	if (!*pieces)
		return;
	if ((*pieces)->fd >= 0)
		close((*pieces)->fd);
	free(*pieces);
	*pieces = NULL;
}

int pieces_send(struct pieces *pieces, const uint8_t *bytes, size_t len, uint16_t linear,
		uint16_t protocol)
{
	struct virtio_net_hdr vnet = { .hdr_len = linear };
	struct iovec iov[2] = { { &vnet, sizeof(vnet) }, { (void *)bytes, len } };
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = KERNEL_IFINDEX,
		.sll_halen = 6,
	};
	struct msghdr message = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = iov,
		.msg_iovlen = 2,
	};

	return sendmsg(pieces->fd, &message, 0) < 0 ? -errno : 0;
}

static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

int pieces_map(int map_fd, size_t size, void **ret)
{
	void *map = mmap(NULL, whole_pages(size), PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	*ret = map;
	return 0;
}

void pieces_unmap(void *map, size_t size)
{
	if (map)
		munmap(map, whole_pages(size));
}
