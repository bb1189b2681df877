// SPDX-License-Identifier: BSD-2-Clause
/* Expressions of --where: what they say of a flow, and what is said of wrong ones. */
#include "filter/where.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/services.h"
#include "base/timefmt.h"
#include "filter/where_names.h"
#include "tests/harness.h"
#include "tests/unit/flow_fields.h"

#define NOW "2026-11-21T21:05:00Z"

/* A connection that has ended, a packet without any names, and a flow of which nothing is known. */
static const char tcp_flow[] =
	"time=2026-11-21T21:00:03.412Z verdict=FORWARDED event=close protocol=tcp ip_version=4 "
	"source.ip=10.0.1.5 source.port=43210 destination.ip=10.0.2.7 destination.port=5432 "
	"source.namespace=shop source.pod=cart-7d9f source.label=k8s:app=cart "
	"source.label=k8s:tier=Front destination.name=db.shop.svc destination.identity=2 "
	"rtt=412000 duration=3200345678 bytes=1246912 packets=1020 flags=18 reply=0 "
	"source.process=cart source.exe=/app/cart source.uid=1000 http_path=/a?b*c "
	"conn_id=9f86d081884c7d65 source.cgroup=";
static const char udp6_flow[] = "protocol=udp protocol=dns ip_version=6 source.ip=2001:db8::7 "
				"source.port=53 destination.ip=2001:db8:1::1 "
				"destination.port=65535 reply=1 verdict=DROPPED flags=0 bytes=0 "
				"packets=18446744073709551615 destination.pod=köln-1";
static const char no_flow[] = "";

struct where_case {
	const char *text;
	bool expect;
};

static void check(const char *flow_text, const struct where_case *cases, size_t count)
{
	struct flow_fields flow;
	uint64_t now_ns;

	flow_fields_set(&flow, flow_text);
	assert_int_equal(time_from_rfc3339(NOW, &now_ns), 0);
	for (size_t i = 0; i < count; i++) {
		struct where_error error = { .message = "" };
		auto_where struct where *where = NULL;

		if (where_compile_at(&where, cases[i].text, now_ns, &error) != 0)
			fail_msg("%s: %zu: %s", cases[i].text, error.at, error.message);
		assert_row(cases[i].text, where_match(where, &flow.reader) == cases[i].expect);
	}
}

#define CHECK(flow, ...)                                                  \
	do {                                                              \
		static const struct where_case cases[] = { __VA_ARGS__ }; \
		check(flow, cases, ARRAY_SIZE(cases));                    \
	} while (0)

static void numbers_are_compared(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "destination.port = 5432", true }, { "destination.port == 5432", true },
	      { "destination.port = 5433", false }, { "destination.port != 5432", false },
	      { "destination.port != 5433", true }, { "destination.port < 5432", false },
	      { "destination.port < 5433", true }, { "destination.port <= 5432", true },
	      { "destination.port <= 5431", false }, { "destination.port > 5432", false },
	      { "destination.port > 5431", true }, { "destination.port >= 5432", true },
	      { "destination.port >= 5433", false }, { "destination.port<5433", true },
	      { "packets=1020", true }, { "packets < 1K", true }, { "packets > 1K", false },
	      { "bytes > 1M", true }, { "bytes > 1MiB", true }, { "bytes > 1G", false },
	      { "bytes = \"1246912\"", true }, { "packets >= 0", true });
	CHECK(udp6_flow, { "bytes <= 0", true }, { "bytes > 0", false }, { "bytes >= 0", true },
	      { "packets >= 18446744073709551615", true },
	      { "packets < 18446744073709551615", false });
}

static void lists_and_ranges_hold_if_one_of_them_does(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "destination.port in (80, 443)", false },
	      { "destination.port in (80, 5432)", true },
	      { "destination.port in (80,5000-6000)", true },
	      { "destination.port in (5432-5432)", true },
	      { "destination.port in (5433-6000, 1-5431)", false },
	      { "destination.port in 5000-6000", true }, { "destination.port = 5000-6000", true },
	      { "destination.port != 5000-6000", false },
	      { "destination.port not in (80, 443)", true },
	      { "destination.port not in (80, 5432)", false },
	      { "destination.port = (80, 5432)", true }, { "rtt in (400us-500us)", true },
	      { "rtt in (1ms-2ms, 3ms)", false }, { "packets in (1000-1K)", true },
	      { "source.pod ~ (web-*, cart-*)", true }, { "source.pod !~ (web-*, cart-*)", false },
	      { "verdict in (DROPPED, ERROR)", false }, { "source.ip in (10.0.0.0/16)", true },
	      { "source.ip in (10.0.0.0/24, 10.0.1.5)", true },
	      { "source.ip not in (10.0.0.0/24, 10.0.1.6)", true });
}

static void durations_and_times_are_compared(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "rtt > 5ms", false }, { "rtt < 5ms", true }, { "rtt = 412us", true },
	      { "rtt > 0", true }, { "duration > 3s", true }, { "duration > 1h30m", false },
	      { "duration > 3.2s", true }, { "time > 2026-11-21T21:00:03Z", true },
	      { "time < 2026-11-21T21:00:03Z", false }, { "time = 2026-11-21T21:00:03.412Z", true },
	      { "time >= 2026-11-21T22:00:03.412+01:00", true }, { "time > 2026-11-21", true },
	      { "time > 2026-11-22", false }, { "time > 5m ago", true }, { "time > 4m ago", false },
	      { "time > \"5m ago\"", true }, { "time > \"4m  ago\"", false },
	      { "time > 5m and time < 4m", true }, { "time < 4m ago and rtt < 1ms", true },
	      { "time > 'Sat, 21 Nov 2026 21:00:00 +0000'", true },
	      { "time in (2026-11-21T21:00:03.412Z, 1h ago)", true });
}

static void texts_are_compared_in_either_case(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "source.pod = cart-7d9f", true }, { "source.pod = CART-7D9F", true },
	      { "source.pod = cart-7d9", false }, { "source.pod = cart-7d9ff", false },
	      { "source.pod = \"cart-7d9f\"", true }, { "source.pod = 'cart-7d9f'", true },
	      { "source.pod != cart", true }, { "source.label = \"k8s:tier=front\"", true },
	      { "source.label = \"k8s:tier=back\"", false }, { "verdict = forwarded", true },
	      { "conn_id = 9f86d081884c7d65", true }, { "source.exe = /app/cart", true },
	      { "http_path = \"/a?b*c\"", true }, { "http_path = '/a?bc'", false },
	      { "source.cgroup = ''", true }, { "source.pod = ''", false });
}

static const char mirror_flow[] =
	"source.ip=10.0.1.5 destination.ip=10.0.1.5 source.port=53 destination.port=5353 "
	"source.namespace=Shop destination.namespace=shop source.pod=a destination.pod=ab "
	"source.label=x source.label=y destination.label=z destination.label=Y "
	"forward.bytes=10 reverse.bytes=10 forward.packets=3 reverse.packets=4 rtt=5 "
	"rtt_server=2 rtt_client=3 time=2026-11-21T21:00:04Z start=2026-11-21T21:00:03Z reply=1 "
	"encrypted=0";

static void fields_are_compared_with_each_other(void **state)
{
	(void)state;
	CHECK(mirror_flow, { "source.ip = destination.ip", true },
	      { "source.ip != destination.ip", false }, { "src ip = dst host", true },
	      { "source.port = destination.port", false }, { "src port < dst port", true },
	      { "source.port >= destination.port", false },
	      { "source.port not in destination.port", true },
	      { "source.namespace = destination.namespace", true },
	      { "src namespace != dst namespace", false },
	      { "source.pod = destination.pod", false }, { "source.pod != dst pod", true },
	      { "source.label = destination.label", true }, { "label = source.label", true },
	      { "forward.bytes > reverse.bytes", false },
	      { "forward.bytes >= reverse.bytes", true },
	      { "forward.bytes <= reverse.bytes", true },
	      { "forward.bytes = reverse.bytes and forward.packets < reverse.packets", true },
	      { "rtt_client > rtt_server", true }, { "rtt < rtt_server", false },
	      { "time > start", true }, { "start > time", false }, { "reply != encrypted", true },
	      { "reply = encrypted", false }, { "not source.ip = destination.ip", false },
	      { "port = dst port", true }, { "dst port > port", true });
	/* A word is a text, if that may be meant. */
	CHECK("source.process=node node=n1 source.pod=src", { "source.process = node", true },
	      { "process = node", true }, { "source.pod = src", true },
	      { "source.pod = src and process = node", true },
	      { "source.pod = 'src' or process = dst", true });
	/* None of what is not known. */
	CHECK("source.port=80", { "source.port = destination.port", false },
	      { "source.port != destination.port", true }, { "source.port = port", true },
	      { "destination.port = port", false });
	CHECK(no_flow, { "source.ip = destination.ip", false },
	      { "source.ip != destination.ip", true }, { "source.pod = destination.pod", false },
	      { "reply = encrypted", false });
}

/* Longer than the part that is compared at once. */
static void long_texts_are_compared_to_the_end(void **state)
{
	static const size_t lens[] = { 0, 1, 255, 256, 257, 300 };
	char text[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(lens); j++) {
			const struct where_case cases[] = {
				{ "source.exe = destination.exe", lens[i] == lens[j] },
				{ "source.exe = destination.cgroup", false },
			};

			snprintf(text, sizeof(text),
				 "source.exe=%0*d destination.exe=%0*d destination.cgroup=%0*d1",
				 (int)lens[i] + 1, 0, (int)lens[j] + 1, 0, (int)lens[i], 0);
			check(text, cases, ARRAY_SIZE(cases));
		}
	}
}

static void patterns_match_the_whole_text(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "source.pod ~ cart-*", true }, { "source.pod ~ \"cart-*\"", true },
	      { "source.pod ~ cart", false }, { "source.pod ~ art-*", false },
	      { "source.pod ~ *-7d9f", true }, { "source.pod ~ *", true },
	      { "source.pod ~ c*-*9?", true }, { "source.pod ~ cart-????", true },
	      { "source.pod ~ cart-???", false }, { "source.pod ~ cart-?????", false },
	      { "source.pod ~ cart-7d9f*", true }, { "source.pod ~ CART-*", true },
	      { "source.pod !~ cart-*", false }, { "source.pod !~ web-*", true },
	      { "source.pod ~ ''", false }, { "source.cgroup ~ ''", true },
	      { "source.cgroup ~ *", true }, { "source.cgroup ~ ?", false },
	      { "source.label ~ k8s:*", true }, { "source.label ~ '*front'", true },
	      { "http_path ~ '/a\\?b\\*c'", true }, { "http_path ~ '/a\\?b\\*d'", false },
	      { "source.pod ~ 'cart\\*'", false }, { "destination.name ~ *.shop.svc", true },
	      { "destination.name ~ *b*.*s*c", true }, { "destination.name ~ *b*.*s*d", false });
	CHECK(udp6_flow, { "destination.pod ~ k?ln-1", true },
	      { "destination.pod ~ k??ln-1", false }, { "destination.pod ~ köln-*", true },
	      { "destination.pod =~ '^k.ln'", true });
}

static void regular_expressions_match_anywhere(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "source.pod =~ \"^cart-[0-9a-f]+$\"", true },
	      { "source.pod =~ art", true }, { "source.pod =~ \"^art\"", false },
	      { "source.pod =~ CART", false }, { "source.pod =~ \"(?i)CART\"", true },
	      { "source.pod =~ \"\\d[a-f]\"", true }, { "source.pod =~ \"\\\\d[a-f]\"", true },
	      { "source.pod =~ '^\\D+\\d'", true }, { "source.pod =~ (web, 'c.rt')", true },
	      { "not source.pod =~ c.rt", false }, { "source.label =~ \"tier=\"", true });
}

static void addresses_are_within_networks(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "source.ip = 10.0.1.5", true }, { "source.ip = 10.0.1.6", false },
	      { "source.ip = 10.0.0.0/8", true }, { "source.ip = 10.0.1.4/31", true },
	      { "source.ip = 10.0.1.6/31", false }, { "source.ip = 10.9.9.9/8", true },
	      { "source.ip = 0.0.0.0/0", true }, { "source.ip = ::/0", false },
	      { "source.ip = ::ffff:10.0.1.5", true }, { "source.ip != 10.0.0.0/8", false },
	      { "source.ip = 10.0.1.5/32", true });
	CHECK(udp6_flow, { "source.ip = 2001:db8::7", true }, { "source.ip = 2001:db8::/48", true },
	      { "destination.ip = 2001:db8::/48", false }, { "source.ip = 0.0.0.0/0", false },
	      { "source.ip = ::/0", true }, { "source.ip = 2001:db8::/33", true },
	      { "source.ip = 2001:db8:8000::/33", false }, { "source.ip = 2001:db8::6/127", true });
}

static void a_name_of_either_side_has_the_values_of_both(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "port = 5432", true }, { "port = 43210", true }, { "port = 80", false },
	      { "port != 80", true }, { "port != 5432", false }, { "port != 43210", false },
	      { "not port in (80, 443)", true }, { "port not in (80, 43210)", false },
	      { "port < 6000", true }, { "port < 1024", false }, { "pod = cart-7d9f", true },
	      { "pod !~ web-*", true }, { "pod", true }, { "destination.pod", false },
	      { "ip in (10.0.2.0/24)", true }, { "ip not in (10.0.2.0/24)", false },
	      { "name = db.shop.svc", true }, { "identity = 2", true },
	      { "identity = world", true }, { "dst identity world", true },
	      { "identity = host", false }, { "identity host", false },
	      { "identity in (host, world)", true }, { "identity != kube-apiserver", true },
	      { "identity > host", true }, { "source.identity = world", false },
	      { "type = trace", false }, { "type trace-sock", false }, { "event clo*", true },
	      { "not event in (OPEN, update)", true });
}

static void flags_are_had_or_are_just_these(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "flags has SYN", true }, { "flags has SYN+ACK", true },
	      { "flags has syn+ack", true }, { "flags has SYN+RST", false },
	      { "flags has (RST, SYN)", true }, { "flags has (RST, FIN)", false },
	      { "flags not has RST", true }, { "not flags has SYN", false },
	      { "flags = SYN+ACK", true }, { "flags = ACK+SYN", true }, { "flags = SYN", false },
	      { "flags != SYN", true }, { "flags in (SYN, SYN+ACK)", true }, { "flags ACK", true },
	      { "flags RST", false });
}

static void booleans_stand_alone(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "reply", false }, { "not reply", true }, { "!reply", true },
	      { "reply = true", false }, { "reply = false", true }, { "reply != true", true },
	      { "encrypted", false }, { "encrypted = false", false });
	CHECK(udp6_flow, { "reply", true }, { "not reply", false }, { "reply = true", true },
	      { "reply = false", false });
}

static void nothing_holds_of_what_is_not_known_but_its_negation(void **state)
{
	(void)state;
	CHECK(no_flow, { "port = 80", false }, { "port != 80", true }, { "port < 80", false },
	      { "port >= 80", false }, { "port in (80)", false }, { "port not in (80)", true },
	      { "pod", false }, { "not pod", true }, { "pod ~ *", false }, { "pod !~ *", true },
	      { "pod =~ ''", false }, { "ip = 0.0.0.0/0", false }, { "ip != ::/0", true },
	      { "flags has SYN", false }, { "reply", false }, { "not reply", true },
	      { "reply = false", false }, { "rtt > 0", false }, { "time > 1h ago", false },
	      { "not (port = 80 and pod)", true }, { "tcp", false }, { "not tcp", true });
}

static void and_binds_closer_than_or_and_not_closest(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "tcp or udp and udp", true }, { "(tcp or udp) and udp", false },
	      { "udp and udp or tcp", true }, { "udp and (udp or tcp)", false },
	      { "not udp and tcp", true }, { "not (udp and tcp)", true },
	      { "not tcp or udp", false }, { "not (tcp and udp)", true },
	      { "not (tcp or udp)", false }, { "not not tcp", true }, { "not not not tcp", false },
	      { "!(!tcp)", true }, { "tcp && !udp", true }, { "udp || tcp", true },
	      { "tcp AND NOT udp", true }, { "udp OR tcp", true },
	      { "udp and udp and udp or udp or tcp and tcp", true }, { "((((tcp))))", true },
	      { "(tcp)and(not(udp))", true }, { "not (not tcp or not (udp or pod))", true },
	      { "\t tcp \n and\r port=5432\v", true });
}

static void what_pcap_filters_say_is_understood(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "tcp", true }, { "udp", false }, { "icmp", false }, { "ip4", true },
	      { "arp", false }, { "not arp", true }, { "ip6", false }, { "port 5432", true },
	      { "port 80", false }, { "src port 43210", true }, { "src port 5432", false },
	      { "dst port 5432", true }, { "dst port in (80, 5432)", true },
	      { "dst port != 80", true }, { "host 10.0.1.5", true }, { "src host 10.0.1.5", true },
	      { "dst host 10.0.1.5", false }, { "net 10.0.0.0/8", true },
	      { "dst net 10.0.2.0/24", true }, { "src net 10.0.2.0/24", false },
	      { "portrange 5000-6000", true }, { "src portrange 5000-6000", false },
	      { "tcp port 5432", true }, { "udp port 5432", false },
	      { "ip4 tcp dst port 5432 and host 10.0.1.5", true },
	      { "udp port 5432 or tcp port 5432", true }, { "not udp port 5432", true },
	      { "pod cart-*", true }, { "pod cart", false }, { "src pod cart-*", true },
	      { "dst pod", false }, { "src pod", true }, { "process cart", true },
	      { "rtt 412us", true }, { "dropped", false }, { "forwarded", true },
	      { "http", false });
	CHECK(udp6_flow, { "udp port 53", true }, { "ip6 dns", true }, { "dns", true },
	      { "dropped", true });
}

/* The fields in the order in which they were asked for, each once in a row. */
static void assert_asked(const char *text, const char *expect)
{
	struct where_error error;
	auto_where struct where *where = NULL;
	struct flow_fields flow;
	char asked[256] = "", name[FIELD_NAME_SIZE];

	flow_fields_set(&flow, tcp_flow);
	assert_int_equal(where_compile(&where, text, &error), 0);
	where_match(where, &flow.reader);
	for (unsigned int i = 0; i < flow.asked_count; i++) {
		if (i && flow.asked[i] == flow.asked[i - 1])
			continue;
		field_to_str(flow.asked[i], name);
		if (asked[0])
			strncat(asked, " ", sizeof(asked) - strlen(asked) - 1);
		strncat(asked, name, sizeof(asked) - strlen(asked) - 1);
	}
	assert_row_str(text, asked, expect);
}

static void the_cheapest_is_asked_first_and_no_more_than_needed(void **state)
{
	(void)state;
	assert_asked("summary =~ x and source.pod ~ cart-* and packets < 5", "packets");
	assert_asked("source.pod ~ x* and packets > 5", "packets source.pod");
	assert_asked("packets > 5 or source.pod ~ x*", "packets");
	assert_asked("source.pod ~ x* or packets > 5", "packets");
	assert_asked("not (source.pod ~ x* or packets > 5)", "packets");
	assert_asked("bytes < 5 and packets < 5", "bytes");
	assert_asked("packets < 5 and bytes < 5", "packets");
	assert_asked("(summary or uuid) and (bytes < 5 or packets < 5)", "bytes packets");
	assert_asked("port = 5432", "source.port destination.port");
	assert_asked("port = 43210", "source.port");
}

static void a_pattern_that_takes_too_long_is_given_up_and_counted(void **state)
{
	struct where_error error;
	auto_where struct where *where = NULL;
	struct flow_fields flow;
	char text[200] = "source.pod=";

	(void)state;
	memset(text + strlen(text), 'a', 60);
	strncat(text, "!", 2);
	flow_fields_set(&flow, text);
	assert_int_equal(where_compile(&where, "pod =~ '^(a|aa)+$'", &error), 0);
	assert_int_equal(where_gave_up(where), 0);
	assert_false(where_match(where, &flow.reader));
	assert_int_equal(where_gave_up(where), 1);
	assert_false(where_match(where, &flow.reader));
	assert_int_equal(where_gave_up(where), 2);
}

static void words_of_the_language_are_no_fields(void **state)
{
	static const char *const words[] = { "and",	  "or",	   "not",   "in",   "has",
					     "ago",	  "src",   "dst",   "host", "net",
					     "portrange", "proto", "ifname" };
	enum field field;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_row(words[i], field_find(words[i], strlen(words[i]), &field) == 0);
	/* All but one, which the parser tells apart. */
	for (const struct where_shorthand *row = where_shorthands; row->word; row++)
		assert_row(row->word, (field_find(row->word, strlen(row->word), &field) != 0) ==
					      (strcmp(row->word, "ip") == 0));
}

static void ip_is_a_field_before_what_it_may_be_asked(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "ip", true }, { "not ip", false }, { "ip and tcp", true },
	      { "(ip)", true }, { "ip host 10.0.1.5", true }, { "ip host 10.0.1.6", false },
	      { "ip src 10.0.1.5", true }, { "ip dst host 10.0.1.5", false }, { "ip tcp", true },
	      { "ip 10.0.1.5", true }, { "ip 10.0.1.6", false }, { "ip = 10.0.1.5", true },
	      { "ip '10.0.1.5'", true }, { "ip in (10.0.1.5)", true },
	      { "ip not in (10.0.1.5)", false }, { "ip != 10.0.1.6", true });
	CHECK(udp6_flow, { "ip", false }, { "not ip", true }, { "source.ip", true },
	      { "ip and udp", false }, { "ip host 2001:db8::7", false },
	      { "ip6 host 2001:db8::7", true }, { "ip 2001:db8::7", true });
}

static void a_side_may_be_followed_by_an_address_or_the_other_side(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "src 10.0.1.5", true }, { "dst 10.0.1.5", false },
	      { "dst 10.0.2.0/24 and src 10.0.1.0/24", true }, { "not dst 10.0.2.7", false },
	      { "src or dst 10.0.2.7", true }, { "src and dst 10.0.0.0/16", true },
	      { "src and dst 10.0.1.0/24", false }, { "dst or src port 5432", true },
	      { "dst and src port 5432", false }, { "dst and src port 5432-43210", true },
	      { "not src and dst net 10.0.1.0/24", true }, { "src and dst pod", false },
	      { "src or dst pod", true }, { "src and dst port != 5432", true },
	      { "src and dst ip not in (10.0.0.0/16)", false }, { "src and dst port", true });
	CHECK(no_flow, { "src and dst port", false }, { "src and dst port != 80", true });
}

static void a_value_alone_stands_for_the_words_before_it(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "port 80 or 5432", true }, { "port 80 or 81 or 5432", true },
	      { "port 80 or 81", false }, { "udp port 80 or 5432", false },
	      { "tcp port 80 or 5432", true }, { "tcp src port 80 or 5432", false },
	      { "tcp dst port 80 or 5432", true }, { "ip6 tcp port 80 or 5432", false },
	      { "ip4 tcp port 80 or 5432", true }, { "port 5432 and 43210", true },
	      { "port 5432 and 43211", false }, { "not port 80 or 5432", true },
	      { "port 80 or not 5432", false }, { "not (port 80 or 5432)", false },
	      { "tcp and (dst port 3389 or 5432)", true }, { "portrange 1-2 or 5000-6000", true },
	      { "host 10.0.0.1 or 10.0.2.7", true }, { "src 10.0.0.1 or 10.0.2.7", false },
	      { "dst host 10.0.0.1 or 10.0.2.0/24", true }, { "10.0.2.7", true },
	      { "10.0.2.8", false }, { "not 10.0.2.8 and 10.0.1.5", true },
	      { "port 80 or 10.0.2.7", true }, { "tcp 10.0.2.7", true }, { "udp 10.0.2.7", false },
	      { "src and dst net 10.9.0.0/16 or 10.0.0.0/16", true }, { "packets 5 or 1020", true },
	      { "identity kube-apiserver or host", false },
	      { "identity kube-apiserver or world", true }, { "identity 1 or world", true },
	      { "identity health or (host)", false }, { "identity health or host 10.0.2.7", true },
	      { "identity health or host = 10.0.2.7", true },
	      { "identity health or src host 10.0.2.7", false },
	      { "src identity health or world", false }, { "identity 1 or ip", true },
	      { "identity health or not host", true }, { "ip", true });
	CHECK(udp6_flow, { "2001:db8::7", true }, { "ip6 host ::1 or 2001:db8::7", true },
	      { "ip host ::1 or 2001:db8::7", false }, { "::/0", true });
}

static void ports_and_protocols_have_names(void **state)
{
	(void)state;
	CHECK(tcp_flow, { "port postgresql", true }, { "tcp dst port postgres", true },
	      { "src port postgresql", false }, { "port = PostgreSQL", true },
	      { "port != postgresql", false }, { "port in (http, postgresql)", true },
	      { "port in (http, https)", false }, { "port = \"postgresql\"", true },
	      { "port >= postgresql", true }, { "port http-alt", false }, { "port time", false },
	      { "tcp port ssh or postgresql", true }, { "tcp port ssh or 5432", true },
	      { "port 22 or postgresql", true }, { "udp port ssh or postgresql", false },
	      { "port ssh or http or postgresql", true }, { "port ssh or http", false },
	      { "not port ssh or postgresql", true }, { "protocol tcp", true },
	      { "protocol = TCP", true }, { "protocol icmp", false }, { "protocol != icmp", true });
	CHECK("protocol=http source.port=80 ip_version=4 ip_proto=6", { "port 443 or http", true },
	      { "proto tcp", true }, { "ip proto tcp", true }, { "ip_proto = TCP", true },
	      { "proto udp", false }, { "proto tcp or udp", true }, { "proto in (17, tcp)", true },
	      { "proto != gre", true });
	CHECK("protocol=http source.port=81", { "port https or http", false },
	      { "port https or protocol http", true });
	CHECK("protocol=icmpv6 ip_proto=58 point=TO_STACK close_reason=interface_gone",
	      { "protocol icmp", true }, { "protocol not in (tcp, icmp)", false },
	      { "protocol icmp6", true }, { "protocol ipv6-icmp", true },
	      { "protocol icmp4", false }, { "proto icmp6", true }, { "proto icmpv6", true },
	      { "proto ipv6-icmp", true }, { "proto icmp", false }, { "point = to-stack", true },
	      { "point *-stack", true }, { "point from-stack", false },
	      { "close_reason interface-gone", true });
}

int main(void)
{
	services_file = "tests/golden/services";
	return RUN_TESTS(
		TEST(numbers_are_compared), TEST(lists_and_ranges_hold_if_one_of_them_does),
		TEST(durations_and_times_are_compared), TEST(texts_are_compared_in_either_case),
		TEST(fields_are_compared_with_each_other), TEST(long_texts_are_compared_to_the_end),
		TEST(patterns_match_the_whole_text), TEST(regular_expressions_match_anywhere),
		TEST(addresses_are_within_networks),
		TEST(a_name_of_either_side_has_the_values_of_both),
		TEST(flags_are_had_or_are_just_these), TEST(booleans_stand_alone),
		TEST(nothing_holds_of_what_is_not_known_but_its_negation),
		TEST(and_binds_closer_than_or_and_not_closest),
		TEST(what_pcap_filters_say_is_understood),
		TEST(the_cheapest_is_asked_first_and_no_more_than_needed),
		TEST(a_pattern_that_takes_too_long_is_given_up_and_counted),
		TEST(words_of_the_language_are_no_fields),
		TEST(ip_is_a_field_before_what_it_may_be_asked),
		TEST(a_side_may_be_followed_by_an_address_or_the_other_side),
		TEST(a_value_alone_stands_for_the_words_before_it),
		TEST(ports_and_protocols_have_names));
}
