// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which packets are taken for DNS answers, at which hook, and what of them gets into the ring. In a
 * network namespace of its own, whose sockets are those that wait for answers.
 */
#include "bpf_env.h"

#include <arpa/inet.h>
#include <sched.h>
#include <sys/socket.h>

#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "paged.h"
#include "pkt_build.h"
#include "tests/harness.h"

#define UDP_HEADER 8
#define MDNS	   5353

/* id 1, an answer of a resolver, one question, one record. */
static const uint8_t answer_head[WEIR_DNS_MIN] = { 0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0 };

static struct bpf_env *env;

static const struct pkt_desc question = {
	.from = &v4_client,
	.to = &v4_server,
	.proto = IPPROTO_UDP,
	.sport = PORT_CLIENT,
	.dport = PORT_DNS,
	.payload = 30,
};

/* What goes the other way, with so many bytes of a message that begins with head. */
static void build_answer(struct packet *packet, const struct pkt_desc *asked, uint16_t len,
			 const uint8_t head[WEIR_DNS_MIN])
{
	struct pkt_desc desc = pkt_reversed(asked);
	uint8_t *message;

	desc.payload = len;
	pkt_build(packet, &desc);
	message = packet->data + packet->at.l4 + UDP_HEADER;
	for (uint16_t i = 0; i < len; i++)
		message[i] = i < WEIR_DNS_MIN ? head[i] : (uint8_t)(i * 7);
}

static void run(enum bpf_env_prog prog, const struct packet *packet, unsigned int repeat)
{
	const struct bpf_env_packet run = { .data = packet->data,
					    .len = packet->len,
					    .repeat = repeat };
	struct bpf_env_result result;

	assert_int_equal(bpf_env_run(env, prog, &run, &result), 0);
	assert_int_equal(result.verdict, bpf_env_progs[prog].verdict);
	assert_true(result.is_unchanged);
}

static void ask(const struct pkt_desc *desc)
{
	struct packet packet;

	pkt_build(&packet, desc);
	run(ENV_TC_IN, &packet, 1);
}

/* How many records there are; the first of them. */
static size_t sampled(const struct bpf_env_dns **ret)
{
	const struct weir_event *events;

	assert_true(bpf_env_events(env, &events) >= 0);
	return bpf_env_dns(env, ret);
}

static uint64_t skipped(void)
{
	uint64_t count;

	assert_int_equal(bpf_env_counter(env, WEIR_DNS_SKIPPED, &count), 0);
	return count;
}

static void assert_record(const struct bpf_env_dns *dns, const struct packet *packet,
			  const struct pkt_desc *asked, size_t len, uint16_t wire_len)
{
	const struct weir_dns_event *event = &dns->event;
	size_t room = len > WEIR_DNS_SHORT ? WEIR_DNS_LONG : WEIR_DNS_SHORT;
	unsigned int server = event->hdr.dir;

	assert_int_equal(dns->size, sizeof(*event) + room);
	assert_int_equal(event->hdr.len, dns->size);
	assert_int_equal(event->hdr.version, WEIR_EVENT_VERSION);
	assert_in_range(server, 0, 1);
	assert_memory_equal(event->key.addr[server], asked->to->bytes, 16);
	assert_memory_equal(event->key.addr[!server], asked->from->bytes, 16);
	assert_int_equal(ntohs(event->key.port[server]), asked->dport);
	assert_int_equal(ntohs(event->key.port[!server]), asked->sport);
	assert_int_equal(event->len, len);
	assert_int_equal(event->wire_len, wire_len);
	assert_memory_equal(event->data, packet->data + packet->at.l4 + UDP_HEADER, len);
}

static int clear(void **state)
{
	(void)state;
	return bpf_env_reset(env);
}

static void an_answer_that_leaves_is_sampled_whole(void **state)
{
	static const uint16_t lens[] = { 12, 13, 100, 255, 256, 257, 600, 1231, 1232 };

	(void)state;
	ask(&question);
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		const struct bpf_env_dns *dns;
		struct packet packet;

		build_answer(&packet, &question, lens[i], answer_head);
		run(ENV_TC_OUT, &packet, 1);
		assert_int_equal(sampled(&dns), 1);
		assert_record(dns, &packet, &question, lens[i], lens[i]);
		assert_int_equal(dns->event.hdr.hook, WEIR_EGRESS);
	}
	assert_int_equal(skipped(), 0);
}

static void a_longer_answer_is_cut(void **state)
{
	const struct bpf_env_dns *dns;
	struct packet packet;

	(void)state;
	ask(&question);
	build_answer(&packet, &question, 1400, answer_head);
	run(ENV_TC_OUT, &packet, 1);
	assert_int_equal(sampled(&dns), 1);
	assert_record(dns, &packet, &question, WEIR_DNS_LONG, 1400);
}

static void answers_are_found_behind_whatever_headers(void **state)
{
	static const struct pkt_desc questions[] = {
		{ .from = &v6_client, .to = &v6_server, .shim = { TAG(5) } },
		{ .from = &v6_client,
		  .to = &v6_server,
		  .ext = { { .kind = 60, .len = 2 } },
		  .exts = 1 },
		{ .from = &v4_client, .to = &v4_server, .options = 12, .padding = 20 },
		{ .from = &v4_server, .to = &v4_client, .shim = { SERVICE_TAG(7), TAG(9) } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		struct pkt_desc desc = questions[i];
		const struct bpf_env_dns *dns;
		struct packet packet;

		desc.proto = IPPROTO_UDP;
		desc.sport = PORT_CLIENT;
		desc.dport = PORT_DNS;
		ask(&desc);
		build_answer(&packet, &desc, 77, answer_head);
		run(ENV_TC_OUT, &packet, 1);
		assert_int_equal(sampled(&dns), 1);
		assert_record(dns, &packet, &desc, 77, 77);
	}
}

static void what_nobody_asked_for_is_not_sampled(void **state)
{
	const struct bpf_env_dns *dns;
	struct packet packet;

	(void)state;
	build_answer(&packet, &question, 100, answer_head);
	run(ENV_TC_OUT, &packet, 3);
	assert_int_equal(sampled(&dns), 0);
	/* Nor if the flow is there: it began with him who answers. */
	run(ENV_TC_OUT, &packet, 3);
	assert_int_equal(sampled(&dns), 0);
	assert_int_equal(skipped(), 0);
}

static void what_is_no_useful_answer_is_not_sampled(void **state)
{
	static const struct {
		const char *name;
		uint8_t head[WEIR_DNS_MIN];
		uint16_t len;
	} rows[] = {
		{ "a question", { 0, 1, 0x01, 0x00, 0, 1, 0, 1 }, 100 },
		{ "no such name", { 0, 1, 0x81, 0x83, 0, 1, 0, 1 }, 100 },
		{ "an update", { 0, 1, 0xa9, 0x80, 0, 1, 0, 1 }, 100 },
		{ "no records", { 0, 1, 0x81, 0x80, 0, 1, 0, 0 }, 100 },
		{ "too short for a header", { 0, 1, 0x81, 0x80, 0, 1, 0, 1 }, 11 },
		{ "empty", { 0 }, 0 },
	};
	struct pkt_desc other = question;
	const struct bpf_env_dns *dns;
	struct packet packet;

	(void)state;
	ask(&question);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build_answer(&packet, &question, rows[i].len, rows[i].head);
		run(ENV_TC_OUT, &packet, 1);
		assert_row_int(rows[i].name, sampled(&dns), 0);
	}
	other.dport = 54;
	ask(&other);
	build_answer(&packet, &other, 100, answer_head);
	run(ENV_TC_OUT, &packet, 1);
	assert_int_equal(sampled(&dns), 0);
	other.dport = PORT_DNS;
	other.proto = IPPROTO_UDPLITE;
	ask(&other);
	build_answer(&packet, &other, 100, answer_head);
	run(ENV_TC_OUT, &packet, 1);
	assert_int_equal(sampled(&dns), 0);
	assert_int_equal(skipped(), 0);
}

static void a_fragment_is_not_sampled(void **state)
{
	struct pkt_desc desc = pkt_reversed(&question);
	const struct bpf_env_dns *dns;
	struct packet packet;

	(void)state;
	ask(&question);
	desc.frag = 0x2000;
	desc.payload = 200;
	pkt_build(&packet, &desc);
	memcpy(packet.data + packet.at.l4 + UDP_HEADER, answer_head, sizeof(answer_head));
	run(ENV_TC_OUT, &packet, 1);
	assert_int_equal(sampled(&dns), 0);
}

/* Since Linux 5.18. */
static bool xdp_can_load(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_load_bytes, NULL) == 1;
}

/* A socket of any address, so that it is the one that waits at PORT_CLIENT. */
static int wait_for_answers(int family)
{
	const struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(PORT_CLIENT) };
	const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT_CLIENT) };
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (family == AF_INET)
		assert_int_equal(bind(fd, (const struct sockaddr *)&v4, sizeof(v4)), 0);
	else
		assert_int_equal(bind(fd, (const struct sockaddr *)&v6, sizeof(v6)), 0);
	return fd;
}

static void an_answer_that_comes_in_is_sampled_if_a_socket_waits_for_it(void **state)
{
	static const struct {
		const struct pkt_addr *client, *server;
		int family;
	} rows[] = {
		{ &v4_client, &v4_server, AF_INET },
		{ &v4_server, &v4_client, AF_INET },
		{ &v6_client, &v6_server, AF_INET6 },
		{ &v6_server, &v6_client, AF_INET6 },
	};
	static const enum bpf_env_prog progs[] = { ENV_TC_IN, ENV_XDP };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows) * ARRAY_SIZE(progs); i++) {
		enum bpf_env_prog prog = progs[i % ARRAY_SIZE(progs)];
		struct pkt_desc desc = question;
		const struct bpf_env_dns *dns;
		struct packet packet;
		int fd;

		if (prog == ENV_XDP && !xdp_can_load())
			continue;
		desc.from = rows[i / ARRAY_SIZE(progs)].client;
		desc.to = rows[i / ARRAY_SIZE(progs)].server;
		assert_int_equal(bpf_env_reset(env), 0);
		pkt_build(&packet, &desc);
		run(ENV_TC_OUT, &packet, 1);
		build_answer(&packet, &desc, 300, answer_head);
		run(prog, &packet, 1);
		assert_int_equal(sampled(&dns), 0);
		fd = wait_for_answers(rows[i / ARRAY_SIZE(progs)].family);
		run(prog, &packet, 1);
		close(fd);
		assert_int_equal(sampled(&dns), 1);
		assert_record(dns, &packet, &desc, 300, 300);
		assert_int_equal(dns->event.hdr.hook, WEIR_INGRESS);
	}
	assert_int_equal(skipped(), 0);
}

static void multicast_need_not_be_asked_for(void **state)
{
	struct pkt_desc desc = question;
	const struct bpf_env_dns *dns;
	struct packet packet;

	(void)state;
	desc.dport = desc.sport = MDNS;
	build_answer(&packet, &desc, 100, answer_head);
	run(ENV_TC_OUT, &packet, 1);
	assert_int_equal(sampled(&dns), 1);
	assert_record(dns, &packet, &desc, 100, 100);
}

static void data_in_pages_is_read_too(void **state)
{
	auto_paged struct paged paged = PAGED_NONE;
	struct pkt_desc desc = question;
	const struct bpf_env_dns *dns;
	struct packet packet;

	(void)state;
	paged_init(&paged, env);
	for (size_t linear = 0; linear < 2; linear++) {
		/* The question goes out there as well. */
		desc.sport = (uint16_t)(PORT_CLIENT + linear);
		pkt_build(&packet, &desc);
		paged_pass(&paged, &packet, packet.len);
		build_answer(&packet, &desc, 700, answer_head);
		paged_pass(&paged, &packet, packet.at.l4 + UDP_HEADER + (linear ? 20 : 0));
		assert_int_equal(sampled(&dns), 1);
		assert_record(dns, &packet, &desc, 700, 700);
	}
}

static void so_many_a_second_are_sampled_and_the_rest_is_counted(void **state)
{
	const struct bpf_env_dns *dns;
	struct packet packet;
	uint64_t count;
	size_t taken;

	(void)state;
	ask(&question);
	build_answer(&packet, &question, 100, answer_head);
	run(ENV_TC_OUT, &packet, 5000);
	taken = sampled(&dns);
	count = skipped();
	printf("# of 5000 at once %zu were sampled, %llu counted\n", taken,
	       (unsigned long long)count);
	assert_int_equal(taken + count, 5000);
	assert_in_range(taken, 900, 3000);
	/* After a while there are tokens again. */
	usleep(100000);
	run(ENV_TC_OUT, &packet, 50);
	assert_int_equal(sampled(&dns), 50);
	assert_int_equal(skipped(), count);
}

static void half_of_the_ring_is_for_connections(void **state)
{
	static const struct bpf_env_options options = { .has_dns = true, .ring_bytes = 16384 };
	struct bpf_env *before = env;
	const struct bpf_env_dns *dns;
	struct packet packet;
	size_t taken;

	(void)state;
	assert_int_equal(bpf_env_new(&env, &options), 0);
	ask(&question);
	build_answer(&packet, &question, 100, answer_head);
	run(ENV_TC_OUT, &packet, 100);
	taken = sampled(&dns);
	assert_in_range(taken, 8192 / 336 - 1, 8192 / 336 + 1);
	assert_int_equal(skipped(), 100 - taken);
	bpf_env_free(&env);
	env = before;
}

static void nothing_is_sampled_unless_it_is_asked_for(void **state)
{
	struct bpf_env *before = env;
	const struct bpf_env_dns *dns;
	struct packet packet;

	(void)state;
	assert_int_equal(bpf_env_new(&env, NULL), 0);
	ask(&question);
	build_answer(&packet, &question, 100, answer_head);
	run(ENV_TC_OUT, &packet, 1);
	run(ENV_XDP, &packet, 1);
	assert_int_equal(sampled(&dns), 0);
	assert_int_equal(skipped(), 0);
	bpf_env_free(&env);
	env = before;
}

#define DNS_TEST(name) cmocka_unit_test_setup(name, clear)

int main(void)
{
	static const struct bpf_env_options options = { .has_dns = true, .ring_bytes = 4 << 20 };
	const struct CMUnitTest tests[] = {
		DNS_TEST(an_answer_that_leaves_is_sampled_whole),
		DNS_TEST(a_longer_answer_is_cut),
		DNS_TEST(answers_are_found_behind_whatever_headers),
		DNS_TEST(what_nobody_asked_for_is_not_sampled),
		DNS_TEST(what_is_no_useful_answer_is_not_sampled),
		DNS_TEST(a_fragment_is_not_sampled),
		DNS_TEST(an_answer_that_comes_in_is_sampled_if_a_socket_waits_for_it),
		DNS_TEST(multicast_need_not_be_asked_for),
		DNS_TEST(data_in_pages_is_read_too),
		DNS_TEST(so_many_a_second_are_sampled_and_the_rest_is_counted),
		DNS_TEST(half_of_the_ring_is_for_connections),
		DNS_TEST(nothing_is_sampled_unless_it_is_asked_for),
	};
	int failed;

	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	if (unshare(CLONE_NEWNET) || bpf_env_new(&env, &options))
		return 1;
	failed = cmocka_run_group_tests_name("dns", tests, NULL, NULL);
	bpf_env_free(&env);
	return failed;
}
