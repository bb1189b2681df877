// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sends frames past traffic control, straight to the device, which counts them: what the agent's
 * hook cannot see. To show that a packet that is missing is found.
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const unsigned char frame[60] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	if (argc != 3) {
		fputs("usage: bypass INTERFACE COUNT\n", stderr);
		return 2;
	}
	address.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror("bypass");
		return 1;
	}
	for (unsigned long i = strtoul(argv[2], NULL, 10); i; i--) {
		if (write(fd, frame, sizeof(frame)) != (ssize_t)sizeof(frame)) {
			perror("bypass");
			return 1;
		}
	}
	return 0;
}
