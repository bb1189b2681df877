// SPDX-License-Identifier: BSD-2-Clause
/*
 * Real translations: this process is the agent on a router between two namespaces, nft translates,
 * and each answer is compared with what conntrack -L says.
 */
#include "who/nat.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "tests/unit/nat_talk.h"

static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP };

static void twins_of_older_connections_are_asked_for(void **state)
{
	struct nat_world *world = *state;
	struct talk talks[NAT_PEERS * ARRAY_SIZE(protos)];
	struct nat_stats stats;
	size_t n = 0;

	for (size_t i = 0; i < NAT_PEERS * ARRAY_SIZE(protos); i++, n++)
		talk_begin(world, &nat_peers[i / 2], protos[i % 2], &talks[i]);
	begin_to_listen(world);
	for (size_t i = 0; i < n; i++)
		check_talk(world, &nat_peers[i / 2], &talks[i].tuple, 0);
	nat_get_stats(world->nat, &stats);
	assert_true(stats.requests > n);
	assert_int_equal(stats.told, 0);
	assert_int_equal(stats.unanswered, 0);
	for (size_t i = 0; i < n; i++)
		talk_end(&talks[i]);
}

static void twins_of_new_connections_are_told_without_a_request(void **state)
{
	struct nat_world *world = *state;
	struct nat_stats before, after;

	begin_to_listen(world);
	nat_get_stats(world->nat, &before);
	for (size_t i = 0; i < NAT_PEERS * ARRAY_SIZE(protos); i++) {
		uint64_t began_ns = time_monotonic_ns();
		struct talk talk;

		talk_begin(world, &nat_peers[i / 2], protos[i % 2], &talk);
		check_talk(world, &nat_peers[i / 2], &talk.tuple, began_ns);
		talk_end(&talk);
	}
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests, before.requests);
	assert_true(after.told >= UINT64_C(2) * (NAT_PEERS - 2));
	assert_int_equal(after.overruns, 0);
}

static void connections_older_than_the_subscription_are_asked_for(void **state)
{
	struct nat_world *world = *state;
	struct nat_stats before, after;
	uint64_t began_ns = time_monotonic_ns();
	struct talk talk;

	talk_begin(world, &nat_peers[2], IPPROTO_TCP, &talk);
	begin_to_listen(world);
	nat_get_stats(world->nat, &before);
	check_talk(world, &nat_peers[2], &talk.tuple, began_ns);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests - before.requests, 1 + 2 + 2 + 1);
	assert_int_equal(after.told, 0);
	talk_end(&talk);
}

/* An administrator may turn the messages off. */
static void without_messages_everything_is_asked_for(void **state)
{
	struct nat_world *world = *state;
	uint64_t began_ns;
	struct talk talk;

	sh("echo 0 >/proc/sys/net/netfilter/nf_conntrack_events");
	begin_to_listen(world);
	began_ns = time_monotonic_ns();
	talk_begin(world, &nat_peers[2], IPPROTO_TCP, &talk);
	check_talk(world, &nat_peers[2], &talk.tuple, began_ns);
	talk_end(&talk);
}

/* ---- ICMP ---- */

static void ping(const struct nat_world *world, const char *to, uint16_t id, struct nat_tuple *ret)
{
	uint8_t echo[8] = { strchr(to, ':') ? 128 : 8, [7] = 1 }, answer[64];
	struct sockaddr_storage at = {}, self = {};
	const struct timeval patience = { .tv_sec = 5 };
	socklen_t len = sockaddr_of(to, 0, &at), self_len;
	int fd = socket_there(&world->client, at.ss_family, SOCK_DGRAM,
			      at.ss_family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	self_len = sockaddr_of(strchr(to, ':') ? "::" : "0.0.0.0", id, &self);
	assert_int_equal(bind(fd, (void *)&self, self_len), 0);
	assert_int_equal(connect(fd, (void *)&at, len), 0);
	assert_int_equal(send(fd, echo, sizeof(echo), 0), sizeof(echo));
	assert_true(recv(fd, answer, sizeof(answer), 0) > 0);
	self_len = sizeof(self);
	assert_int_equal(getsockname(fd, (void *)&self, &self_len), 0);
	*ret = (struct nat_tuple){ .family = at.ss_family == AF_INET ? 4 : 6,
				   .proto = at.ss_family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6,
				   .icmp_type = echo[0] };
	(void)take_addr(&self, ret->source);
	(void)take_addr(&at, ret->destination);
	ret->source_port = ret->destination_port = id;
	close(fd);
}

static void pings_are_told_by_their_id(void **state)
{
	static const struct peer_case pings[] = {
		{ .name = "ping", "10.2.0.2", .is_translated = false },
		{ .name = "ping, dnat", "10.9.9.9", .is_translated = true },
		{ .name = "ping, masquerade", "10.2.0.3", .is_translated = true },
		{ .name = "ping, IPv6", "fd02::2", .is_translated = false },
		{ .name = "ping, IPv6, dnat", "fd09::9", .is_translated = true },
	};
	struct nat_world *world = *state;

	begin_to_listen(world);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(pings); i++) {
			uint64_t began_ns = round ? time_monotonic_ns() : 0;
			struct nat_tuple tuple;

			ping(world, pings[i].address, (uint16_t)(100 + 10 * (size_t)round + i),
			     &tuple);
			check_talk(world, &pings[i], &tuple, began_ns);
		}
	}
}

static void icmp_without_an_answer_is_not_asked_for(void **state)
{
	struct nat_world *world = *state;
	struct nat_tuple tuple = { .family = 4, .proto = IPPROTO_ICMP, .icmp_type = 3 };
	struct nat_stats before, after;

	begin_to_listen(world);
	nat_get_stats(world->nat, &before);
	assert_false(nat_world_is_translated(world, &tuple, 0));
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests, before.requests);
}

/* ---- when it is told ---- */

/* A SYN that nobody answers. */
static int knock(const struct nat_world *world, const char *address, uint16_t port,
		 struct nat_tuple *ret)
{
	struct sockaddr_storage to;
	socklen_t len = sockaddr_of(address, port, &to);
	int fd = socket_there(&world->client, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(connect(fd, (void *)&to, len), -1);
	assert_int_equal(errno, EINPROGRESS);
	/* A socket that knocks has no peer yet. */
	*ret = (struct nat_tuple){ .family = 4, .proto = IPPROTO_TCP };
	(void)take_addr(&to, ret->destination);
	ret->destination_port = port;
	len = sizeof(to);
	assert_int_equal(getsockname(fd, (void *)&to, &len), 0);
	ret->source_port = take_addr(&to, ret->source);
	return fd;
}

static void who_knocks_is_told_of_without_a_request(void **state)
{
	struct nat_world *world = *state;
	struct nat_stats before, after;
	struct nat_tuple tuple;
	struct nat_answer answer;
	uint64_t began_ns;
	int fd;

	sh("nsenter -t %d --net nft 'table inet q { chain c { type filter hook input priority 0; "
	   "tcp flags syn drop; }; }'",
	   world->server.pid);
	begin_to_listen(world);
	nat_get_stats(world->nat, &before);
	began_ns = time_monotonic_ns();
	fd = knock(world, "10.9.9.9", 80, &tuple);
	assert_int_equal(nat_world_find(world, &tuple, began_ns, true, &answer), NAT_TWIN);
	assert_int_equal(answer.other.destination_port, 8080);
	close(fd);
	began_ns = time_monotonic_ns();
	fd = knock(world, "10.2.0.2", 7000, &tuple);
	/* It may have been seen before conntrack has it, and a moment later not any more. */
	assert_int_equal(nat_world_find(world, &tuple, time_monotonic_ns(), true, &answer),
			 NAT_MISSED);
	while (time_monotonic_ns() - began_ns < NAT_WAIT_NS)
		;
	assert_int_equal(nat_world_find(world, &tuple, began_ns, true, &answer), NAT_NONE);
	close(fd);
	/* And one of which nobody would have told is not asked for. */
	assert_int_equal(nat_world_find(world, &tuple, 1, true, &answer), NAT_PUT_OFF);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests, before.requests);
}

/* The same tuple again, and meanwhile the rules are others. */
static void a_tuple_used_again_is_asked_for(void **state)
{
	struct nat_world *world = *state;
	struct nat_stats before, after;
	struct nat_answer answer;
	uint64_t began_ns;
	struct talk talk;

	begin_to_listen(world);
	began_ns = time_monotonic_ns();
	talk_begin(world, &nat_peers[2], IPPROTO_TCP, &talk);
	assert_int_equal(nat_world_ask(world, &talk.tuple, began_ns, &answer), NAT_TWIN);
	nat_get_stats(world->nat, &before);
	began_ns = time_monotonic_ns() + NAT_WAIT_NS + 1;
	sh("conntrack -D -p tcp --dport 80 >/dev/null 2>&1");
	assert_int_equal(nat_world_find(world, &talk.tuple, began_ns, true, &answer), NAT_PUT_OFF);
	assert_int_equal(nat_world_ask(world, &talk.tuple, began_ns, &answer), NAT_MISSED);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests - before.requests, 2);
	talk_end(&talk);
}

int main(void)
{
	const char *reason = nat_world_why_not();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(ROUTER_TEST(twins_of_older_connections_are_asked_for),
			 ROUTER_TEST(twins_of_new_connections_are_told_without_a_request),
			 ROUTER_TEST(connections_older_than_the_subscription_are_asked_for),
			 ROUTER_TEST(without_messages_everything_is_asked_for),
			 ROUTER_TEST(pings_are_told_by_their_id),
			 ROUTER_TEST(icmp_without_an_answer_is_not_asked_for),
			 ROUTER_TEST(who_knocks_is_told_of_without_a_request),
			 ROUTER_TEST(a_tuple_used_again_is_asked_for));
}
