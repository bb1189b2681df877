// SPDX-License-Identifier: BSD-2-Clause
/*
 * Real translations: this process is the agent on a router between two namespaces, nft translates,
 * and each answer is compared with what conntrack -L says.
 */
#include "who/nat.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "tests/unit/netns_world.h"
#include "worker.h"

struct world {
	struct loop *loop;
	struct worker *worker;
	struct nat *nat;
	struct netns client, server;
};

/* A rule that wants conntrack brings it. Not its netlink interface: that is ours to open. */
static bool has_conntrack(void)
{
	return system("command -v conntrack >/dev/null && "
		      "nft 'table inet p { chain c { type filter hook input priority 0; "
		      "ct state new accept; }; }' 2>/dev/null") == 0 &&
	       access("/proc/sys/net/netfilter/nf_conntrack_count", R_OK) == 0;
}

static enum nat_found find(struct world *world, const struct nat_tuple *tuple, uint64_t began_ns,
			   bool is_knocking, struct nat_answer *ret)
{
	const struct nat_question question = { .tuple = *tuple,
					       .began_ns = began_ns,
					       .is_knocking = is_knocking };

	return nat_find(world->nat, &question, ret);
}

static enum nat_found ask(struct world *world, const struct nat_tuple *tuple, uint64_t began_ns,
			  struct nat_answer *ret)
{
	return find(world, tuple, began_ns, false, ret);
}

/* That it is or is not translated. */
static bool is_translated(struct world *world, const struct nat_tuple *tuple, uint64_t began_ns)
{
	struct nat_answer answer;
	enum nat_found found = ask(world, tuple, began_ns, &answer);

	assert_true(found == NAT_TWIN || found == NAT_NONE);
	return found == NAT_TWIN;
}

static const char *const rules =
	"table inet t {\n"
	" chain pre { type nat hook prerouting priority dstnat;\n"
	"  ip daddr 10.9.9.9 meta l4proto {tcp,udp} th dport 80 dnat ip to 10.2.0.2:8080\n"
	"  ip daddr 10.9.9.9 icmp type echo-request dnat ip to 10.2.0.2\n"
	"  ip6 daddr fd09::9 meta l4proto {tcp,udp} th dport 80 dnat ip6 to [fd02::2]:8080\n"
	"  ip6 daddr fd09::9 icmpv6 type echo-request dnat ip6 to fd02::2\n"
	"  meta l4proto {tcp,udp} th dport 81 redirect to :8081\n"
	" }\n"
	" chain out { type nat hook output priority -100;\n"
	"  ip daddr 10.9.9.8 meta l4proto {tcp,udp} th dport 80 dnat ip to 10.2.0.2:8082\n"
	" }\n"
	" chain post { type nat hook postrouting priority srcnat;\n"
	"  meta l4proto {tcp,udp} th dport 9000 masquerade\n"
	"  meta l4proto {tcp,udp} th dport 9001 snat ip to 10.2.0.77:50000-50999\n"
	"  meta l4proto {tcp,udp} th dport 9002 snat ip6 to [fd02::77]:50000-50999\n"
	"  ip protocol icmp ip daddr 10.2.0.3 masquerade\n"
	" }\n"
	"}\n";

static void load_rules(void)
{
	FILE *nft = popen("nft -f -", "w"); /* NOLINT(cert-env33-c): a test's own words */

	assert_non_null(nft);
	fputs(rules, nft);
	assert_int_equal(pclose(nft), 0);
}

static void make_side(struct netns *ns, const char *name, int number)
{
	netns_open(ns);
	sh("ip link add %s type veth peer name eth0 netns %d && ip link set %s up", name, ns->pid,
	   name);
	sh("ip addr add 10.%d.0.1/24 dev %s && ip addr add fd0%d::1/64 dev %s nodad", number, name,
	   number, name);
	sh("nsenter -t %d --net sh -c '"
	   "echo 0 0 >/proc/sys/net/ipv4/ping_group_range; ip link set lo up; ip link set eth0 up;"
	   "ip addr add 10.%d.0.2/24 dev eth0; ip addr add fd0%d::2/64 dev eth0 nodad;"
	   "ip route add default via 10.%d.0.1; ip -6 route add default via fd0%d::1'",
	   ns->pid, number, number, number, number);
	/* Until the carrier is noticed there is no IPv6 through it. */
	sh("timeout 10 sh -c 'until ip link show dev %s | grep -q \"state UP\"; do sleep .01; done'",
	   name);
	sh("timeout 10 nsenter -t %d --net sh -c '"
	   "until ip link show dev eth0 | grep -q \"state UP\"; do sleep .01; done'",
	   ns->pid);
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	netns_home();
	assert_int_equal(loop_new(&world->loop), 0);
	assert_int_equal(worker_new(&world->worker, world->loop), 0);
	assert_int_equal(nat_new(&world->nat, world->worker), 0);
	*state = world;
	return 0;
}

static int setup_router(void **state)
{
	struct world *world;

	assert_int_equal(setup(state), 0);
	world = *state;
	sh("ip link set lo up; echo 1 >/proc/sys/net/ipv4/ip_forward;"
	   "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
	make_side(&world->client, "a0", 1);
	make_side(&world->server, "b0", 2);
	sh("ip addr add 10.2.0.77/32 dev b0; ip addr add fd02::77/128 dev b0 nodad");
	sh("ip route add 10.9.9.0/24 dev b0");
	sh("nsenter -t %d --net ip addr add 10.2.0.3/24 dev eth0", world->server.pid);
	load_rules();
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	nat_free(&world->nat);
	worker_free(&world->worker);
	netns_close(&world->client);
	netns_close(&world->server);
	loop_free(&world->loop);
	free(world);
	return 0;
}

/* ---- connections ---- */

struct peer_case {
	const char *name;
	const char *address; /* that the client goes to */
	uint16_t port;
	bool is_translated;
	bool is_local; /* the client is on the router */
	bool is_served_here;
	const char *server; /* where there is somebody */
	uint16_t server_port;
	bool no_icmp;
};

static const struct peer_case cases[] = {
	{ .name = "no translation", "10.2.0.2", 7000, .server = "10.2.0.2", .server_port = 7000 },
	{ .name = "no translation, IPv6",
	  "fd02::2",
	  7000,
	  .server = "fd02::2",
	  .server_port = 7000 },
	{ .name = "dnat", "10.9.9.9", 80, true, .server = "10.2.0.2", .server_port = 8080 },
	{ .name = "dnat, IPv6", "fd09::9", 80, true, .server = "fd02::2", .server_port = 8080 },
	{ .name = "dnat, local",
	  "10.9.9.8",
	  80,
	  true,
	  .is_local = true,
	  .server = "10.2.0.2",
	  .server_port = 8082 },
	{ .name = "masquerade", "10.2.0.2", 9000, true, .server = "10.2.0.2", .server_port = 9000 },
	{ .name = "masquerade, IPv6",
	  "fd02::2",
	  9000,
	  true,
	  .server = "fd02::2",
	  .server_port = 9000 },
	{ .name = "snat", "10.2.0.2", 9001, true, .server = "10.2.0.2", .server_port = 9001 },
	{ .name = "snat, IPv6", "fd02::2", 9002, true, .server = "fd02::2", .server_port = 9002 },
	{ .name = "redirect",
	  "10.2.0.2",
	  81,
	  true,
	  .is_served_here = true,
	  .server = "0.0.0.0",
	  .server_port = 8081 },
	{ .name = "redirect, IPv6",
	  "fd02::2",
	  81,
	  true,
	  .is_served_here = true,
	  .server = "::",
	  .server_port = 8081 },
};

static socklen_t sockaddr_of(const char *text, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *v6 = (void *)ret;
	struct sockaddr_in *v4 = (void *)ret;

	memset(ret, 0, sizeof(*ret));
	if (strchr(text, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	assert_int_equal(inet_pton(AF_INET, text, &v4->sin_addr), 1);
	return sizeof(*v4);
}

/* Its port. */
static uint16_t take_addr(const struct sockaddr_storage *from, uint8_t ret[static 16])
{
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	if (from->ss_family == AF_INET6) {
		memcpy(&v6, from, sizeof(v6));
		memcpy(ret, &v6.sin6_addr, 16);
		return ntohs(v6.sin6_port);
	}
	memcpy(&v4, from, sizeof(v4));
	memset(ret, 0, 16);
	ret[10] = ret[11] = 0xff;
	memcpy(ret + 12, &v4.sin_addr, 4);
	return ntohs(v4.sin_port);
}

static int socket_there(const struct netns *ns, int family, int type, int proto)
{
	int fd;

	netns_enter(ns);
	fd = socket(family, type | SOCK_CLOEXEC, proto);
	netns_enter(NULL);
	assert_true(fd >= 0);
	return fd;
}

static void tuple_of(int fd, uint8_t proto, struct nat_tuple *ret)
{
	struct sockaddr_storage self = {}, peer = {};
	socklen_t len = sizeof(self);

	assert_int_equal(getsockname(fd, (void *)&self, &len), 0);
	len = sizeof(peer);
	assert_int_equal(getpeername(fd, (void *)&peer, &len), 0);
	*ret = (struct nat_tuple){ .family = self.ss_family == AF_INET ? 4 : 6, .proto = proto };
	ret->source_port = take_addr(&self, ret->source);
	ret->destination_port = take_addr(&peer, ret->destination);
}

struct talk {
	int client, server;
	struct nat_tuple tuple; /* the original one */
};

static void talk_end(struct talk *talk)
{
	close(talk->client);
	close(talk->server);
}

static void talk_begin(const struct world *world, const struct peer_case *row, uint8_t proto,
		       struct talk *ret)
{
	int type = proto == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, one = 1;
	struct sockaddr_storage to, at;
	socklen_t to_len = sockaddr_of(row->address, row->port, &to);
	socklen_t at_len = sockaddr_of(row->server, row->server_port, &at);

	ret->server = socket_there(row->is_served_here ? NULL : &world->server, at.ss_family, type,
				   proto);
	ret->client =
		socket_there(row->is_local ? NULL : &world->client, to.ss_family, type, proto);
	setsockopt(ret->server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (at.ss_family == AF_INET6)
		setsockopt(ret->server, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	assert_row_int(row->name, bind(ret->server, (void *)&at, at_len), 0);
	if (proto == IPPROTO_TCP)
		assert_row_int(row->name, listen(ret->server, 5), 0);
	assert_row_int(row->name, connect(ret->client, (void *)&to, to_len), 0);
	if (proto == IPPROTO_UDP) {
		char byte;

		assert_row_int(row->name, send(ret->client, "x", 1, 0), 1);
		assert_row_int(row->name, recv(ret->server, &byte, 1, 0), 1);
	}
	tuple_of(ret->client, proto, &ret->tuple);
}

/* ---- the truth ---- */

static bool take_word(const char *line, const char *key, unsigned int nth, char ret[64])
{
	const char *at = line;

	for (unsigned int i = 0; at && i <= nth; i++) {
		at = strstr(at, key);
		at = at ? at + strlen(key) : NULL;
	}
	return at && sscanf(at, "%63[^ \n]", ret) == 1;
}

static void read_side(const char *line, unsigned int nth, struct nat_tuple *ret)
{
	char word[64];
	int family;

	assert_true(take_word(line, " src=", nth, word));
	assert_int_equal(addr_parse(word, ret->source, &family), 0);
	assert_true(take_word(line, " dst=", nth, word));
	assert_int_equal(addr_parse(word, ret->destination, &family), 0);
	ret->family = (uint8_t)family;
	if (take_word(line, " sport=", nth, word))
		ret->source_port = (uint16_t)atoi(word); /* NOLINT(cert-err34-c) */
	if (take_word(line, " dport=", nth, word))
		ret->destination_port = (uint16_t)atoi(word); /* NOLINT(cert-err34-c) */
	if (take_word(line, " id=", nth, word))
		ret->source_port = ret->destination_port =
			(uint16_t)atoi(word); /* NOLINT(cert-err34-c) */
	if (take_word(line, " type=", nth, word))
		ret->icmp_type = (uint8_t)atoi(word); /* NOLINT(cert-err34-c) */
}

/* The entry whose original tuple this is, as conntrack -L has it. */
static void read_truth(const struct nat_tuple *original, struct conntrack_entry *ret)
{
	char command[128], line[512];
	FILE *pipe;
	bool is_found = false;

	snprintf(command, sizeof(command), "conntrack -L -f %s -p %d 2>/dev/null",
		 original->family == 4 ? "ipv4" : "ipv6", original->proto);
	pipe = popen(command, "r"); /* NOLINT(cert-env33-c): a test's own words */
	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		struct conntrack_entry entry = {};

		read_side(line, 0, &entry.original);
		read_side(line, 1, &entry.reply);
		entry.original.proto = entry.reply.proto = original->proto;
		if (!nat_tuple_is_equal(&entry.original, original))
			continue;
		*ret = entry;
		is_found = true;
	}
	pclose(pipe);
	assert_true(is_found);
}

static void check_one(struct world *world, const char *name, const struct nat_tuple *tuple,
		      uint64_t began_ns, const struct nat_tuple *other, enum nat_role role)
{
	struct nat_answer answer;

	assert_row_int(name, ask(world, tuple, began_ns, &answer), NAT_TWIN);
	assert_row_str(name, nat_role_to_str(answer.role), nat_role_to_str(role));
	assert_row(name, nat_tuple_is_equal(&answer.other, other));
}

/* Both twins, both ways, against conntrack's own tool. */
static void check(struct world *world, const struct peer_case *row, const struct nat_tuple *tuple,
		  uint64_t began_ns)
{
	struct nat_tuple twin, back;
	struct conntrack_entry truth;

	read_truth(tuple, &truth);
	nat_tuple_reverse(&truth.reply, &twin);
	nat_tuple_reverse(&truth.original, &back);
	assert_row_int(row->name, conntrack_is_translated(&truth), row->is_translated);
	if (!row->is_translated) {
		assert_row(row->name, !is_translated(world, &truth.original, began_ns));
		assert_row(row->name, !is_translated(world, &back, began_ns));
		return;
	}
	check_one(world, row->name, &truth.original, began_ns, &twin, NAT_ORIGINAL);
	check_one(world, row->name, &back, began_ns, &truth.reply, NAT_ORIGINAL);
	check_one(world, row->name, &twin, began_ns, &truth.original, NAT_TRANSLATED);
	check_one(world, row->name, &truth.reply, began_ns, &back, NAT_TRANSLATED);
}

static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP };

struct awaited {
	struct world *world;
	const struct nat_tuple *tuple;
};

static bool is_answered(void *ctx)
{
	const struct awaited *awaited = ctx;
	struct nat_answer answer;

	return ask(awaited->world, awaited->tuple, 0, &answer) != NAT_OFF;
}

/* So that conntrack has an entry, and we have subscribed. */
static void begin_to_listen(struct world *world)
{
	struct talk talk;
	struct awaited awaited = { world, &talk.tuple };

	talk_begin(world, &cases[0], IPPROTO_UDP, &talk);
	run_until(world->loop, is_answered, &awaited, "open");
	assert_false(is_translated(world, &talk.tuple, 0));
	talk_end(&talk);
}

static void twins_of_older_connections_are_asked_for(void **state)
{
	struct world *world = *state;
	struct talk talks[ARRAY_SIZE(cases) * ARRAY_SIZE(protos)];
	struct nat_stats stats;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(protos); i++, n++)
		talk_begin(world, &cases[i / 2], protos[i % 2], &talks[i]);
	begin_to_listen(world);
	for (size_t i = 0; i < n; i++)
		check(world, &cases[i / 2], &talks[i].tuple, 0);
	nat_get_stats(world->nat, &stats);
	assert_true(stats.requests > n);
	assert_int_equal(stats.told, 0);
	assert_int_equal(stats.unanswered, 0);
	for (size_t i = 0; i < n; i++)
		talk_end(&talks[i]);
}

static void twins_of_new_connections_are_told_without_a_request(void **state)
{
	struct world *world = *state;
	struct nat_stats before, after;

	begin_to_listen(world);
	nat_get_stats(world->nat, &before);
	for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(protos); i++) {
		uint64_t began_ns = time_monotonic_ns();
		struct talk talk;

		talk_begin(world, &cases[i / 2], protos[i % 2], &talk);
		check(world, &cases[i / 2], &talk.tuple, began_ns);
		talk_end(&talk);
	}
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests, before.requests);
	assert_true(after.told >= 2 * (ARRAY_SIZE(cases) - 2));
	assert_int_equal(after.overruns, 0);
}

static void connections_older_than_the_subscription_are_asked_for(void **state)
{
	struct world *world = *state;
	struct nat_stats before, after;
	uint64_t began_ns = time_monotonic_ns();
	struct talk talk;

	talk_begin(world, &cases[2], IPPROTO_TCP, &talk);
	begin_to_listen(world);
	nat_get_stats(world->nat, &before);
	check(world, &cases[2], &talk.tuple, began_ns);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests - before.requests, 1 + 2 + 2 + 1);
	assert_int_equal(after.told, 0);
	talk_end(&talk);
}

/* An administrator may turn the messages off. */
static void without_messages_everything_is_asked_for(void **state)
{
	struct world *world = *state;
	uint64_t began_ns;
	struct talk talk;

	sh("echo 0 >/proc/sys/net/netfilter/nf_conntrack_events");
	begin_to_listen(world);
	began_ns = time_monotonic_ns();
	talk_begin(world, &cases[2], IPPROTO_TCP, &talk);
	check(world, &cases[2], &talk.tuple, began_ns);
	talk_end(&talk);
}

/* ---- ICMP ---- */

static void ping(const struct world *world, const char *to, uint16_t id, struct nat_tuple *ret)
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
	struct world *world = *state;

	begin_to_listen(world);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(pings); i++) {
			uint64_t began_ns = round ? time_monotonic_ns() : 0;
			struct nat_tuple tuple;

			ping(world, pings[i].address, (uint16_t)(100 + 10 * (size_t)round + i),
			     &tuple);
			check(world, &pings[i], &tuple, began_ns);
		}
	}
}

static void icmp_without_an_answer_is_not_asked_for(void **state)
{
	struct world *world = *state;
	struct nat_tuple tuple = { .family = 4, .proto = IPPROTO_ICMP, .icmp_type = 3 };
	struct nat_stats before, after;

	begin_to_listen(world);
	nat_get_stats(world->nat, &before);
	assert_false(is_translated(world, &tuple, 0));
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests, before.requests);
}

/* ---- when it is told ---- */

/* A SYN that nobody answers. */
static int knock(const struct world *world, const char *address, uint16_t port,
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
	struct world *world = *state;
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
	assert_int_equal(find(world, &tuple, began_ns, true, &answer), NAT_TWIN);
	assert_int_equal(answer.other.destination_port, 8080);
	close(fd);
	began_ns = time_monotonic_ns();
	fd = knock(world, "10.2.0.2", 7000, &tuple);
	/* It may have been seen before conntrack has it, and a moment later not any more. */
	assert_int_equal(find(world, &tuple, time_monotonic_ns(), true, &answer), NAT_MISSED);
	while (time_monotonic_ns() - began_ns < NAT_WAIT_NS)
		;
	assert_int_equal(find(world, &tuple, began_ns, true, &answer), NAT_NONE);
	close(fd);
	/* And one of which nobody would have told is not asked for. */
	assert_int_equal(find(world, &tuple, 1, true, &answer), NAT_PUT_OFF);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests, before.requests);
}

/* The same tuple again, and meanwhile the rules are others. */
static void a_tuple_used_again_is_asked_for(void **state)
{
	struct world *world = *state;
	struct nat_stats before, after;
	struct nat_answer answer;
	uint64_t began_ns;
	struct talk talk;

	begin_to_listen(world);
	began_ns = time_monotonic_ns();
	talk_begin(world, &cases[2], IPPROTO_TCP, &talk);
	assert_int_equal(ask(world, &talk.tuple, began_ns, &answer), NAT_TWIN);
	nat_get_stats(world->nat, &before);
	began_ns = time_monotonic_ns() + NAT_WAIT_NS + 1;
	sh("conntrack -D -p tcp --dport 80 >/dev/null 2>&1");
	assert_int_equal(find(world, &talk.tuple, began_ns, true, &answer), NAT_PUT_OFF);
	assert_int_equal(ask(world, &talk.tuple, began_ns, &answer), NAT_MISSED);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests - before.requests, 2);
	talk_end(&talk);
}

/* ---- cost and bounds ---- */

static unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void where_conntrack_follows_nothing_nothing_is_opened(void **state)
{
	struct world *world = *state;
	struct nat_tuple tuple = { .family = 4, .proto = IPPROTO_TCP, .source_port = 1 };
	unsigned int fds = count_fds();
	struct nat_answer answer;
	struct nat_stats stats;
	const char *detail;

	assert_int_equal(ask(world, &tuple, 0, &answer), NAT_OFF);
	nat_get_stats(world->nat, &stats);
	assert_int_equal(stats.requests, 0);
	assert_int_equal(count_fds(), fds);
	assert_true(nat_is_available(world->nat, &detail));
	assert_string_equal(
		detail, "conntrack follows no connection: until it does there is nothing to tell");
}

/* A look of who may not ask, of whom there is a process: until it is said so. */
static int on_look(void *ctx)
{
	struct awaited *awaited = ctx;
	struct nat_answer answer;
	const char *detail;

	if (ask(awaited->world, awaited->tuple, 0, &answer) != NAT_OFF)
		loop_stop(awaited->world->loop, 1);
	else if (!nat_is_available(awaited->world->nat, &detail))
		loop_stop(awaited->world->loop,
			  strcmp(detail, "to ask conntrack takes CAP_NET_ADMIN") ? 2 : 0);
	return 0;
}

/* In another user namespace the right is not one over this network namespace. */
static int look_without_the_right(struct world *world, const struct nat_tuple *tuple)
{
	struct awaited awaited = { world, tuple };
	struct watch *timer;

	alarm(10);
	if (unshare(CLONE_NEWUSER) || loop_new(&world->loop) ||
	    worker_new(&world->worker, world->loop) || nat_new(&world->nat, world->worker) ||
	    loop_add_timer(world->loop, 1, 1, on_look, &awaited, &timer))
		return 3;
	return loop_run(world->loop);
}

static void without_the_right_it_is_switched_off(void **state)
{
	struct world *world = *state;
	struct talk talk;
	int status;
	pid_t pid;

	talk_begin(world, &cases[0], IPPROTO_UDP, &talk);
	pid = fork();
	if (!pid)
		_exit(look_without_the_right(world, &talk.tuple));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	talk_end(&talk);
}

static void a_flood_of_questions_is_bounded(void **state)
{
	enum {
		N = 20000
	};
	struct world *world = *state;
	struct nat_tuple tuple = { .family = 4, .proto = IPPROTO_UDP };
	struct nat_stats before, after;
	uint64_t begin_ns, ns;
	struct nat_answer answer;
	unsigned int put_off = 0;

	begin_to_listen(world);
	nat_get_stats(world->nat, &before);
	begin_ns = time_monotonic_ns();
	for (unsigned int i = 0; i < N; i++) {
		tuple.source_port = (uint16_t)i;
		tuple.destination_port = (uint16_t)(i >> 8);
		put_off += ask(world, &tuple, 0, &answer) == NAT_PUT_OFF;
	}
	ns = time_monotonic_ns() - begin_ns;
	nat_get_stats(world->nat, &after);
	after.requests -= before.requests;
	print_message("%d questions, %llu requests in %llu us\n", N,
		      (unsigned long long)after.requests, (unsigned long long)ns / 1000);
	assert_int_equal(after.requests, 2 * (N - put_off));
	assert_true(after.requests <=
		    NAT_REQUESTS_AT_ONCE + ns / (1000000000 / NAT_REQUESTS_A_SECOND));
	assert_int_equal(after.unanswered, 0);
}

/* A connection begins, and is half open. */
static enum nat_found begin_half(struct world *world, uint16_t port)
{
	const struct nat_tuple tuple = { .family = 4, .proto = IPPROTO_TCP, .source_port = port };
	struct nat_answer answer;

	return find(world, &tuple, time_monotonic_ns(), true, &answer);
}

static void when_very_many_begin_we_do_not_listen(void **state)
{
	struct world *world = *state;
	unsigned int n = 0;
	enum nat_found found;
	uint64_t began_ns, begin_ns;
	struct nat_stats before, after;
	struct talk talk;

	begin_to_listen(world);
	nat_get_stats(world->nat, &before);
	begin_ns = time_worked_ns();
	began_ns = time_monotonic_ns();
	/* Silence is an answer where we were kept from the processor for longer than it takes. */
	while ((found = begin_half(world, (uint16_t)n++)) != NAT_PUT_OFF) {
		assert_true(found == NAT_MISSED || found == NAT_NONE);
		assert_true(n < 10 * NAT_BEGINNINGS_MAX);
	}
	if (time_monotonic_ns() - began_ns < 1000000000)
		assert_int_equal(n, NAT_BEGINNINGS_MAX);
	print_message("half open: %.2f us each\n",
		      (double)(time_worked_ns() - begin_ns) / 1000 / n);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.pauses, 1);
	assert_int_equal(after.requests, before.requests);
	/* One that gets an answer is asked for. */
	began_ns = time_monotonic_ns();
	talk_begin(world, &cases[2], IPPROTO_TCP, &talk);
	check(world, &cases[2], &talk.tuple, began_ns);
	nat_get_stats(world->nat, &before);
	assert_int_equal(before.requests - after.requests, 1 + 2 + 2 + 1);
	assert_int_equal(before.told, after.told);
	talk_end(&talk);
	/* When it is over we listen again. */
	while (begin_half(world, 0) == NAT_PUT_OFF)
		usleep(100000);
	nat_get_stats(world->nat, &before);
	began_ns = time_monotonic_ns();
	talk_begin(world, &cases[2], IPPROTO_TCP, &talk);
	check(world, &cases[2], &talk.tuple, began_ns);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests, before.requests);
	assert_int_equal(after.told, before.told + 1);
	talk_end(&talk);
}

/* A connection that is translated, of a socket that nobody keeps. */
static void send_to_nobody(const struct world *world, struct nat_tuple *ret)
{
	struct sockaddr_storage at;
	socklen_t len = sockaddr_of("10.9.9.9", 80, &at);
	int fd = socket_there(&world->client, AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(connect(fd, (void *)&at, len), 0);
	(void)!send(fd, "x", 1, 0); /* an earlier one may have been refused */
	if (ret)
		tuple_of(fd, IPPROTO_UDP, ret);
	close(fd);
}

/* Of which the kernel has told, but long ago: others have taken its place. */
static void what_was_forgotten_is_asked_for(void **state)
{
	struct world *world = *state;
	struct nat_stats before, after;
	struct nat_answer answer;
	uint64_t began_ns;
	struct talk talk;

	begin_to_listen(world);
	began_ns = time_monotonic_ns();
	talk_begin(world, &cases[2], IPPROTO_TCP, &talk);
	assert_true(is_translated(world, &talk.tuple, began_ns));
	nat_get_stats(world->nat, &before);
	while (before.told < NAT_KNOWN_MAX + 1) {
		for (unsigned int i = 0; i < 100; i++)
			send_to_nobody(world, NULL);
		(void)find(world, &(struct nat_tuple){ .family = 4 }, time_monotonic_ns(), true,
			   &answer);
		nat_get_stats(world->nat, &before);
	}
	assert_int_equal(before.overruns, 0);
	assert_true(is_translated(world, &talk.tuple, began_ns));
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests - before.requests, 1);
	talk_end(&talk);
}

/* More than the socket holds, and more than are kept. */
static void what_could_not_be_read_is_asked_for(void **state)
{
	enum {
		N = 6000,
		LAST = 50,
	};
	struct world *world = *state;
	struct nat_tuple tuples[LAST];
	struct nat_answer answer;
	struct nat_stats stats = {}, after;
	uint64_t began_ns;
	struct talk talk;

	begin_to_listen(world);
	for (unsigned int i = 0; i < N; i++)
		send_to_nobody(world, i < N - LAST ? NULL : &tuples[i - (N - LAST)]);
	for (unsigned int i = 0; i < LAST; i++)
		assert_true(is_translated(world, &tuples[i], 0));
	/* It takes several looks to read so many. */
	do {
		(void)find(world, &(struct nat_tuple){ .family = 4 }, time_monotonic_ns(), true,
			   &answer);
		after = stats;
		nat_get_stats(world->nat, &stats);
	} while (stats.told != after.told);
	assert_true(stats.overruns >= 1);
	assert_true(stats.told > 0);
	/* And afterwards it is as before. */
	began_ns = time_monotonic_ns();
	talk_begin(world, &cases[5], IPPROTO_TCP, &talk);
	check(world, &cases[5], &talk.tuple, began_ns);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests, stats.requests);
	talk_end(&talk);
}

static void it_may_be_freed_while_it_opens_its_sockets(void **state)
{
	struct world *world = *state;
	struct nat_answer answer;
	struct talk talk;
	struct awaited awaited = { world, &talk.tuple };

	talk_begin(world, &cases[0], IPPROTO_UDP, &talk);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(ask(world, &talk.tuple, 0, &answer), NAT_OFF);
		if (i % 3 == 0)
			run_until(world->loop, is_answered, &awaited, "open");
		else
			usleep((unsigned int)i * 100);
		nat_free(&world->nat);
		assert_int_equal(nat_new(&world->nat, world->worker), 0);
	}
	run_until(world->loop, is_answered, &awaited, "open");
	assert_false(is_translated(world, &talk.tuple, 0));
	talk_end(&talk);
}

#define ROUTER_TEST(name) cmocka_unit_test_setup_teardown(name, setup_router, teardown)

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (unshare(CLONE_NEWNET) < 0)
		return skip_all("needs network namespaces");
	if (!has_conntrack())
		return skip_all("needs nft, conntrack, and a kernel with both");
	return RUN_TESTS(
		cmocka_unit_test_setup_teardown(where_conntrack_follows_nothing_nothing_is_opened,
						setup, teardown),
		ROUTER_TEST(twins_of_older_connections_are_asked_for),
		ROUTER_TEST(twins_of_new_connections_are_told_without_a_request),
		ROUTER_TEST(connections_older_than_the_subscription_are_asked_for),
		ROUTER_TEST(without_messages_everything_is_asked_for),
		ROUTER_TEST(pings_are_told_by_their_id),
		ROUTER_TEST(icmp_without_an_answer_is_not_asked_for),
		ROUTER_TEST(who_knocks_is_told_of_without_a_request),
		ROUTER_TEST(a_tuple_used_again_is_asked_for),
		ROUTER_TEST(without_the_right_it_is_switched_off),
		ROUTER_TEST(a_flood_of_questions_is_bounded),
		ROUTER_TEST(when_very_many_begin_we_do_not_listen),
		ROUTER_TEST(what_was_forgotten_is_asked_for),
		ROUTER_TEST(what_could_not_be_read_is_asked_for),
		ROUTER_TEST(it_may_be_freed_while_it_opens_its_sockets));
}
