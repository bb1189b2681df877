// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each key of a FlowFilter with a flow that it lets through and one that it does not, and how keys
 * and lists go together.
 */
#include "filter/filter.h"

#include <json-c/json.h>

#include "base/cleanup.h"
#include "filter/filter_key.h"
#include "tests/harness.h"
#include "tests/unit/flow_of.h"

static struct json_object *parse(const char *text)
{
	struct json_object *object = text ? json_tokener_parse(text) : NULL;

	if (text)
		assert_row(text, object);
	return object;
}

/* NULL: not given. */
static int compile(struct filter **ret, const char *allow, const char *deny, const char *either,
		   struct filter_error *error)
{
	struct filter_lists lists = { parse(allow), parse(deny), parse(either) };
	int r = filter_compile(ret, &lists, error);

	json_object_put(lists.allow);
	json_object_put(lists.deny);
	json_object_put(lists.either);
	return r;
}

static bool lets_through(const char *allow, const char *deny, const char *either, const char *text)
{
	struct filter *filter = NULL;
	struct filter_error error;
	struct flow_of flow;
	bool is_match;

	if (compile(&filter, allow, deny, either, &error))
		fail_msg("%s %s %s: %s", allow, deny, either, error.message);
	flow_of(&flow, text);
	is_match = filter_match(filter, &flow.base);
	/* Asked again it answers the same. */
	assert_int_equal(filter_match(filter, &flow.base), is_match);
	filter_free(&filter);
	assert_null(filter);
	return is_match;
}

/* A FlowFilter, a flow that it lets through, and one that it does not. */
struct key_case {
	const char *filter, *match, *other;
};

#define TCP "protocol=tcp|ip_version=4|"

static const struct key_case cases[] = {
	{ "{\"uuid\":[\"a\",\"b\"]}", "uuid=b", "uuid=ab" },
	{ "{\"source_ip\":[\"10.0.0.1\"]}", "source.ip=10.0.0.1", "destination.ip=10.0.0.1" },
	{ "{\"sourceIp\":[\"10.1.2.3/8\"]}", "source.ip=10.9.9.9", "source.ip=11.0.0.0" },
	{ "{\"destination_ip\":[\"10.0.0.0/31\"]}", "destination.ip=10.0.0.1",
	  "destination.ip=10.0.0.2" },
	{ "{\"source_ip\":[\"2001:db8::/33\"]}",
	  "source.ip=2001:db8:7fff::", "source.ip=2001:db8:8000::" },
	{ "{\"source_ip\":[\"::/0\"]}", "source.ip=::1", "source.ip=10.0.0.1" },
	{ "{\"source_ip\":[\"0.0.0.0/0\"]}", "source.ip=10.0.0.1", "source.ip=2001:db8::1" },
	{ "{\"source_ip\":[\"fe80::1\",\"10.0.0.1\"]}", "source.ip=fe80::1", "source.ip=fe80::2" },
	{ "{\"source_ip_xlated\":[\"192.0.2.0/24\"]}", "source.ip_xlated=192.0.2.9",
	  "source.ip=192.0.2.9" },
	{ "{\"source_pod\":[\"shop/cart\"]}", "source.namespace=shop|source.pod=cart-7d9f",
	  "source.namespace=web|source.pod=cart-7d9f" },
	{ "{\"source_pod\":[\"cart\"]}", "source.namespace=default|source.pod=cart-7d9f",
	  "source.namespace=shop|source.pod=cart-7d9f" },
	{ "{\"source_pod\":[\"shop/\"]}", "source.namespace=shop|source.pod=x",
	  "source.namespace=shopping|source.pod=x" },
	{ "{\"source_pod\":[\"shop/\"]}", "source.namespace=shop", "source.pod=shop" },
	{ "{\"source_pod\":[\"/cart\"]}", "source.namespace=any|source.pod=cart",
	  "source.namespace=any|source.pod=car" },
	{ "{\"source_pod\":[\"/\"]}", "source.namespace=any|source.pod=x", "destination.pod=x" },
	{ "{\"source_pod\":[\"\"]}", "source.pod=x", "source.ip=10.0.0.1" },
	{ "{\"source_pod\":[\"a/b/c\"]}", "source.namespace=a|source.pod=bcd",
	  "source.namespace=a|source.pod=c" },
	{ "{\"destination_pod\":[\"x/y\",\"shop/db\"]}",
	  "destination.namespace=shop|destination.pod=db-0",
	  "source.namespace=shop|source.pod=db-0" },
	{ "{\"source_service\":[\"data/db\"]}",
	  "source.service=db-main|source.service_namespace=data",
	  "source.service=db|source.service_namespace=other" },
	{ "{\"destination_service\":[\"/d\"]}", "destination.service=dns",
	  "destination.service=ns" },
	{ "{\"source_fqdn\":[\"*.example.com\"]}", "source.name=x|source.name=a.b.example.com",
	  "source.name=example.com" },
	{ "{\"source_fqdn\":[\" API.example.com. \"]}", "source.name=api.Example.com",
	  "source.name=xapi.example.com" },
	{ "{\"destination_fqdn\":[\"a*b\"]}", "destination.name=a.-9b", "destination.name=a_b" },
	{ "{\"destination_fqdn\":[\"_sip._tcp.*\"]}", "destination.name=_sip._tcp.x",
	  "destination.name=sip._tcp.x" },
	{ "{\"source_label\":[\"app=cart\"]}", "source.label=x|source.label=k8s:app=cart",
	  "source.label=k8s:app=cart2" },
	{ "{\"source_label\":[\"k8s:app\"]}", "source.label=k8s:app=1",
	  "source.label=container:app=1" },
	{ "{\"source_label\":[\"reserved:host\"]}", "source.label=reserved:host",
	  "source.label=reserved:world" },
	{ "{\"destination_label\":[\"a in (1,2), !b\"]}",
	  "destination.label=k8s:a=2|destination.label=k8s:c",
	  "destination.label=k8s:a=2|destination.label=k8s:b" },
	{ "{\"source_workload\":[{\"name\":\"cart\",\"kind\":\"Deployment\"}]}",
	  "source.workload=cart|source.workload_kind=Deployment",
	  "source.workload=cart|source.workload_kind=DaemonSet" },
	{ "{\"source_workload\":[{\"name\":\"cart\"}]}", "source.workload=cart",
	  "source.workload=cart2" },
	{ "{\"destination_workload\":[{\"kind\":\"Job\"}]}",
	  "destination.workload=a|destination.workload=b|destination.workload_kind=|"
	  "destination.workload_kind=Job",
	  "destination.workload=Job|destination.workload_kind=" },
	{ "{\"source_workload\":[{}]}", "source.workload=x", "destination.workload=x" },
	{ "{\"source_cluster_name\":[\"c1\"]}", "source.cluster=c1", "source.cluster=c" },
	{ "{\"destinationClusterName\":[\"c1\"]}", "destination.cluster=c1", "source.cluster=c1" },
	{ "{\"traffic_direction\":[\"EGRESS\"]}", "direction=egress", "direction=ingress" },
	{ "{\"trafficDirection\":[1]}", "direction=ingress", "direction=egress" },
	{ "{\"traffic_direction\":[\"TRAFFIC_DIRECTION_UNKNOWN\"]}", "type=4", "direction=egress" },
	{ "{\"verdict\":[\"DROPPED\",\"ERROR\"]}", "verdict=ERROR", "verdict=FORWARDED" },
	{ "{\"verdict\":[2]}", "verdict=DROPPED", "verdict=AUDIT" },
	{ "{\"verdict\":[0]}", "type=4", "verdict=FORWARDED" },
	{ "{\"drop_reason_desc\":[\"POLICY_DENIED\"]}",
	  "verdict=DROPPED|drop_reason_desc=POLICY_DENIED",
	  "verdict=AUDIT|drop_reason_desc=POLICY_DENIED" },
	{ "{\"dropReasonDesc\":[133]}", "verdict=DROPPED|drop_reason_desc=POLICY_DENIED",
	  "verdict=DROPPED|drop_reason_desc=POLICY_DENY" },
	{ "{\"drop_reason_desc\":[\"DROP_REASON_UNKNOWN\"]}", "verdict=DROPPED",
	  "verdict=FORWARDED" },
	{ "{\"interface\":[{\"name\":\"eth0\"}]}", "interface=eth0", "interface=eth01" },
	{ "{\"interface\":[{}]}", "interface=lo", "verdict=FORWARDED" },
	{ "{\"interface\":[{\"index\":2}]}", "interface=eth0|interface.index=2",
	  "interface=eth0|interface.index=12" },
	{ "{\"interface\":[{\"index\":\"2\",\"name\":\"eth0\"}]}",
	  "interface=eth0|interface.index=2", "interface=eth1|interface.index=2" },
	{ "{\"interface\":[{\"index\":2,\"name\":\"eth0\"}]}", "interface=eth0|interface.index=2",
	  "interface=eth0" },
	{ "{\"interface\":[{\"index\":7},{\"name\":\"lo\"}]}", "interface=lo|interface.index=1",
	  "interface=eth0|interface.index=1" },
	{ "{\"interface\":[{\"index\":0}]}", "interface.index=3", "verdict=FORWARDED" },
	{ "{\"event_type\":[{\"type\":4}]}", "type=4|sub_type=3", "type=1|sub_type=3" },
	{ "{\"event_type\":[{\"type\":4,\"match_sub_type\":true,\"sub_type\":3}]}",
	  "type=4|sub_type=3", "type=4|sub_type=4" },
	{ "{\"eventType\":[{\"type\":4,\"matchSubType\":true}]}", "type=4", "type=4|sub_type=3" },
	{ "{\"event_type\":[{\"type\":1},{\"matchSubType\":true,\"subType\":9}]}",
	  "type=129|sub_type=9", "type=129|sub_type=8" },
	{ "{\"event_type\":[{\"type\":4,\"sub_type\":3}]}", "type=4|sub_type=9", "sub_type=3" },
	{ "{\"http_status_code\":[\"404\"]}", "http_status=404", "http_status=405" },
	{ "{\"http_status_code\":[\"4+\"]}", "http_status=499", "http_status=500" },
	{ "{\"httpStatusCode\":[\"40+\"]}", "http_status=409", "http_status=410" },
	{ "{\"http_status_code\":[\"4+\"]}", "http_status=400", "type=129" },
	{ "{\"protocol\":[\"TCP\"]}", "protocol=tcp", "protocol=udp" },
	{ "{\"protocol\":[\"icmp\"]}", "protocol=icmpv6", "protocol=igmp" },
	{ "{\"protocol\":[\"icmpv4\"]}", "protocol=icmpv4", "protocol=icmpv6" },
	{ "{\"protocol\":[\"dns\"]}", "protocol=udp|protocol=dns", "protocol=udp" },
	{ "{\"source_port\":[\"80\"]}", TCP "source.port=80", TCP "destination.port=80" },
	{ "{\"destinationPort\":[\"8000-8100\"]}", TCP "destination.port=8100",
	  TCP "destination.port=8101" },
	{ "{\"source_port\":[\"8000-8100,9000\",\"53\"]}", TCP "source.port=9000",
	  TCP "source.port=7999" },
	{ "{\"source_port\":[443]}", TCP "source.port=443", TCP "source.port=444" },
	{ "{\"source_port\":[\"0\"]}", "protocol=udp", "protocol=icmpv4" },
	{ "{\"reply\":[true]}", "reply=true", "reply=false" },
	{ "{\"reply\":[false]}", "reply=false", "verdict=FORWARDED" },
	{ "{\"reply\":[false]}", "verdict=DROPPED", "reply=true|verdict=DROPPED" },
	{ "{\"dns_query\":[\"^ex.*com\"]}", "dns_query=example.com.", "dns_query=an.example.com." },
	{ "{\"source_identity\":[2]}", "source.identity=2", "source.identity=1" },
	{ "{\"destinationIdentity\":[\"4242\",7]}", "destination.identity=4242",
	  "source.identity=4242" },
	{ "{\"source_identity\":[0]}", "type=4", "source.identity=1" },
	{ "{\"http_method\":[\"get\"]}", "http_method=GET", "http_method=GETS" },
	{ "{\"http_path\":[\"^/index\"]}", "http_path=/index.html", "http_path=/x/index" },
	{ "{\"http_url\":[\"example\"]}", "http_url=http://example.com/",
	  "http_url=http://exam.com" },
	{ "{\"http_header\":[{\"key\":\"A\",\"value\":\"b:c\"}]}", "http_header=A:b:c",
	  "http_header=A:b" },
	{ "{\"httpHeader\":[{\"key\":\"A\"}]}", "http_header=x:y|http_header=A:z",
	  "http_header=a:z" },
	{ "{\"tcp_flags\":[{\"SYN\":true,\"ACK\":true}]}", "flags=18", "flags=2" },
	{ "{\"tcpFlags\":[{\"SYN\":true,\"ACK\":false},{\"NS\":true}]}", "flags=256", "flags=16" },
	{ "{\"tcp_flags\":[{}]}", "flags=0", "protocol=tcp" },
	{ "{\"node_name\":[\"n*\"]}", "node=n1", "node=m1" },
	{ "{\"node_name\":[\"default/N1\"]}", "node=n1", "node=c/n1" },
	{ "{\"node_name\":[\"c*/\"]}", "node=c1/any.node", "node=d/any" },
	{ "{\"node_name\":[\"/n1\"]}", "node=x.y/n1", "node=.x/n1" },
	{ "{\"node_labels\":[\"zone=a\"]}", "node_label=zone=a", "node_label=zone=b" },
	{ "{\"ip_version\":[\"IPv4\"]}", "ip_version=4", "ip_version=6" },
	{ "{\"ipVersion\":[2]}", "ip_version=6", "ip_version=4" },
	{ "{\"ip_version\":[\"IP_NOT_USED\"]}", "ip_version=0", "ip_version=4" },
	{ "{\"trace_id\":[\"t\"]}", "trace_id=t", "trace_id=u" },
	{ "{\"ip_trace_id\":[\"18446744073709551615\"]}", "ip_trace_id=18446744073709551615",
	  "ip_trace_id=1" },
	{ "{\"encrypted\":[true]}", "encrypted=true", "encrypted=false" },
	{ "{\"encrypted\":[false]}", "ip_version=4", "encrypted=true" },

	{ "{\"source_process\":[\"curl\"]}", "source.process=curl", "source.process=curly" },
	{ "{\"source_process\":[\"a-name-longer-than-15\"]}", "source.process=a-name-longer-t",
	  "source.process=a-name-longer-x" },
	{ "{\"destinationProcess\":[\"c*l\"]}", "destination.process=cl", "source.process=curl" },
	{ "{\"source_container\":[\"web*\"]}", "source.container=web-1", "source.container=a-web" },
	{ "{\"destination_container\":[\"3f4b\"]}",
	  "destination.container=db|destination.container_id=3f4b1c0d",
	  "destination.container_id=43f4b" },
	{ "{\"source_container\":[\"3f4\"]}", "source.container=3f4",
	  "source.container_id=3f4b1c0d" },
	{ "{\"source_unit\":[\"nginx\"]}", "source.unit=nginx.service",
	  "source.unit=nginx.socket" },
	{ "{\"source_unit\":[\"nginx.service\"]}", "source.unit=nginx.service",
	  "source.unit=xnginx.service" },
	{ "{\"destination_unit\":[\"*.scope\"]}", "destination.unit=session-4.scope",
	  "destination.unit=scope.service" },
	{ "{\"source_uid\":[1000]}", "source.uid=1000", "source.uid=100" },
	{ "{\"destination_uid\":[\"0-99\",\"1000\"]}", "destination.uid=99",
	  "destination.uid=100" },
	{ "{\"source_uid\":[0]}", "source.uid=0", "source.pid=1" },
	{ "{\"source_netns\":[\"4026531840\"]}", "source.netns=4026531840",
	  "destination.netns=4026531840" },
	{ "{\"destinationNetns\":[4026531840]}", "destination.netns=4026531840",
	  "destination.netns=4026531841" },
	{ "{\"event\":[\"open\",\"close\"]}", "event=close", "event=update" },
	{ "{\"event\":[\"drop\"]}", "event=drop", "verdict=DROPPED" },
	{ "{\"min_bytes\":\"1M\"}", "bytes=1048576", "bytes=1048575" },
	{ "{\"minBytes\":5}", "bytes=5", "bytes=4" },
	{ "{\"min_bytes\":[0]}", "bytes=0", "event=open" },
	{ "{\"min_duration\":\"5s\"}", "duration=5s", "duration=4.9s" },
	{ "{\"min_rtt\":[\"5ms\"]}", "rtt=5ms", "rtt=4999us" },
	{ "{\"where\":\"rtt > 5ms\"}", "rtt=6ms", "rtt=5ms" },
	{ "{\"where\":[\"rtt > 5ms\",\"source.port = 80\"]}", "source.port=80", "rtt=5ms" },
};

static void each_key_tells_flows_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char list[256];

		snprintf(list, sizeof(list), "[%s]", cases[i].filter);
		assert_row(cases[i].filter, lets_through(list, NULL, NULL, cases[i].match));
		assert_row(cases[i].filter, !lets_through(list, NULL, NULL, cases[i].other));
		assert_row(cases[i].filter, !lets_through(NULL, list, NULL, cases[i].match));
		assert_row(cases[i].filter, lets_through(NULL, list, NULL, cases[i].other));
	}
}

static bool is_in_cases(const struct filter_key *key)
{
	const char *side;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_object *object = parse(cases[i].filter);
		bool is_it = false;

		json_object_object_foreach(object, name, value)
		{
			(void)value;
			is_it = filter_key_find(name, FILTER_BY_SIDE, &side) == key;
		}
		json_object_put(object);
		if (is_it)
			return true;
	}
	return false;
}

static void no_key_is_left_out_of_these_tests(void **state)
{
	(void)state;
	for (size_t i = 0; i < filter_key_count(); i++) {
		const struct filter_key *key = filter_key_at(i);

		if (strcmp(key->name, "experimental") != 0)
			assert_row(key->name, is_in_cases(key));
	}
}

/* NULL: there is no such list. */
struct lists_case {
	const char *name, *allow, *deny, *either, *flow;
	bool is_let_through;
};

#define WEB  "protocol=tcp|source.ip=10.0.0.1|source.port=80|destination.ip=10.0.0.2|"
#define DEST "destination.port=4000"

static const struct lists_case lists_cases[] = {
	{ "no lists", NULL, NULL, NULL, WEB DEST, true },
	{ "empty lists", "[]", "[]", "{}", WEB DEST, true },
	{ "a filter that asks for nothing", "[{}]", NULL, NULL, WEB DEST, true },
	{ "a deny filter that asks for nothing", NULL, "[{}]", NULL, WEB DEST, false },
	{ "an empty list of values, and null", "[{\"verdict\":[],\"source_ip\":null}]", NULL, NULL,
	  WEB DEST, true },
	{ "keys: all", "[{\"source_ip\":[\"10.0.0.1\"],\"source_port\":[\"80\"]}]", NULL, NULL,
	  WEB DEST, true },
	{ "keys: all but one", "[{\"source_ip\":[\"10.0.0.1\"],\"source_port\":[\"81\"]}]", NULL,
	  NULL, WEB DEST, false },
	{ "values: any", "[{\"source_port\":[\"1\",\"80\"]}]", NULL, NULL, WEB DEST, true },
	{ "filters: any", "[{\"source_port\":[\"1\"]},{\"destination_port\":[\"4000\"]}]", NULL,
	  NULL, WEB DEST, true },
	{ "filters: none", "[{\"source_port\":[\"1\"]},{\"destination_port\":[\"80\"]}]", NULL,
	  NULL, WEB DEST, false },
	{ "deny filters: any", NULL,
	  "[{\"source_port\":[\"1\"]},{\"destination_port\":[\"4000\"]}]", NULL, WEB DEST, false },
	{ "deny beats allow", "[{\"source_port\":[\"80\"]}]", "[{\"source_port\":[\"80\"]}]", NULL,
	  WEB DEST, false },
	{ "either: the source", NULL, NULL, "{\"port\":[\"80\"]}", WEB DEST, true },
	{ "either: the destination", NULL, NULL, "{\"port\":[\"4000\"]}", WEB DEST, true },
	{ "either: neither", NULL, NULL, "{\"port\":[\"81\"]}", WEB DEST, false },
	{ "either: the same side", NULL, NULL, "{\"port\":[\"80\"],\"ip\":[\"10.0.0.1\"]}",
	  WEB DEST, true },
	{ "either: not one on each side", NULL, NULL, "{\"port\":[\"80\"],\"ip\":[\"10.0.0.2\"]}",
	  WEB DEST, false },
	{ "either: with a key of no side", NULL, NULL, "{\"port\":\"4000\",\"protocol\":[\"tcp\"]}",
	  WEB DEST, true },
	{ "either and allow: both", "[{\"source_ip\":[\"10.0.0.1\"]}]", NULL,
	  "{\"port\":[\"4000\"]}", WEB DEST, true },
	{ "either and allow: one", "[{\"source_ip\":[\"10.0.0.3\"]}]", NULL,
	  "{\"port\":[\"4000\"]}", WEB DEST, false },
	{ "either and deny", NULL, "[{\"protocol\":[\"tcp\"]}]", "{\"port\":[\"4000\"]}", WEB DEST,
	  false },
};

static void lists_go_together_as_hubbles_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists_cases); i++) {
		const struct lists_case *row = &lists_cases[i];

		assert_row_int(row->name,
			       lets_through(row->allow, row->deny, row->either, row->flow),
			       row->is_let_through);
	}
}

static void names_are_protos_or_lower_camel(void **state)
{
	static const struct {
		const char *name, *proto;
		bool is_it;
	} names[] = {
		{ "source_ip", "source_ip", true },
		{ "sourceIp", "source_ip", true },
		{ "sourceIpXlated", "source_ip_xlated", true },
		{ "source_Ip", "source_ip", false },
		{ "sourceIP", "source_ip", false },
		{ "sourceip", "source_ip", false },
		{ "source_ip_", "source_ip", false },
		{ "source", "source_ip", false },
		{ "sourceIpX", "source_ip", false },
		{ "", "source_ip", false },
		{ "SourceIp", "source_ip", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_row_int(names[i].name, filter_key_is(names[i].name, names[i].proto),
			       names[i].is_it);
}

/* Numbers first, though they stand last: what is cheap and refuses saves the rest. */
static void what_is_cheap_is_asked_first(void **state)
{
	struct filter *filter = NULL;
	struct filter_error error;
	struct flow_of flow;

	(void)state;
	assert_int_equal(compile(&filter,
				 "[{\"source_label\":[\"a=b\"],\"source_pod\":[\"x/y\"],"
				 "\"source_port\":[\"1\"]}]",
				 NULL, NULL, &error),
			 0);
	flow_of(&flow, "source.port=2|source.label=a=b|source.pod=y|source.namespace=x");
	assert_false(filter_match(filter, &flow.base));
	assert_int_equal(flow.asked, 1);
	filter_free(&filter);
}

static uint64_t who;

static uint64_t who_is(struct field_reader *reader, bool is_destination)
{
	(void)reader;
	return who << 1 | is_destination;
}

static void who_a_side_is_is_found_out_once(void **state)
{
	struct filter *filter = NULL;
	struct filter_error error;
	struct flow_of flow;

	(void)state;
	assert_int_equal(compile(&filter, "[{\"source_label\":[\"a=b\"]}]", NULL, NULL, &error), 0);
	for (who = 1; who < 3000; who++) {
		bool is_match = who % 3 == 0;

		flow_of(&flow, is_match ? "source.label=a=b" : "source.label=a=c");
		flow.base.who = who_is;
		assert_int_equal(filter_match(filter, &flow.base), is_match);
		flow.asked = 0;
		for (int i = 0; i < 3; i++)
			assert_int_equal(filter_match(filter, &flow.base), is_match);
		assert_int_equal(flow.asked, 0);
	}
	filter_free(&filter);
}

int main(void)
{
	return RUN_TESTS(TEST(each_key_tells_flows_apart), TEST(no_key_is_left_out_of_these_tests),
			 TEST(lists_go_together_as_hubbles_do),
			 TEST(names_are_protos_or_lower_camel), TEST(what_is_cheap_is_asked_first),
			 TEST(who_a_side_is_is_found_out_once));
}
