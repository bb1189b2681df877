// SPDX-License-Identifier: BSD-2-Clause
/* weir observe --input-file: which lines are taken, in what form, and what is said of the others. */
#include "cli/input_file.h"

#include <pthread.h>
#include <sys/mman.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "cli/line_reader.h"
#include "cli/printer.h"
#include "tests/harness.h"

#define GOLDEN "tests/golden/hubble/hubble-flows.jsonl"
#define ALL    "{}"

/* What one run has printed. */
struct run {
	int result;
	char out[65536], err[8192];
	char messages[8192];
};

static void read_back(int fd, char *text, size_t size)
{
	ssize_t len = pread(fd, text, size - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	close(fd);
}

static void run_file(struct run *run, const char *path, const char *params,
		     const struct printer_options *options)
{
	struct captured captured;
	auto_printer struct printer printer = {};

	assert_int_equal(printer_init(&printer, options, true, false), 0);
	printer.out.fd = memfd_create("out", MFD_CLOEXEC);
	printer.err.fd = memfd_create("err", MFD_CLOEXEC);
	assert_true(printer.out.fd >= 0 && printer.err.fd >= 0);
	capture_begin(&captured);
	run->result = input_file_print(path, params, &printer);
	snprintf(run->messages, sizeof(run->messages), "%s", capture_end(&captured));
	read_back(printer.out.fd, run->out, sizeof(run->out));
	read_back(printer.err.fd, run->err, sizeof(run->err));
}

static struct printer_options json = { .output = (char[]){ "json" }, .names = true };
static struct printer_options compact = { .names = true };

/* A file with that content; the caller closes *ret_fd. */
static void make_file(const void *bytes, size_t len, int *ret_fd, char path[static 32])
{
	*ret_fd = memfd_create("in", MFD_CLOEXEC);
	assert_true(*ret_fd >= 0);
	assert_int_equal(write(*ret_fd, bytes, len), (ssize_t)len);
	snprintf(path, 32, "/proc/self/fd/%d", *ret_fd);
}

static void run_bytes(struct run *run, const void *bytes, size_t len, const char *params,
		      const struct printer_options *options)
{
	auto_close int fd = -1;
	char path[32];

	make_file(bytes, len, &fd, path);
	run_file(run, path, params, options);
}

static void run_text(struct run *run, const char *text, const char *params,
		     const struct printer_options *options)
{
	run_bytes(run, text, strlen(text), params, options);
}

/* The numbers of the golden lines that were printed, in order, as "1 2 10". */
static void find_numbers(const struct run *run, char *text, size_t size)
{
	auto_file FILE *golden = fopen("tests/golden/hubble/hubble-flows.json", "re");
	char line[4096];
	const char *at = run->out;
	size_t len = 0;

	assert_non_null(golden);
	text[0] = '\0';
	for (unsigned int number = 1; fgets(line, sizeof(line), golden); number++) {
		if (strncmp(at, line, strlen(line)) != 0)
			continue;
		at += strlen(line);
		len += (size_t)snprintf(text + len, size - len, "%s%u", len ? " " : "", number);
	}
	assert_row_str("all lines are golden ones", at, "");
	if (strstr(run->err, "NODE_UNAVAILABLE"))
		snprintf(text + len, size - len, "%s14", len ? " " : "");
}

static void selectors_choose_the_lines_that_hubble_chooses(void **state)
{
	static const struct {
		const char *params, *lines;
	} cases[] = {
		{ ALL, "1 2 3 4 5 6 7 8 9 10 11 12 13 14" },
		{ "{\"number\":\"18446744073709551615\"}", "1 2 3 4 5 6 7 8 9 10 11 12 13 14" },
		{ "{\"number\":\"2\",\"first\":true}", "1 2" },
		{ "{\"number\":\"99\",\"first\":true}", "1 2 3 4 5 6 7 8 9 10 11 12 13 14" },
		{ "{\"number\":\"3\"}", "12 13 14" },
		{ "{\"number\":\"1\"}", "14" },
		{ "{\"number\":\"99\"}", "1 2 3 4 5 6 7 8 9 10 11 12 13 14" },
		{ "{\"since\":\"2024-05-06T07:08:10Z\"}", "10 11 12 13 14" },
		{ "{\"until\":\"2024-05-06T07:08:09.2Z\"}", "1 2" },
		{ "{\"since\":\"2024-05-06T07:08:09.2Z\",\"until\":\"2024-05-06T07:08:09.4Z\"}",
		  "2 3 4" },
		{ "{\"number\":\"2\",\"until\":\"2024-05-06T07:08:09.4Z\"}", "3 4" },
		{ "{\"number\":\"2\",\"first\":true,\"since\":\"2024-05-06T07:08:09.4Z\"}", "4 5" },
		{ "{\"until\":\"2020-01-01T00:00:00Z\"}", "" },
	};
	static struct run run;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char lines[64];

		run_file(&run, GOLDEN, cases[i].params, &json);
		assert_row_int(cases[i].params, run.result, 0);
		assert_row_str(cases[i].params, run.messages, "");
		find_numbers(&run, lines, sizeof(lines));
		assert_row_str(cases[i].params, lines, cases[i].lines);
	}
}

static void json_of_our_records_is_the_same_again(void **state)
{
	static struct run run;
	auto_file FILE *records = fopen("tests/golden/records/records.jsonl", "re");
	static char expect[65536];

	(void)state;
	assert_non_null(records);
	expect[fread(expect, 1, sizeof(expect) - 1, records)] = '\0';
	run_file(&run, "tests/golden/records/records.jsonl", ALL, &json);
	assert_string_equal(run.out, expect);
	assert_string_equal(run.messages, "");
}

static void lines_are_put_into_the_one_form(void **state)
{
	static const struct {
		const char *line, *expect;
	} cases[] = {
		/* Keys in order, whatever their case. */
		{ "{\"nodeName\":\"n\",\"flow\":{\"nodeName\":\"m\",\"verdict\":1,\"time\":"
		  "\"2024-05-06T07:08:09.1000+01:00\"}}",
		  "{\"flow\":{\"time\":\"2024-05-06T06:08:09.100Z\",\"verdict\":\"FORWARDED\","
		  "\"node_name\":\"m\"},\"node_name\":\"n\"}\n" },
		{ "{\"flow\":{\"l4\":{\"TCP\":{\"destinationPort\":\"80\",\"sourcePort\":1}}}}",
		  "{\"flow\":{\"l4\":{\"TCP\":{\"source_port\":1,\"destination_port\":80}}}}\n" },
		{ "{\"flow\":{\"IP\":{\"ipVersion\":2},\"dropReasonDesc\":133,"
		  "\"traceObservationPoint\":101,\"Type\":3}}",
		  "{\"flow\":{\"IP\":{\"ipVersion\":\"IPv6\"},\"Type\":\"SOCK\","
		  "\"trace_observation_point\":\"TO_ENDPOINT\",\"drop_reason_desc\":"
		  "\"POLICY_DENIED\"}}\n" },
		/* Defaults go, but for what is wrapped; so does null. */
		{ "{ \"flow\" : {\"verdict\":0, \"uuid\":\"\", \"reply\":false,\"node_labels\":[],"
		  "\"is_reply\":false,\"proxy_port\":0,\"socket_cookie\":\"0\",\"l7\":null,"
		  "\"source\":{}}}",
		  "{\"flow\":{\"source\":{},\"is_reply\":false}}\n" },
		{ "{\"lost_events\":{\"cpu\":0,\"num_events_lost\":7}}",
		  "{\"lost_events\":{\"num_events_lost\":\"7\",\"cpu\":0}}\n" },
		/* What is not known stays what it is. */
		{ "{\"flow\":{\"verdict\":99,\"Type\":\"NEW\",\"event_type\":{\"type\":-3},"
		  "\"time\":\"0001-01-01T00:00:00Z\"}}",
		  "{\"flow\":{\"time\":\"0001-01-01T00:00:00Z\",\"verdict\":99,\"Type\":\"NEW\","
		  "\"event_type\":{\"type\":-3}}}\n" },
		/* No character that a terminal must not be shown. */
		{ "{\"flow\":{\"uuid\":\"<\\u001b\\u009b\x1b\x7f\\u202e\\n\"}}",
		  "{\"flow\":{\"uuid\":\"\\u003c\\u001b\\u009b\\u001b\\u007f\\u202e\\n\"}}\n" },
		/* The order and the numbers of extensions are theirs. */
		{ "{\"flow\":{\"extensions\":{\"value\": {\"b\":1e3 , \"a\":[null,\"\\u003c\", "
		  "{}]},\"@type\":\"x\\u001b\"}}}",
		  "{\"flow\":{\"extensions\":{\"value\":{\"b\":1e3,\"a\":[null,\"\\u003c\",{}]},"
		  "\"@type\":\"x\\u001b\"}}}\n" },
		{ "{\"flow\":{\"source\":{\"workloads\":[{\"kind\":\"D\",\"name\":\"w\"},{}]}}}",
		  "{\"flow\":{\"source\":{\"workloads\":[{\"name\":\"w\",\"kind\":\"D\"},{}]}}}\n" },
	};
	static struct run run;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		run_text(&run, cases[i].line, ALL, &json);
		assert_row_str(cases[i].line, run.out, cases[i].expect);
		assert_row_str(cases[i].line, run.messages, "");
	}
}

static void messages_without_an_envelope_get_one(void **state)
{
	static const struct {
		const char *line, *expect;
	} cases[] = {
		{ "{\"time\":\"2024-05-06T07:08:09Z\",\"node_name\":\"n\",\"verdict\":\"DROPPED\"}",
		  "{\"flow\":{\"time\":\"2024-05-06T07:08:09Z\",\"verdict\":\"DROPPED\","
		  "\"node_name\":\"n\"}}\n" },
		{ "{\"eventType\":{\"type\":4}}", "{\"flow\":{\"event_type\":{\"type\":4}}}\n" },
		{ "{\"source\":\"HUBBLE_RING_BUFFER\",\"numEventsLost\":\"3\"}",
		  "{\"lost_events\":{\"source\":\"HUBBLE_RING_BUFFER\",\"num_events_lost\":\"3\"}}\n" },
	};
	static struct run run;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		run_text(&run, cases[i].line, ALL, &json);
		assert_row_str(cases[i].line, run.out, cases[i].expect);
		run_text(&run, cases[i].line, "{\"number\":\"1\"}", &json);
		assert_row_str(cases[i].line, run.out, cases[i].expect);
	}
	run_text(&run, cases[0].line, "{\"until\":\"2024-05-06T07:08:08Z\"}", &json);
	assert_string_equal(run.out, "");
}

/* Is it told, and how often? */
static void assert_told(const struct run *run, const char *message, unsigned int times)
{
	const char *at = run->messages;
	unsigned int found = 0;

	for (; (at = strstr(at, message)); at++)
		found++;
	assert_row_int(message, found, times);
}

static void lines_that_are_no_flows_are_told_and_left_out(void **state)
{
	static const char text[] = "{\"flow\":{\"Summary\":\"a\"}}\n"
				   "not JSON\n"
				   "\n"
				   "{\"flow\":{\"Summary\":\"b\"}\n"
				   "{}\n"
				   "[]\n"
				   "{\"flow\":{\"Summary\":\"\\q\"}}\n"
				   "{\"flow\":{\"proxy_port\":1.}}\n"
				   "{\"flow\":{\"extensions\":{\"a\":-}}}\n"
				   "{\"flow\":{\"extensions\":{\"a\":1e+}}}\n"
				   "{\"flow\":{\"extensions\":{\"a\":01}}}\n"
				   "{\"flow\":{\"Summary\":\"c\"}}";
	static struct run run;

	(void)state;
	run_text(&run, text, ALL, &json);
	assert_int_equal(run.result, 0);
	assert_string_equal(run.out,
			    "{\"flow\":{\"Summary\":\"a\"}}\n{\"flow\":{\"Summary\":\"c\"}}\n");
	assert_told(&run, ":2: the line is no flow in JSON: it is left out\n", 1);
	assert_told(&run, ":11: the line is no flow in JSON: it is left out\n", 1);
	assert_told(&run, "left out", 9);
	json.is_silent = true;
	run_text(&run, text, ALL, &json);
	json.is_silent = false;
	assert_string_equal(run.messages, "");
}

static unsigned int count_lines(const char *text)
{
	unsigned int count = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		count++;
	}
	return count;
}

static void lines_with_a_value_of_a_wrong_type_are_told_and_left_out(void **state)
{
	static const char text[] = "{\"flow\":{\"Summary\":\"a\",\"proxy_port\":8}}\n"
				   "{\"flow\":{\"Summary\":\"b\",\"proxy_port\":\"http\"}}\n"
				   "{\"Summary\":\"c\",\"verdict\":true,\"IP\":{}}\n"
				   "{\"flow\":7}\n"
				   "{\"flow\":{\"Summary\":\"d\",\"verdict\":\"NEWER\"}}\n";
	static const char *const params[] = { ALL, "{\"number\":\"9\"}" };
	static const struct printer_options *const formats[] = { &json, &compact };
	static struct run run;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(params) * ARRAY_SIZE(formats); i++) {
		run_text(&run, text, params[i % 2], formats[i / 2]);
		assert_int_equal(run.result, 0);
		assert_told(&run,
			    ":2: flow.proxy_port: \"http\" is not a number of 32 bits: the line is "
			    "left out\n",
			    1);
		assert_told(&run,
			    ":3: flow.verdict: true is not a name or its number: the line is left "
			    "out\n",
			    1);
		assert_told(&run, ":4: flow: 7 is not an object: the line is left out\n", 1);
		assert_told(&run, "left out", 3);
		assert_non_null(strstr(run.out, i / 2 ? "(a)" : "\"a\""));
		assert_non_null(strstr(run.out, i / 2 ? "(d)" : "\"d\""));
		assert_row_int(params[i % 2], count_lines(run.out), 2);
	}
}

static void many_lines_that_are_left_out_are_counted(void **state)
{
	auto_buf struct buf text = {};
	static struct run run;

	(void)state;
	for (int i = 0; i < 12; i++)
		buf_append_str(&text,
			       i % 2 ? "x\n" : "{\"flow\":{\"uuid\":{\"a\":\"\xc2\x9b\"}}}\n");
	run_bytes(&run, buf_bytes(&text), buf_len(&text), ALL, &json);
	assert_string_equal(run.out, "");
	assert_told(&run, ":9: flow.uuid: {\"a\":\"??\"} is not a string: the line is left out\n",
		    1);
	assert_told(&run, ":10: the line is no flow in JSON: it is left out\n", 1);
	assert_told(&run, ": 12 lines were left out\n", 1);
	assert_told(&run, "left out", 11);
}

static void keys_that_hubble_does_not_know_are_left_out_and_told_once(void **state)
{
	static struct run run;

	(void)state;
	run_text(&run,
		 "{\"flow\":{\"uuid\":\"a\",\"new\":{\"x\":[1]}}}\n"
		 "{\"flow\":{\"uuid\":\"b\",\"newer\":1}}\n",
		 ALL, &json);
	assert_string_equal(run.out, "{\"flow\":{\"uuid\":\"a\"}}\n{\"flow\":{\"uuid\":\"b\"}}\n");
	assert_told(&run, "unknown key \"new\" in a flow: it is left out\n", 1);
	assert_told(&run, "unknown key", 1);
}

static void a_line_may_have_a_mebibyte_and_no_more(void **state)
{
	static const char begin[] = "{\"flow\":{\"Summary\":\"", end[] = "\"}}\n";
	static struct run run;
	auto_buf struct buf text = {};

	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		size_t len = LINE_READER_MAX + extra - strlen(begin) - strlen(end) + 1;

		buf_append_str(&text, begin);
		assert_true(buf_reserve(&text, len));
		memset(text.data + text.end, 'x', len);
		text.end += len;
		buf_append_str(&text, end);
	}
	buf_append_str(&text, "{\"flow\":{\"Summary\":\"behind\"}}\n");
	assert_false(text.failed);
	run_bytes(&run, buf_bytes(&text), buf_len(&text), "{\"number\":\"1\"}", &json);
	assert_string_equal(run.out, "{\"flow\":{\"Summary\":\"behind\"}}\n");
	assert_told(&run, ":2: the line is longer than 1 MiB: it is left out\n", 1);
	assert_told(&run, "left out", 1);
}

static void an_empty_file_has_no_flows(void **state)
{
	static struct run run;

	(void)state;
	run_file(&run, "/dev/null", ALL, &json);
	assert_int_equal(run.result, 0);
	assert_string_equal(run.out, "");
	assert_string_equal(run.messages, "");
	run_text(&run, "x", ALL, &json);
	assert_told(&run, ":1: the line is no flow in JSON", 1);
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
	static struct run run;

	(void)state;
	run_file(&run, "tests/golden/no-such-file", ALL, &json);
	assert_int_equal(run.result, -ENOENT);
	assert_told(&run, "cannot open tests/golden/no-such-file: No such file or directory\n", 1);
	run_file(&run, "/", ALL, &json);
	assert_int_equal(run.result, -EISDIR);
	assert_told(&run, "cannot read /: Is a directory\n", 1);
}

static void a_mask_leaves_only_its_fields(void **state)
{
	static char paths[][32] = { "time",	   "source.pod_name",	   "l4.TCP.destinationPort",
				    "destination", "destination.identity", "source_names" };
	char *items[ARRAY_SIZE(paths)];
	struct printer_options masked = json;
	static struct run run;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		items[i] = paths[i];
	masked.mask = (struct str_list){ items, ARRAY_SIZE(items) };
	run_text(
		&run,
		"{\"flow\":{\"uuid\":\"x\",\"source_names\":[\"a\",\"b\"],\"l4\":{\"TCP\":{\"source_port\":1,"
		"\"destination_port\":2}},\"source\":{\"identity\":1,\"pod_name\":\"p\"},"
		"\"destination\":{\"identity\":2,\"namespace\":\"n\"},\"Summary\":\"s\"},"
		"\"node_name\":\"n\"}\n"
		"{\"lost_events\":{\"source\":3}}\n",
		ALL, &masked);
	assert_string_equal(run.out, "{\"flow\":{\"l4\":{\"TCP\":{\"destination_port\":2}},"
				     "\"source\":{\"pod_name\":\"p\"},"
				     "\"destination\":{\"identity\":2,\"namespace\":\"n\"},"
				     "\"source_names\":[\"a\",\"b\"]},\"node_name\":\"n\"}\n"
				     "{\"lost_events\":{\"source\":\"HUBBLE_RING_BUFFER\"}}\n");
}

static void a_path_that_does_not_exist_is_refused(void **state)
{
	static const struct {
		const char *path, *message;
	} cases[] = {
		{ "foo", "--field-mask foo: a flow has no field \"foo\"\n" },
		{ "", "--field-mask : a flow has no field \"\"\n" },
		{ "source.", "--field-mask source.: a flow has no field \"source.\"\n" },
		{ "source.foo.x",
		  "--field-mask source.foo.x: a flow has no field \"source.foo\"\n" },
		{ "uuid.x", "--field-mask uuid.x: there are no fields in \"uuid\"\n" },
		{ "extensions.value",
		  "--field-mask extensions.value: there are no fields in \"extensions\"\n" },
		{ "source.workloads.name",
		  "--field-mask source.workloads.name: there are no fields in "
		  "\"source.workloads\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *path = (char *)cases[i].path;
		struct printer_options options = json;
		auto_printer struct printer printer = {};
		struct captured captured;
		int r;

		options.mask = (struct str_list){ &path, 1 };
		capture_begin(&captured);
		r = printer_init(&printer, &options, true, false);
		assert_row(cases[i].path, strstr(capture_end(&captured), cases[i].message));
		assert_row_int(cases[i].path, r, -EINVAL);
	}
}

struct follower {
	int in;
	struct printer printer;
	int result;
};

static void *follow(void *data)
{
	struct follower *follower = data;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", follower->in);
	follower->result = input_file_print(path, ALL, &follower->printer);
	return NULL;
}

/* The writer waits until it has seen its line before it goes on. */
static void a_line_from_a_pipe_is_shown_at_once(void **state)
{
	static const char line[] = "{\"flow\":{\"Summary\":\"now\"}}\n";
	struct follower follower = {};
	char seen[sizeof(line)] = "";
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	pthread_t thread;

	(void)state;
	assert_true(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
	assert_int_equal(printer_init(&follower.printer, &json, true, false), 0);
	follower.in = in[0];
	follower.printer.out.fd = out[1];
	assert_int_equal(pthread_create(&thread, NULL, follow, &follower), 0);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(write(in[1], line, strlen(line)), strlen(line));
		assert_int_equal(read(out[0], seen, sizeof(seen) - 1), strlen(line));
		assert_string_equal(seen, line);
	}
	close(in[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(follower.result, 0);
	printer_done(&follower.printer);
	close(in[0]);
	close(out[0]);
	close(out[1]);
}

static void node_states_go_to_stderr_unless_it_is_silent(void **state)
{
	static struct run run;

	(void)state;
	run_file(&run, GOLDEN, "{\"number\":\"1\"}", &compact);
	assert_string_equal(run.out, "");
	assert_string_equal(run.err,
			    "May  6 07:08:10.400 [host1]: 1 nodes are unavailable: host2\n");
	compact.is_silent = true;
	run_file(&run, GOLDEN, "{\"number\":\"1\"}", &compact);
	compact.is_silent = false;
	assert_string_equal(run.err, "");
}

/* As Hubble's exporter writes them, one kind among the other. */
static void flows_and_events_of_a_file_are_observed_apart(void **state)
{
	static const char text[] =
		"{\"agent_event\":{\"type\":2},\"time\":\"2024-05-06T07:08:01Z\"}\n"
		"{\"flow\":{\"Summary\":\"a\"},\"time\":\"2024-05-06T07:08:02Z\"}\n"
		"{\"debug_event\":{\"message\":\"m\"},\"time\":\"2024-05-06T07:08:03Z\"}\n"
		"{\"agent_event\":{\"type\":8},\"time\":\"2024-05-06T07:08:04Z\"}\n";
	static const struct {
		enum flow_subject subject;
		const char *params, *out;
	} cases[] = {
		{ SUBJECT_FLOWS, ALL,
		  "{\"flow\":{\"Summary\":\"a\"},\"time\":\"2024-05-06T07:08:02Z\"}\n" },
		{ SUBJECT_FLOWS, "{\"number\":\"1\"}",
		  "{\"flow\":{\"Summary\":\"a\"},\"time\":\"2024-05-06T07:08:02Z\"}\n" },
		{ SUBJECT_DEBUG_EVENTS, ALL,
		  "{\"debug_event\":{\"message\":\"m\"},\"time\":\"2024-05-06T07:08:03Z\"}\n" },
		{ SUBJECT_AGENT_EVENTS, "{\"number\":\"1\",\"first\":true}",
		  "{\"agent_event\":{\"type\":\"AGENT_STARTED\"},"
		  "\"time\":\"2024-05-06T07:08:01Z\"}\n" },
		{ SUBJECT_AGENT_EVENTS, "{\"since\":\"2024-05-06T07:08:02Z\"}",
		  "{\"agent_event\":{\"type\":\"ENDPOINT_DELETED\"},"
		  "\"time\":\"2024-05-06T07:08:04Z\"}\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct printer_options options = json;
		struct run run;

		options.subject = cases[i].subject;
		run_text(&run, text, cases[i].params, &options);
		assert_row_int(cases[i].params, run.result, 0);
		assert_row_str(cases[i].params, run.out, cases[i].out);
		assert_row_str(cases[i].params, run.messages, "");
	}
}

int main(void)
{
	return RUN_TESTS(
		TEST(selectors_choose_the_lines_that_hubble_chooses),
		TEST(json_of_our_records_is_the_same_again), TEST(lines_are_put_into_the_one_form),
		TEST(messages_without_an_envelope_get_one),
		TEST(lines_that_are_no_flows_are_told_and_left_out),
		TEST(lines_with_a_value_of_a_wrong_type_are_told_and_left_out),
		TEST(many_lines_that_are_left_out_are_counted),
		TEST(keys_that_hubble_does_not_know_are_left_out_and_told_once),
		TEST(a_line_may_have_a_mebibyte_and_no_more), TEST(an_empty_file_has_no_flows),
		TEST(flows_and_events_of_a_file_are_observed_apart),
		TEST(a_file_that_cannot_be_read_is_told), TEST(a_mask_leaves_only_its_fields),
		TEST(a_path_that_does_not_exist_is_refused),
		TEST(a_line_from_a_pipe_is_shown_at_once),
		TEST(node_states_go_to_stderr_unless_it_is_silent));
}
