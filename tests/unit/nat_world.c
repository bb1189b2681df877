// SPDX-License-Identifier: BSD-2-Clause
/*
 * The router with its rules, and questions of the agent's.
 */
#include "tests/unit/nat_world.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_possible(void)
{
	return system("command -v conntrack >/dev/null && "
		      "nft 'table inet p { chain c { type filter hook input priority 0; "
		      "ct state new accept; }; }' 2>/dev/null") == 0 &&
	       access("/proc/sys/net/netfilter/nf_conntrack_count", R_OK) == 0;
}

const char *nat_world_why_not(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (unshare(CLONE_NEWNET) < 0)
		return "needs network namespaces";
	return is_possible() ? NULL : "needs nft, conntrack, and a kernel with both";
}

enum nat_found nat_world_find(struct nat_world *world, const struct nat_tuple *tuple,
			      uint64_t began_ns, bool is_knocking, struct nat_answer *ret)
{
	const struct nat_question question = { .tuple = *tuple,
					       .began_ns = began_ns,
					       .is_knocking = is_knocking };

	return nat_find(world->nat, &question, ret);
}

enum nat_found nat_world_ask(struct nat_world *world, const struct nat_tuple *tuple,
			     uint64_t began_ns, struct nat_answer *ret)
{
	return nat_world_find(world, tuple, began_ns, false, ret);
}

bool nat_world_is_translated(struct nat_world *world, const struct nat_tuple *tuple,
			     uint64_t began_ns)
{
	struct nat_answer answer;
	enum nat_found found = nat_world_ask(world, tuple, began_ns, &answer);

	assert_true(found == NAT_TWIN || found == NAT_NONE);
	return found == NAT_TWIN;
}

struct awaited {
	struct nat_world *world;
	const struct nat_tuple *tuple;
};

static bool is_answered(void *ctx)
{
	const struct awaited *awaited = ctx;
	struct nat_answer answer;

	return nat_world_ask(awaited->world, awaited->tuple, 0, &answer) != NAT_OFF;
}

void nat_world_await(struct nat_world *world, const struct nat_tuple *tuple)
{
	struct awaited awaited = { world, tuple };

	run_until(world->loop, is_answered, &awaited, "open");
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

int nat_world_set_up(void **state)
{
	struct nat_world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	netns_home();
	assert_int_equal(loop_new(&world->loop), 0);
	assert_int_equal(worker_new(&world->worker, world->loop), 0);
	assert_int_equal(nat_new(&world->nat, world->worker), 0);
	*state = world;
	return 0;
}

int nat_world_set_up_router(void **state)
{
	struct nat_world *world;

	assert_int_equal(nat_world_set_up(state), 0);
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

int nat_world_tear_down(void **state)
{
	struct nat_world *world = *state;

	nat_free(&world->nat);
	worker_free(&world->worker);
	netns_close(&world->client);
	netns_close(&world->server);
	loop_free(&world->loop);
	free(world);
	return 0;
}
