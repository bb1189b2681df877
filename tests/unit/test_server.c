// SPDX-License-Identifier: BSD-2-Clause
/* The forms of the server's address. */
#include "base/server.h"

#include "base/cleanup.h"
#include "tests/harness.h"

static void addresses_of_unix_sockets_are_accepted(void **state)
{
	static const struct {
		const char *text;
		const char *name; /* as in sun_path; the abstract one without its NUL */
		bool is_abstract;
	} cases[] = {
		{ "unix:///run/weir/weir.sock", "/run/weir/weir.sock", false },
		{ "unix:/run/weir.sock", "/run/weir.sock", false },
		{ "unix:weir.sock", "weir.sock", false },
		{ "unix:./a/b", "./a/b", false },
		{ "unix-abstract:weir", "weir", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char reason[OPTION_REASON_SIZE];
		struct server server;
		const char *path = server.address.sun_path;

		assert_row_int(cases[i].text, server_parse(&server, cases[i].text, reason), 0);
		assert_row_int(cases[i].text, server.address.sun_family, AF_UNIX);
		assert_row_str(cases[i].text, path + cases[i].is_abstract, cases[i].name);
		assert_row_int(cases[i].text, *path == '\0', cases[i].is_abstract);
		assert_row_int(cases[i].text, server.address_len,
			       offsetof(struct sockaddr_un, sun_path) + strlen(cases[i].name) + 1);
		assert_row(cases[i].text, !server_path(&server) == cases[i].is_abstract);
		assert_row_int(cases[i].text, server_check(cases[i].text, reason), 0);
	}
}

static void other_addresses_are_refused(void **state)
{
	static const char *const cases[] = {
		"localhost:4245", "/run/weir/weir.sock", "tcp://h:1", "unix:",	   "unix://",
		"unix://rel",	  "unix-abstract:",	 "",	      "tls://h:1", "UNIX:/a",
		"vsock:3:4",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char reason[OPTION_REASON_SIZE] = "";
		struct server server;

		assert_row_int(cases[i], server_parse(&server, cases[i], reason), -EINVAL);
		assert_row_str(cases[i], reason,
			       "no address of a Unix socket: unix:///path, unix:path or "
			       "unix-abstract:name");
		assert_row_int(cases[i], server_check(cases[i], reason), -EINVAL);
	}
}

static void a_name_that_does_not_fit_is_refused(void **state)
{
	char text[256] = "unix:", reason[OPTION_REASON_SIZE];
	struct server server;

	(void)state;
	memset(text + 5, 'a', sizeof(server.address.sun_path) - 1);
	assert_int_equal(server_parse(&server, text, reason), 0);
	memset(text + 5, 'a', sizeof(server.address.sun_path));
	assert_int_equal(server_parse(&server, text, reason), -EINVAL);
	assert_string_equal(reason, "longer than the 107 bytes of a socket's name");
}

int main(void)
{
	return RUN_TESTS(TEST(addresses_of_unix_sockets_are_accepted),
			 TEST(other_addresses_are_refused),
			 TEST(a_name_that_does_not_fit_is_refused));
}
