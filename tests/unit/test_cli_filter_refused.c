// SPDX-License-Identifier: BSD-2-Clause
/* What filter flags refuse, in Hubble's words where Hubble refuses it. */
#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/base/num.h"
#include "cli/filter_list.h"
#include "tests/harness.h"
#include "tests/unit/filter_words.h"

struct row {
	const char *words, *message;
};

static void assert_refused(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[FILTER_TEXT_SIZE], expect[1024];
		int r = filter_words_run(rows[i].words, text);

		snprintf(expect, sizeof(expect), "weir: %s\n", rows[i].message);
		assert_row_int(rows[i].words, r, -EINVAL);
		assert_row_str(rows[i].words, text, expect);
	}
}

#define IDENTITIES                                                                      \
	"invalid security identity, expected one of [host world unmanaged health init " \
	"remote-node kube-apiserver ingress world-ipv4 world-ipv6 11] or a numeric value"
#define SYNTAX(text) "strconv.ParseUint: parsing \"" text "\": invalid syntax"
#define RANGE(text)  "strconv.ParseUint: parsing \"" text "\": value out of range"
#define NO_TYPE(text)                                                 \
	"unable to parse type '" text "', not a known type name and " \
	"unable to parse as numeric value: "
#define NO_SUB_TYPE(text)                                                           \
	"unable to parse event sub-type '" text "', not a known sub-type name and " \
	"unable to parse as numeric value: "

static const struct row of_hubble[] = {
	{ "--not", "trailing --not found in the arguments" },
	{ "--port|1|--not", "trailing --not found in the arguments" },
	{ "--not|--not|--port|1",
	  "invalid argument \"true\" for \"--not\" flag: consecutive --not statements" },
	{ "--port|80|--from-port|1", "invalid argument \"1\" for \"--from-port\" flag: "
				     "filters --port and --from-port cannot be combined" },
	{ "--verdict|foo",
	  "invalid argument \"foo\" for \"--verdict\" flag: invalid --verdict value: foo" },
	{ "--verdict|dropped", "invalid argument \"dropped\" for \"--verdict\" flag: "
			       "invalid --verdict value: dropped" },
	{ "--drop-reason-desc|foo", "invalid argument \"foo\" for \"--drop-reason-desc\" flag: "
				    "invalid --drop-reason-desc value: foo" },
	{ "--drop-reason-desc|", "invalid argument \"\" for \"--drop-reason-desc\" flag: "
				 "empty --drop-reason-desc value" },
	{ "--tcp-flags|X", "invalid argument \"X\" for \"--tcp-flags\" flag: unknown tcp flag: X" },
	{ "--tcp-flags|syn,", "invalid argument \"syn,\" for \"--tcp-flags\" flag: "
			      "unknown tcp flag: " },
	{ "--tcp-flags|,syn", "invalid argument \",syn\" for \"--tcp-flags\" flag: "
			      "unknown tcp flag: " },
	{ "--tcp-flags|SYN,SYNC,ACK", "invalid argument \"SYN,SYNC,ACK\" for \"--tcp-flags\" flag: "
				      "unknown tcp flag: SYNC" },
	{ "--type|foo",
	  "invalid argument \"foo\" for \"-t, --type\" flag: " NO_TYPE("foo") SYNTAX("foo") },
	{ "-t|", "invalid argument \"\" for \"-t, --type\" flag: " NO_TYPE("") SYNTAX("") },
	{ "-t|4294967296", "invalid argument \"4294967296\" for \"-t, --type\" flag: " NO_TYPE(
				   "4294967296") RANGE("4294967296") },
	{ "--type|trace:foo",
	  "invalid argument \"trace:foo\" for \"-t, --type\" flag: " NO_SUB_TYPE("foo")
		  SYNTAX("foo") },
	{ "-t|drop:",
	  "invalid argument \"drop:\" for \"-t, --type\" flag: " NO_SUB_TYPE("") SYNTAX("") },
	{ "-t|l7:to-stack",
	  "invalid argument \"l7:to-stack\" for \"-t, --type\" flag: " NO_SUB_TYPE("to-stack")
		  SYNTAX("to-stack") },
	{ "-t|trace:1:2", "invalid argument \"trace:1:2\" for \"-t, --type\" flag: " NO_SUB_TYPE(
				  "1:2") SYNTAX("1:2") },
	{ "--traffic-direction|up", "invalid argument \"up\" for \"--traffic-direction\" flag: "
				    "up: invalid traffic direction, expected ingress or egress" },
	{ "--traffic-direction|To The Moon",
	  "invalid argument \"To The Moon\" for \"--traffic-direction\" flag: "
	  "to the moon: invalid traffic direction, expected ingress or egress" },
	{ "--identity|foo", "invalid argument \"foo\" for \"--identity\" flag: " IDENTITIES },
	{ "--from-identity|unknown",
	  "invalid argument \"unknown\" for \"--from-identity\" flag: " IDENTITIES },
	{ "--to-identity|4294967296",
	  "invalid argument \"4294967296\" for \"--to-identity\" flag: " IDENTITIES },
	{ "--ip-trace-id|x", "invalid argument \"x\" for \"--ip-trace-id\" flag: "
			     "invalid --ip-trace-id value: " SYNTAX("x") },
	{ "--ip-trace-id|18446744073709551616",
	  "invalid argument \"18446744073709551616\" for \"--ip-trace-id\" flag: "
	  "invalid --ip-trace-id value: " RANGE("18446744073709551616") },
	{ "--ip-trace-id|0", "invalid argument \"0\" for \"--ip-trace-id\" flag: "
			     "invalid --ip-trace-id value; must be greater than 0" },
	{ "--http-header|foo", "invalid argument \"foo\" for \"--http-header\" flag: "
			       "invalid http-header value \"foo\", expected name:value" },
	{ "--bogus", "unknown flag: --bogus" },
	{ "--port-8", "unknown flag: --port-8: did you mean --port?" },
	{ "--form-port|8", "unknown flag: --form-port: did you mean --from-port?" },
	{ "--tls-server-nam|x", "unknown flag: --tls-server-nam" },
	{ "--cel-expresion|x", "unknown flag: --cel-expresion" },
	{ "--port|posgresql",
	  "invalid argument \"posgresql\" for \"--port\" flag: neither a port nor "
	  "a service of /etc/services: did you mean \"postgresql\"?" },
	{ "--from-port|80,xyzzy",
	  "invalid argument \"80,xyzzy\" for \"--from-port\" flag: neither a "
	  "port nor a service of /etc/services" },
	{ "-z", "unknown shorthand flag: 'z' in -z" },
	{ "--verdict|a\"b\\\x1b", "invalid argument \"a\\\"b\\\\\\x1b\" for \"--verdict\" "
				  "flag: invalid --verdict value: a\"b\\?" },
};

static void values_are_refused_in_hubbles_words(void **state)
{
	(void)state;
	assert_refused(of_hubble, ARRAY_SIZE(of_hubble));
}

static void values_of_weirs_own_flags_are_refused_like_that(void **state)
{
	static const struct row rows[] = {
		{ "--ip-version|foo", "invalid argument \"foo\" for \"--ip-version\" flag: "
				      "invalid --ip-version value: foo, expected none, v4 or v6" },
		{ "--cel-expression|1+1", "invalid argument \"1+1\" for \"--cel-expression\" flag: "
					  "weir knows no CEL: --where takes an expression" },
		{ "--uid|root",
		  "invalid argument \"root\" for \"--uid\" flag: "
		  "invalid user id: root, expected " NUM_U32_IS " or a range of them" },
		{ "--from-uid|4294967296",
		  "invalid argument \"4294967296\" for \"--from-uid\" flag: "
		  "invalid user id: 4294967296, expected " NUM_U32_IS " or a range of them" },
		{ "--netns|x",
		  "invalid argument \"x\" for \"--netns\" flag: "
		  "invalid network namespace: x, expected " NUM_U32_IS " or a range of them" },
		{ "--to-netns|4294967296",
		  "invalid argument \"4294967296\" for \"--to-netns\" flag: "
		  "invalid network namespace: 4294967296, expected " NUM_U32_IS
		  " or a range of them" },
		{ "--event|open,gone",
		  "invalid argument \"open,gone\" for \"--event\" flag: invalid --event value: "
		  "gone, expected open, established, update, close or drop" },
		{ "--min-bytes|many", "invalid argument \"many\" for \"--min-bytes\" flag: "
				      "many is not " NUM_SIZE_SUCH_AS },
		{ "--min-duration|5", "invalid argument \"5\" for \"--min-duration\" flag: "
				      "5 is not " NUM_DURATION_SUCH_AS },
		{ "--min-rtt|-5ms", "invalid argument \"-5ms\" for \"--min-rtt\" flag: "
				    "-5ms is not " NUM_DURATION_SUCH_AS },
		{ "--where|tcp and prt = 80",
		  "invalid argument \"tcp and prt = 80\" for \"--where\" flag: byte 8: no field is "
		  "called \"prt\": did you mean \"port\"?\n"
		  "weir:   tcp and prt = 80\n"
		  "weir:           ^~~" },
		{ "--encrypted=perhaps", "invalid argument \"perhaps\" for \"--encrypted\" flag: "
					 "not true or false" },
	};

	(void)state;
	assert_refused(rows, ARRAY_SIZE(rows));
}

/* Which of the two is named first does not depend on which was given first. */
static void a_pair_is_named_in_hubbles_order(void **state)
{
	static const struct {
		const char *flags[2]; /* with their values, in that order */
		const char *pair;
	} rows[] = {
		{ { "--from-ip|a", "--from-fqdn|a" }, "--from-fqdn and --from-ip" },
		{ { "--service|a", "--from-service|a" }, "--service and --from-service" },
		{ { "--ip|a", "--to-ip|a" }, "--to-ip and --ip" },
		{ { "--ip|a", "--fqdn|a" }, "--ip and --fqdn" },
		{ { "--pod|a", "--to-fqdn|a" }, "--to-fqdn and --pod" },
		{ { "--namespace|a", "--to-pod|a" }, "--to-pod and --namespace" },
		{ { "--label|a", "--to-label|a" }, "--label and --to-label" },
		{ { "--identity|1", "--from-identity|1" }, "--identity and --from-identity" },
		{ { "--process|a", "--to-process|a" }, "--process and --to-process" },
		{ { "--encrypted", "--unencrypted" }, "--encrypted and --unencrypted" },
		{ { "-n|a", "-A" }, "--namespace and --all-namespaces" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		char words[128], text[FILTER_TEXT_SIZE], expect[128];

		snprintf(words, sizeof(words), "%s|%s", rows[i / 2].flags[i % 2],
			 rows[i / 2].flags[1 - i % 2]);
		snprintf(expect, sizeof(expect), ": filters %s cannot be combined\n",
			 rows[i / 2].pair);
		assert_row_int(words, filter_words_run(words, text), -EINVAL);
		assert_row(words, strstr(text, expect));
	}
}

static void namespaces_that_contradict_are_refused(void **state)
{
	static const struct row rows[] = {
		{ "--to-namespace|kube-system|--to-pod|a/x",
		  "invalid argument \"a/x\" for \"--to-pod\" flag: "
		  "namespace conflict: \"kube-system\" does not contain \"a/x\"" },
		{ "--from-service|a/x|--from-namespace|b",
		  "invalid argument \"b\" for \"--from-namespace\" flag: "
		  "namespace conflict: \"b\" does not contain \"a/x\"" },
		{ "--pod|a/x|-n|a|-n|b", "invalid argument \"b\" for \"-n, --namespace\" flag: "
					 "namespace conflict: \"b\" does not contain \"a/x\"" },
		{ "-A|--pod|a/x", "invalid argument \"a/x\" for \"--pod\" flag: "
				  "namespace conflict: \"\" does not contain \"a/x\"" },
		{ "--from-service|a/x|--from-pod|b/y",
		  "invalid argument \"b/y\" for \"--from-pod\" flag: "
		  "namespace of service \"a/x\" conflict with pod \"b\"" },
		{ "--pod|b/y|--service|x", "invalid argument \"x\" for \"--service\" flag: "
					   "namespace of service \"x\" conflict with pod \"b\"" },
	};

	(void)state;
	assert_refused(rows, ARRAY_SIZE(rows));
}

/* --pod "$POD" where it is not set, and --port 80, as well. */
static void no_flag_takes_an_empty_value(void **state)
{
	static const struct row rows[] = {
		{ "--pod|", "invalid argument \"\" for \"--pod\" flag: empty --pod value" },
		{ "--from-pod=", "invalid argument \"\" for \"--from-pod\" flag: "
				 "empty --from-pod value" },
		{ "-n|", "invalid argument \"\" for \"-n, --namespace\" flag: "
			 "empty --namespace value" },
		{ "--port|80,",
		  "invalid argument \"80,\" for \"--port\" flag: empty --port value" },
		{ "--interface|", "invalid argument \"\" for \"--interface\" flag: "
				  "empty --interface value" },
	};
	struct option_walk walk = { .rows = filter_words_rows };
	const struct option_row *row;
	unsigned int count = 0;
	size_t base;

	(void)state;
	assert_refused(rows, ARRAY_SIZE(rows));
	while ((row = option_next(&walk, &base))) {
		char words[64], text[FILTER_TEXT_SIZE];

		if (row->kind != OPT_CALL || !row->metavar)
			continue;
		snprintf(words, sizeof(words), "--%s|", row->long_name);
		assert_row_int(words, filter_words_run(words, text), -EINVAL);
		count++;
	}
	assert_true(count > 60);
}

static void there_is_an_end_to_the_number_of_filters(void **state)
{
	auto_buf struct buf words = {};
	char text[FILTER_TEXT_SIZE];

	(void)state;
	buf_append_str(&words, "--from-port=");
	for (int i = 1; i < FILTER_VALUES_MAX; i++)
		buf_append_str(&words, "1,");
	buf_append_char(&words, '1');
	buf_append_char(&words, '\0');
	assert_int_equal(filter_words_run(buf_bytes(&words), text), 0);
	words.end--;
	buf_append_str(&words, "|--to-port|2");
	buf_append_char(&words, '\0');
	assert_int_equal(filter_words_run(buf_bytes(&words), text), -EINVAL);
	assert_string_equal(
		text,
		"weir: invalid argument \"2\" for \"--to-port\" flag: more than 4096 filters\n");
}

int main(void)
{
	log_init("weir", LOG_LEVEL_INFO);
	return RUN_TESTS(TEST(values_are_refused_in_hubbles_words),
			 TEST(values_of_weirs_own_flags_are_refused_like_that),
			 TEST(a_pair_is_named_in_hubbles_order),
			 TEST(namespaces_that_contradict_are_refused),
			 TEST(no_flag_takes_an_empty_value),
			 TEST(there_is_an_end_to_the_number_of_filters));
}
