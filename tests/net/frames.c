// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sends frames that no stack would: through a packet socket on an interface, or into a tap or tun
 * device of its own, which lives as long as this program and whose output it reads away. A line of
 * input is a frame: hex digits, then by choice "+N" (N more bytes of zero), "gso SIZE HEADERS
 * CSUM_START" (TCP over IPv4; or "ufo", "uso": UDP in fragments, or in datagrams; needs vnet_hdr) and "times N OFFSET": N frames, and the four bytes
 * at OFFSET, a number, grow by one each time. "sent" answers each line.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define FRAME_MAX 65536
#define TIMES_MAX (1 << 20)

static const char usage[] = "usage: frames raw|tap|tap-vnet|tun INTERFACE\n";

struct frame {
	unsigned long times, number_at;
	struct virtio_net_hdr vnet;
	unsigned char data[FRAME_MAX];
};

static int open_raw(const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex(name) };
	/* Protocol 0: it receives nothing. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	return fd;
}

static int open_tun(const char *name, short flags)
{
	struct ifreq request = { .ifr_flags = flags };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		return -1;
	return fd;
}

/* What is to become of a super-packet. */
static const struct kind {
	const char *word;
	unsigned char type;
	unsigned short csum_offset;
} kinds[] = {
	{ " gso ", VIRTIO_NET_HDR_GSO_TCPV4, 16 },
	{ " ufo ", VIRTIO_NET_HDR_GSO_UDP, 6 },
	{ " uso ", VIRTIO_NET_HDR_GSO_UDP_L4, 6 },
};

static void parse_kind(const char *line, const struct kind *kind, struct virtio_net_hdr *ret)
{
	char *at = strstr(line, kind->word);

	if (!at)
		return;
	at += strlen(kind->word);
	*ret = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					.gso_type = kind->type,
					.gso_size = (unsigned short)strtoul(at, &at, 10),
					.csum_offset = kind->csum_offset };
	ret->hdr_len = (unsigned short)strtoul(at, &at, 10);
	ret->csum_start = (unsigned short)strtoul(at, &at, 10);
}

/* Fills the frame from the line; its length, 0: that is no frame. */
static size_t parse(char *line, struct frame *frame)
{
	size_t len = 0;
	char *times = strstr(line, " times ");
	char *more = strchr(line, '+');

	memset(frame, 0, sizeof(*frame));
	for (char *at = line; isxdigit(at[0]) && isxdigit(at[1]) && len < FRAME_MAX; at += 2) {
		char digits[3] = { at[0], at[1] };

		frame->data[len++] = (unsigned char)strtoul(digits, NULL, 16);
	}
	if (more)
		len += strtoul(more + 1, NULL, 10);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		parse_kind(line, &kinds[i], &frame->vnet);
	frame->times = 1;
	if (times) {
		frame->times = strtoul(times + strlen(" times "), &times, 10);
		frame->number_at = strtoul(times, NULL, 10);
	}
	if (len > FRAME_MAX || frame->times > TIMES_MAX || frame->number_at > FRAME_MAX - 4)
		return 0;
	return len;
}

static void count_on(struct frame *frame)
{
	for (unsigned long at = frame->number_at + 4; at-- > frame->number_at;) {
		if (++frame->data[at])
			break;
	}
}

/* Sends what the line says, or says why not. */
static const char *send_all(int fd, struct frame *frame, size_t len, bool has_vnet)
{
	const char *start = has_vnet ? (char *)&frame->vnet : (char *)frame->data;

	if (has_vnet)
		len += sizeof(frame->vnet);
	for (unsigned long i = 0; i < frame->times; i++) {
		if (write(fd, start, len) != (ssize_t)len)
			return strerror(errno);
		if (frame->times > 1)
			count_on(frame);
	}
	return NULL;
}

/* Whatever the kernel sends out of the device. */
static bool read_away(int fd)
{
	static char buffer[FRAME_MAX + sizeof(struct virtio_net_hdr)];

	return read(fd, buffer, sizeof(buffer)) >= 0 || errno == EAGAIN || errno == EIO;
}

static int run(int fd, bool has_vnet)
{
	static struct frame frame;
	static char line[2 * FRAME_MAX];
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = fd, .events = POLLIN } };

	puts("ready");
	fflush(stdout);
	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		const char *error;

		if (poll(fds, 2, -1) < 0 || (fds[1].revents & POLLIN && !read_away(fd)))
			return 1;
		if (!fds[0].revents)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			return 0;
		error = send_all(fd, &frame, parse(line, &frame), has_vnet);
		if (error)
			printf("not sent: %s\n", error);
		else
			puts("sent");
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	bool has_vnet = argc == 3 && !strcmp(argv[1], "tap-vnet");
	int fd;

	if (argc != 3) {
		fputs(usage, stderr);
		return 2;
	}
	if (!strcmp(argv[1], "raw"))
		fd = open_raw(argv[2]);
	else if (!strcmp(argv[1], "tun"))
		fd = open_tun(argv[2], IFF_TUN | IFF_NO_PI);
	else
		fd = open_tun(argv[2],
			      (short)(IFF_TAP | IFF_NO_PI | (has_vnet ? IFF_VNET_HDR : 0)));
	if (fd < 0) {
		perror("frames");
		return 1;
	}
	return run(fd, has_vnet);
}
