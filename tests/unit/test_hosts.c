// SPDX-License-Identifier: BSD-2-Clause
/*
 * hosts(5): which names an address has.
 */
#include "who/hosts_table.h"

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "tests/harness.h"
#include "tests/one_file.h"

static void load(struct hosts_table **ret, const char *text, size_t len)
{
	one_file_write(text, len);
	assert_int_equal(hosts_table_load(ret, one_file_path()), 0);
}

/* Its names with a blank behind each, or "-". */
static const char *names_of(const struct hosts_table *table, const char *text)
{
	static char names[4096];
	const char *list;
	uint8_t addr[16];
	size_t len = 0;
	int family;

	assert_int_equal(addr_parse(text, addr, &family), 0);
	list = hosts_table_find(table, addr);
	if (!list)
		return "-";
	for (; *list; list += strlen(list) + 1)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s ", list);
	return names;
}

static void an_address_has_the_names_of_all_its_lines(void **state)
{
	static const char text[] = "# comment 10.9.9.9 x\n"
				   "127.0.0.1\tlocalhost\n"
				   "::1 localhost ip6-localhost # x y\n"
				   "  10.0.0.1   db.shop.svc\tdb  #no\n"
				   "10.0.0.2 web\r\n"
				   "10.0.0.1 db primary\n"
				   "10.0.0.3\n"
				   "10.0.0.4 #only a comment\n"
				   "2001:DB8:0::7 six\n"
				   "::ffff:10.0.0.5 mapped\n"
				   "0.0.0.0 ads.example\n"
				   ":: ads.example\n"
				   "10.0.0.300 bad\n"
				   "nonsense\n"
				   "fe80::1%eth0 scoped\n"
				   "\n"
				   "10.0.0.6 last";
	struct hosts_table *table = NULL;

	(void)state;
	load(&table, text, sizeof(text) - 1);
	assert_string_equal(names_of(table, "127.0.0.1"), "localhost ");
	assert_string_equal(names_of(table, "::1"), "localhost ip6-localhost ");
	assert_string_equal(names_of(table, "10.0.0.1"), "db.shop.svc db primary ");
	assert_string_equal(names_of(table, "10.0.0.2"), "web ");
	assert_string_equal(names_of(table, "10.0.0.3"), "-");
	assert_string_equal(names_of(table, "10.0.0.4"), "-");
	assert_string_equal(names_of(table, "2001:db8::7"), "six ");
	assert_string_equal(names_of(table, "10.0.0.5"), "mapped ");
	assert_string_equal(names_of(table, "10.0.0.6"), "last ");
	assert_string_equal(names_of(table, "10.9.9.9"), "-");
	assert_string_equal(names_of(table, "0.0.0.0"), "-");
	assert_string_equal(names_of(table, "::"), "-");
	assert_int_equal(hosts_table_count(table), 7);
	assert_int_equal(hosts_table_refused(table), 0);
	hosts_table_free(&table);
	assert_null(hosts_table_find(NULL, (const uint8_t[16]){ 0 }));
}

static void hostile_lines_name_nobody(void **state)
{
	struct hosts_table *table = NULL;
	auto_buf struct buf buf = { 0 };

	(void)state;
	buf_append_str(&buf, "10.0.0.1 good \x1b[31mred bell\x07 \xff\xfe after\n");
	buf_append_str(&buf, "10.0.0.2 ");
	for (int i = 0; i < 65536; i++)
		buf_append_char(&buf, 'x');
	buf_append_str(&buf, " 10.0.0.3 y\n10.0.0.4 four\n10.0.0.5 a");
	buf_append(&buf, "\0b\n10.0.0.6 six\n", 16);
	load(&table, buf_bytes(&buf), buf_len(&buf));
	assert_string_equal(names_of(table, "10.0.0.1"), "good after ");
	assert_string_equal(names_of(table, "10.0.0.2"), "-");
	assert_string_equal(names_of(table, "10.0.0.3"), "-");
	assert_string_equal(names_of(table, "10.0.0.4"), "four ");
	assert_string_equal(names_of(table, "10.0.0.5"), "a ");
	hosts_table_free(&table);
}

static void addresses_and_names_are_bounded_and_what_is_refused_is_counted(void **state)
{
	struct hosts_table *table = NULL;
	auto_buf struct buf buf = { 0 };

	(void)state;
	for (int i = 0; i < HOSTS_NAMES + 5; i++)
		buf_printf(&buf, "192.0.2.1 name-%d\n", i);
	for (unsigned int i = 0; i < HOSTS_ADDRESSES + 10; i++)
		buf_printf(&buf, "10.1.%u.%u host-%u\n", i >> 8, i & 255, i);
	assert_false(buf.failed);
	load(&table, buf_bytes(&buf), buf_len(&buf));
	assert_int_equal(hosts_table_count(table), HOSTS_ADDRESSES);
	assert_int_equal(hosts_table_refused(table), 10 + 5 + 1);
	assert_string_equal(names_of(table, "10.1.1.0"), "host-256 ");
	hosts_table_free(&table);
}

static void a_missing_file_is_told(void **state)
{
	struct hosts_table *table = NULL;

	(void)state;
	assert_int_equal(hosts_table_load(&table, "/nowhere/hosts"), -ENOENT);
	assert_int_equal(hosts_table_load(&table, "/"), -EISDIR);
	assert_null(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_address_has_the_names_of_all_its_lines),
		TEST(hostile_lines_name_nobody),
		TEST(addresses_and_names_are_bounded_and_what_is_refused_is_counted),
		TEST(a_missing_file_is_told),
	};

	return cmocka_run_group_tests_name("hosts", tests, one_file_begin, one_file_end);
}
