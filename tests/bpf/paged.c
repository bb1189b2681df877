// SPDX-License-Identifier: BSD-2-Clause
/*
 * Frames in pages, by way of a packet socket with a header of virtio, which tells how much of a
 * frame is to be linear.
 */
#include "paged.h"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "tests/harness.h"

#define TAG_BYTES 4

void paged_done(const struct paged *paged)
{
	if (paged->send >= 0)
		close(paged->send);
	if (paged->receive >= 0)
		close(paged->receive);
	if (paged->netns_was >= 0) {
		setns(paged->netns_was, CLONE_NEWNET);
		close(paged->netns_was);
	}
}

static int paged_socket(void)
{
	struct sockaddr_ll lo = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = BPF_ENV_IFINDEX,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&lo, sizeof(lo)), 0);
	return fd;
}

void paged_init(struct paged *paged, const struct bpf_env *env)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = BPF_ENV_IFINDEX, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, attach, .prog_fd = bpf_env_prog_fd(env, ENV_TC_OUT));
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct timeval patience = { .tv_sec = 10 };
	auto_close int control = -1;
	int on = 1;

	paged->netns_was = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(paged->netns_was >= 0);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(control, SIOCSIFFLAGS, &up), 0);
	paged->send = paged_socket();
	paged->receive = paged_socket();
	assert_int_equal(setsockopt(paged->send, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
	assert_int_equal(
		setsockopt(paged->receive, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)), 0);
	assert_int_equal(
		setsockopt(paged->receive, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
		0);
	assert_int_equal(bpf_tc_hook_create(&hook), 0);
	assert_int_equal(bpf_tc_attach(&hook, &attach), 0);
}

void paged_pass(const struct paged *paged, const struct packet *packet, size_t linear)
{
	struct virtio_net_hdr vnet = { .hdr_len = (uint16_t)linear };
	struct iovec iov[2] = { { &vnet, sizeof(vnet) }, { (void *)packet->data, packet->len } };
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };
	uint8_t back[PKT_MAX];
	uint16_t ethertype;
	size_t tag = 0;

	memcpy(&ethertype, packet->data + 12, sizeof(ethertype));
	if (ethertype == htons(ETH_P_8021Q) || ethertype == htons(ETH_P_8021AD))
		tag = TAG_BYTES; /* the stack takes it off as it comes back */
	assert_int_equal(sendmsg(paged->send, &message, 0), sizeof(vnet) + packet->len);
	assert_int_equal(recv(paged->receive, back, sizeof(back), MSG_TRUNC), packet->len - tag);
	assert_memory_equal(back, packet->data, 12);
	assert_memory_equal(back + 12, packet->data + 12 + tag, packet->len - 12 - tag);
}
