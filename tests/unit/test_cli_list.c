// SPDX-License-Identifier: BSD-2-Clause
/* `weir list` and `weir watch`, from argv to what is printed. */
#include "agent/base/cleanup.h"
#include "tests/harness.h"
#include "tests/unit/cli_run.h"

static const char interfaces[] =
	"{\"interface\":{\"index\":2,\"name\":\"eth0\"},\"role\":\"uplink\",\"kind\":\"\","
	"\"ingress\":\"tcx\",\"egress\":\"tcx\",\"note\":\"\",\"wire\":{\"ingress\":{\"packets\":"
	"\"100\",\"bytes\":\"20000\"},\"egress\":{\"packets\":\"1\",\"bytes\":2}},\"raw\":{"
	"\"ingress\":{\"packets\":\"90\",\"bytes\":\"19000\"},\"egress\":{\"packets\":\"1\","
	"\"bytes\":\"2\"}},\"remainders\":{\"arp\":{\"packets\":\"1\",\"bytes\":\"60\"},"
	"\"no_room\":{\"packets\":\"0\",\"bytes\":\"0\"},\"late\":{\"packets\":2,\"bytes\":3}}}\n"
	"{\"interface\":{\"index\":1,\"name\":\"lo\"}}\n" END;

static void interfaces_are_listed_as_a_table(void **state)
{
	struct run table = { .answer = interfaces }, wide = { .answer = interfaces };

	(void)state;
	run_line(&table, "weir list interfaces");
	assert_string_equal(table.request, "{\"method\":\"Interfaces\",\"params\":{}}\n");
	assert_string_equal(
		table.out,
		"INDEX   NAME   ROLE     KIND   INGRESS   EGRESS   PACKETS-IN   BYTES-IN   "
		"PACKETS-OUT   BYTES-OUT\n"
		"2       eth0   uplink   -      tcx       tcx      100          20000      "
		"1             2\n"
		"1       lo     -        -      -         -        -            -          "
		"-             -\n");
	run_line(&wide, "weir list -o wide interfaces");
	assert_non_null(strstr(wide.out, "RAW-BYTES-OUT   REMAINDERS            NOTE\n"));
	assert_non_null(strstr(wide.out, "19000          1                 2               "
					 "arp=1/60B late=2/3B   -\n"));
}

static void interfaces_are_listed_as_json(void **state)
{
	struct run run = {
		.answer = "{\"interface\":{\"index\":1,\"name\":\"lo\"}}\n{\"a\":\"1\"}\n" END
	};
	struct run empty = { .answer = END };

	(void)state;
	run_line(&run, "weir list interfaces -o json");
	assert_string_equal(run.out, "[\n"
				     "  {\n"
				     "    \"interface\": {\n"
				     "      \"index\": 1,\n"
				     "      \"name\": \"lo\"\n"
				     "    }\n"
				     "  },\n"
				     "  {\n"
				     "    \"a\": \"1\"\n"
				     "  }\n"
				     "]\n");
	run_line(&empty, "weir list interfaces -o json");
	assert_string_equal(empty.out, "[]\n");
}

static const struct {
	const char *line, *request, *answer, *out;
} nouns[] = {
	{ "weir list pods",
	  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"pods\"}}}\n",
	  "{\"namespace\":\"shop\",\"pod_name\":\"cart\",\"uid\":\"u\",\"ips\":[\"10.0.0.5\","
	  "\"fd00::5\"],\"workloads\":[{\"name\":\"cart\",\"kind\":\"Deployment\"}],"
	  "\"containers\":2,\"runtime\":\"cri-o\",\"labels\":[\"a\"]}\n" END,
	  "NAMESPACE   NAME   UID   IPS                WORKLOAD          CONTAINERS   "
	  "RUNTIME\n"
	  "shop        cart   u     10.0.0.5,fd00::5   Deployment/cart   2            "
	  "cri-o\n" },
	{ "weir list containers",
	  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"containers\"}}}"
	  "\n",
	  "{\"id\":\"0123456789abcdef\",\"name\":\"a\\u001b\",\"runtime\":\"docker\","
	  "\"pod\":{\"namespace\":\"shop\",\"name\":\"cart\"},\"pid\":7}\n" END,
	  "ID             NAME   RUNTIME   POD         PID   IMAGE\n"
	  "0123456789ab   a^[    docker    shop/cart   7     -\n" },
	{ "weir list containers -o wide",
	  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"containers\"}}}"
	  "\n",
	  "{\"id\":\"0123456789abcdef\",\"image\":\"i:1\"}\n" END,
	  "ID                 NAME   RUNTIME   POD   PID   IMAGE\n"
	  "0123456789abcdef   -      -         -     -     i:1\n" },
	{ "weir list listeners",
	  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"listeners\"}}}"
	  "\n",
	  "{\"protocol\":\"TCP\",\"address\":\"::\",\"port\":80,\"netns\":\"1\","
	  "\"is_own_netns\":true,\"owner\":{\"pid\":7,\"comm\":\"nginx\",\"unit\":"
	  "\"nginx.service\"}}\n"
	  "{\"protocol\":\"UDP\",\"address\":\"10.0.0.5\",\"port\":53,\"netns\":\"2\","
	  "\"owner\":{\"pid\":8,\"comm\":\"dns\",\"container\":{\"id\":\"0123456789abcdef\"}},"
	  "\"pod\":{\"name\":\"p\"}}\n"
	  "{\"protocol\":\"TCP\",\"address\":\"::1\",\"port\":81,\"netns\":\"3\","
	  "\"netns_name\":\"web\"}\n" END,
	  "PROTOCOL   ADDRESS    PORT   NETNS   PID   PROCESS   UNIT            CONTAINER      "
	  "POD\n"
	  "TCP        ::         80     host    7     nginx     nginx.service   -              "
	  "-\n"
	  "UDP        10.0.0.5   53     2       8     dns       -               0123456789ab   "
	  "p\n"
	  "TCP        ::1        81     web     -     -         -               -              "
	  "-\n" },
	{ "weir list netns",
	  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"netns\"}}}\n",
	  "{\"netns\":\"1\",\"is_own\":true,\"ips\":[]}\n"
	  "{\"netns\":\"2\",\"name\":\"web\",\"nsid\":0,\"ips\":[\"10.0.0.5\"],\"pids\":[7,"
	  "8],\"container\":{\"id\":\"c\",\"name\":\"app\"}}\n" END,
	  "NETNS   NAME   IPS        POD/CONTAINER   PIDS\n"
	  "1       host   -          -               -\n"
	  "2       web    10.0.0.5   app             7,8\n" },
	{ "weir list endpoints -o wide",
	  "{\"method\":\"Endpoints\",\"params\":{\"extensions\":{\"kind\":\"endpoints\"}}}\n",
	  "{\"kind\":\"file\",\"name\":\"db\",\"identity\":2,\"labels\":[\"a\",\"b\"],"
	  "\"ips\":[\"10.0.0.0/8\"],\"service\":{\"namespace\":\"shop\",\"name\":\"db\"},"
	  "\"names\":[\"x.org\"]}\n" END,
	  "KIND   NAMESPACE   NAME   IPS          IDENTITY   LABELS   WORKLOAD   SERVICE   "
	  "NAMES\n"
	  "file   -           db     10.0.0.0/8   2          a,b      -          shop/db   "
	  "x.org\n" },
	{ "weir list node -o wide", "{\"method\":\"GetNodes\",\"params\":{}}\n",
	  "{\"nodes\":[{\"name\":\"n1\",\"state\":\"NODE_CONNECTED\",\"uptime_ns\":"
	  "\"3722600000000\",\"num_flows\":\"4095\",\"max_flows\":\"4095\","
	  "\"seen_flows\":\"1234567\",\"version\":\"weir v0.1.0\",\"tls\":{},"
	  "\"address\":\"unix:///run/weir/weir.sock\"},{\"name\":\"n2\",\"state\":"
	  "\"NODE_GONE\",\"uptime_ns\":\"1\"}]}\n" END,
	  "NAME   STATUS      AGE      FLOWS/S   CURRENT/MAX-FLOWS     VERSION       "
	  "ADDRESS                      TLS\n"
	  "n1     Connected   1h2m3s   331.61    4095/4095 (100.00%)   weir v0.1.0   "
	  "unix:///run/weir/weir.sock   Disabled\n"
	  "n2     Gone        N/A      N/A       N/A                   N/A           "
	  "                             N/A\n" },
	{ "weir list nodes", "{\"method\":\"GetNodes\",\"params\":{}}\n",
	  "{\"nodes\":[{\"name\":\"n1\",\"state\":\"NODE_CONNECTED\",\"uptime_ns\":"
	  "\"3723000000123\",\"num_flows\":\"50\",\"max_flows\":\"200\",\"seen_flows\":"
	  "\"7446\"}]}\n" END,
	  "NAME   STATUS      AGE      FLOWS/S   CURRENT/MAX-FLOWS\n"
	  "n1     Connected   1h2m3s   2.00      50/200 ( 25.00%)\n" },
	{ "weir list nodes -o json", "{\"method\":\"GetNodes\",\"params\":{}}\n",
	  "{\"nodes\":[{\"name\":\"{\",\"tls\":{},\"a\":[],\"b\":[{}]},{}]}\n" END,
	  "[\n"
	  "  {\n"
	  "    \"name\": \"{\",\n"
	  "    \"tls\": {},\n"
	  "    \"a\": [],\n"
	  "    \"b\": [\n"
	  "      {}\n"
	  "    ]\n"
	  "  },\n"
	  "  {}\n"
	  "]\n" },
	{ "weir list namespaces -o wide", "{\"method\":\"GetNamespaces\",\"params\":{}}\n",
	  "{\"namespaces\":[{\"namespace\":\"a\"},{\"namespace\":\"b\",\"cluster\":\"c\"}]}\n"
	  "{\"namespaces\":[{\"namespace\":\"z\"}]}\n" END,
	  "NAMESPACE   CLUSTER\n"
	  "a\n"
	  "b           c\n"
	  "z\n" },
	{ "weir list namespaces -o json", "{\"method\":\"GetNamespaces\",\"params\":{}}\n",
	  "{\"namespaces\":[]}\n" END, "[]\n" },
};

/* Each noun asks its own question, and shows what is there in its own columns. */
static void nouns_are_rows_of_a_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nouns); i++) {
		struct run run = { .answer = nouns[i].answer };

		run_line(&run, nouns[i].line);
		assert_row_int(nouns[i].line, run.result, CLI_DONE);
		assert_row_str(nouns[i].line, run.request, nouns[i].request);
		assert_row_str(nouns[i].line, run.out, nouns[i].out);
	}
}

static void the_peer_is_the_agent_until_it_ends(void **state)
{
	static const char *const lines[] = { "weir watch peers", "weir w peer" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct run run = { .answer = "{\"nodes\":[{\"name\":\"n1\",\"address\":"
					     "\"unix:///run/weir/weir.sock\"}]}\n" END };

		run_line(&run, lines[i]);
		assert_string_equal(run.request, "{\"method\":\"GetNodes\",\"params\":{}}\n");
		assert_string_equal(run.out, "PEER_ADDED   unix:///run/weir/weir.sock n1\n");
		assert_non_null(strstr(run.err, " went away"));
		assert_int_equal(run.result, CLI_FAILED);
	}
}

static void what_is_left_out_of_a_list_is_said(void **state)
{
	struct run run = { .answer = "{\"end\":{\"left_out\":\"7\",\"netns_unread\":\"2\"}}\n" };

	(void)state;
	run_line(&run, "weir list listeners -o json");
	assert_int_equal(run.result, CLI_DONE);
	assert_string_equal(run.out, "[]\n");
	assert_string_equal(run.err, "weir: list: 7 found no room and are not listed\n"
				     "weir: list: of 2 network namespaces not all could be read\n");
}

int main(void)
{
	run_forget_variables();
	return RUN_TESTS(TEST(interfaces_are_listed_as_a_table),
			 TEST(interfaces_are_listed_as_json), TEST(nouns_are_rows_of_a_table),
			 TEST(the_peer_is_the_agent_until_it_ends),
			 TEST(what_is_left_out_of_a_list_is_said));
}
