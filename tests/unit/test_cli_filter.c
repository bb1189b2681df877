// SPDX-License-Identifier: BSD-2-Clause
/* Filter flags -> FlowFilters, as Hubble's command prints them with --print-raw-filters. */
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/base/services.h"
#include "tests/harness.h"
#include "tests/unit/filter_words.h"

struct row {
	const char *words, *yaml;
};

static void assert_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[FILTER_TEXT_SIZE];
		int r = filter_words_run(rows[i].words, text);

		assert_row_str(rows[i].words, text, rows[i].yaml);
		assert_row_int(rows[i].words, r, 0);
	}
}

#define ALLOW(json)    "allowlist:\n    - '" json "'\n"
#define EITHER(a, b)   "allowlist:\n    - '" a "'\n    - '" b "'\n"
#define DENY(json)     "denylist:\n    - '" json "'\n"
#define DENY_TWO(a, b) "denylist:\n    - '" a "'\n    - '" b "'\n"
#define SIDES(key, json) \
	EITHER("{\"source_" key "\":[" json "]}", "{\"destination_" key "\":[" json "]}")
#define FROM(key, json) ALLOW("{\"source_" key "\":[" json "]}")
#define TO(key, json)	ALLOW("{\"destination_" key "\":[" json "]}")
#define ONE(key, json)	ALLOW("{\"" key "\":[" json "]}")

/* Printed by Hubble's command 1.19.4. */
static void filters_are_printed_byte_for_byte_as_hubble_prints_them(void **state)
{
	static const struct row rows[] = {
		{ "--port|80|--protocol|tcp",
		  "allowlist:\n"
		  "    - '{\"protocol\":[\"tcp\"],\"source_port\":[\"80\"]}'\n"
		  "    - '{\"protocol\":[\"tcp\"],\"destination_port\":[\"80\"]}'\n" },
		{ "--ip|1.1.1.1|--port|80",
		  "allowlist:\n"
		  "    - '{\"source_ip\":[\"1.1.1.1\"],\"source_port\":[\"80\"]}'\n"
		  "    - '{\"destination_ip\":[\"1.1.1.1\"],\"destination_port\":[\"80\"]}'\n" },
		{ "--ip|1.1.1.1|--from-port|80|--to-port|90",
		  "allowlist:\n"
		  "    - '{\"source_ip\":[\"1.1.1.1\"],\"source_port\":[\"80\"],\"destination_port\":[\"90\"]}'\n"
		  "    - '{\"destination_ip\":[\"1.1.1.1\"],\"source_port\":[\"80\"],\"destination_port\":[\"90\"]}'\n" },
		{ "--from-ip|10.0.0.0/8|--to-port|443|--type|trace:to-stack|--tcp-flags|SYN,ACK|"
		  "--not|--verdict|DROPPED",
		  "allowlist:\n"
		  "    - '{\"source_ip\":[\"10.0.0.0/8\"],\"event_type\":[{\"type\":4,\"match_sub_type\":true,\"sub_type\":3}],\"destination_port\":[\"443\"],\"tcp_flags\":[{\"SYN\":true,\"ACK\":true}]}'\n"
		  "denylist:\n"
		  "    - '{\"verdict\":[\"DROPPED\"]}'\n" },
		{ "--not|--port|22|--not|--from-ip|1.1.1.1",
		  "denylist:\n"
		  "    - '{\"source_ip\":[\"1.1.1.1\"],\"source_port\":[\"22\"]}'\n"
		  "    - '{\"source_ip\":[\"1.1.1.1\"],\"destination_port\":[\"22\"]}'\n" },
		{ "--tcp-flags|SYN,ACK|--tcp-flags|RST",
		  "allowlist:\n"
		  "    - '{\"tcp_flags\":[{\"SYN\":true,\"ACK\":true},{\"RST\":true}]}'\n" },
		{ "-A", "allowlist:\n"
			"    - '{\"source_pod\":[\"/\"]}'\n"
			"    - '{\"destination_pod\":[\"/\"]}'\n" },
		{ "--pod|x|-n|y", "allowlist:\n"
				  "    - '{\"source_pod\":[\"y/x\"]}'\n"
				  "    - '{\"destination_pod\":[\"y/x\"]}'\n" },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

/* Each flag by each of its names, and what its values may be. */
static const struct row flags[] = {
	{ "--uuid|a-b", ONE("uuid", "\"a-b\"") },
	{ "--ip=::1", SIDES("ip", "\"::1\"") },
	{ "--from-ip|::1", FROM("ip", "\"::1\"") },
	{ "--to-ip|::1", TO("ip", "\"::1\"") },
	{ "--snat-ip|2.2.2.2/16", ONE("source_ip_xlated", "\"2.2.2.2/16\"") },
	{ "--ipv4", ONE("ip_version", "\"IPv4\"") },
	{ "-4", ONE("ip_version", "\"IPv4\"") },
	{ "--ipv6", ONE("ip_version", "\"IPv6\"") },
	{ "-64", ONE("ip_version", "\"IPv6\",\"IPv4\"") },
	{ "--ip-version|none|--ip-version|v4|--ip-version|IPv6",
	  ONE("ip_version", "\"IP_NOT_USED\",\"IPv4\",\"IPv6\"") },
	{ "--port|8000-8100,9000", SIDES("port", "\"8000-8100\",\"9000\"") },
	{ "--from-port|1,2|--from-port|3", FROM("port", "\"1\",\"2\",\"3\"") },
	{ "--from-port|https,postgres,22", FROM("port", "\"443\",\"5432\",\"22\"") },
	{ "--to-port|99999", TO("port", "\"99999\"") },
	{ "--protocol|TCP|--protocol|foo", ONE("protocol", "\"TCP\",\"foo\"") },
	{ "--tcp-flags|ns,cwr,ece,urg,ack,psh,rst,syn,fin",
	  ONE("tcp_flags", "{\"FIN\":true,\"SYN\":true,\"RST\":true,\"PSH\":true,\"ACK\":true,"
			   "\"URG\":true,\"ECE\":true,\"CWR\":true,\"NS\":true}") },
	{ "--type|l7", ONE("event_type", "{\"type\":129}") },
	{ "-tdrop", ONE("event_type", "{\"type\":1}") },
	{ "-t|drop:133",
	  ONE("event_type", "{\"type\":1,\"match_sub_type\":true,\"sub_type\":133}") },
	{ "-t|drop:POLICY_DENIED",
	  ONE("event_type", "{\"type\":1,\"match_sub_type\":true,\"sub_type\":133}") },
	{ "-t|debug", ONE("event_type", "{\"type\":2}") },
	{ "-t|capture", ONE("event_type", "{\"type\":3}") },
	{ "-t|trace:to-endpoint", ONE("event_type", "{\"type\":4,\"match_sub_type\":true}") },
	{ "-t|4:3", ONE("event_type", "{\"type\":4,\"match_sub_type\":true,\"sub_type\":3}") },
	{ "-t|4:to-crypto",
	  ONE("event_type", "{\"type\":4,\"match_sub_type\":true,\"sub_type\":13}") },
	{ "-t|policy-verdict:L3-L4",
	  ONE("event_type", "{\"type\":5,\"match_sub_type\":true,\"sub_type\":2}") },
	{ "-t|trace-sock:post-xlate-rev",
	  ONE("event_type", "{\"type\":7,\"match_sub_type\":true,\"sub_type\":4}") },
	{ "-t|agent:policy-updated",
	  ONE("event_type", "{\"type\":130,\"match_sub_type\":true,\"sub_type\":5}") },
	{ "-t|254|-t|255:127|-t|0",
	  ONE("event_type",
	      "{\"type\":254},{\"type\":255,\"match_sub_type\":true,\"sub_type\":127},{}") },
	{ "-t|4294967295", ONE("event_type", "{\"type\":-1}") },
	{ "--verdict|FORWARDED|--verdict|TRANSLATED",
	  ONE("verdict", "\"FORWARDED\",\"TRANSLATED\"") },
	{ "--drop-reason-desc|DROP_PUNT_PROXY", ONE("drop_reason_desc", "\"DROP_PUNT_PROXY\"") },
	{ "--traffic-direction|INGRESS|--traffic-direction|EgrEss",
	  ONE("traffic_direction", "\"INGRESS\",\"EGRESS\"") },
	{ "--interface|eth0", ONE("interface", "{\"name\":\"eth0\"}") },
	{ "--encrypted", ONE("encrypted", "true") },
	{ "--unencrypted", ONE("encrypted", "false") },
	{ "--encrypted=false", "{}\n" },
	{ "--fqdn|*.example.com", SIDES("fqdn", "\"*.example.com\"") },
	{ "--from-fqdn|a", FROM("fqdn", "\"a\"") },
	{ "--to-fqdn|a", TO("fqdn", "\"a\"") },
	{ "--label|k in (a,b),!c", SIDES("label", "\"k in (a,b),!c\"") },
	{ "-la|-l|b", SIDES("label", "\"a\",\"b\"") },
	{ "--from-label|reserved:host", FROM("label", "\"reserved:host\"") },
	{ "--to-label|a", TO("label", "\"a\"") },
	{ "--node-label|a=b", ONE("node_labels", "\"a=b\"") },
	{ "--identity|world|--identity|17324512", SIDES("identity", "2,17324512") },
	{ "--from-identity|host|--from-identity|11|--from-identity|0", FROM("identity", "1,11,0") },
	{ "--to-identity|world-ipv6|--to-identity|4294967295", TO("identity", "10,4294967295") },
	{ "--pod|/x", SIDES("pod", "\"/x\"") },
	{ "--from-pod|a/b/c", FROM("pod", "\"a/b/c\"") },
	{ "--to-pod|x", TO("pod", "\"x\"") },
	{ "--service|a/x", SIDES("service", "\"a/x\"") },
	{ "--from-service|x", FROM("service", "\"x\"") },
	{ "--to-service|x", TO("service", "\"x\"") },
	{ "--namespace|a", SIDES("pod", "\"a/\"") },
	{ "-na", SIDES("pod", "\"a/\"") },
	{ "--from-namespace|a", FROM("pod", "\"a/\"") },
	{ "--to-namespace|a", TO("pod", "\"a/\"") },
	{ "--all-namespaces", SIDES("pod", "\"/\"") },
	{ "-A", SIDES("pod", "\"/\"") },
	{ "--from-all-namespaces", FROM("pod", "\"/\"") },
	{ "--to-all-namespaces", TO("pod", "\"/\"") },
	{ "--workload|Deployment/cart",
	  SIDES("workload", "{\"name\":\"cart\",\"kind\":\"Deployment\"}") },
	{ "--from-workload|cart|--from-workload|DaemonSet/|--from-workload|/",
	  FROM("workload", "{\"name\":\"cart\"},{\"kind\":\"DaemonSet\"},{}") },
	{ "--to-workload|a/b/c", TO("workload", "{\"name\":\"b/c\",\"kind\":\"a\"}") },
	{ "--cluster|a", SIDES("cluster_name", "\"a\"") },
	{ "--from-cluster|a", FROM("cluster_name", "\"a\"") },
	{ "--to-cluster|a", TO("cluster_name", "\"a\"") },
	{ "--node-name|a/b*", ONE("node_name", "\"a/b*\"") },
	{ "--http-status|4+", ONE("http_status_code", "\"4+\"") },
	{ "--http-method|get", ONE("http_method", "\"get\"") },
	{ "--http-path|^/page/\\d+", ONE("http_path", "\"^/page/\\\\d+\"") },
	{ "--http-url|a<b&c>'", ONE("http_url", "\"a\\u003cb\\u0026c\\u003e''\"") },
	{ "--http-header|Foo:coco:bar|--http-header|:",
	  ONE("http_header", "{\"key\":\"Foo\",\"value\":\"coco:bar\"},{}") },
	{ "--trace-id|4bf9", ONE("trace_id", "\"4bf9\"") },
	{ "--ip-trace-id|18446744073709551615", ONE("ip_trace_id", "\"18446744073709551615\"") },
	{ "--not|--uuid|a", DENY("{\"uuid\":[\"a\"]}") },
	{ "--process|curl", SIDES("process", "\"curl\"") },
	{ "--from-process|curl", FROM("process", "\"curl\"") },
	{ "--to-process|curl", TO("process", "\"curl\"") },
	{ "--container|web", SIDES("container", "\"web\"") },
	{ "--from-container|web", FROM("container", "\"web\"") },
	{ "--to-container|web", TO("container", "\"web\"") },
	{ "--unit|nginx.service", SIDES("unit", "\"nginx.service\"") },
	{ "--from-unit|a", FROM("unit", "\"a\"") },
	{ "--to-unit|a", TO("unit", "\"a\"") },
	{ "--uid|0|--uid|1000-1999", SIDES("uid", "0,\"1000-1999\"") },
	{ "--from-uid|4294967295", FROM("uid", "4294967295") },
	{ "--to-uid|1", TO("uid", "1") },
	{ "--netns|4026532281", SIDES("netns", "\"4026532281\"") },
	{ "--netns|1-9", SIDES("netns", "\"1-9\"") },
	{ "--from-netns|1", FROM("netns", "\"1\"") },
	{ "--to-netns|1", TO("netns", "\"1\"") },
	{ "--event|open,close|--event|drop", ONE("event", "\"open\",\"close\",\"drop\"") },
	{ "--event|established|--event|update", ONE("event", "\"established\",\"update\"") },
	{ "--min-bytes|1000000", ALLOW("{\"min_bytes\":\"1000000\"}") },
	{ "--min-bytes|5|--min-bytes|8M", ALLOW("{\"min_bytes\":\"8388608\"}") },
	{ "--min-duration|5s", ALLOW("{\"min_duration\":\"5s\"}") },
	{ "--min-rtt|1h|--min-rtt|5ms", ALLOW("{\"min_rtt\":\"5ms\"}") },
	{ "--where|rtt > 5ms|--where|port == 80",
	  ONE("where", "\"rtt \\u003e 5ms\",\"port == 80\"") },
	{ "--allowlist|{\"reply\":[true]}", ONE("reply", "true") },
	{ "--denylist|{\"dns_query\":[\"a\"]}", DENY("{\"dns_query\":[\"a\"]}") },
	{ "--print-raw-filters", "{}\n" },
};

static void each_flag_makes_its_filter(void **state)
{
	(void)state;
	assert_rows(flags, ARRAY_SIZE(flags));
}

/* "--port" is in "--port|80" and in "--port=80". */
static bool is_given(const char *words, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = words; (at = strstr(at, name)); at += len) {
		if (at - words >= 2 && !strncmp(at - 2, "--", 2) && !strcspn(at + len, "|="))
			return true;
	}
	return false;
}

static void no_flag_is_forgotten_above(void **state)
{
	struct option_walk walk = { .rows = filter_words_rows };
	const struct option_row *row;
	size_t base;

	(void)state;
	while ((row = option_next(&walk, &base))) {
		bool is_there = strcmp(row->long_name, "cel-expression") == 0;

		for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
			is_there |= is_given(flags[i].words, row->long_name);
		assert_row(row->long_name, is_there);
	}
}

static void flags_of_either_side_keep_to_the_same_side(void **state)
{
	static const struct row rows[] = {
		{ "--process|curl|--port|443|--uid|0",
		  EITHER("{\"source_port\":[\"443\"],\"source_process\":[\"curl\"],\"source_uid\":[0]}",
			 "{\"destination_port\":[\"443\"],\"destination_process\":[\"curl\"],\"destination_uid\":[0]}") },
		{ "--container|a|--to-unit|b|--min-bytes|1|--event|open|--where|tcp",
		  EITHER("{\"source_container\":[\"a\"],\"destination_unit\":[\"b\"],"
			 "\"event\":[\"open\"],\"min_bytes\":\"1\",\"where\":[\"tcp\"]}",
			 "{\"destination_container\":[\"a\"],\"destination_unit\":[\"b\"],"
			 "\"event\":[\"open\"],\"min_bytes\":\"1\",\"where\":[\"tcp\"]}") },
		{ "--ip|1.2.3.4|--ip|5.6.7.8|--verdict|DROPPED|--not|--pod|deathstar|--not|"
		  "--http-status|200|--http-method|get|--node-name|k8s*",
		  EITHER("{\"source_ip\":[\"1.2.3.4\",\"5.6.7.8\"],\"verdict\":[\"DROPPED\"],"
			 "\"http_method\":[\"get\"],\"node_name\":[\"k8s*\"]}",
			 "{\"destination_ip\":[\"1.2.3.4\",\"5.6.7.8\"],\"verdict\":[\"DROPPED\"],"
			 "\"http_method\":[\"get\"],\"node_name\":[\"k8s*\"]}")
			  DENY_TWO(
				  "{\"source_pod\":[\"deathstar\"],\"http_status_code\":[\"200\"]}",
				  "{\"destination_pod\":[\"deathstar\"],\"http_status_code\":[\"200\"]}") },
		{ "--cluster|a|--from-cluster|b",
		  EITHER("{\"source_cluster_name\":[\"a\",\"b\"]}",
			 "{\"source_cluster_name\":[\"b\"],\"destination_cluster_name\":[\"a\"]}") },
		{ "--from-pod|cilium|--to-workload|app",
		  ALLOW("{\"source_pod\":[\"cilium\"],\"destination_workload\":[{\"name\":\"app\"}]}") },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void not_affects_the_next_filter_only(void **state)
{
	static const struct row rows[] = {
		{ "--not|--port|53|--verdict|DROPPED",
		  ONE("verdict", "\"DROPPED\"") DENY_TWO("{\"source_port\":[\"53\"]}",
							 "{\"destination_port\":[\"53\"]}") },
		{ "--verdict|DROPPED|--not|--verdict|FORWARDED|--verdict|ERROR",
		  ONE("verdict", "\"DROPPED\",\"ERROR\"") DENY("{\"verdict\":[\"FORWARDED\"]}") },
		{ "--not|--min-rtt|5ms|--not|--where|tcp|--not|--event|open|--not|--from-uid|1",
		  DENY("{\"source_uid\":[1],\"event\":[\"open\"],\"min_rtt\":\"5ms\",\"where\":[\"tcp\"]}") },
		{ "--not|--from-port|1|--port|2",
		  SIDES("port", "\"2\"") DENY("{\"source_port\":[\"1\"]}") },
		{ "--not=false|--uuid|a", ONE("uuid", "\"a\"") },
		{ "--not|-A",
		  DENY_TWO("{\"source_pod\":[\"/\"]}", "{\"destination_pod\":[\"/\"]}") },
		/* Whole filters are no filter flags. */
		{ "--not|--allowlist|{\"uuid\":[\"b\"]}|--uuid|a",
		  ONE("uuid", "\"b\"") DENY("{\"uuid\":[\"a\"]}") },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

static void namespaces_complete_the_names_of_pods_and_services(void **state)
{
	static const struct row rows[] = {
		{ "--namespace|a|--port|443",
		  EITHER("{\"source_pod\":[\"a/\"],\"source_port\":[\"443\"]}",
			 "{\"destination_pod\":[\"a/\"],\"destination_port\":[\"443\"]}") },
		{ "--to-namespace|a|--port|443",
		  EITHER("{\"destination_pod\":[\"a/\"],\"source_port\":[\"443\"]}",
			 "{\"destination_pod\":[\"a/\"],\"destination_port\":[\"443\"]}") },
		{ "--namespace|a|--service|x", SIDES("service", "\"a/x\"") },
		{ "--namespace|a|-n|b|--service|x|--service|y",
		  SIDES("service", "\"a/x\",\"b/x\",\"a/y\",\"b/y\"") },
		{ "-n|a|--pod|x|--service|y",
		  EITHER("{\"source_pod\":[\"a/x\"],\"source_service\":[\"a/y\"]}",
			 "{\"destination_pod\":[\"a/x\"],\"destination_service\":[\"a/y\"]}") },
		{ "--to-namespace|a|--to-pod|a/x", TO("pod", "\"a/x\"") },
		{ "--from-namespace|b|--to-pod|a/x",
		  ALLOW("{\"source_pod\":[\"b/\"],\"destination_pod\":[\"a/x\"]}") },
		{ "--to-all-namespaces|--to-pod|x", TO("pod", "\"/x\"") },
		{ "-A|--service|x|--pod|y",
		  EITHER("{\"source_pod\":[\"/y\"],\"source_service\":[\"/x\"]}",
			 "{\"destination_pod\":[\"/y\"],\"destination_service\":[\"/x\"]}") },
		{ "--pod|x|-n|a|--not|--pod|y|--not|--from-namespace|b",
		  SIDES("pod", "\"a/x\"")
			  DENY_TWO("{\"source_pod\":[\"b/y\"]}",
				   "{\"source_pod\":[\"b/\"],\"destination_pod\":[\"y\"]}") },
	};

	(void)state;
	assert_rows(rows, ARRAY_SIZE(rows));
}

int main(void)
{
	services_file = "tests/golden/services";
	log_init("weir", LOG_LEVEL_INFO);
	return RUN_TESTS(TEST(filters_are_printed_byte_for_byte_as_hubble_prints_them),
			 TEST(each_flag_makes_its_filter), TEST(no_flag_is_forgotten_above),
			 TEST(flags_of_either_side_keep_to_the_same_side),
			 TEST(not_affects_the_next_filter_only),
			 TEST(namespaces_complete_the_names_of_pods_and_services));
}
