// SPDX-License-Identifier: BSD-2-Clause
/* `weir status`, from argv to what is printed. */
#include "agent/base/cleanup.h"
#include "tests/harness.h"
#include "tests/unit/cli_run.h"

static const char full_status[] =
	"{\"num_flows\":\"4095\",\"max_flows\":\"65536\",\"seen_flows\":\"1234567\","
	"\"uptime_ns\":\"3723000000123\",\"version\":\"weir v0.1.0\",\"flows_rate\":12.3456,"
	"\"extensions\":{\"node_name\":\"n1\",\"pid\":123,"
	"\"attachments\":[{\"interface\":{\"index\":2,\"name\":\"eth0\"},\"role\":\"uplink\","
	"\"ingress\":\"tcx\",\"egress\":\"tcx\",\"note\":\"xdp refused: busy\"},"
	"{\"interface\":{\"index\":1,\"name\":\"lo\\u001b\"},\"role\":\"loopback\",\"egress\":\"tcx\"}],"
	"\"losses\":{\"events_lost\":\"0\",\"flows_refused\":\"12345\"},"
	"\"remainders\":{\"no_room\":{\"packets\":\"0\",\"bytes\":\"0\"},"
	"\"arp\":{\"packets\":12,\"bytes\":\"720\"}},"
	"\"fill\":[{\"name\":\"flow map\",\"used\":\"123\",\"capacity\":\"131072\"},"
	"{\"name\":\"event ring\",\"used\":\"1000\",\"capacity\":\"2000000\",\"unit\":\"bytes\"},"
	"{\"name\":\"flow log\",\"used\":\"0\",\"capacity\":\"0\"}],"
	"\"capabilities\":[{\"name\":\"tcx\",\"available\":true,\"detail\":\"\"},"
	"{\"name\":\"fentry\",\"available\":false,\"detail\":\"no BTF\"}],"
	"\"export\":{\"file\":\"/f\\u001b.log\",\"records\":\"1234\",\"rotations\":\"1\","
	"\"failures\":\"3\",\"error\":\"No space left on device\"},"
	"\"memory\":{\"resident_bytes\":\"12300000\",\"kernel_maps_bytes\":\"40000000\"}}}\n";

/* full_status and the end. */
static const char *status_answer(void)
{
	static char answer[sizeof(full_status) + sizeof(END)];

	snprintf(answer, sizeof(answer), "%s%s", full_status, END);
	return answer;
}

static void status_is_hubbles_three_lines_and_ours(void **state)
{
	struct run run = { .answer = status_answer() };
	char expect[2048];

	(void)state;
	run_line(&run, "weir status");
	snprintf(
		expect, sizeof(expect),
		"Healthcheck (via %s): Ok\n"
		"Current/Max Flows: 4,095/65,536 (6.25%%)\n"
		"Flows/s: 12.35\n"
		"Agent: weir v0.1.0 on n1, pid 123, up 1h2m\n"
		"Attachments:\n"
		"  INTERFACE   ROLE       INGRESS   EGRESS   NOTE\n"
		"  eth0        uplink     tcx       tcx      xdp refused: busy\n"
		"  lo^[        loopback   -         tcx      -\n"
		"Losses:\n"
		"  flows_refused: 12,345\n"
		"Remainders:\n"
		"  arp: 12 packets, 720 bytes\n"
		"Fill:\n"
		"  flow map: 123/131,072 (0.09%%)\n"
		"  event ring: 1.0kB/2.0MB (0.05%%)\n"
		"  flow log: 0/0\n"
		"Capabilities:\n"
		"  tcx: yes\n"
		"  fentry: no (no BTF)\n"
		"Export: /f^[.log: 1,234 records, 1 rotation; cannot be written: No space left on device\n"
		"Memory:\n"
		"  agent resident: 12.3MB\n"
		"  kernel maps: 40.0MB\n",
		run.address);
	assert_int_equal(run.result, CLI_DONE);
	assert_string_equal(run.request, "{\"method\":\"ServerStatus\",\"params\":{}}\n");
	assert_string_equal(run.out, expect);
}

static void who_is_not_attached_to_is_counted(void **state)
{
	struct run run = {
		.answer = "{\"extensions\":{\"attachments\":["
			  "{\"interface\":{\"name\":\"lo\"},\"role\":\"loopback\","
			  "\"ingress\":\"none\",\"egress\":\"tcx\"},"
			  "{\"interface\":{\"name\":\"v1\"},\"role\":\"other\","
			  "\"ingress\":\"tcx\",\"egress\":\"none\",\"note\":\"n\"}]}}\n" END
	};

	(void)state;
	run_line(&run, "weir status");
	assert_int_equal(run.result, CLI_DONE);
	assert_non_null(strstr(run.out, "Attachments: 1 of 2\n"
					"  INTERFACE   ROLE       INGRESS   EGRESS   NOTE\n"
					"  lo          loopback   none      tcx      -\n"
					"  v1          other      tcx       none     n\n"));
}

static void status_has_hubbles_other_formats(void **state)
{
	struct run dict = { .answer = status_answer() };
	struct run table = { .answer = status_answer() };
	struct run json = { .answer = status_answer() };

	(void)state;
	run_line(&dict, "weir status -o dict");
	assert_string_equal(dict.out, "          NUM FLOWS: 4,095\n"
				      "          MAX FLOWS: 65,536\n"
				      "         SEEN FLOWS: 1,234,567\n"
				      "   FLOWS PER SECOND: 12.35\n"
				      "             UPTIME: 1h2m3.000000123s\n"
				      "NUM CONNECTED NODES: N/A\n"
				      " NUM UNAVAIL. NODES: N/A\n"
				      "            VERSION: weir v0.1.0\n");
	run_line(&table, "weir status -o table");
	assert_string_equal(
		table.out,
		"NUM FLOWS   MAX FLOWS   SEEN FLOWS   FLOWS PER SECOND   UPTIME             "
		"NUM CONNECTED NODES   NUM UNAVAILABLE NODES   VERSION\n"
		"4,095       65,536      1,234,567    12.35              1h2m3.000000123s   "
		"N/A                   N/A                     weir v0.1.0\n");
	run_line(&json, "weir status -o json");
	assert_string_equal(json.out, full_status);
}

static void status_bears_what_is_missing(void **state)
{
	static const struct {
		const char *answer, *rest;
	} cases[] = {
		{ "{}\n" END, "Current/Max Flows: 0/0\nFlows/s: N/A\n" },
		{ "{\"num_flows\":{},\"max_flows\":4,\"extensions\":[],\"version\":1}\n" END,
		  "Current/Max Flows: 0/4 (0.00%)\nFlows/s: N/A\n" },
		{ "{\"seen_flows\":\"10\",\"uptime_ns\":\"4000000000\",\"extensions\":{"
		  "\"attachments\":[],\"losses\":{},\"remainders\":7,\"fill\":{},"
		  "\"capabilities\":[{}],\"memory\":[]}}\n" END,
		  "Current/Max Flows: 0/0\nFlows/s: 2.50\nAgent: unknown version, up 4s\nAttachments: none\n"
		  "Losses: none\nRemainders: none\nFill:\nCapabilities:\n  : no\nMemory:\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = { .answer = cases[i].answer };

		run_line(&run, "weir status");
		assert_row_int(cases[i].answer, run.result, CLI_DONE);
		assert_row(cases[i].answer, strchr(run.out, '\n'));
		assert_row_str(cases[i].answer, strchr(run.out, '\n') + 1, cases[i].rest);
	}
}

static void an_answer_without_a_status_has_failed(void **state)
{
	struct run run = { .answer = END };

	(void)state;
	run_line(&run, "weir status");
	assert_int_equal(run.result, CLI_FAILED);
	assert_non_null(strstr(run.err, "sent no status"));
}

static void verify_prints_both_sides(void **state)
{
	static const struct {
		const char *name, *answer;
		enum cli_result result;
		const char *out;
	} cases[] = {
		{ "equal",
		  "{\"check\":\"eth0 ingress packets\",\"weir\":\"1234\",\"kernel\":\"1234\","
		  "\"ok\":true,\"note\":\"\"}\n{\"end\":{\"ok\":true}}\n",
		  CLI_DONE,
		  "CHECK                  WEIR    KERNEL   RESULT\n"
		  "eth0 ingress packets   1,234   1,234    ok\n" },
		{ "one differs",
		  "{\"check\":\"a\",\"weir\":1,\"kernel\":\"2\",\"ok\":false,\"note\":\"1 less\"}\n"
		  "{\"check\":\"b\",\"weir\":\"-\",\"kernel\":null,\"ok\":true,\"note\":\"skipped\"}\n"
		  "{\"end\":{\"ok\":false}}\n",
		  CLI_FAILED,
		  "CHECK   WEIR   KERNEL   RESULT\n"
		  "a       1      2        FAILED: 1 less\n"
		  "b       -      -        ok: skipped\n" },
		{ "one cannot be compared",
		  "{\"check\":\"a\",\"weir\":\"1\",\"kernel\":\"2\",\"comparable\":false,\"note\":\"tags\"}\n"
		  "{\"check\":\"b\",\"weir\":\"1\",\"kernel\":\"1\",\"ok\":true}\n"
		  "{\"end\":{\"ok\":true,\"not_comparable\":\"1\"}}\n",
		  CLI_DONE,
		  "CHECK   WEIR   KERNEL   RESULT\n"
		  "a       1      2        not comparable: tags\n"
		  "b       1      1        ok\n" },
		{ "and another differs",
		  "{\"check\":\"a\",\"weir\":\"1\",\"kernel\":\"2\",\"comparable\":false}\n"
		  "{\"check\":\"b\",\"weir\":\"1\",\"kernel\":\"2\",\"ok\":false}\n"
		  "{\"end\":{\"ok\":false,\"not_comparable\":\"1\"}}\n",
		  CLI_FAILED,
		  "CHECK   WEIR   KERNEL   RESULT\n"
		  "a       1      2        not comparable\n"
		  "b       1      2        FAILED\n" },
		{ "the end says no", "{\"check\":\"a\",\"ok\":true}\n{\"end\":{\"ok\":false}}\n",
		  CLI_FAILED, "CHECK   WEIR   KERNEL   RESULT\na       -      -        ok\n" },
		{ "no verdict is no success", "{\"check\":\"a\"}\n" END, CLI_FAILED,
		  "CHECK   WEIR   KERNEL   RESULT\na       -      -        FAILED\n" },
		{ "nothing compared", "{\"end\":{\"ok\":true}}\n", CLI_FAILED, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = { .answer = cases[i].answer };

		run_line(&run, "weir status --verify --for 1m30s");
		assert_row_str(cases[i].name, run.request,
			       "{\"method\":\"Verify\",\"params\":{\"for\":\"1m30s\"}}\n");
		assert_row_int(cases[i].name, run.result, cases[i].result);
		assert_row_str(cases[i].name, run.out, cases[i].out);
	}
}

static void verify_as_json_is_a_line_a_check(void **state)
{
	struct run run = {
		.answer = "{\"check\":\"a\",\"ok\":true}\n{\"check\":\"b\",\"ok\":true}\n" END
	};

	(void)state;
	run_line(&run, "weir status --verify -o json");
	assert_int_equal(run.result, CLI_DONE);
	assert_string_equal(run.request, "{\"method\":\"Verify\",\"params\":{\"for\":\"5s\"}}\n");
	assert_string_equal(run.out,
			    "{\"check\":\"a\",\"ok\":true}\n{\"check\":\"b\",\"ok\":true}\n");
}

int main(void)
{
	run_forget_variables();
	return RUN_TESTS(TEST(status_is_hubbles_three_lines_and_ours),
			 TEST(who_is_not_attached_to_is_counted),
			 TEST(status_has_hubbles_other_formats), TEST(status_bears_what_is_missing),
			 TEST(an_answer_without_a_status_has_failed),
			 TEST(verify_prints_both_sides), TEST(verify_as_json_is_a_line_a_check));
}
