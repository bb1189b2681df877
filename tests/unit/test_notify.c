// SPDX-License-Identifier: BSD-2-Clause
/*
 * The datagrams of sd_notify(3), received on sockets of our own.
 */
#include "notify.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "tests/harness.h"

/* A socket the kernel names: abstract, five hexadecimal digits; NOTIFY_SOCKET is set to it. */
static int listen_abstract(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sa_family_t);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char name[16] = "@";

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
	len = sizeof(address);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(len, offsetof(struct sockaddr_un, sun_path) + 6);
	memcpy(name + 1, address.sun_path + 1, 5);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void assert_received(int fd, const char *text)
{
	char message[2048] = "";

	assert_int_equal(recv(fd, message, sizeof(message) - 1, 0), strlen(text));
	assert_string_equal(message, text);
}

static void without_a_socket_nothing_is_sent(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_ready(), 0);
	assert_int_equal(notify_stopping(), 0);
	setenv("NOTIFY_SOCKET", "", 1);
	assert_int_equal(notify_ready(), 0);
}

static void each_state_is_one_datagram(void **state)
{
	auto_close int fd = listen_abstract();

	(void)state;
	assert_int_equal(notify_ready(), 1);
	assert_int_equal(notify_stopping(), 1);
	assert_received(fd, "READY=1");
	assert_received(fd, "STOPPING=1");
	assert_int_equal(recv(fd, (char[1]){ 0 }, 1, 0), -1);
}

static void a_path_works_as_well(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char dir[] = "/tmp/test_notify.XXXXXX";

	(void)state;
	assert_true(fd >= 0);
	assert_non_null(mkdtemp(dir));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", dir);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	assert_int_equal(notify_ready(), 1);
	assert_received(fd, "READY=1");
	unlink(address.sun_path);
	rmdir(dir);
	assert_int_equal(notify_ready(), -ENOENT);
}

static void names_that_are_no_unix_sockets_are_refused(void **state)
{
	char name[256] = "/";

	(void)state;
	setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
	assert_int_equal(notify_ready(), -EAFNOSUPPORT);
	setenv("NOTIFY_SOCKET", "relative/path", 1);
	assert_int_equal(notify_ready(), -EAFNOSUPPORT);
	memset(name + 1, 'x', sizeof(name) - 2);
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_ready(), -ENAMETOOLONG);
	name[0] = '@';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_ready(), -ENAMETOOLONG);
}

static void a_manager_that_does_not_read_does_not_block_us(void **state)
{
	auto_close int fd = listen_abstract();
	int r = 1;

	(void)state;
	for (int i = 0; i < 1000000 && r > 0; i++)
		r = notify_ready();
	assert_int_equal(r, -EAGAIN);
	assert_received(fd, "READY=1");
}

int main(void)
{
	return RUN_TESTS(TEST(without_a_socket_nothing_is_sent), TEST(each_state_is_one_datagram),
			 TEST(a_path_works_as_well),
			 TEST(names_that_are_no_unix_sockets_are_refused),
			 TEST(a_manager_that_does_not_read_does_not_block_us));
}
