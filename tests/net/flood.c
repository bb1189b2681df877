// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets of connections that will never be, as fast as the machine makes them: TCP SYNs, SYN-ACKs, or
 * bare ACKs as if from the middle of one, or a SYN and an ACK that guesses what would answer it, or UDP
 * datagrams, or those with what looks like their answers, from random sources to one address and port,
 * through a packet socket on an interface.
 * Ends after SECONDS, or COUNT packets, or when it is asked to, whatever is first, and prints how
 * many were sent. With RATE it sends so many a second, if it can.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH	  64
#define PORT_HIGH 1024

static const char usage[] =
	"usage: flood syn|synack|ack|both|udp|echo INTERFACE MAC ADDRESS PORT SECONDS COUNT [RATE]\n";

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	union {
		struct tcphdr tcp;
		struct udphdr udp;
	} l4;
} __attribute__((packed));

/* second: makes a packet that goes with the one before it. */
struct kind {
	const char *name;
	bool is_tcp, is_syn, is_ack;
	void (*second)(struct frame *frame, const struct frame *first);
};

static uint64_t random_state = 88172645463325252ULL;

static uint32_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 16);
}

static uint16_t ip_checksum(const struct frame *frame)
{
	uint16_t words[10];
	uint32_t sum = 0;

	memcpy(words, (const char *)frame + sizeof(frame->eth), sizeof(words));
	for (int i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

static bool fill(struct frame *frame, const char *mac, const char *address, uint16_t port,
		 const struct kind *kind)
{
	size_t l4 = kind->is_tcp ? sizeof(frame->l4.tcp) : sizeof(frame->l4.udp);

	*frame = (struct frame){ .eth.h_proto = htons(ETH_P_IP) };
	for (int i = 0; i < ETH_ALEN; i++) {
		char *end;

		frame->eth.h_dest[i] = (unsigned char)strtoul(mac, &end, 16);
		if (end == mac || *end != (i < ETH_ALEN - 1 ? ':' : '\0'))
			return false;
		mac = end + 1;
	}
	frame->eth.h_source[0] = 2;
	frame->ip = (struct iphdr){ .version = 4,
				    .ihl = 5,
				    .ttl = 64,
				    .protocol = kind->is_tcp ? IPPROTO_TCP : IPPROTO_UDP,
				    .tot_len = htons((uint16_t)(sizeof(frame->ip) + l4)) };
	if (kind->is_tcp) {
		frame->l4.tcp = (struct tcphdr){ .dest = htons(port), .doff = 5 };
		frame->l4.tcp.syn = kind->is_syn;
		frame->l4.tcp.ack = kind->is_ack;
	} else {
		frame->l4.udp = (struct udphdr){ .dest = htons(port), .len = htons(8) };
	}
	return inet_pton(AF_INET, address, &frame->ip.daddr) == 1;
}

/* Another source: 20.x.y.z, which nobody here has a route to. */
static void vary(struct frame *frame, bool is_tcp)
{
	uint16_t port = htons((uint16_t)(PORT_HIGH + next_random() % (65536 - PORT_HIGH)));

	frame->ip.saddr = htonl(0x14000000 | (next_random() & 0xffffff));
	frame->ip.check = 0;
	frame->ip.check = ip_checksum(frame);
	if (is_tcp) {
		frame->l4.tcp.source = port;
		frame->l4.tcp.seq = next_random();
	} else {
		frame->l4.udp.source = port;
	}
}

/* What would end the handshake that the SYN begins, were the answer's number right. */
static void guess(struct frame *frame, const struct frame *syn)
{
	*frame = *syn;
	frame->l4.tcp.syn = 0;
	frame->l4.tcp.ack = 1;
	frame->l4.tcp.seq = htonl(ntohl(syn->l4.tcp.seq) + 1);
	frame->l4.tcp.ack_seq = next_random();
}

/* As if it had been answered. */
static void answer(struct frame *frame, const struct frame *question)
{
	*frame = *question;
	frame->ip.saddr = question->ip.daddr;
	frame->ip.daddr = question->ip.saddr;
	frame->l4.udp.source = question->l4.udp.dest;
	frame->l4.udp.dest = question->l4.udp.source;
}

static const struct kind kinds[] = {
	{ "syn", true, true, false, NULL },   { "synack", true, true, true, NULL },
	{ "ack", true, false, true, NULL },   { "both", true, true, false, guess },
	{ "udp", false, false, false, NULL }, { "echo", false, false, false, answer },
};

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Until so many packets are due, at that rate (a second) since then. Rate 0: always. */
static void wait_until_due(double began, uint64_t packets, double rate)
{
	double due = rate > 0 ? began + (double)packets / rate : 0;
	struct timespec at = { .tv_sec = (time_t)due };

	at.tv_nsec = (long)((due - (double)at.tv_sec) * 1e9);
	while (seconds_now() < due)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static volatile sig_atomic_t is_over;

static void on_signal(int signo)
{
	(void)signo;
	is_over = 1;
}

/* Returns how many went out; what the device has no room for is not sent, and not counted. */
static uint64_t flood(int fd, const struct frame *template, const struct kind *kind, double seconds,
		      uint64_t count, double rate)
{
	static struct frame frames[BATCH];
	size_t len = sizeof(struct ethhdr) + ntohs(template->ip.tot_len);
	double began = seconds_now(), end = began + seconds;
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec parts[BATCH];
	uint64_t sent = 0;

	for (int i = 0; i < BATCH; i++) {
		frames[i] = *template;
		parts[i] = (struct iovec){ .iov_base = &frames[i], .iov_len = len };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	while (!is_over && sent < count && seconds_now() < end) {
		unsigned int batch = count - sent < BATCH ? (unsigned int)(count - sent) : BATCH;
		int n;

		for (unsigned int i = 0; i < batch; i++) {
			if (kind->second && i % 2) {
				kind->second(&frames[i], &frames[i - 1]);
				continue;
			}
			frames[i].ip.daddr = template->ip.daddr;
			vary(&frames[i], kind->is_tcp);
		}
		wait_until_due(began, sent, rate);
		n = sendmmsg(fd, messages, batch, 0);
		if (n > 0)
			sent += (uint64_t)n;
		else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			return 0;
	}
	return sent;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	const struct kind *kind = NULL;
	struct frame frame;
	uint64_t sent;
	int fd;

	for (size_t i = 0; argc > 1 && i < sizeof(kinds) / sizeof(*kinds); i++)
		kind = strcmp(argv[1], kinds[i].name) ? kind : &kinds[i];
	if (argc < 8 || argc > 9 || !kind ||
	    !fill(&frame, argv[3], argv[4], (uint16_t)strtoul(argv[5], NULL, 10), kind)) {
		fputs(usage, stderr);
		return 2;
	}
	address.sll_ifindex = (int)if_nametoindex(argv[2]);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* protocol 0: receives nothing */
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror("flood");
		return 1;
	}
	random_state *= 2 * (uint64_t)(kind - kinds) + 1; /* no two kinds from the same sources */
	signal(SIGTERM, on_signal);
	sent = flood(fd, &frame, kind, strtod(argv[6], NULL), strtoull(argv[7], NULL, 10),
		     argc > 8 ? strtod(argv[8], NULL) : 0);
	if (!sent) {
		perror("flood");
		return 1;
	}
	printf("%llu\n", (unsigned long long)sent);
	return 0;
}
