// SPDX-License-Identifier: BSD-2-Clause
/*
 * ICMP errors and the connections that they speak of: the flow that is quoted gets a mark and one
 * event, whoever quotes it, and in whichever direction; all else about it stays as it is.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "group.h"
#include "paged.h"
#include "parse_case.h"
#include "pkt_build.h"
#include "tests/harness.h"
#include "weir/lifecycle.h"

#define UNREACHABLE   3
#define TIME_EXCEEDED 11
#define UNREACHABLE6  1
#define TOO_BIG6      2

/* What an error promises of the header behind IP's (RFC 792): ports and TCP's number, or an echo's id. */
#define QUOTED_L4 8

struct quote {
	const char *name;
	struct pkt_desc sent;	/* opens the flow */
	struct pkt_desc quoted; /* its proto 0: the same */
	uint8_t type;		/* 0: unreachable */
	uint32_t shim;		/* of the error, another one than the flow's: TAG() */
	bool is_unknown;	/* no flow is found */
};

#define PORTS(proto_) .proto = (proto_), .sport = PORT_CLIENT, .dport = PORT_HTTPS
#define QUOTES(...)   .quoted = { .has_no_layer2 = true, __VA_ARGS__ }

/* clang-format off */
static const struct quote quotes[] = {
	{ .name = "tcp_over_ipv4_is_found", .sent = { V4, TCP(PKT_SYN) } },
	{ .name = "tcp_over_ipv6_is_found", .sent = { V6, TCP(PKT_SYN) } },
	{ .name = "data_of_tcp_is_found", .sent = { V4, HTTPS, .payload = 100 } },
	{ .name = "udp_over_ipv4_is_found", .sent = { V4, DNS, .payload = 20 } },
	{ .name = "udp_over_ipv6_is_found", .sent = { V6, DNS, .payload = 20 } },
	{ .name = "sctp_over_ipv4_is_found", .sent = { V4, PORTS(IPPROTO_SCTP) } },
	{ .name = "sctp_over_ipv6_is_found", .sent = { V6, PORTS(IPPROTO_SCTP) } },
	{ .name = "dccp_is_found", .sent = { V4, PORTS(IPPROTO_DCCP) } },
	{ .name = "udp_lite_is_found", .sent = { V6, PORTS(IPPROTO_UDPLITE) } },
	{ .name = "an_echo_over_ipv4_is_found",
	  .sent = { V4, .proto = IPPROTO_ICMP, .icmp_type = 8, .icmp_id = 0x1234, .payload = 20 } },
	{ .name = "an_echo_over_ipv6_is_found",
	  .sent = { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 128, .icmp_id = 0x1234, .payload = 20 } },
	{ .name = "a_protocol_without_ports_is_found", .sent = { V4, .proto = IPPROTO_ESP, .payload = 20 } },
	{ .name = "a_protocol_without_ports_over_ipv6_is_found",
	  .sent = { V6, .proto = IPPROTO_GRE, .payload = 20 } },
	{ .name = "a_packet_that_is_too_big_is_no_failure", .sent = { V6, HTTPS, .payload = 500 }, .type = TOO_BIG6, .is_unknown = true },
	{ .name = "a_packet_whose_time_is_exceeded_is_found", .sent = { V4, DNS }, .type = TIME_EXCEEDED },
	{ .name = "options_do_not_hide_it", .sent = { V4, HTTPS },
	  QUOTES(V4, HTTPS, .options = 40) },
	{ .name = "extension_headers_do_not_hide_it", .sent = { V6, DNS },
	  QUOTES(V6, DNS, .ext = { { .kind = IPPROTO_HOPOPTS },
					{ .kind = IPPROTO_ROUTING, .len = 2 } }, .exts = 2) },
	{ .name = "the_first_fragment_of_ipv4_is_found", .sent = { V4, DNS },
	  QUOTES(V4, DNS, .frag = 0x2000, .payload = 8) },
	{ .name = "the_first_fragment_of_ipv6_is_found", .sent = { V6, DNS },
	  QUOTES(V6, DNS, .ext = { { .kind = IPPROTO_FRAGMENT, .frag = 1 } }, .exts = 1) },
	{ .name = "a_whole_packet_with_a_fragment_header_is_found", .sent = { V6, DNS },
	  QUOTES(V6, DNS, .ext = { { .kind = IPPROTO_FRAGMENT } }, .exts = 1) },
	{ .name = "a_later_fragment_of_ipv4_tells_nobody", .sent = { V4, .proto = IPPROTO_UDP,
						     .sport = 0xdead, .dport = 0xbeef },
	  QUOTES(V4, DNS, .frag = 0x2001, .payload = 60), .is_unknown = true },
	{ .name = "a_later_fragment_of_ipv6_tells_nobody", .sent = { V6, .proto = IPPROTO_UDP,
						     .sport = 0xdead, .dport = 0xbeef },
	  QUOTES(V6, DNS, .ext = { { .kind = IPPROTO_FRAGMENT, .frag = 8 } }, .exts = 1,
		 .payload = 60), .is_unknown = true },
	{ .name = "in_a_vlan_it_is_found_there", .sent = { V4, DNS, .shim = { TAG(5) } } },
	{ .name = "in_two_vlans_it_is_found_there",
	  .sent = { V6, DNS, .shim = { SERVICE_TAG(5), TAG(6) } } },
	{ .name = "in_another_vlan_it_is_not_found", .sent = { V4, DNS, .shim = { TAG(5) } },
	  .shim = 6, .is_unknown = true },
	{ .name = "without_a_vlan_it_is_not_found", .sent = { V4, DNS }, .shim = 6, .is_unknown = true },
	{ .name = "another_port_is_not_found", .sent = { V4, DNS },
	  QUOTES(V4, .proto = IPPROTO_UDP, .sport = PORT_CLIENT, .dport = 54),
	  .is_unknown = true },
	{ .name = "another_address_is_not_found", .sent = { V6, DNS },
	  QUOTES(.from = &v6_client, .to = &v6_far, DNS), .is_unknown = true },
	{ .name = "another_protocol_is_not_found", .sent = { V4, DNS },
	  QUOTES(V4, .proto = IPPROTO_UDPLITE, .sport = PORT_CLIENT, .dport = PORT_DNS),
	  .is_unknown = true },
	{ .name = "another_id_is_not_found",
	  .sent = { V4, .proto = IPPROTO_ICMP, .icmp_type = 8, .icmp_id = 1 },
	  QUOTES(V4, .proto = IPPROTO_ICMP, .icmp_type = 8, .icmp_id = 2), .is_unknown = true },
	{ .name = "a_message_without_an_id_is_found",
	  .sent = { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 135, .icmp_id = 0x1234, .payload = 16 } },
	{ .name = "a_quote_of_another_version_is_not_looked_at", .sent = { V4, DNS },
	  QUOTES(V6, DNS), .is_unknown = true },
	{ .name = "a_quote_that_lies_about_its_version_is_not_looked_at", .sent = { V6, DNS },
	  QUOTES(V6, DNS, .version = 4), .is_unknown = true },
	{ .name = "a_quote_that_lies_about_its_length_is_not_looked_at",
	  .sent = { V4, .proto = IPPROTO_UDP, .sport = 0x0800, .dport = 0x000a },
	  QUOTES(V4, DNS, .version_ihl = 0x43), .is_unknown = true },
};
/* clang-format on */

/* Layer 2 is left out where the interface has none. */
static void send_to(enum bpf_env_prog prog, const struct pkt_desc *desc)
{
	struct pkt_desc bare = *desc;

	bare.has_no_layer2 = !bpf_env_progs[prog].has_ethernet;
	send_desc(env, prog, &bare);
}

/* The error that somebody sends back to whoever sent `quoted`. */
static struct pkt_desc error_about(uint8_t family, const struct pkt_desc *quoted, uint8_t type)
{
	bool is_v6 = family == WEIR_IPV6;

	return (struct pkt_desc){
		.from = is_v6 ? &v6_router : &v4_router,
		.to = is_v6 ? &v6_client : &v4_client,
		.proto = is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
		.icmp_type = type    ? type
			     : is_v6 ? UNREACHABLE6
				     : UNREACHABLE,
		.icmp_code = 3,
		.inner = quoted,
	};
}

/* The flow that is not the error's own. */
static struct bpf_env_flow flow_of(const struct pkt_desc *sent)
{
	struct bpf_env_flow flows[2];
	int n = bpf_env_flows(env, flows, 2), at = 0;

	assert_in_range(n, 1, 2);
	if (n == 2 && (memcmp(flows[0].key.addr[0], sent->from->bytes, 16) != 0 ||
		       memcmp(flows[0].key.addr[1], sent->to->bytes, 16) != 0))
		at = 1;
	return flows[at];
}

static void check_told(const struct weir_event *event, const struct bpf_env_flow *flow,
		       enum bpf_env_prog prog, unsigned int dir, const struct pkt_desc *error)
{
	static const uint8_t none[6];

	assert_int_equal(event->hdr.type, WEIR_EVENT_ICMP_ERROR);
	assert_int_equal(event->hdr.len, sizeof(*event));
	assert_int_equal(event->hdr.version, WEIR_EVENT_VERSION);
	assert_int_equal(event->hdr.hook, bpf_env_progs[prog].hook);
	assert_int_equal(event->hdr.dir, dir);
	assert_int_equal(event->hdr.tcp_flags, 0);
	assert_true(event->hdr.time_ns > flow->flow.start_ns);
	assert_memory_equal(&event->key, &flow->key, sizeof(flow->key));
	assert_memory_equal(&event->flow, &flow->flow, sizeof(flow->flow));
	assert_memory_equal(event->eth_src, none, 6);
	assert_memory_equal(event->eth_dst, none, 6);
	assert_int_equal(event->icmp_type, error->icmp_type);
	assert_int_equal(event->icmp_code, error->icmp_code);
}

/* The error opens a flow of its own the first time, and the flow that it speaks of is marked once. */
static void check_error(enum bpf_env_prog prog, const struct pkt_desc *sent,
			const struct pkt_desc *error, unsigned int dir, bool is_news)
{
	struct bpf_env_flow before = flow_of(sent), after;
	int flows = bpf_env_flows(env, NULL, 0);
	const struct weir_event *events;
	bool is_first = flows == 1;

	send_to(prog, error);
	after = flow_of(sent);
	if (is_news)
		before.flow.flags |= WEIR_FLOW_ICMP_ERROR;
	assert_memory_equal(&after, &before, sizeof(after));
	assert_int_equal(bpf_env_flows(env, NULL, 0), 2);
	assert_int_equal(bpf_env_events(env, &events), is_news + is_first);
	if (is_news)
		check_told(events++, &after, prog, dir, error);
	if (is_first)
		assert_int_equal(events->hdr.type, WEIR_EVENT_OPEN);
	check_balance(env);
}

/* quoted: the packet sent by the side whose direction is dir. */
static void check_quote(const struct quote *quote, enum bpf_env_prog prog,
			const struct pkt_desc *sent, const struct pkt_desc *quoted,
			unsigned int dir)
{
	struct pkt_desc error = error_about(sent->from->family, quoted, quote->type);
	const struct weir_event *events;

	memcpy(error.shim, sent->shim, sizeof(error.shim));
	if (quote->shim)
		error.shim[0] = (struct pkt_shim)TAG(quote->shim);
	assert_int_equal(bpf_env_reset(env), 0);
	send_to(prog, sent);
	assert_int_equal(bpf_env_events(env, &events), 1);
	check_error(prog, sent, &error, dir, !quote->is_unknown);
	check_error(prog, sent, &error, dir, false);
}

static void quote_is_found_or_not(void **state)
{
	const struct quote *quote = *state;
	struct pkt_desc quoted = quote->quoted.proto ? quote->quoted : quote->sent, back;

	quoted.has_no_layer2 = true;
	memset(quoted.shim, 0, sizeof(quoted.shim));
	back = pkt_reversed(&quoted);
	for (enum bpf_env_prog prog = 0; prog < ENV_COMMAND; prog++) {
		if (!bpf_env_progs[prog].has_ethernet && (quote->sent.shim[0].kind || quote->shim))
			continue;
		check_quote(quote, prog, &quote->sent, &quoted, 0);
		check_quote(quote, prog, &quote->sent, &back, 1);
	}
}

static const struct pkt_desc sent4 = { V4, DNS }, sent6 = { V6, DNS };
static const struct pkt_desc quoted4 = { .has_no_layer2 = true, V4, DNS };
static const struct pkt_desc quoted6 = { .has_no_layer2 = true, V6, DNS };

/* Is the flow marked after the frame? It is the only one before. */
static bool is_marked_by(const struct pkt_desc *sent, const struct pkt_desc *error)
{
	assert_int_equal(bpf_env_reset(env), 0);
	send_desc(env, ENV_TC_IN, sent);
	send_desc(env, ENV_TC_IN, error);
	check_balance(env);
	return flow_of(sent).flow.flags & WEIR_FLOW_ICMP_ERROR;
}

/* RFC 792 and 4443: the packet went nowhere. */
static bool is_failure(bool is_v6, unsigned int type)
{
	if (is_v6)
		return type == 1 || type == 3 || type == 4;
	return type == 3 || type == 11 || type == 12;
}

static void only_failures_are_told(void **state)
{
	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		struct pkt_desc v4 = error_about(WEIR_IPV4, &quoted4, 1);
		struct pkt_desc v6 = error_about(WEIR_IPV6, &quoted6, 1);

		v4.icmp_type = v6.icmp_type = (uint8_t)type;
		assert_int_equal(is_marked_by(&sent4, &v4), is_failure(false, type));
		assert_int_equal(is_marked_by(&sent6, &v6), is_failure(true, type));
	}
}

static void a_smaller_packet_that_is_asked_for_is_no_failure(void **state)
{
	struct pkt_desc needed = error_about(WEIR_IPV4, &quoted4, 1);

	(void)state;
	needed.icmp_type = 3;
	needed.icmp_code = 4;
	assert_false(is_marked_by(&sent4, &needed));
	needed.icmp_code = 3;
	assert_true(is_marked_by(&sent4, &needed));
}

/* The error is honest about its own length; it quotes as much as it does. */
static void a_quote_that_is_cut_is_understood_as_far_as_it_tells_the_flow(void **state)
{
	(void)state;
	for (uint16_t len = 0; len <= 40 + 8; len++) {
		struct pkt_desc v4 = error_about(WEIR_IPV4, &quoted4, 0);
		struct pkt_desc v6 = error_about(WEIR_IPV6, &quoted6, 0);

		v4.l4_cut = v6.l4_cut = 8 + len;
		assert_int_equal(is_marked_by(&sent6, &v6), len >= 40 + QUOTED_L4);
		if (len <= 20 + 8)
			assert_int_equal(is_marked_by(&sent4, &v4), len >= 20 + QUOTED_L4);
	}
}

/* Zeroes behind a frame that is too short for Ethernet could be ports. */
static void padding_is_no_part_of_a_quote(void **state)
{
	static const struct pkt_desc sent = { V4, .proto = IPPROTO_UDP };
	static const struct pkt_desc quoted = { V4, .proto = IPPROTO_UDP, .has_no_layer2 = true };
	struct pkt_desc error = error_about(WEIR_IPV4, &quoted, 0);

	(void)state;
	assert_true(is_marked_by(&sent, &error));
	error.l4_cut = 8 + 20 + QUOTED_L4 - 1;
	error.padding = 20;
	assert_false(is_marked_by(&sent, &error));
}

/* The error's frame is longer than a page, of which the first bytes are readable. */
static void a_quote_that_is_not_directly_readable_is_understood(void **state)
{
	auto_paged struct paged paged = PAGED_NONE;

	(void)state;
	paged_init(&paged, env);
	for (unsigned int i = 0; i < 2; i++) {
		const struct pkt_desc *sent = i ? &sent6 : &sent4;
		struct pkt_desc error = error_about(sent->from->family, i ? &quoted6 : &quoted4, 0);
		struct packet packet;

		error.padding = 4200;
		pkt_build(&packet, &error);
		for (size_t linear = 14; linear <= packet.inner.l3_end; linear++) {
			assert_int_equal(bpf_env_reset(env), 0);
			send_desc(env, ENV_TC_IN, sent);
			paged_pass(&paged, &packet, linear);
			assert_true(flow_of(sent).flow.flags & WEIR_FLOW_ICMP_ERROR);
			check_balance(env);
		}
	}
}

static void a_fragment_of_an_error_quotes_nothing(void **state)
{
	struct pkt_desc error = error_about(WEIR_IPV4, &quoted4, 0);

	(void)state;
	error.frag = 0x2000;
	assert_false(is_marked_by(&sent4, &error));
}

static void an_error_in_a_tunnel_speaks_of_nothing_outside(void **state)
{
	struct pkt_desc error = error_about(WEIR_IPV4, &quoted4, 0);
	const struct pkt_desc carrier = {
		.from = &v4_server,
		.to = &v4_router,
		.proto = IPPROTO_UDP,
		.dport = PORT_VXLAN,
		.tunnel = { .kind = PKT_CARRY_VXLAN },
		.inner = &error,
	};
	struct bpf_env_flow flows[3];

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	send_desc(env, ENV_TC_IN, &sent4);
	send_desc(env, ENV_TC_IN, &carrier);
	assert_int_equal(bpf_env_flows(env, flows, 3), 3);
	for (size_t i = 0; i < 3; i++)
		assert_false(flows[i].flow.flags & WEIR_FLOW_ICMP_ERROR);
}

/* What fails may be the tunnel; then it is the carrier that is quoted. */
static void an_error_about_a_carrier_finds_the_carrier(void **state)
{
	const struct pkt_desc carrier = {
		V4,
		.proto = IPPROTO_UDP,
		.sport = 5,
		.dport = PORT_VXLAN,
		.tunnel = { .kind = PKT_CARRY_VXLAN },
		.inner = &sent6,
	};
	struct pkt_desc quoted = carrier, error = error_about(WEIR_IPV4, &quoted, 0);
	struct bpf_env_flow flows[3];
	unsigned int marked = 0;

	(void)state;
	quoted.has_no_layer2 = true;
	assert_int_equal(bpf_env_reset(env), 0);
	send_desc(env, ENV_TC_IN, &carrier);
	send_desc(env, ENV_TC_IN, &error);
	assert_int_equal(bpf_env_flows(env, flows, 3), 3);
	for (size_t i = 0; i < 3; i++) {
		if (!(flows[i].flow.flags & WEIR_FLOW_ICMP_ERROR))
			continue;
		marked++;
		assert_int_equal(flows[i].key.proto, IPPROTO_UDP);
		assert_false(flows[i].key.vlan & WEIR_ENCAPSULATED);
	}
	assert_int_equal(marked, 1);
}

static void a_new_connection_of_the_tuple_may_be_told_an_error_again(void **state)
{
	struct pkt_desc syn = { V4, TCP(PKT_SYN), .seq = 1000 }, quoted = syn;
	struct pkt_desc error = error_about(WEIR_IPV4, &quoted, 0);

	(void)state;
	quoted.has_no_layer2 = true;
	assert_int_equal(bpf_env_reset(env), 0);
	for (unsigned int i = 0; i < 3; i++) {
		const struct weir_event *events;

		syn.seq += 100000;
		send_desc(env, ENV_TC_IN, &syn);
		assert_false(flow_of(&syn).flow.flags & WEIR_FLOW_ICMP_ERROR);
		assert_true(bpf_env_events(env, &events) >= 1);
		check_error(ENV_TC_IN, &syn, &error, 0, true);
		check_error(ENV_TC_IN, &syn, &error, 0, false);
	}
}

/* Whoever knows addresses and ports can send errors, but not what has been sent (RFC 5927). */
static void an_error_about_what_tcp_has_not_sent_is_told_of_nobody(void **state)
{
	static const uint32_t forged[] = { 0x40000000, 0x80000000, 5100 - WEIR_SEQ_REACH - 1,
					   5100 + WEIR_SEQ_REACH + 1 };
	static const uint32_t sent[] = { 5000, 5100 - WEIR_SEQ_REACH, 5100 + WEIR_SEQ_REACH };

	(void)state;
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(sent); i++) {
		struct pkt_desc data = { V4, HTTPS, .seq = 5000, .payload = 100 }, quoted, error;

		if (i & 1) {
			data.from = &v6_client;
			data.to = &v6_server;
		}
		quoted = data;
		quoted.has_no_layer2 = true;
		error = error_about(data.from->family, &quoted, 0);
		assert_int_equal(bpf_env_reset(env), 0);
		send_desc(env, ENV_TC_IN, &data);
		for (size_t j = 0; j < ARRAY_SIZE(forged); j++) {
			quoted.seq = forged[j];
			send_desc(env, ENV_TC_IN, &error);
			assert_false(flow_of(&data).flow.flags & WEIR_FLOW_ICMP_ERROR);
		}
		quoted.seq = sent[i / 2];
		send_desc(env, ENV_TC_IN, &error);
		assert_true(flow_of(&data).flow.flags & WEIR_FLOW_ICMP_ERROR);
		check_balance(env);
	}
}

/* Nothing is known of what it sends: its packets take another way. */
static void an_error_about_a_side_that_was_not_heard_is_told(void **state)
{
	struct pkt_desc data = { V4, HTTPS, .seq = 5000, .payload = 100 };
	struct pkt_desc quoted = pkt_reversed(&data), error = error_about(WEIR_IPV4, &quoted, 0);

	(void)state;
	quoted.has_no_layer2 = true;
	quoted.seq = 0x80000000;
	assert_true(is_marked_by(&data, &error));
}

static uint32_t command(uint32_t op, const struct bpf_env_flow *flow, struct weir_command *ret)
{
	*ret = (struct weir_command){
		.key = flow->key,
		.start_ns = flow->flow.start_ns,
		.last = { flow->flow.dir[0].last, flow->flow.dir[1].last },
		.op = op,
	};
	assert_true(bpf_env_command(env, ret, 1) >= 0);
	return ret->result;
}

/* An error is no packet of the flow. */
static void an_error_does_not_revive_an_entry_that_is_marked(void **state)
{
	struct pkt_desc error = error_about(WEIR_IPV4, &quoted4, 0);
	const struct weir_event *events;
	struct weir_command done;
	struct bpf_env_flow flow;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	send_desc(env, ENV_TC_IN, &sent4);
	flow = flow_of(&sent4);
	assert_int_equal(command(WEIR_CMD_MARK_DYING, &flow, &done), WEIR_CMD_DONE);
	assert_int_equal(bpf_env_events(env, &events), 1);
	check_error(ENV_TC_IN, &sent4, &error, 0, true);
	assert_int_equal(command(WEIR_CMD_REAP, &flow, &done), WEIR_CMD_DONE);
	assert_true(done.flow.flags & WEIR_FLOW_ICMP_ERROR);
	assert_int_equal(counter(env, WEIR_FLOWS_REVIVED), 0);
}

static void an_entry_that_is_being_removed_is_told_nothing(void **state)
{
	struct pkt_desc error = error_about(WEIR_IPV4, &quoted4, 0);
	const struct weir_event *events;
	struct bpf_env_flow flow;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	send_desc(env, ENV_TC_IN, &sent4);
	flow = flow_of(&sent4);
	flow.flow.state |= WEIR_STATE_DYING | WEIR_STATE_DEAD;
	assert_int_equal(bpf_env_set_flow(env, &flow), 0);
	assert_int_equal(bpf_env_events(env, &events), 1);
	check_error(ENV_TC_IN, &sent4, &error, 0, false);
}

/* The mark stays, by which the sweep knows. */
static void an_error_that_finds_the_ring_full_is_counted(void **state)
{
	static const struct bpf_env_options small = { .ring_bytes = 4096 };
	static const struct bpf_env_options none = { .has_no_events = true };
	struct pkt_desc error = error_about(WEIR_IPV4, &quoted4, 0);
	const struct weir_event *events;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		auto_bpf_env struct bpf_env *other = NULL;
		struct bpf_env_flow flows[64];
		unsigned int marked = 0;
		uint64_t lost;

		assert_int_equal(bpf_env_new(&other, i ? &none : &small), 0);
		send_desc(other, ENV_TC_IN, &sent4);
		for (unsigned int j = 0; j < 40; j++)
			send_numbered(other, j);
		lost = counter(other, WEIR_EVENTS_LOST);
		send_desc(other, ENV_TC_IN, &error);
		/* The error's own flow, and what it says. */
		assert_int_equal(counter(other, WEIR_EVENTS_LOST), i ? 0 : lost + 2);
		assert_true(bpf_env_events(other, &events) <= 4096 / WEIR_EVENT_SHORT);
		assert_int_equal(bpf_env_flows(other, flows, 64), 42);
		for (size_t j = 0; j < 42; j++)
			marked += !!(flows[j].flow.flags & WEIR_FLOW_ICMP_ERROR);
		assert_int_equal(marked, 1);
	}
}

int main(void)
{
	static const struct CMUnitTest others[] = {
		TEST(only_failures_are_told),
		TEST(a_smaller_packet_that_is_asked_for_is_no_failure),
		TEST(a_quote_that_is_cut_is_understood_as_far_as_it_tells_the_flow),
		TEST(padding_is_no_part_of_a_quote),
		TEST(a_quote_that_is_not_directly_readable_is_understood),
		TEST(a_fragment_of_an_error_quotes_nothing),
		TEST(an_error_in_a_tunnel_speaks_of_nothing_outside),
		TEST(an_error_about_a_carrier_finds_the_carrier),
		TEST(a_new_connection_of_the_tuple_may_be_told_an_error_again),
		TEST(an_error_about_what_tcp_has_not_sent_is_told_of_nobody),
		TEST(an_error_about_a_side_that_was_not_heard_is_told),
		TEST(an_error_does_not_revive_an_entry_that_is_marked),
		TEST(an_entry_that_is_being_removed_is_told_nothing),
		TEST(an_error_that_finds_the_ring_full_is_counted),
	};
	static const struct group_rows rows = {
		.test = quote_is_found_or_not,
		.rows = quotes,
		.size = sizeof(quotes[0]),
		.count = ARRAY_SIZE(quotes),
	};

	return group_run("quoted", &rows, 1, others, ARRAY_SIZE(others));
}
