// SPDX-License-Identifier: BSD-2-Clause
/* What is said of expressions that are wrong: the byte, the text, and the two lines that show it. */
#include "filter/where.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/num.h"
#include "base/services.h"
#include "tests/harness.h"

struct error_case {
	const char *text;
	size_t at, len;
	const char *message;
};

static void check(const struct error_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct where_error error = { .message = "" };
		struct where *where = NULL;

		assert_row_int(cases[i].text, where_compile(&where, cases[i].text, &error),
			       -EINVAL);
		assert_row(cases[i].text, where == NULL);
		assert_row_str(cases[i].text, error.message, cases[i].message);
		assert_row_int(cases[i].text, error.at, cases[i].at);
		assert_row_int(cases[i].text, error.len, cases[i].len);
	}
}

static void numbers_that_a_field_cannot_have_are_refused(void **state)
{
	static const struct error_case cases[] = {
		{ "ip_proto = 300", 11, 3, "\"300\" is not between 0 and 255" },
		{ "proto 256", 6, 3, "\"256\" is not between 0 and 255" },
		{ "ip_proto != 256", 12, 3, "\"256\" is not between 0 and 255" },
		{ "port in (80, 65536)", 13, 5, "\"65536\" is not between 0 and 65535" },
		{ "port 65000-65536", 5, 11, "\"65000-65536\" is not between 0 and 65535" },
		{ "port = 99999999999999999999", 7, 20,
		  "\"99999999999999999999\" is not between 0 and 65535" },
		{ "port < 70000", 7, 5, "\"70000\" is not between 0 and 65535" },
		{ "port > 65535", 7, 5, "\"65535\" is the most there is: nothing is more" },
		{ "src port < 0", 11, 1, "\"0\" is the least there is: nothing is less" },
		{ "bytes < 0", 8, 1, "\"0\" is the least there is: nothing is less" },
		{ "packets > 18446744073709551615", 10, 20,
		  "\"18446744073709551615\" is the most there is: nothing is more" },
		{ "vlan = 4096", 7, 4, "\"4096\" is not between 0 and 4095" },
		{ "vni = 16777216", 6, 8, "\"16777216\" is not between 0 and 16777215" },
		{ "uid = 4G", 6, 2, "\"4G\" is not between 0 and 4294967295" },
		{ "identity = 4294967296", 11, 10,
		  "\"4294967296\" is not between 0 and 4294967295" },
		{ "uid = -1", 6, 2, "\"-1\" is not a number such as 80, 10k or 1.5M" },
		{ "bytes > 1.5", 8, 3, "\"1.5\" is not a number such as 80, 10k or 1.5M" },
		{ "ip_version = 5", 13, 1, "\"5\" is not 4, 6 or 0" },
		{ "ip_version = 7", 13, 1, "\"7\" is not between 0 and 6" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void wrong_values_are_refused_with_what_would_be_right(void **state)
{
	static const struct error_case cases[] = {
		{ "port > \"x\"", 7, 3,
		  "\"x\" is neither a number nor a service of /etc/services" },
		{ "port > 80x", 7, 3,
		  "\"80x\" is neither a number nor a service of /etc/services" },
		{ "port > 1.5", 7, 3,
		  "\"1.5\" is neither a number nor a service of /etc/services" },
		{ "port = -1", 7, 2, "\"-1\" is neither a number nor a service of /etc/services" },
		{ "port = htpp", 7, 4,
		  "\"htpp\" is neither a number nor a service of /etc/services: did you mean "
		  "\"http\"?" },
		{ "proto tpc", 6, 3,
		  "\"tpc\" is neither a number nor a protocol such as tcp: did you mean \"tcp\"?" },
		{ "ip_proto = 6x", 11, 2, "\"6x\" is neither a number nor a protocol such as tcp" },
		{ "bytes > 99999999999999999999", 8, 20, "\"99999999999999999999\" is too large" },
		{ "bytes > 99999999999G", 8, 12, "\"99999999999G\" is too large" },
		{ "port in (80, 90-81)", 13, 5, "\"90-81\" is a range that runs backwards" },
		{ "port > 80-90", 7, 5, "\"80-90\" is a range, where one value is compared with" },
		{ "port in (80, 81-)", 13, 3,
		  "\"81-\" is neither a number nor a service of /etc/services" },
		{ "rtt > 5", 6, 1,
		  "\"5\" is not a duration such as 1.5s, 100ms or 2h30m (ns, us, ms, s, m, h, d)" },
		{ "rtt > fast", 6, 4, "\"fast\" is not " NUM_DURATION_SUCH_AS },
		{ "time > noon", 7, 4,
		  "\"noon\" is not a time such as 2026-11-21T21:00:03Z or 5m ago" },
		{ "time > noon ago", 7, 8,
		  "\"noon ago\" is not a time such as 2026-11-21T21:00:03Z or 5m ago" },
		{ "time > 2026-02-30", 7, 10,
		  "\"2026-02-30\" is not a time such as 2026-11-21T21:00:03Z or 5m ago" },
		{ "ip = cart", 5, 4, "\"cart\" is not an address or a network such as 10.0.0.0/8" },
		{ "ip = 10.0.0.0/33", 5, 11,
		  "\"10.0.0.0/33\" is not an address or a network such as 10.0.0.0/8" },
		{ "ip = 10.0.0", 5, 6,
		  "\"10.0.0\" is not an address or a network such as 10.0.0.0/8" },
		{ "flags has SYN+FOO", 10, 7,
		  "\"SYN+FOO\" is not made of FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, NS and +" },
		{ "flags = ''", 8, 2,
		  "\"\" is not made of FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, NS and +" },
		{ "reply = yes", 8, 3, "\"yes\" is neither true nor false" },
		{ "pod = cart-*", 6, 6,
		  "\"cart-*\" is a pattern: ask with ~, or put it in quotes" },
		{ "source.pod in (a, destination.pod)", 18, 15,
		  "\"destination.pod\" is a field, which is compared with alone: a text of that name "
		  "needs quotes" },
		{ "source.port in (80, destination.port)", 20, 16,
		  "\"destination.port\" is neither a number nor a service of /etc/services" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void words_that_no_flow_has_are_refused(void **state)
{
	static const struct error_case cases[] = {
		{ "event = opn", 8, 3,
		  "\"opn\" is none of open, established, update, close, drop: did you mean \"open\"?" },
		{ "event close*d", 6, 7,
		  "\"close*d\" is none of open, established, update, close, drop: did you mean "
		  "\"close\"?" },
		{ "not event in (open, \"\")", 20, 2,
		  "\"\" is none of open, established, update, close, drop" },
		{ "verdict != DROPED", 11, 6,
		  "\"DROPED\" is none of FORWARDED, DROPPED, ERROR, AUDIT, REDIRECTED, TRACED, "
		  "TRANSLATED: did you mean \"DROPPED\"?" },
		{ "direction inbound", 10, 7, "\"inbound\" is none of ingress, egress" },
		{ "protocol = icmpv5", 11, 6,
		  "\"icmpv5\" is none of tcp, udp, icmpv4, icmpv6, sctp, vrrp, igmp, dns, http, "
		  "kafka: did you mean \"icmpv4\"?" },
		{ "initiator src", 10, 3, "\"src\" is none of source, destination" },
		{ "nat.role = x", 11, 1, "\"x\" is none of original, translated" },
		{ "close_reason = reset", 15, 5,
		  "\"reset\" is none of fin, rst, refused, timeout, reused, reclaimed, "
		  "interface_gone, agent_stop" },
		{ "close_reason in (fin, agent)", 22, 5,
		  "\"agent\" is none of fin, rst, refused, timeout, reused, reclaimed, "
		  "interface_gone, agent_stop: did you mean \"agent_stop\"?" },
		{ "point to-stak", 6, 7,
		  "\"to-stak\" is none of TO_ENDPOINT, FROM_ENDPOINT, TO_NETWORK, FROM_NETWORK, "
		  "TO_HOST, FROM_HOST, TO_STACK, FROM_STACK, TO_OVERLAY, FROM_OVERLAY, TO_PROXY, "
		  "FROM_PROXY, TO_CRYPTO, FROM_CRYPTO: did you mean \"TO_STACK\"?" },
		{ "initiator_by sin", 13, 3,
		  "\"sin\" is none of syn, syn_ack, first, ports, listener, unknown: did you mean "
		  "\"syn\"?" },
		{ "dst via usr", 8, 3,
		  "\"usr\" is none of user, creator, existing, inherited, listener, interface, "
		  "address, endpoints_file, dns: did you mean \"user\"?" },
		{ "drop_reason_desc POLICY_DENID", 17, 12,
		  "\"POLICY_DENID\" is not one that is known: did you mean \"POLICY_DENIED\"?" },
		{ "identity = earth", 11, 5,
		  "\"earth\" is neither a number nor a name such as world" },
		{ "identity = wolrd", 11, 5,
		  "\"wolrd\" is neither a number nor a name such as world: did you mean "
		  "\"world\"?" },
		{ "source.identity > 1x", 18, 2,
		  "\"1x\" is neither a number nor a name such as world" },
		{ "type = traced", 7, 6,
		  "\"traced\" is neither a number nor a name such as trace: did you mean "
		  "\"trace\"?" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void a_field_cannot_be_asked_everything(void **state)
{
	static const struct error_case cases[] = {
		{ "pod > a", 4, 1,
		  "pod is a text, which can be asked with =, !=, in, ~, !~ and =~" },
		{ "port ~ 80*", 5, 1,
		  "port is a number, which can be asked with =, !=, <, <=, >, >= and in" },
		{ "rtt =~ 5", 4, 2,
		  "rtt is a duration, which can be asked with =, !=, <, <=, >, >= and in" },
		{ "ip > 10.0.0.1", 3, 1, "ip is an address, which can be asked with =, != and in" },
		{ "ip ~ 10.*", 3, 1, "ip is an address, which can be asked with =, != and in" },
		{ "flags > SYN", 6, 1,
		  "flags is a set of flags, which can be asked with has, =, != and in" },
		{ "pod has x", 4, 3,
		  "pod is a text, which can be asked with =, !=, in, ~, !~ and =~" },
		{ "reply > true", 6, 1,
		  "reply is true or false, which can be asked with = and !=, or alone" },
		{ "port > (1, 2)", 7, 1, "\">\" compares with one value, not with a list" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void fields_of_two_kinds_are_not_compared(void **state)
{
	static const struct error_case cases[] = {
		{ "source.port = destination.ip", 14, 14,
		  "destination.ip is an address, and source.port is a number" },
		{ "port < rtt", 7, 3, "rtt is a duration, and port is a number" },
		{ "rtt > bytes", 6, 5, "bytes is a number, and rtt is a duration" },
		{ "time > duration", 7, 8, "duration is a duration, and time is a time" },
		{ "src pod = dst  port and tcp", 10, 9,
		  "destination.port is a number, and source.pod is a text" },
		{ "flags = reply", 8, 5, "reply is true or false, and flags is a set of flags" },
		{ "source.pod ~ destination.pod", 11, 1,
		  "\"~\" compares with a value, not with a field" },
		{ "source.pod =~ dst pod", 11, 2,
		  "\"=~\" compares with a value, not with a field" },
		{ "flags has flags", 6, 3, "\"has\" compares with a value, not with a field" },
		{ "source.pod < destination.pod", 11, 1,
		  "pod is a text, which can be asked with =, !=, in, ~, !~ and =~" },
		{ "source.port destination.port", 12, 16,
		  "an operator or \"and\" is missing before this field" },
		{ "source.pod dst pod", 11, 7,
		  "an operator or \"and\" is missing before this field" },
		{ "source.port = dst rtt", 14, 3,
		  "\"dst\" is neither a number nor a service of /etc/services" },
		{ "source.pod = dst rtt", 17, 3,
		  "expected \"and\", \"or\" or the end, not \"rtt\"" },
		{ "source.port = destination.prot", 14, 16,
		  "\"destination.prot\" is neither a number nor a service of /etc/services" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void unknown_names_are_told_with_the_nearest(void **state)
{
	static const struct error_case cases[] = {
		{ "prot = 80", 0, 4, "no field is called \"prot\": did you mean \"port\"?" },
		{ "tcp and source.pdo ~ x", 8, 10,
		  "no field is called \"source.pdo\": did you mean \"source.pod\"?" },
		{ "sorce.pod", 0, 9,
		  "no field is called \"sorce.pod\": did you mean \"source.pod\"?" },
		{ "rttserver > 5ms", 0, 9,
		  "no field is called \"rttserver\": did you mean \"rtt_server\"?" },
		{ "source.rtt > 5ms", 7, 3, "\"rtt\" is no field of a side" },
		{ "tpc", 0, 3, "no field is called \"tpc\": did you mean \"tcp\"?" },
		{ "Port = 80", 0, 4, "no field is called \"Port\": did you mean \"port\"?" },
		{ "a = 1", 0, 1, "no field is called \"a\": weir-where(7) lists them" },
		{ "ipp 1", 0, 3, "no field is called \"ipp\": did you mean \"ip\"?" },
		{ "less 1", 0, 4, "no field is called \"less\": weir-where(7) lists them" },
		{ "drop", 0, 4, "no field is called \"drop\": did you mean \"dropped\"?" },
		{ "Proc ~ x", 0, 4, "no field is called \"Proc\": did you mean \"process\"?" },
		{ "destination.ser ~ x", 0, 15,
		  "no field is called \"destination.ser\": did you mean \"destination.service\"?" },
		{ "elephant", 0, 8, "no field is called \"elephant\": weir-where(7) lists them" },
		{ "identity = world or host", 20, 4,
		  "\"host\" needs a value behind it; more than one value of a field is \"in (a, "
		  "b)\"" },
		{ "src net", 4, 3,
		  "\"net\" needs a value behind it; more than one value of a field is \"in (a, "
		  "b)\"" },
		{ "identity 1 or proto", 14, 5,
		  "\"proto\" needs a value behind it; more than one value of a field is \"in (a, "
		  "b)\"" },
		{ "port = 80 or 443", 13, 3, "\"443\" is a value, and no field stands before it" },
		{ "port > 80 or 443", 13, 3, "\"443\" is a value, and no field stands before it" },
		{ "rtt 5ms or 443", 11, 3, "\"443\" is a value, and no field stands before it" },
		{ "port 80 or tcp or 443", 18, 3,
		  "\"443\" is a value, and no field stands before it" },
		{ "443", 0, 3, "\"443\" is a value, and no field stands before it" },
		{ "port 80 or 443x", 11, 4,
		  "\"443x\" is neither a number nor a service of /etc/services" },
		{ "tcp port 80 or 90-81", 15, 5, "\"90-81\" is a range that runs backwards" },
		{ "host ::1 or 10.0.0.1/33", 12, 11,
		  "\"10.0.0.1/33\" is a value, and no field stands before it" },
		{ "TCP port 443", 0, 3, "no field is called \"TCP\": did you mean \"tcp\"?" },
		{ "src rtt", 4, 3, "\"rtt\" is no field of a side" },
		{ "dst source.pod", 4, 10, "\"source.pod\" is no field of a side" },
		{ "dst 10.0.0", 4, 6, "\"10.0.0\" is a value, and no field stands before it" },
		{ "src or port 80", 7, 4, "expected \"dst\", not \"port\"" },
		{ "dst and dst port 80", 8, 3, "expected \"src\", not \"dst\"" },
		{ "src and", 7, 0, "expected \"dst\", not the end" },
		{ "src or dst rtt", 11, 3, "\"rtt\" is no field of a side" },
		{ "src or dst", 10, 0, "expected a field of a side, not the end" },
		{ "src and dst port = source.port", 19, 11,
		  "both sides at once are compared with a value, not with a field" },
		{ "src", 3, 0, "expected a field of a side, not the end" },
		{ "src = 5", 4, 1, "expected a field of a side, not \"=\"" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void what_does_not_follow_the_grammar_is_refused_where_it_stops(void **state)
{
	static const struct error_case cases[] = {
		{ "", 0, 0, "the expression is empty" },
		{ "  \t", 3, 0, "the expression is empty" },
		{ "port =", 6, 0, "expected a value, not the end" },
		{ "port = and tcp", 7, 3, "expected a value, not \"and\"" },
		{ "port = (80", 7, 1, "this parenthesis is not closed" },
		{ "port in ()", 9, 1, "expected a value, not \")\"" },
		{ "port in (80 81)", 12, 2, "expected \",\" or \")\", not \"81\"" },
		{ "port in (80,)", 12, 1, "expected a value, not \")\"" },
		{ "tcp and", 7, 0, "expected a field, not the end" },
		{ "and tcp", 0, 3, "expected a field, not \"and\"" },
		{ "tcp and or udp", 8, 2, "expected a field, not \"or\"" },
		{ "not", 3, 0, "expected a field, not the end" },
		{ "\"port\" = 80", 0, 6, "expected a field, not \"port\"" },
		{ "= 80", 0, 1, "expected a field, not \"=\"" },
		{ "(tcp", 0, 1, "this parenthesis is not closed" },
		{ "((tcp) or udp", 0, 1, "this parenthesis is not closed" },
		{ "(port = 80 81)", 11, 2, "expected \"and\", \"or\" or \")\", not \"81\"" },
		{ "tcp)", 3, 1, "expected \"and\", \"or\" or the end, not \")\"" },
		{ "port = 80 udp", 10, 3, "expected \"and\", \"or\" or the end, not \"udp\"" },
		{ "label = k8s:app=cart", 15, 1, "unexpected \"=\": a text with it needs quotes" },
		{ "port not 80", 9, 2,
		  "expected \"in\" or another comparison behind \"not\", not \"80\"" },
		{ "port not != 80", 9, 2,
		  "expected \"in\" or another comparison behind \"not\", not \"!=\"" },
		{ "tcp & udp", 4, 1, "\"&\" is no operator: write \"and\"" },
		{ "tcp | udp", 4, 1, "\"|\" is no operator: write \"or\"" },
		{ "pod = $x", 6, 1, "unexpected \"$\": a text with it needs quotes" },
		{ "pod = \"x", 6, 1, "this quote is not closed" },
		{ "pod = 'x\\'", 6, 1, "this quote is not closed" },
		{ "pod =~ \"a(b\"", 11, 0,
		  "this regular expression is wrong: missing closing parenthesis" },
		{ "pod =~ '\\\\d\\\\d(b'", 16, 0,
		  "this regular expression is wrong: missing closing parenthesis" },
		{ "pod =~ '\\\\C'", 11, 0,
		  "this regular expression is wrong: using \\C is disabled by the application" },
		{ "pod =~ \"\xff\"", 8, 0,
		  "this regular expression is wrong: UTF-8 error: illegal byte (0xfe or 0xff)" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void messages_can_be_shown_on_a_terminal(void **state)
{
	static const struct error_case cases[] = {
		{ "port = \"\x1b[31m\"", 7, 7,
		  "\"?[31m\" is neither a number nor a service of /etc/services" },
		{ "port = \"\xff\"", 7, 3,
		  "\"\xef\xbf\xbd\" is neither a number nor a service of /etc/services" },
		{ "port = \x01", 7, 1, "unexpected \"?\": a text with it needs quotes" },
		{ "port = 0123456789012345678901234567890123456789012345678901234x", 7, 56,
		  "\"012345678901234567890123456789012345678901234567\" is neither a number nor a service of /etc/services" },
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

/* prefix, count times unit, suffix. */
static int compile_repeated(const char *prefix, const char *unit, unsigned int count,
			    const char *suffix, struct where_error *error)
{
	auto_where struct where *where = NULL;
	auto_buf struct buf text = {};

	buf_append_str(&text, prefix);
	for (unsigned int i = 0; i < count; i++)
		buf_append_str(&text, unit);
	buf_append_str(&text, suffix);
	buf_append_char(&text, '\0');
	assert_false(text.failed);
	return where_compile(&where, buf_bytes(&text), error);
}

static void what_an_expression_may_be_is_bounded(void **state)
{
	struct where_error error;

	(void)state;
	assert_int_equal(compile_repeated("tcp", " ", WHERE_TEXT_MAX - 3, "", &error), 0);
	assert_int_equal(compile_repeated("tcp", " ", WHERE_TEXT_MAX - 2, "", &error), -EINVAL);
	assert_int_equal(error.at, WHERE_TEXT_MAX);
	assert_string_equal(error.message, "longer than 4096 bytes");

	assert_int_equal(compile_repeated("", "!", WHERE_DEPTH_MAX - 1, "tcp", &error), 0);
	assert_int_equal(compile_repeated("", "!", WHERE_DEPTH_MAX, "tcp", &error), -EINVAL);
	assert_int_equal(error.at, WHERE_DEPTH_MAX);
	assert_string_equal(error.message, "more than 64 parentheses and nots within each other");
	assert_int_equal(compile_repeated("", "(", WHERE_TEXT_MAX, "", &error), -EINVAL);
	assert_int_equal(error.at, WHERE_DEPTH_MAX);

	/* A chain is one more than what it joins. */
	assert_int_equal(compile_repeated("vlan", " or pid", WHERE_NODES_MAX - 2, "", &error), 0);
	assert_int_equal(compile_repeated("vlan", " or pid", WHERE_NODES_MAX - 1, "", &error),
			 -EINVAL);
	assert_int_equal(error.at, 4 + (WHERE_NODES_MAX - 2) * 7 + 4);
	assert_string_equal(error.message, "more than 256 comparisons and chains of and or or");
	assert_int_equal(compile_repeated("vlan", " or tcp", WHERE_NODES_MAX - 1, "", &error),
			 -EINVAL);
	assert_int_equal(error.at, 4 + (WHERE_NODES_MAX - 2) * 7 + 4);
	assert_int_equal(compile_repeated("port in (1", ",1", 2042, ")", &error), 0);
}

static void an_error_is_shown_under_its_place(void **state)
{
	static const struct {
		const char *text;
		const char *expect;
	} cases[] = {
		{ "port > \"x\"", "  port > \"x\"\n         ^~~\n" },
		{ "port =", "  port =\n        ^\n" },
		{ "", "  \n  ^\n" },
		{ "pod = \"k\xc3\xb6ln\" and\tprt > 5\x1b",
		  "  pod = \"k\xc3\xb6ln\" and prt > 5 \n                   ^~~\n" },
		{ "bytes > 1 and bytes > 2 and bytes > 3 and bytes > 4 and bytes > 5 and prt = 6 and "
		  "bytes > 7 and bytes > 8",
		  "  ...tes > 2 and bytes > 3 and bytes > 4 and bytes > 5 and prt = 6 and byt\n"
		  "                                                           ^~~\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_where struct where *where = NULL;
		auto_buf struct buf out = {};
		struct where_error error;

		assert_row_int(cases[i].text, where_compile(&where, cases[i].text, &error),
			       -EINVAL);
		where_error_show(&error, cases[i].text, &out);
		buf_append_char(&out, '\0');
		assert_row_str(cases[i].text, buf_bytes(&out), cases[i].expect);
	}
}

/* Bytes that begin no character are one each, however many there are: the line stays as long. */
static void an_error_behind_what_is_no_text_is_shown_in_one_line(void **state)
{
	char text[1200] = "icmp port ";
	const struct where_error error = { .at = 600, .len = 1 };
	auto_buf struct buf out = {};
	const char *end;

	(void)state;
	memset(text + strlen(text), 0xa3, sizeof(text) - 1 - strlen(text));
	where_error_show(&error, text, &out);
	buf_append_char(&out, '\0');
	end = strchr(buf_bytes(&out), '\n');
	assert_non_null(end);
	assert_int_equal(end - (const char *)buf_bytes(&out), strlen("  ...") + 72 - 3);
	assert_int_equal(strcspn(end + 1, "^"), strlen("  ...") + 54);
}

int main(void)
{
	services_file = "tests/golden/services";
	return RUN_TESTS(
		TEST(wrong_values_are_refused_with_what_would_be_right),
		TEST(numbers_that_a_field_cannot_have_are_refused),
		TEST(words_that_no_flow_has_are_refused), TEST(a_field_cannot_be_asked_everything),
		TEST(fields_of_two_kinds_are_not_compared),
		TEST(unknown_names_are_told_with_the_nearest),
		TEST(what_does_not_follow_the_grammar_is_refused_where_it_stops),
		TEST(messages_can_be_shown_on_a_terminal),
		TEST(what_an_expression_may_be_is_bounded), TEST(an_error_is_shown_under_its_place),
		TEST(an_error_behind_what_is_no_text_is_shown_in_one_line));
}
