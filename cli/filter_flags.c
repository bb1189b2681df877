// SPDX-License-Identifier: BSD-2-Clause
/*
 * The filter flags: options, request and refusals all come from these rows. Which of them exclude
 * each other is told in filter_conflict.c.
 */
#include <errno.h>
#include <stdio.h>

#include "filter_conflict.h"
#include "filter_flag.h"
#include "filters.h"

static int add(void *member, const struct option_row *row, const char *value,
	       char reason[static OPTION_REASON_SIZE])
{
	struct filters *filters = member;
	struct filter_list *list = filters->is_not ? &filters->deny : &filters->allow;

	filters->is_not = false;
	return filter_list_add(list, row, value, reason);
}

static int add_not(void *member, const struct option_row *row, const char *value,
		   char reason[static OPTION_REASON_SIZE])
{
	struct filters *filters = member;

	(void)row;
	(void)value;
	if (filters->is_not) {
		snprintf(reason, OPTION_REASON_SIZE, "consecutive --not statements");
		return -EINVAL;
	}
	filters->is_not = true;
	return 0;
}

static int refuse_cel(void *member, const struct option_row *row, const char *value,
		      char reason[static OPTION_REASON_SIZE])
{
	(void)member;
	(void)row;
	(void)value;
	snprintf(reason, OPTION_REASON_SIZE, "%s", FILTERS_NO_CEL);
	return -EINVAL;
}

/* clang-format off */
/* name, form, the keys of both sides; further members of struct filter_flag. */
#define FLAG(flag, what, from, to, ...)                                   \
	.long_name = (flag), .kind = OPT_CALL, .call = add,               \
	.excludes = filter_conflict_excludes,                             \
	.data = &(const struct filter_flag) { .form = FILTER_FORM_##what, \
					      .source = FILTER_##from,    \
					      .destination = FILTER_##to, \
					      __VA_ARGS__ }
/* Members of struct option_row follow. */
#define PLAIN(flag, key, ...)      { FLAG(flag, PLAIN, key, key, ), __VA_ARGS__ }
#define SWITCH(flag, key, is, ...) { FLAG(flag, PLAIN, key, key, .value = (is)), __VA_ARGS__ }
/* --X, --from-X, --to-X. traits: members of struct filter_flag; ...: of the option row of --X. */
#define SIDED(flag, key, traits, arg, text, ...)                                               \
	{ FLAG(flag, EITHER, SOURCE_##key, DESTINATION_##key, traits), .metavar = (arg),       \
	  .help = (text), .shown_as = "[from-|to-]" flag, __VA_ARGS__ },                       \
	{ FLAG("from-" flag, FROM, SOURCE_##key, DESTINATION_##key, traits), .metavar = (arg), \
	  .help = (text), .is_hidden = true },                                                 \
	{ FLAG("to-" flag, TO, SOURCE_##key, DESTINATION_##key, traits), .metavar = (arg),     \
	  .help = (text), .is_hidden = true }

const struct option_row filter_options[] = {
	{ .long_name = "not", .kind = OPT_CALL, .call = add_not, .is_flag_only = true,
	  .help = "what matches the next filter is not shown" },
	SIDED("ip", IP, , "ADDRESS", "address or network: 10.0.0.1, 2001:db8::/32"),
	PLAIN("snat-ip", SOURCE_IP_XLATED, .metavar = "ADDRESS",
	      .help = "source address behind translation"),
	SWITCH("ipv4", IP_VERSION, "v4", .short_name = '4', .help = "IPv4 only"),
	SWITCH("ipv6", IP_VERSION, "v6", .short_name = '6', .help = "IPv6 only"),
	PLAIN("ip-version", IP_VERSION, .metavar = "VERSION", .help = "none, v4 or v6",
	      .words = "none|v4|v6"),
	SIDED("port", PORT, .is_list = true, "PORTS",
	      "of TCP, UDP or SCTP; ranges, lists and names too: https,8000-8100"),
	PLAIN("protocol", PROTOCOL, .metavar = "NAME",
	      .help = "tcp, udp, icmp, icmpv4, icmpv6, sctp, dns, http and others",
	      .words = "icmp|icmpv4|icmpv6|sctp|tcp|udp|vrrp|igmp|dns|http|kafka"),
	PLAIN("tcp-flags", TCP_FLAGS, .metavar = "FLAGS", .help = "all of these: SYN,ACK",
	      .words = "SYN|ACK|FIN|RST|PSH|URG|ECE|CWR|NS"),
	PLAIN("type", TYPE, .short_name = 't', .metavar = "TYPE[:SUBTYPE]",
	      .help = "event type: trace, drop, l7, trace:to-stack, 4:3",
	      .words = "capture|drop|l7|policy-verdict|trace|trace-sock"),
	PLAIN("verdict", VERDICT, .metavar = "VERDICT",
	      .help = "FORWARDED, DROPPED, AUDIT, REDIRECTED, ERROR, TRACED, TRANSLATED",
	      .words = "FORWARDED|DROPPED|AUDIT|REDIRECTED|ERROR|TRACED|TRANSLATED"),
	PLAIN("drop-reason-desc", DROP_REASON, .metavar = "NAME",
	      .help = "dropped for this reason: POLICY_DENIED"),
	PLAIN("traffic-direction", DIRECTION, .metavar = "DIRECTION", .help = "ingress or egress",
	      .words = "ingress|egress"),
	PLAIN("interface", INTERFACE, .metavar = "NAME", .help = "seen at this interface"),
	SWITCH("encrypted", ENCRYPTED, "true", .help = "encrypted by the network"),
	SWITCH("unencrypted", ENCRYPTED, "false", .help = "not encrypted by the network"),
	SIDED("fqdn", FQDN, , "NAME", "DNS name, * for any part of it: '*.example.com'"),
	SIDED("label", LABEL, , "SELECTOR", "labels as Kubernetes selects them: app=web,tier!=db",
	      .short_name = 'l'),
	SIDED("identity", IDENTITY, , "ID", "number, or host, world and others",
	      .words = "host|world|unmanaged|health|init|remote-node|kube-apiserver|ingress|"
		       "world-ipv4|world-ipv6"),
	SIDED("pod", POD, , "[NAMESPACE/]POD", "pods whose name begins so; /x in any namespace"),
	SIDED("service", SERVICE, , "[NAMESPACE/]SERVICE", "services whose name begins so"),
	SIDED("namespace", NAMESPACE, , "NAME", "namespace of the pods and services",
	      .short_name = 'n'),
	SIDED("all-namespaces", NAMESPACE, .value = "", NULL, "pods and services of any namespace",
	      .short_name = 'A'),
	SIDED("workload", WORKLOAD, , "[KIND/]NAME", "workload: cart, Deployment/cart"),
	SIDED("cluster", CLUSTER, .is_free = true, "NAME", "cluster"),
	PLAIN("node-name", NODE_NAME, .metavar = "PATTERN", .help = "node: 'web-*', 'cluster/node'"),
	PLAIN("node-label", NODE_LABEL, .metavar = "SELECTOR", .help = "labels of the node"),
	PLAIN("http-status", HTTP_STATUS, .metavar = "CODE", .help = "status of HTTP: 404, 5+"),
	PLAIN("http-method", HTTP_METHOD, .metavar = "METHOD", .help = "method of HTTP: get",
	      .words = "CONNECT|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|TRACE"),
	PLAIN("http-path", HTTP_PATH, .metavar = "REGEX", .help = "path of the URL"),
	PLAIN("http-url", HTTP_URL, .metavar = "REGEX", .help = "URL"),
	PLAIN("http-header", HTTP_HEADER, .metavar = "NAME:VALUE", .help = "header of HTTP"),
	PLAIN("trace-id", TRACE_ID, .metavar = "ID", .help = "trace of HTTP requests"),
	PLAIN("ip-trace-id", IP_TRACE_ID, .metavar = "N", .help = "trace id in an IP option"),
	PLAIN("uuid", UUID, .metavar = "UUID", .help = "this one record"),
	{ .long_name = "cel-expression", .kind = OPT_CALL, .call = refuse_cel, .metavar = "CEL",
	  .is_flag_only = true, .is_refused = true },
	{},
};

const struct option_row filter_own_options[] = {
	SIDED("process", PROCESS, , "NAME", "name of the process that has the socket"),
	SIDED("container", CONTAINER, , "NAME", "its container, by name or id"),
	SIDED("unit", UNIT, , "NAME", "its systemd unit: nginx.service"),
	SIDED("uid", UID, , "N", "its user id, or a range of them: 1000-1999"),
	SIDED("netns", NETNS, , "N", "its network namespace: the inode"),
	{ FLAG("event", PLAIN, EVENT, EVENT, .is_list = true), .metavar = "EVENTS",
	  .help = "open, established, update, close, drop; also a list",
	  .words = "open|established|update|close|drop" },
	PLAIN("min-bytes", MIN_BYTES, .metavar = "SIZE",
	      .help = "connections that have moved so much, both ways: 1M"),
	PLAIN("min-duration", MIN_DURATION, .metavar = "TIME",
	      .help = "connections that have lasted so long: 5s"),
	PLAIN("min-rtt", MIN_RTT, .metavar = "TIME", .help = "handshakes that took so long: 5ms"),
	PLAIN("where", WHERE, .metavar = "EXPRESSION",
	      .help = "fields of the record: 'rtt > 5ms and source.pod ~ cart-*'"),
	{},
};

#define AT(member) offsetof(struct filters, member)

const struct option_row filter_raw_options[] = {
	{ .long_name = "allowlist", .kind = OPT_LIST_RAW, .offset = AT(allowlist),
	  .metavar = "JSON", .other_env = "HUBBLE_ALLOWLIST", .takes_empty = true,
	  .help = "FlowFilter objects; what one of them matches is shown too" },
	{ .long_name = "denylist", .kind = OPT_LIST_RAW, .offset = AT(denylist),
	  .metavar = "JSON", .other_env = "HUBBLE_DENYLIST", .takes_empty = true,
	  .help = "FlowFilter objects; what one of them matches is not shown" },
	{ .long_name = "print-raw-filters", .kind = OPT_BOOL, .offset = AT(print_raw),
	  .help = "print the filters that the flags make, and end" },
	{},
};
/* clang-format on */
