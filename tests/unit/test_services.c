// SPDX-License-Identifier: BSD-2-Clause
/* Ports by the names of a file like /etc/services. */
#include "base/services.h"

#include "base/cleanup.h"
#include "base/spelling.h"
#include "tests/harness.h"

static char path[] = "/tmp/weir-services-XXXXXX";

static uint16_t port_of(const char *name)
{
	return services_port(text_from_str(name));
}

/* The file that is read at the next question. */
static void ask(const char *file)
{
	services_file = file;
	services_use(NULL);
}

static void write_file(const char *bytes, size_t len)
{
	auto_close int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	ask(path);
}

static void names_and_aliases_have_a_port(void **state)
{
	static const struct {
		const char *name;
		uint16_t port;
	} cases[] = {
		{ "ssh", 22 },	      { "http", 80 },	{ "www", 80 },
		{ "https", 443 },     { "HTTP", 80 },	{ "http-alt", 8080 },
		{ "webcache", 8080 }, { "domain", 53 }, { "htt", 0 },
		{ "httpss", 0 },      { "", 0 },	{ "tcp", 0 },
		{ "22", 0 },	      { "22/tcp", 0 },	{ "WorldWideWeb", 0 },
		{ "#", 0 },	      { "zzz", 0 },	{ "a", 0 },
	};

	(void)state;
	ask("tests/golden/services");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_row_int(cases[i].name, port_of(cases[i].name), cases[i].port);
	/* A slice ends where it ends. */
	assert_int_equal(services_port((struct text){ "https", 4 }), 80);
}

static void what_is_no_line_of_a_service_is_passed_over(void **state)
{
	static const char text[] = "a 1\nb x/tcp\nc 65536/tcp\nd -1/udp\ne /tcp\n f 6/tcp\r\n"
				   "g 7/tcp g2 # g3\n\n#h 8/tcp\ni 0/tcp\ndup 9/udp\ndup 10/tcp\n"
				   "last 11/sctp";

	(void)state;
	write_file(text, strlen(text));
	for (const char *none = "abcdeih"; *none; none++)
		assert_int_equal(services_port((struct text){ none, 1 }), 0);
	assert_int_equal(port_of("f"), 6);
	assert_int_equal(port_of("g"), 7);
	assert_int_equal(port_of("g2"), 7);
	assert_int_equal(port_of("g3"), 0);
	assert_int_equal(port_of("dup"), 9);
	assert_int_equal(port_of("last"), 11);
}

static void a_file_is_read_at_the_first_question_and_not_again(void **state)
{
	(void)state;
	write_file("mine 1/tcp\n", 11);
	assert_int_equal(port_of("mine"), 1);
	services_file = "/nonexistent/services";
	assert_int_equal(port_of("mine"), 1);
}

static void a_version_that_was_put_in_place_answers_without_the_file(void **state)
{
	struct services *services = NULL;

	(void)state;
	write_file("mine 1/tcp\n", 11);
	assert_int_equal(services_load(&services, path), 0);
	ask("/nonexistent/services");
	services_use(services);
	assert_int_equal(port_of("mine"), 1);
	services_use(NULL);
	assert_int_equal(port_of("mine"), 0);
}

static void what_is_no_file_is_told_and_has_no_names(void **state)
{
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		{ "/nonexistent/services", -ENOENT },
		{ "/tmp", -EISDIR },
		{ "/dev/null", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct services *services = NULL;

		assert_row_int(cases[i].path, services_load(&services, cases[i].path),
			       cases[i].error);
		assert_null(services);
		ask(cases[i].path);
		assert_row_int(cases[i].path, port_of("http"), 0);
	}
}

static void a_file_too_large_is_read_to_its_bound(void **state)
{
	enum {
		SIZE = 2 << 20
	};
	auto_free char *text = malloc(SIZE);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', SIZE);
	memcpy(text, "first 1/tcp", 11);
	memcpy(text + SIZE - 10, "end 2/tcp\n", 10);
	write_file(text, SIZE);
	assert_int_equal(port_of("first"), 1);
	assert_int_equal(port_of("end"), 0);
}

static void all_names_are_offered(void **state)
{
	struct spelling spelling;

	(void)state;
	ask("tests/golden/services");
	spelling_begin(&spelling, "posgresql", 9);
	services_consider(&spelling);
	assert_string_equal(spelling_found(&spelling), "postgresql");
}

int main(void)
{
	auto_close int fd = mkstemp(path);
	int r;

	if (fd < 0)
		return 1;
	r = RUN_TESTS(TEST(names_and_aliases_have_a_port),
		      TEST(what_is_no_line_of_a_service_is_passed_over),
		      TEST(a_file_is_read_at_the_first_question_and_not_again),
		      TEST(a_version_that_was_put_in_place_answers_without_the_file),
		      TEST(what_is_no_file_is_told_and_has_no_names),
		      TEST(a_file_too_large_is_read_to_its_bound), TEST(all_names_are_offered));
	unlink(path);
	return r;
}
