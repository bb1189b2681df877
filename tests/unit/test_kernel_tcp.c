// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the kernel says it has sent, against the same file read another way: in this namespace,
 * where others may send meanwhile, and in one of our own, where every segment is known.
 */
#include "kernel/kernel_tcp.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "tests/harness.h"

/* The order of RFC 1213: OutSegs is the 11th number, RetransSegs the 12th. */
static uint64_t read_snmp(void)
{
	auto_file FILE *file = fopen("/proc/net/snmp", "re");
	unsigned long long out = 0, retrans = 0;
	char line[1024];

	while (file && fgets(line, sizeof(line), file)) {
		/* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers */
		if (sscanf(line,
			   "Tcp: %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %llu %llu", /* after In */
			   &out, &retrans) == 2)
			return out + retrans;
	}
	return UINT64_MAX;
}

static void the_sum_is_that_of_proc(void **state)
{
	uint64_t before = read_snmp(), sent = 0, after;

	(void)state;
	assert_int_equal(kernel_tcp_sent(&sent), 0);
	after = read_snmp();
	assert_int_not_equal(after, UINT64_MAX);
	assert_in_range(sent, before, after);
}

static void what_was_sent_again_is_a_part_of_it(void **state)
{
	uint64_t sent = 0, resent = UINT64_MAX;

	(void)state;
	assert_int_equal(kernel_tcp_resent(&resent), 0);
	assert_int_equal(kernel_tcp_sent(&sent), 0);
	assert_true(resent <= sent);
}

static void what_could_not_be_sent_again_is_a_part_of_that(void **state)
{
	uint64_t failed = UINT64_MAX, resent = 0;

	(void)state;
	assert_int_equal(kernel_tcp_failed(&failed), 0);
	assert_int_equal(kernel_tcp_resent(&resent), 0);
	assert_true(failed <= resent);
}

static int loopback_up(void)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	return fd < 0 ? -errno : ioctl(fd, SIOCSIFFLAGS, &request);
}

/* Two segments: a SYN, and the RST that answers it. */
static void connect_in_vain(void)
{
	auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons(9),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	(void)connect(fd, (struct sockaddr *)&addr, sizeof(addr));
}

enum {
	CHILD_OK,
	CHILD_CANNOT,
	CHILD_NOT_ZERO,
	CHILD_NOT_COUNTED,
	CHILD_NOT_EQUAL,
};

static int in_own_namespace(void)
{
	uint64_t sent = 1, resent = 1;

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return CHILD_CANNOT;
	if (loopback_up())
		return CHILD_CANNOT;
	if (kernel_tcp_sent(&sent) || sent)
		return CHILD_NOT_ZERO;
	for (uint64_t times = 1; times <= 3; times++) {
		connect_in_vain();
		if (kernel_tcp_sent(&sent) || sent != 2 * times)
			return CHILD_NOT_COUNTED;
	}
	if (kernel_tcp_resent(&resent) || resent)
		return CHILD_NOT_ZERO;
	return sent == read_snmp() ? CHILD_OK : CHILD_NOT_EQUAL;
}

/* In a child: a test must not leave its own namespace. */
static void a_namespace_of_its_own_has_its_own_count(void **state)
{
	pid_t child = fork();
	int status = 0;

	(void)state;
	assert_true(child >= 0);
	if (!child)
		_exit(in_own_namespace());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CHILD_CANNOT)
		print_message("# not tried: needs a network namespace of its own\n");
	else
		assert_int_equal(WEXITSTATUS(status), CHILD_OK);
}

int main(void)
{
	return RUN_TESTS(TEST(the_sum_is_that_of_proc), TEST(what_was_sent_again_is_a_part_of_it),
			 TEST(what_could_not_be_sent_again_is_a_part_of_that),
			 TEST(a_namespace_of_its_own_has_its_own_count));
}
