// SPDX-License-Identifier: BSD-2-Clause
/*
 * DNS answers: what they say, and what they cannot make us believe.
 */
#include "dns_build.h"

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "tests/harness.h"

#define ANSWER 0x8180

static void append_answer(void *ctx, const struct dns_answer *answer)
{
	struct buf *buf = ctx;
	char text[ADDR_TEXT_SIZE];
	bool is_v4 = answer->addr[10] == 0xff && answer->addr[11] == 0xff;

	addr_to_str(answer->addr, is_v4 ? 4 : 6, text);
	buf_printf(buf, "%s %s %u;", answer->name, text, answer->ttl);
}

/* "name address ttl;" of each, and the result if it is not DNS_OK. */
static void parse(const struct dns_message *message, struct buf *out)
{
	static const char *const results[] = {
		[DNS_OK] = "",
		[DNS_NO_ANSWER] = "no answer",
		[DNS_MALFORMED] = "malformed",
	};
	/* Without a byte behind it: the sanitizer sees one read too many. */
	auto_free uint8_t *bytes = malloc(message->len ? message->len : 1);
	struct dns_message copy = *message;
	char name[DNS_NAME_SIZE];

	assert_non_null(bytes);
	memcpy(bytes, message->bytes, message->len);
	copy.bytes = bytes;
	buf_truncate(out, 0);
	buf_append_str(out, results[dns_parse(&copy, name, append_answer, out)]);
	buf_append_char(out, '\0');
}

static void assert_parsed(const struct dns_build *build, const char *expected)
{
	const struct dns_message message = dns_message_of(build);
	auto_buf struct buf out = { 0 };

	parse(&message, &out);
	assert_row_str(expected, buf_bytes(&out), expected);
}

static void addresses_belong_to_the_name_that_was_asked_for(void **state)
{
	struct dns_build build = { 0 };

	(void)state;
	dns_header(&build, ANSWER, 1, 3);
	dns_question(&build, "www.Example.ORG", DNS_A);
	dns_addr(&build, "@12", 300, "192.0.2.1");
	dns_addr(&build, "WWW.example.org", 60, "192.0.2.2");
	dns_addr(&build, "www.@16", 10, "192.0.2.3");
	assert_parsed(&build, "www.example.org 192.0.2.1 300;www.example.org 192.0.2.2 60;"
			      "www.example.org 192.0.2.3 10;");
}

static void a_chain_of_aliases_is_followed_in_any_order(void **state)
{
	struct dns_build build = { 0 };

	(void)state;
	dns_header(&build, ANSWER, 1, 5);
	dns_question(&build, "a.example", DNS_AAAA);
	dns_addr(&build, "c.example", 500, "2001:db8::1");
	dns_cname(&build, "b.example", 100, "c.example");
	dns_cname(&build, "@12", 200, "B.example");
	dns_addr(&build, "c.example", 50, "2001:db8::2");
	dns_addr(&build, "other.example", 50, "2001:db8::3");
	assert_parsed(&build, "a.example 2001:db8::1 100;a.example 2001:db8::2 50;");
}

static void what_does_not_answer_the_question_is_passed_over(void **state)
{
	struct dns_build build = { 0 };
	size_t at;

	(void)state;
	dns_header(&build, ANSWER, 1, 6);
	dns_question(&build, "a.example", DNS_A);
	dns_addr(&build, "bank.example", 300, "192.0.2.66");
	dns_addr(&build, "@12", 300, "2001:db8::66"); /* was not asked for */
	at = dns_record(&build, "@12", DNS_TXT, 300);
	dns_bytes(&build, "\3abc", 4);
	dns_end(&build, at);
	at = dns_record(&build, "@12", DNS_A, 300);
	dns_bytes(&build, "\1\2\3\4\5", 5); /* no address */
	dns_end(&build, at);
	at = dns_record(&build, "@12", DNS_A, 300);
	build.bytes[at - 7] = 3; /* of class CHAOS */
	dns_bytes(&build, "\1\2\3\4", 4);
	dns_end(&build, at);
	dns_addr(&build, "@12", 300, "192.0.2.1");
	assert_parsed(&build, "a.example 192.0.2.1 300;");
}

static void a_question_for_anything_takes_both_families(void **state)
{
	struct dns_build build = { 0 };

	(void)state;
	dns_header(&build, ANSWER, 1, 2);
	dns_question(&build, "a.example", DNS_ANY);
	dns_addr(&build, "@12", 1, "192.0.2.1");
	dns_addr(&build, "@12", 0xffffffff, "2001:db8::1"); /* such a TTL means 0 */
	assert_parsed(&build, "a.example 192.0.2.1 1;a.example 2001:db8::1 0;");
}

static void hints_of_https_are_addresses(void **state)
{
	struct dns_build build = { 0 };
	size_t at;

	(void)state;
	dns_header(&build, ANSWER, 1, 2);
	dns_question(&build, "a.example", DNS_HTTPS);
	dns_cname(&build, "@12", 77, "b.example");
	at = dns_record(&build, "b.example", DNS_HTTPS, 300);
	dns_bytes(&build, "\0\1\0", 3);				/* priority, target "." */
	dns_bytes(&build, "\0\1\0\3\2h2", 7);			/* alpn */
	dns_bytes(&build, "\0\4\0\10\300\0\2\1\300\0\2\2", 12); /* two of IPv4 */
	dns_bytes(&build, "\0\6\0\20\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\7", 20);
	dns_bytes(&build, "\0\4\0\100\300\0\2\3", 8); /* longer than the record */
	dns_end(&build, at);
	assert_parsed(&build,
		      "a.example 192.0.2.1 77;a.example 192.0.2.2 77;a.example 2001:db8::7 77;");
}

static void nobody_is_called_nowhere(void **state)
{
	static const char *const nowhere[] = { "0.0.0.0",	  "127.0.0.1", "0.1.2.3",
					       "127.255.0.1",	  "::",	       "::1",
					       "::ffff:192.0.2.1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++) {
		struct dns_build build = { 0 };

		dns_header(&build, ANSWER, 1, 1);
		dns_question(&build, "a.example", DNS_ANY);
		if (strncmp(nowhere[i], "::ffff:", 7) != 0) {
			dns_addr(&build, "@12", 300, nowhere[i]);
		} else {
			size_t at = dns_record(&build, "@12", DNS_AAAA, 300);

			dns_bytes(&build, "\0\0\0\0\0\0\0\0\0\0\377\377\300\0\2\1", 16);
			dns_end(&build, at);
		}
		assert_parsed(&build, "no answer");
	}
}

static void other_messages_tell_nothing(void **state)
{
	static const struct {
		const char *name;
		uint16_t flags, questions;
	} rows[] = {
		{ "a question", 0x0100, 1 },	 { "no such name", 0x8183, 1 },
		{ "server failure", 0x8182, 1 }, { "an update", 0xa800, 1 },
		{ "no question", ANSWER, 0 },	 { "two questions", ANSWER, 2 },
		{ "very many", ANSWER, 0xffff },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct dns_build build = { 0 };

		dns_header(&build, rows[i].flags, rows[i].questions, 1);
		dns_question(&build, "a.example", DNS_A);
		dns_addr(&build, "@12", 300, "192.0.2.1");
		assert_parsed(&build, "no answer");
	}
}

static void names_are_written_in_small_letters_and_ascii(void **state)
{
	struct dns_build build = { 0 };

	(void)state;
	dns_header(&build, ANSWER, 1, 1);
	dns_bytes(&build, "\4A\33[m\3a.b\3\\ \177\2\303\251\0\0\1\0\1", 21);
	dns_addr(&build, "@12", 1, "192.0.2.1");
	assert_parsed(&build, "a\\027[m.a\\046b.\\092\\032\\127.\\195\\169 192.0.2.1 1;");
}

static void the_longest_name_fits(void **state)
{
	struct dns_build build = { 0 };
	char label[64], name[DNS_NAME_SIZE];
	const struct dns_message *message;
	struct dns_message parsed;
	auto_buf struct buf out = { 0 };

	(void)state;
	memset(label, 0xff, sizeof(label));
	for (int more = 0; more < 2; more++) {
		build.len = 0;
		dns_header(&build, ANSWER, 1, 1);
		for (int i = 0; i < 3; i++) {
			label[0] = 63;
			dns_bytes(&build, label, 64);
		}
		label[0] = (char)(61 + more); /* 255 with the zero; and one too many */
		dns_bytes(&build, label, 62 + (size_t)more);
		dns_bytes(&build, "\0\0\1\0\1", 5);
		dns_addr(&build, "@12", 1, "192.0.2.1");
		parsed = dns_message_of(&build);
		message = &parsed;
		buf_truncate(&out, 0);
		assert_int_equal(dns_parse(message, name, append_answer, &out),
				 more ? DNS_MALFORMED : DNS_OK);
		if (!more)
			assert_int_equal(strlen(name), (63 * 3 + 61) * 4 + 3);
	}
}

static void pointers_lead_backwards_or_nowhere(void **state)
{
	static const struct {
		const char *what, *owner, *result;
	} rows[] = {
		{ "to itself", "@27", "no answer" },
		{ "to the one behind", "@29", "no answer" },
		{ "into the header", "@11", "no answer" },
		{ "into the middle of a label", "@13", "no answer" },
		{ "beyond the end", "@4000", "no answer" },
		{ "a label, and to itself", "a.@27", "no answer" },
		{ "to the question", "@12", "a.example 192.0.2.1 9;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct dns_build build = { 0 };

		dns_header(&build, ANSWER, 1, 1);
		dns_question(&build, "a.example", DNS_A);
		assert_int_equal(build.len, 27);
		dns_addr(&build, rows[i].owner, 9, "192.0.2.1");
		assert_parsed(&build, rows[i].result);
	}
}

/* Each name points to the one before: the first 64 can be followed. */
static void long_ways_of_pointers_end(void **state)
{
	struct dns_build build = { 0 };
	unsigned int before = 12;

	(void)state;
	dns_header(&build, ANSWER, 1, 1);
	dns_question(&build, "a", DNS_A);
	for (int i = 0; i < 65; i++) {
		size_t at = dns_record(&build, "x", DNS_TXT, 1);
		char pointer[8];

		snprintf(pointer, sizeof(pointer), "@%u", before);
		before = (unsigned int)at;
		dns_name(&build, pointer);
		dns_end(&build, at);
		build.bytes[7] = (uint8_t)(i + 2);
		if (i == 62 || i == 63) {
			struct dns_build more = build;

			snprintf(pointer, sizeof(pointer), "@%u", before);
			dns_addr(&more, pointer, 1, "192.0.2.1");
			/* 64 records are looked at, and 64 pointers followed. */
			assert_parsed(&more, i == 62 ? "a 192.0.2.1 1;" : "no answer");
		}
	}
}

static void a_circle_of_aliases_ends(void **state)
{
	struct dns_build build = { 0 };

	(void)state;
	dns_header(&build, ANSWER, 1, 4);
	dns_question(&build, "a.example", DNS_A);
	dns_cname(&build, "a.example", 60, "b.example");
	dns_cname(&build, "b.example", 60, "a.example");
	dns_cname(&build, "b.example", 60, "b.example");
	dns_addr(&build, "b.example", 50, "192.0.2.1");
	assert_parsed(&build, "a.example 192.0.2.1 50;");
}

static void a_message_may_end_anywhere(void **state)
{
	static const char *const whole = "a.example 192.0.2.1 9;a.example 192.0.2.2 9;";
	struct dns_build build = { 0 };
	auto_buf struct buf out = { 0 };
	size_t first, second;

	(void)state;
	dns_header(&build, ANSWER, 1, 2);
	dns_question(&build, "a.example", DNS_A);
	dns_addr(&build, "@12", 9, "192.0.2.1");
	first = build.len;
	dns_addr(&build, "@12", 9, "192.0.2.2");
	second = build.len;
	for (size_t len = 0; len <= build.len; len++) {
		const struct dns_message message = { .bytes = build.bytes, .len = len };

		parse(&message, &out);
		if (len < 27)
			assert_string_equal(buf_bytes(&out), "malformed");
		else if (len < first)
			assert_string_equal(buf_bytes(&out), "no answer");
		else if (len < second)
			assert_string_equal(buf_bytes(&out), "a.example 192.0.2.1 9;");
		else
			assert_string_equal(buf_bytes(&out), whole);
	}
}

static void mdns_tells_names_that_nobody_asked_for_and_only_local_ones(void **state)
{
	struct dns_build build = { 0 };
	struct dns_message message;
	auto_buf struct buf out = { 0 };
	size_t at;

	(void)state;
	dns_header(&build, 0x8400, 0, 4);
	at = dns_record(&build, "printer.local", DNS_A, 120);
	build.bytes[at - 8] = 0x80; /* "forget what you knew" */
	dns_bytes(&build, "\300\0\2\11", 4);
	dns_end(&build, at);
	dns_addr(&build, "@12", 120, "fe80::9");
	dns_addr(&build, "bank.example", 120, "192.0.2.10");
	dns_addr(&build, "local", 120, "192.0.2.11");
	message = dns_message_of(&build);
	parse(&message, &out);
	assert_string_equal(buf_bytes(&out), "no answer");
	message.is_mdns = true;
	parse(&message, &out);
	assert_string_equal(buf_bytes(&out),
			    "printer.local 192.0.2.9 120;printer.local fe80::9 120;");
}

static void edns_and_what_is_behind_the_answers_do_no_harm(void **state)
{
	struct dns_build build = { 0 };
	size_t at;

	(void)state;
	dns_header(&build, ANSWER, 1, 1);
	build.bytes[9] = 1;  /* authority */
	build.bytes[11] = 2; /* additional */
	dns_question(&build, "a.example", DNS_A);
	dns_addr(&build, "@12", 9, "192.0.2.1");
	dns_addr(&build, "@12", 9, "192.0.2.2"); /* stands in the authority section */
	at = dns_record(&build, "", DNS_OPT, 0);
	dns_bytes(&build, "\0\12\0\10abcdefgh", 12);
	dns_end(&build, at);
	dns_addr(&build, "@12", 9, "192.0.2.3");
	assert_parsed(&build, "a.example 192.0.2.1 9;");
}

int main(void)
{
	return RUN_TESTS(TEST(addresses_belong_to_the_name_that_was_asked_for),
			 TEST(a_chain_of_aliases_is_followed_in_any_order),
			 TEST(what_does_not_answer_the_question_is_passed_over),
			 TEST(a_question_for_anything_takes_both_families),
			 TEST(hints_of_https_are_addresses), TEST(nobody_is_called_nowhere),
			 TEST(other_messages_tell_nothing),
			 TEST(names_are_written_in_small_letters_and_ascii),
			 TEST(the_longest_name_fits), TEST(pointers_lead_backwards_or_nowhere),
			 TEST(long_ways_of_pointers_end), TEST(a_circle_of_aliases_ends),
			 TEST(a_message_may_end_anywhere),
			 TEST(mdns_tells_names_that_nobody_asked_for_and_only_local_ones),
			 TEST(edns_and_what_is_behind_the_answers_do_no_harm));
}
