// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs the rows: builds the frame, works out what each entry point must make of it, and compares
 * interface, flows and events.
 */
#include "parse_case.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"
#include "checks.h"
#include "group.h"
#include "paged.h"
#include "tests/harness.h"

#define ETH_BYTES   14
#define TAG_BYTES   4
#define PAGED_BYTES 4200
/* As much as the datapath makes readable, without and with a packet in the packet. */
#define PULLED	    256
#define PULLED_MORE 512

/* One run: the packet's part that is there, and what must come of it. */
struct sight {
	enum bpf_env_prog prog;
	const struct pkt_desc *desc;
	struct bpf_env_packet packet;
	size_t len;
	struct expect expect, inner;
};

static void check_iface(const struct sight *sight)
{
	enum weir_hook hook = bpf_env_progs[sight->prog].hook;
	const struct expect *expect = &sight->expect;
	struct weir_iface iface;

	assert_int_equal(bpf_env_iface(env, BPF_ENV_IFINDEX, &iface), 0);
	check_count(&iface.raw[hook], 1, sight->len);
	check_count(&iface.raw[!hook], 0, 0);
	check_count(&iface.gso[hook], expect->packets - 1, (uint64_t)expect->bytes - sight->len);
	check_count(&iface.gso[!hook], 0, 0);
	check_count(&iface.cut, 0, 0);
	for (unsigned int i = 0; i < WEIR_REM_MAX; i++) {
		bool is_there = expect->landing == 1 + i;

		check_count(&iface.remainder[i], is_there ? expect->packets : 0,
			    is_there ? expect->bytes : 0);
	}
}

static struct weir_flow_key expected_key(const struct pkt_desc *desc, const struct expect *expect)
{
	struct weir_flow_key key = {
		.ifindex = BPF_ENV_IFINDEX,
		.netns = BPF_ENV_NETNS,
		.vlan = expect->vlan,
		.vni = { (uint8_t)(expect->vni >> 16), (uint8_t)(expect->vni >> 8),
			 (uint8_t)expect->vni },
		.family = desc->from->family,
		.proto = expect->proto,
	};
	unsigned int sender = expect->dir;

	memcpy(key.addr[sender], desc->from->bytes, 16);
	memcpy(key.addr[!sender], desc->to->bytes, 16);
	key.port[sender] = htons(expect->port[0]);
	key.port[!sender] = htons(expect->port[1]);
	return key;
}

/* Of a header that ends in the next fragment they are not. */
static uint8_t flags_told(const struct pkt_desc *desc)
{
	bool is_cut = desc->l4_cut && desc->l4_cut < 20 + desc->tcp_options;

	return is_cut && pkt_is_first_fragment(desc) ? 0 : desc->tcp_flags;
}

static void check_event(const struct weir_event *event, const struct sight *sight,
			const struct pkt_desc *desc, const struct expect *expect,
			const struct bpf_env_flow *entry)
{
	static const uint8_t none[6];
	const struct bpf_env_prog_info *prog = &bpf_env_progs[sight->prog];
	bool has_macs = desc == sight->desc ? prog->has_ethernet : !desc->has_no_layer2;
	bool is_icmp = desc->proto == IPPROTO_ICMP || desc->proto == IPPROTO_ICMPV6;
	const uint8_t *ours = desc->is_reverse ? mac_b : mac_a;
	const uint8_t *theirs = desc->is_reverse ? mac_a : mac_b;

	assert_int_equal(event->hdr.len, sizeof(*event));
	assert_int_equal(event->hdr.type, WEIR_EVENT_OPEN);
	assert_int_equal(event->hdr.version, WEIR_EVENT_VERSION);
	assert_int_equal(event->hdr.hook, prog->hook);
	assert_int_equal(event->hdr.dir, expect->dir);
	assert_int_equal(event->hdr.tcp_flags, flags_told(desc));
	assert_memory_equal(&event->key, &entry->key, sizeof(entry->key));
	assert_memory_equal(&event->flow, &entry->flow, sizeof(entry->flow));
	assert_memory_equal(event->eth_src, has_macs ? ours : none, 6);
	assert_memory_equal(event->eth_dst, has_macs ? theirs : none, 6);
	assert_int_equal(event->icmp_type, is_icmp ? desc->icmp_type : 0);
	assert_int_equal(event->icmp_code, is_icmp ? desc->icmp_code : 0);
	assert_int_equal(event->pad, 0);
}

/* The entry is what the packet alone has made of it. */
static void check_entry(const struct bpf_env_flow *entry, const struct sight *sight,
			const struct pkt_desc *desc, const struct expect *expect)
{
	struct weir_flow_key key = expected_key(desc, expect);
	const struct weir_dir *dir = &entry->flow.dir[expect->dir];
	const struct weir_dir *other = &entry->flow.dir[!expect->dir], none = { 0 };
	bool is_life = desc->tcp_flags & (PKT_SYN | PKT_FIN | PKT_RST);
	bool is_fragment =
		expect->is_cut || pkt_is_first_fragment(desc) || pkt_is_later_fragment(desc);

	assert_memory_equal(&entry->key, &key, sizeof(key));
	assert_int_equal(dir->packets, expect->packets);
	assert_int_equal(dir->bytes, expect->bytes);
	assert_int_equal(dir->base_packets, 0);
	assert_int_equal(dir->base_bytes, 0);
	assert_int_equal(dir->flags, flags_told(desc));
	assert_int_equal(dir->hooks, 1 << bpf_env_progs[sight->prog].hook);
	assert_int_equal(dir->zero_windows, desc->is_zero_window && !is_life);
	assert_int_equal(dir->fragments, is_fragment ? expect->packets : 0);
	assert_int_equal(dir->resent, 0);
	assert_int_not_equal(dir->last, 0);
	assert_memory_equal(other, &none, sizeof(none));
}

/* Both flows, if there are two, with the inner one's event first. */
static void check_flows(const struct sight *sight)
{
	bool is_flow = sight->expect.landing == FLOW, has_inner = sight->inner.proto;
	int n = is_flow + has_inner, inner = 0;
	struct bpf_env_flow entries[2];
	const struct weir_event *events;
	struct pkt_desc desc;

	assert_int_equal(bpf_env_flows(env, entries, ARRAY_SIZE(entries)), n);
	assert_int_equal(bpf_env_events(env, &events), n);
	if (has_inner) {
		inner = n == 2 && entries[1].key.vlan & WEIR_ENCAPSULATED;
		desc = *sight->desc->inner;
		if (sight->desc->is_reverse)
			desc = pkt_reversed(&desc);
		check_entry(&entries[inner], sight, &desc, &sight->inner);
		check_event(events++, sight, &desc, &sight->inner, &entries[inner]);
		inner = !inner;
	}
	if (is_flow) {
		check_entry(&entries[inner], sight, sight->desc, &sight->expect);
		check_event(events, sight, sight->desc, &sight->expect, &entries[inner]);
	}
}

static void check_counts(const struct sight *sight)
{
	check_balance(env);
	check_iface(sight);
	check_flows(sight);
}

static void check_sight(struct sight *sight)
{
	const struct bpf_env_prog_info *prog = &bpf_env_progs[sight->prog];
	struct bpf_env_result result;

	if (sight->len != sight->packet.len)
		sight->packet.cut_to = sight->len;
	assert_int_equal(bpf_env_reset(env), 0);
	assert_int_equal(bpf_env_run(env, sight->prog, &sight->packet, &result), 0);
	assert_int_equal(result.verdict, prog->verdict);
	assert_true(result.is_unchanged);
	check_counts(sight);
}

/* Below this length the frame contradicts itself, or does not say what it is. */
static size_t needed_len(const struct parse_case *row, const struct packet *packet)
{
	if (row->needs)
		return row->needs;
	if (row->expect.landing == REMAINDER(ARP) || row->expect.landing == REMAINDER(NON_IP))
		return packet->at.l3;
	return packet->at.l3_end;
}

static bool can_run(enum bpf_env_prog prog, const struct parse_case *row)
{
	bool is_plain = !row->gso_size && !row->gso_segs && !row->meta_tag;

	if (prog == ENV_COMMAND || (prog == ENV_XDP && !is_plain))
		return false;
	return bpf_env_progs[prog].has_ethernet ||
	       (row->desc.from && !row->desc.shim[0].kind && !row->meta_tag);
}

static void expect_reverse(struct expect *expect, bool keeps_ports)
{
	uint16_t port = expect->port[0];

	expect->dir = !expect->dir;
	if (keeps_ports)
		return;
	expect->port[0] = expect->port[1];
	expect->port[1] = port;
}

/* The row's frame on its way back. */
static struct pkt_desc desc_back(const struct parse_case *row)
{
	struct pkt_desc back = pkt_reversed(&row->desc);

	if (row->keeps_ports) {
		back.sport = row->desc.sport;
		back.dport = row->desc.dport;
	}
	return back;
}

/* What the row promises, of the first len bytes of its frame; skip: there is no Ethernet header. */
static void expect_of(struct sight *sight, const struct parse_case *row,
		      const struct packet *packet, size_t len, size_t skip)
{
	struct expect *expect = &sight->expect, *inner = &sight->inner;
	/* Padding behind the carrier is not in what it carries. */
	bool is_padded = !row->desc.is_len_zero && packet->at.l3_end < len;
	size_t end = is_padded ? packet->at.l3_end : len;

	*expect = row->expect;
	*inner = row->inner;
	inner->vlan |= WEIR_ENCAPSULATED;
	if (!expect->packets || len < packet->len) {
		expect->packets = 1;
		expect->bytes = (uint32_t)len + (row->meta_tag ? TAG_BYTES : 0);
	}
	expect->bytes -= expect->packets * (uint32_t)skip;
	if (!inner->packets) {
		inner->packets = 1;
		inner->bytes = (uint32_t)(end - packet->inner.begin);
	}
	if (sight->desc->is_reverse && !row->is_oneway) {
		expect_reverse(expect, row->keeps_ports);
		expect_reverse(inner, false);
	}
	if (len < needed_len(row, packet))
		expect->landing = REMAINDER(MALFORMED);
	if (expect->landing != FLOW || end < packet->inner.l3_end)
		inner->proto = 0;
}

/* The first len bytes (with Ethernet) of the row's packet as prog sees it. */
static void check_row(enum bpf_env_prog prog, const struct parse_case *row,
		      const struct packet *packet, const struct pkt_desc *desc, size_t len)
{
	size_t skip = bpf_env_progs[prog].has_ethernet ? 0 : ETH_BYTES;
	struct sight sight = {
		.prog = prog,
		.desc = desc,
		.packet = {
			.data = packet->data + skip,
			.len = packet->len - skip,
			.gso_size = row->gso_size,
			.gso_segs = row->gso_segs,
			.tci = (uint16_t)row->meta_tag,
		},
		.len = len - skip,
	};

	if (row->meta_tag)
		sight.packet.tag_proto = row->meta_proto ? row->meta_proto : PKT_8021Q;
	expect_of(&sight, row, packet, len, skip);
	check_sight(&sight);
}

static void check_lengths(const struct parse_case *row, const struct pkt_desc *desc, bool is_cut)
{
	struct packet packet;

	pkt_build(&packet, desc);
	for (enum bpf_env_prog prog = 0; prog < ENV_PROG_MAX; prog++) {
		size_t skip = bpf_env_progs[prog].has_ethernet ? 0 : ETH_BYTES;

		if (!can_run(prog, row))
			continue;
		if (!is_cut)
			check_row(prog, row, &packet, desc, packet.len);
		for (size_t len = ETH_BYTES + skip; is_cut && len < packet.len; len++)
			check_row(prog, row, &packet, desc, len);
	}
}

void parse_check_whole(const struct parse_case *row)
{
	struct pkt_desc back = desc_back(row);

	check_lengths(row, &row->desc, false);
	check_lengths(row, &back, false);
}

void parse_check_cut(const struct parse_case *row)
{
	struct pkt_desc back = desc_back(row);

	check_lengths(row, &row->desc, true);
	check_lengths(row, &back, true);
}

/* Bytes of layer 4 without which the carrier itself is malformed. */
static uint16_t l4_min(const struct pkt_desc *desc)
{
	return desc->proto == IPPROTO_GRE || desc->proto == IPPROTO_IPIP ||
			       desc->proto == IPPROTO_IPV6
		       ? 1
		       : 8;
}

/* The carrier is honest and whole, and ends somewhere within what it carries. */
void parse_check_carried_cut(const struct parse_case *row)
{
	struct packet packet;
	uint16_t len;

	pkt_build(&packet, &row->desc);
	len = (uint16_t)(packet.at.l3_end - packet.at.l4);
	for (uint16_t cut = l4_min(&row->desc); cut < len; cut++) {
		struct parse_case part = *row;

		part.desc.l4_cut = cut;
		part.expect.packets = part.inner.packets = 0;
		parse_check_whole(&part);
	}
}

/* Headers of the frame, also of what it carries. */
static size_t headers_of(const struct packet *packet, const struct pkt_desc *desc)
{
	size_t len = packet->len - desc->payload - desc->padding;

	return desc->inner ? len - desc->inner->payload - desc->inner->padding : len;
}

/* Longer than a page: the socket would keep a shorter one in one piece. */
static void check_paged(const struct paged *paged, const struct parse_case *row)
{
	struct pkt_desc desc = row->desc;
	struct sight sight = { .prog = ENV_TC_OUT, .desc = &desc };
	struct packet packet;
	size_t headers;

	pkt_build(&packet, &desc);
	headers = headers_of(&packet, &desc);
	desc.padding = (uint16_t)(PAGED_BYTES - packet.len);
	pkt_build(&packet, &desc);
	sight.len = packet.len;
	expect_of(&sight, row, &packet, packet.len, 0);
	for (size_t linear = ETH_BYTES; linear <= headers; linear++) {
		assert_int_equal(bpf_env_reset(env), 0);
		paged_pass(paged, &packet, linear);
		check_counts(&sight);
	}
}

/* Padding would make lying lengths true; so far into a packet nobody looks. */
static bool can_page(const struct parse_case *row)
{
	struct packet packet;

	pkt_build(&packet, &row->desc);
	return !row->gso_size && !row->gso_segs && !row->meta_tag &&
	       row->expect.landing != REMAINDER(MALFORMED) &&
	       !(row->desc.inner && row->desc.inner->len_add) &&
	       headers_of(&packet, &row->desc) <= (row->desc.inner ? PULLED_MORE : PULLED);
}

static const struct parse_table *running;

/* The row is told by the test's initial state. */
static void row_lands_where_it_belongs(void **state)
{
	parse_check_whole(*state);
}

static void row_cut_anywhere_lands_once(void **state)
{
	parse_check_cut(*state);
}

static void row_that_carries_less_lands_where_it_belongs(void **state)
{
	parse_check_carried_cut(*state);
}

/* All frames of the table, one after the other, without a reset: sums of many flows. */
static void the_whole_table_together_keeps_the_balance(void **state)
{
	struct bpf_env_sums sums;
	uint64_t runs = 0;

	(void)state;
	assert_int_equal(bpf_env_reset(env), 0);
	for (size_t i = 0; i < running->count; i++) {
		const struct parse_case *row = &running->cases[i];
		struct packet packet;
		struct bpf_env_result result;

		pkt_build(&packet, &row->desc);
		for (enum bpf_env_prog prog = 0; prog < ENV_PROG_MAX; prog++) {
			struct bpf_env_packet run = {
				.data = packet.data,
				.len = packet.len,
				.gso_size = row->gso_size,
				.gso_segs = row->gso_segs,
				.tag_proto = row->meta_tag ? PKT_8021Q : 0,
				.tci = (uint16_t)row->meta_tag,
			};

			if (!can_run(prog, row) || !bpf_env_progs[prog].has_ethernet)
				continue;
			assert_int_equal(bpf_env_run(env, prog, &run, &result), 0);
			runs++;
			check_balance(env);
		}
	}
	assert_int_equal(bpf_env_sums(env, &sums), 0);
	assert_int_equal(sums.raw.packets, runs);
}

static void headers_that_are_not_directly_readable_are_read_all_the_same(void **state)
{
	auto_paged struct paged paged = PAGED_NONE;

	(void)state;
	paged_init(&paged, env);
	for (size_t i = 0; i < running->count; i++)
		if (can_page(&running->cases[i]))
			check_paged(&paged, &running->cases[i]);
}

static bool is_no_super_packet(const void *row)
{
	const struct parse_case *of = row;

	return !of->gso_size && !of->gso_segs;
}

static bool is_honest_carrier(const void *row)
{
	const struct parse_case *of = row;

	return is_no_super_packet(row) && of->desc.inner && !of->desc.len_add;
}

int parse_table_run(const struct parse_table *table)
{
	static const struct CMUnitTest all[] = {
		TEST(the_whole_table_together_keeps_the_balance),
		TEST(headers_that_are_not_directly_readable_are_read_all_the_same),
	};
	struct group_rows whole = { .test = row_lands_where_it_belongs,
				    .rows = table->cases,
				    .size = sizeof(*table->cases),
				    .count = table->count };
	struct group_rows rows[3] = { whole, whole, whole };
	/* Cutting takes nearly all of the time. */
	size_t row_count = getenv("WEIR_TEST_QUICK") ? 1 : ARRAY_SIZE(rows);
	auto_free struct CMUnitTest *others =
		calloc(ARRAY_SIZE(all) + table->other_count, sizeof(*others));

	if (!others)
		return 1;
	running = table;
	rows[1].prefix = "cut_anywhere:_";
	rows[1].test = row_cut_anywhere_lands_once;
	rows[1].wants = is_no_super_packet;
	rows[2].prefix = "carrying_less:_";
	rows[2].test = row_that_carries_less_lands_where_it_belongs;
	rows[2].wants = is_honest_carrier;
	memcpy(others, all, sizeof(all));
	if (table->other_count)
		memcpy(&others[ARRAY_SIZE(all)], table->others,
		       table->other_count * sizeof(*others));
	return group_run(table->name, rows, row_count, others,
			 ARRAY_SIZE(all) + table->other_count);
}
