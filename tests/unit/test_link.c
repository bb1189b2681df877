// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the agent is told of the interfaces of its namespace, against a real kernel: each test runs
 * in network namespaces of its own, changes something with ip, and runs the loop until it has been
 * told.
 */
#include "link/link.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "loop.h"
#include "tests/harness.h"

#define DEADLINE_MS 20000
#define MAX_IFACES  2048
#define MAX_ADDRS   512

/* What we were told so far. */
struct seen_iface {
	struct iface_info info; /* the last */
	unsigned int n_set, n_gone;
	bool is_there;
};

struct seen_addr {
	uint32_t ifindex;
	int family;
	uint8_t addr[16];
	unsigned int n_set, n_gone;
	bool is_there;
};

struct world {
	struct loop *loop;
	struct link *link;
	struct watch *deadline;
	bool in_loop, is_late;
	pid_t other;			      /* a process in another namespace */
	struct seen_iface ifaces[MAX_IFACES]; /* by ifindex */
	struct seen_addr addrs[MAX_ADDRS];
};

/* ---- what the link tells ---- */

static void told(struct world *world)
{
	if (world->in_loop)
		loop_stop(world->loop, 0);
}

static void on_iface_set(void *ctx, const struct iface_info *info)
{
	struct world *world = ctx;
	struct seen_iface *iface = &world->ifaces[info->ifindex];

	assert_true(info->ifindex < MAX_IFACES);
	iface->info = *info;
	iface->is_there = true;
	iface->n_set++;
	told(world);
}

static void on_iface_gone(void *ctx, uint32_t ifindex)
{
	struct world *world = ctx;

	assert_true(ifindex < MAX_IFACES && world->ifaces[ifindex].is_there);
	world->ifaces[ifindex].is_there = false;
	world->ifaces[ifindex].n_gone++;
	told(world);
}

static struct seen_addr *seen_addr(struct world *world, uint32_t ifindex, int family,
				   const uint8_t *addr)
{
	for (size_t i = 0; i < MAX_ADDRS; i++) {
		struct seen_addr *seen = &world->addrs[i];

		if (seen->ifindex == 0)
			*seen = (struct seen_addr){ .ifindex = ifindex, .family = family };
		else if (seen->ifindex != ifindex || seen->family != family ||
			 memcmp(seen->addr, addr, 16) != 0)
			continue;
		memcpy(seen->addr, addr, 16);
		return seen;
	}
	fail_msg("more than %d addresses", MAX_ADDRS);
	return NULL;
}

static void on_addr_set(void *ctx, uint32_t ifindex, const uint8_t addr[static 16], int family,
			bool is_there)
{
	struct world *world = ctx;
	struct seen_addr *seen = seen_addr(world, ifindex, family, addr);

	/* Twice the same would be no change. */
	assert_int_not_equal(seen->is_there, is_there);
	seen->is_there = is_there;
	seen->n_set += is_there;
	seen->n_gone += !is_there;
	told(world);
}

static const struct link_ops ops = {
	.iface_set = on_iface_set,
	.iface_gone = on_iface_gone,
	.addr_set = on_addr_set,
};

/* ---- running ---- */

static int on_deadline(void *ctx)
{
	struct world *world = ctx;

	world->is_late = true;
	loop_stop(world->loop, 0);
	return 0;
}

/* Until the next thing is told. */
static void world_step(struct world *world, const char *condition)
{
	int r;

	world->in_loop = true;
	r = loop_run(world->loop);
	world->in_loop = false;
	assert_int_equal(r, 0);
	if (world->is_late)
		fail_msg("not told in %d ms: %s", DEADLINE_MS, condition);
}

#define WAIT_UNTIL(world, condition)                     \
	do {                                             \
		while (!(condition))                     \
			world_step((world), #condition); \
	} while (0)

static void sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void sh(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0) /* NOLINT(cert-env33-c): a test's own words */
		fail_msg("failed: %s", command);
}

static struct seen_iface *named(struct world *world, const char *name)
{
	for (size_t i = 0; i < MAX_IFACES; i++)
		if (world->ifaces[i].is_there && strcmp(world->ifaces[i].info.name, name) == 0)
			return &world->ifaces[i];
	return NULL;
}

static bool has_role(struct world *world, const char *name, enum iface_role role)
{
	const struct seen_iface *iface = named(world, name);

	return iface && iface_role_of(&iface->info) == role;
}

static bool is_running(struct world *world, const char *name)
{
	const struct seen_iface *iface = named(world, name);

	return iface && iface->info.flags & IFF_RUNNING;
}

static const struct seen_addr *addr_of(struct world *world, const char *name, const char *text)
{
	const struct seen_iface *iface = named(world, name);
	uint8_t addr[16] = { [10] = 0xff, [11] = 0xff };
	int family = strchr(text, ':') ? 6 : 4;

	assert_non_null(iface);
	assert_int_equal(
		inet_pton(family == 6 ? AF_INET6 : AF_INET, text, family == 6 ? addr : addr + 12),
		1);
	return seen_addr(world, iface->info.ifindex, family, addr);
}

/* Everything that was changed before has been told when this has. */
static void settle(struct world *world)
{
	static unsigned int n;
	char name[IFNAMSIZ];

	snprintf(name, sizeof(name), "settle%u", n++);
	sh("ip link add %s type bridge && ip link del %s && ip link add %s type bridge", name, name,
	   name);
	WAIT_UNTIL(world, named(world, name));
}

static void world_open(struct world *world)
{
	assert_int_equal(link_new(&world->link, world->loop, &ops, world), 0);
}

/* A process that stays in a network namespace of its own until it is killed. */
static pid_t other_namespace(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) == 0)
			(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world || unshare(CLONE_NEWNET) < 0 || loop_new(&world->loop) < 0 ||
	    loop_add_timer(world->loop, DEADLINE_MS, 0, on_deadline, world, &world->deadline) < 0)
		return -1;
	/* No address comes by itself while a test runs. */
	sh("ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode || :");
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	link_free(&world->link);
	watch_free(&world->deadline);
	loop_free(&world->loop);
	if (world->other > 0) {
		kill(world->other, SIGKILL);
		waitpid(world->other, NULL, 0);
	}
	free(world);
	return 0;
}

/* ---- interfaces ---- */

static void everything_there_is_told_before_link_new_returns(void **state)
{
	struct world *world = *state;

	world->other = other_namespace();
	sh("ip link add up0 type veth peer name up1 && ip addr add 192.0.2.1/24 dev up0");
	sh("ip link set up0 up && ip link set up1 up && ip route add default via 192.0.2.2");
	sh("ip link add pod0 type veth peer name eth0 netns %d", world->other);
	world_open(world);
	assert_true(has_role(world, "lo", ROLE_LOOPBACK));
	assert_true(has_role(world, "up0", ROLE_UPLINK));
	assert_true(has_role(world, "up1", ROLE_OTHER));
	assert_true(has_role(world, "pod0", ROLE_ENDPOINT));
	assert_true(named(world, "pod0")->info.peer_nsid >= 0);
	assert_int_equal(named(world, "up0")->info.peer_nsid, -1);
	assert_true(addr_of(world, "lo", "127.0.0.1")->is_there);
	assert_true(addr_of(world, "lo", "::1")->is_there);
	assert_true(addr_of(world, "up0", "192.0.2.1")->is_there);
	/* Each once, its role known from the beginning. */
	for (size_t i = 0; i < MAX_IFACES; i++)
		assert_true(world->ifaces[i].n_set <= 1);
}

static void an_interface_is_told_when_it_is_added_renamed_and_deleted(void **state)
{
	struct world *world = *state;
	const struct seen_iface *iface;

	world_open(world);
	sh("ip link add first type veth peer name peer0 && "
	   "ip link set first address 02:00:00:00:00:01");
	WAIT_UNTIL(world, named(world, "first") && named(world, "first")->info.mac[5] == 1);
	iface = named(world, "first");
	assert_string_equal(iface->info.kind, "veth");
	assert_int_equal(iface->info.arphrd, ARPHRD_ETHER);
	assert_false(iface->info.flags & IFF_UP);

	sh("ip link set first name second");
	WAIT_UNTIL(world, named(world, "second"));
	assert_ptr_equal(named(world, "second"), iface);
	sh("ip link set second up");
	WAIT_UNTIL(world, iface->info.flags & IFF_UP);

	sh("ip link del second");
	WAIT_UNTIL(world, !named(world, "second") && !named(world, "peer0"));
	settle(world);
	assert_int_equal(iface->n_gone, 1);
}

static void an_interface_moved_into_another_namespace_is_gone(void **state)
{
	struct world *world = *state;
	const struct seen_addr *addr;

	world->other = other_namespace();
	sh("ip link add mv type veth peer name stay && ip addr add 192.0.2.1/24 dev mv");
	world_open(world);
	addr = addr_of(world, "mv", "192.0.2.1");
	assert_true(addr->is_there);
	sh("ip link set mv netns %d", world->other);
	WAIT_UNTIL(world, !named(world, "mv"));
	assert_false(addr->is_there);
	sh("nsenter -t %d --net ip link set mv netns %d", world->other, getpid());
	WAIT_UNTIL(world, named(world, "mv"));
}

static void a_veth_is_an_endpoint_while_its_peer_is_elsewhere(void **state)
{
	struct world *world = *state;

	world->other = other_namespace();
	sh("ip link add pod0 type veth peer name eth0");
	world_open(world);
	assert_true(has_role(world, "pod0", ROLE_OTHER));
	/* Both ends are down: the kernel says nothing of pod0, neither now ... */
	sh("ip link set eth0 netns %d", world->other);
	WAIT_UNTIL(world, has_role(world, "pod0", ROLE_ENDPOINT));
	assert_true(named(world, "pod0")->info.peer_nsid >= 0);
	/* ... nor when it comes back. */
	sh("nsenter -t %d --net ip link set eth0 netns %d", world->other, getpid());
	WAIT_UNTIL(world, has_role(world, "pod0", ROLE_OTHER));
	assert_int_equal(named(world, "pod0")->info.peer_nsid, -1);
}

static void a_veth_made_by_the_other_namespace_is_an_endpoint(void **state)
{
	struct world *world = *state;

	world->other = other_namespace();
	world_open(world);
	/* The only notification is sent before the second end exists. */
	sh("nsenter -t %d --net ip link add eth0 type veth peer name pod0 netns %d", world->other,
	   getpid());
	WAIT_UNTIL(world, has_role(world, "pod0", ROLE_ENDPOINT));
}

static void a_tap_is_an_endpoint_and_a_tun_is_not(void **state)
{
	struct world *world = *state;

	world_open(world);
	sh("ip tuntap add vm0 mode tap && ip tuntap add vpn0 mode tun");
	WAIT_UNTIL(world, named(world, "vm0") && named(world, "vpn0"));
	assert_true(has_role(world, "vm0", ROLE_ENDPOINT));
	assert_true(has_role(world, "vpn0", ROLE_OTHER));
	assert_false(iface_has_ethernet(&named(world, "vpn0")->info));
}

static void a_bridge_port_names_its_bridge_and_survives_leaving_it(void **state)
{
	struct world *world = *state;
	const struct seen_iface *port;

	sh("ip link add br0 type bridge && ip link add port type veth peer name end");
	world_open(world);
	port = named(world, "port");
	assert_true(iface_is_master(&named(world, "br0")->info));
	sh("ip link set port master br0");
	WAIT_UNTIL(world, port->info.master == named(world, "br0")->info.ifindex);
	sh("ip link set port nomaster");
	WAIT_UNTIL(world, port->info.master == 0);
	settle(world);
	/* A bridge says RTM_DELLINK of a port that leaves. */
	assert_int_equal(port->n_gone, 0);
}

static void what_did_not_change_is_not_told(void **state)
{
	struct world *world = *state;
	unsigned int n_lo, n_v0, n_v1;

	sh("ip link add v0 type veth peer name v1 && ip addr add 192.0.2.1/24 dev v0 && "
	   "ip link set v0 up && ip link set v1 up");
	world_open(world);
	/* The kernel notices some time later that both ends are up. */
	WAIT_UNTIL(world, is_running(world, "v0") && is_running(world, "v1"));
	settle(world);
	n_lo = named(world, "lo")->n_set;
	n_v0 = named(world, "v0")->n_set;
	n_v1 = named(world, "v1")->n_set;
	/* All of these are notified; the loop fails on an address told twice. */
	sh("ip link set v0 mtu 1400 && ip link set v1 alias x && ip link set lo mtu 65000");
	sh("ip addr change 192.0.2.1/24 dev v0 preferred_lft 1000 valid_lft 1000");
	settle(world);
	assert_int_equal(named(world, "lo")->n_set, n_lo);
	assert_int_equal(named(world, "v0")->n_set, n_v0);
	assert_int_equal(named(world, "v1")->n_set, n_v1);
}

/* ---- addresses ---- */

static void an_address_is_told_when_it_comes_and_when_it_goes(void **state)
{
	struct world *world = *state;
	const struct seen_addr *v4, *v6, *peer;

	sh("ip link add v0 type veth peer name v1");
	world_open(world);
	v4 = addr_of(world, "v0", "192.0.2.1");
	v6 = addr_of(world, "v0", "2001:db8::1");
	peer = addr_of(world, "v0", "198.51.100.1");
	sh("ip addr add 192.0.2.1/24 dev v0 && ip addr add 2001:db8::1/64 dev v0 nodad && "
	   "ip addr add 198.51.100.1 peer 198.51.100.2/32 dev v0");
	WAIT_UNTIL(world, v4->is_there && v6->is_there && peer->is_there);
	sh("ip addr del 192.0.2.1/24 dev v0 && ip addr del 2001:db8::1/64 dev v0");
	WAIT_UNTIL(world, !v4->is_there && !v6->is_there);
	assert_true(peer->is_there);
}

static void an_address_with_two_prefix_lengths_is_one_address(void **state)
{
	struct world *world = *state;
	const struct seen_addr *addr;

	sh("ip link add v0 type veth peer name v1");
	world_open(world);
	addr = addr_of(world, "v0", "192.0.2.1");
	sh("ip addr add 192.0.2.1/24 dev v0 && ip addr add 192.0.2.1/32 dev v0 && "
	   "ip addr del 192.0.2.1/24 dev v0");
	WAIT_UNTIL(world, addr->is_there);
	settle(world);
	assert_true(addr->is_there);
	assert_int_equal(addr->n_set, 1);
	assert_int_equal(addr->n_gone, 0);
	sh("ip addr del 192.0.2.1/32 dev v0");
	WAIT_UNTIL(world, !addr->is_there);
}

/* ---- default routes ---- */

static void make_two_uplinks(void)
{
	for (int i = 0; i < 2; i++) {
		sh("ip link add u%d type veth peer name p%d", i, i);
		sh("ip addr add 192.0.%d.1/24 dev u%d", i, i);
		sh("ip addr add 2001:db8:%d::1/64 dev u%d nodad", i, i);
		sh("ip link set u%d up && ip link set p%d up", i, i);
	}
}

static void a_default_route_makes_an_uplink_while_it_is_there(void **state)
{
	static const char *const routes[] = { "default via 192.0.0.2",
					      "default via 192.0.0.2 metric 7",
					      "default via 2001:db8::2" };
	struct world *world = *state;

	make_two_uplinks();
	world_open(world);
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		assert_true(has_role(world, "u0", ROLE_OTHER));
		sh("ip route add %s", routes[i]);
		WAIT_UNTIL(world, has_role(world, "u0", ROLE_UPLINK));
		sh("ip route del %s", routes[i]);
		WAIT_UNTIL(world, has_role(world, "u0", ROLE_OTHER));
	}
}

static void one_of_two_default_routes_is_enough(void **state)
{
	struct world *world = *state;

	make_two_uplinks();
	sh("ip route add default via 192.0.0.2 && ip route add default via 192.0.0.3 metric 7");
	world_open(world);
	assert_true(has_role(world, "u0", ROLE_UPLINK));
	sh("ip route del default via 192.0.0.2 && ip route add default via 192.0.1.2 metric 9");
	WAIT_UNTIL(world, has_role(world, "u1", ROLE_UPLINK));
	assert_true(has_role(world, "u0", ROLE_UPLINK));
}

static void every_hop_of_a_multipath_route_is_an_uplink(void **state)
{
	struct world *world = *state;

	make_two_uplinks();
	world_open(world);
	sh("ip route add default nexthop via 192.0.0.2 nexthop via 192.0.1.2");
	WAIT_UNTIL(world, has_role(world, "u0", ROLE_UPLINK) && has_role(world, "u1", ROLE_UPLINK));
	/* Nothing is notified of the route that was replaced. */
	sh("ip route replace default via 192.0.1.2");
	WAIT_UNTIL(world, has_role(world, "u0", ROLE_OTHER));
	assert_true(has_role(world, "u1", ROLE_UPLINK));
}

static void a_default_route_that_goes_in_silence_is_missed(void **state)
{
	struct world *world = *state;

	make_two_uplinks();
	sh("ip -6 addr flush dev u0"); /* what goes with these is told */
	sh("ip route add default via 192.0.0.2 src 192.0.0.1");
	world_open(world);
	/* Taking the interface down deletes its IPv4 routes, without a word. */
	sh("ip link set u0 down");
	WAIT_UNTIL(world, has_role(world, "u0", ROLE_OTHER));
	sh("ip link set u0 up && ip addr add 192.0.0.9/32 dev u0 && "
	   "ip route add default via 192.0.0.2 src 192.0.0.9");
	WAIT_UNTIL(world, has_role(world, "u0", ROLE_UPLINK));
	/* So does deleting their source address. */
	sh("ip addr del 192.0.0.9/32 dev u0");
	WAIT_UNTIL(world, has_role(world, "u0", ROLE_OTHER));
}

static void a_default_route_of_another_table_does_not_count(void **state)
{
	struct world *world = *state;

	make_two_uplinks();
	world_open(world);
	sh("ip route add default via 192.0.0.2 table 100 && ip route add 10.0.0.0/8 via 192.0.0.2");
	sh("ip route add unreachable default metric 100 && ip route add default via 192.0.1.2");
	WAIT_UNTIL(world, has_role(world, "u1", ROLE_UPLINK));
	assert_true(has_role(world, "u0", ROLE_OTHER));
}

/* ---- loss ---- */

/* The socket on which the link is notified: it alone has joined a group. */
static int notification_fd(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	int found = -1;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		struct sockaddr_nl addr = {};
		socklen_t len = sizeof(addr);
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (entry->d_name[0] != '.' &&
		    getsockname(fd, (struct sockaddr *)&addr, &len) == 0 &&
		    addr.nl_family == AF_NETLINK && addr.nl_groups != 0)
			found = fd;
	}
	closedir(dir);
	assert_true(found >= 0);
	return found;
}

/* The last two words of a line of that file are the drops and the inode. */
static unsigned long drops_of(int fd)
{
	auto_file FILE *file = fopen("/proc/thread-self/net/netlink", "re");
	char line[256];
	struct stat st;

	assert_non_null(file);
	assert_int_equal(fstat(fd, &st), 0);
	while (fgets(line, sizeof(line), file)) {
		char *save, *drops = NULL, *inode = NULL;

		for (char *word = strtok_r(line, " \n", &save); word;
		     word = strtok_r(NULL, " \n", &save)) {
			drops = inode;
			inode = word;
		}
		if (drops && strtoul(inode, NULL, 10) == st.st_ino)
			return strtoul(drops, NULL, 10);
	}
	fail_msg("no line of that socket");
	return 0;
}

static void lost_notifications_are_made_up_for(void **state)
{
	enum {
		N_PAIRS = 150
	};
	struct world *world = *state;
	int size = 1, fd;
	unsigned long drops;

	sh("ip link add before type veth peer name before1 && ip addr add 192.0.2.1/24 dev before && "
	   "ip link set before up && ip link set before1 up && ip link add stays type bridge");
	world_open(world);
	fd = notification_fd();
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);

	/* The loop does not run while all of this happens. */
	sh("for i in $(seq %d); do echo link add a$i type veth peer name b$i; "
	   "echo addr add 10.0.0.$i/32 dev a1; done | ip -batch -",
	   N_PAIRS);
	sh("ip link del before && ip link set stays name renamed && ip link set a7 up && "
	   "ip link set b7 up && ip addr add 198.51.100.1/24 dev a7 && "
	   "ip route add default via 198.51.100.2 && ip addr del 10.0.0.9/32 dev a1");
	drops = drops_of(fd);
	assert_true(drops > 0);
	WAIT_UNTIL(world, named(world, "renamed") && has_role(world, "a7", ROLE_UPLINK) &&
				  named(world, "b150") && !named(world, "before"));
	assert_null(named(world, "before1"));
	for (int i = 1; i <= N_PAIRS; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "a%d", i);
		assert_non_null(named(world, name));
	}
	WAIT_UNTIL(world, addr_of(world, "a7", "198.51.100.1")->is_there);
	WAIT_UNTIL(world, addr_of(world, "a1", "10.0.0.20")->is_there);
	assert_false(addr_of(world, "a1", "10.0.0.9")->is_there);

	sh("for i in $(seq %d); do echo link del a$i; done | ip -batch -", N_PAIRS);
	assert_true(drops_of(fd) > drops);
	WAIT_UNTIL(world, !named(world, "a150") && !named(world, "b1"));
	for (uint32_t i = 0; i < MAX_IFACES; i++)
		assert_false(world->ifaces[i].is_there && world->ifaces[i].info.name[0] == 'b');
	for (size_t i = 0; i < MAX_ADDRS; i++)
		assert_false(world->addrs[i].is_there && world->addrs[i].ifindex != 1);
}

/* ---- counters ---- */

static uint64_t counter_of(const char *json, const char *side, const char *name)
{
	const char *at = strstr(json, "\"stats64\"");

	at = at ? strstr(at, side) : NULL;
	at = at ? strstr(at, name) : NULL;
	return at ? strtoull(at + strlen(name), NULL, 10) : UINT64_MAX;
}

static void counters_equal_those_of_ip(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct world *world = *state;
	struct link_stats stats;
	char json[8192];
	size_t len;
	FILE *pipe;

	world_open(world);
	for (size_t i = 0; i < 25; i++)
		(void)sendto(fd, json, i, 0, (struct sockaddr *)&to, sizeof(to));
	assert_int_equal(link_read_stats(world->link, 1, &stats), 0);
	pipe = popen("ip -s -j link show lo", "re"); /* NOLINT(cert-env33-c) */
	assert_non_null(pipe);
	len = fread(json, 1, sizeof(json) - 1, pipe);
	json[len] = '\0';
	assert_int_equal(pclose(pipe), 0);
	assert_true(stats.rx_packets >= 25 && stats.rx_bytes > stats.rx_packets * 20);
	assert_int_equal(stats.rx_packets, counter_of(json, "\"rx\"", "\"packets\":"));
	assert_int_equal(stats.rx_bytes, counter_of(json, "\"rx\"", "\"bytes\":"));
	assert_int_equal(stats.tx_packets, counter_of(json, "\"tx\"", "\"packets\":"));
	assert_int_equal(stats.tx_bytes, counter_of(json, "\"tx\"", "\"bytes\":"));
}

static void there_are_no_counters_of_an_interface_that_is_gone(void **state)
{
	struct world *world = *state;
	struct link_stats stats = { .rx_packets = 5 };

	world_open(world);
	assert_int_equal(link_read_stats(world->link, 4711, &stats), -ENODEV);
	assert_int_equal(stats.rx_packets, 5);
	assert_int_equal(link_read_stats(world->link, 1, &stats), 0);
}

/* ---- qdiscs ---- */

/* Frames that no stack would answer. */
static void send_frames(uint32_t ifindex, unsigned int count)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)ifindex };
	unsigned char frame[100] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };
	auto_close int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	for (unsigned int i = 0; i < count; i++)
		(void)sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to));
}

static void a_qdisc_tells_what_became_of_packets(void **state)
{
	struct world *world = *state;
	struct link_qdisc before, after;
	uint32_t v0;

	world_open(world);
	sh("ip link add v0 type veth peer name v1 && ip link set v1 up && ip link set v0 up");
	WAIT_UNTIL(world, is_running(world, "v0"));
	v0 = named(world, "v0")->info.ifindex;
	assert_int_equal(link_read_qdisc(world->link, v0, LINK_QDISC_ROOT, &before), 0);
	assert_string_equal(before.kind, "noqueue");
	sh("tc qdisc add dev v0 root handle 5: tbf rate 8kbit burst 1600 limit 1000");
	assert_int_equal(link_read_qdisc(world->link, v0, LINK_QDISC_ROOT, &before), 0);
	assert_string_equal(before.kind, "tbf");
	assert_int_equal(before.handle, 5U << 16);
	send_frames(v0, 100);
	assert_int_equal(link_read_qdisc(world->link, v0, LINK_QDISC_ROOT, &after), 0);
	assert_true(after.packets > before.packets && after.dropped > before.dropped &&
		    after.queued);
	assert_int_equal(after.packets - before.packets + after.dropped - before.dropped +
				 after.queued,
			 100);
	assert_int_equal(after.bytes - before.bytes, (after.packets - before.packets) * 100);
	assert_int_equal(after.queued_bytes, after.queued * 100);
}

static void a_qdisc_that_is_not_there_is_told(void **state)
{
	struct link_qdisc qdisc = { .queued = 5 };
	struct world *world = *state;

	world_open(world);
	assert_int_equal(link_read_qdisc(world->link, 1, LINK_QDISC_CLSACT, &qdisc), -ENOENT);
	assert_int_equal(link_read_qdisc(world->link, 4711, LINK_QDISC_ROOT, &qdisc), -ENODEV);
	assert_int_equal(qdisc.queued, 5);
	/* The next answer belongs to the next question. */
	assert_int_equal(link_read_qdisc(world->link, 1, LINK_QDISC_ROOT, &qdisc), 0);
}

static void filters_of_clsact_are_noticed_at_egress(void **state)
{
	static const char *const filters[] = { "ingress", "egress" };
	struct world *world = *state;
	struct link_qdisc qdisc;

	world_open(world);
	assert_int_equal(link_has_egress_filters(world->link, 1), 0);
	sh("tc qdisc add dev lo clsact");
	assert_int_equal(link_read_qdisc(world->link, 1, LINK_QDISC_CLSACT, &qdisc), 0);
	assert_string_equal(qdisc.kind, "clsact");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(link_has_egress_filters(world->link, 1), 0);
		sh("tc filter add dev lo %s protocol all prio 1 u32 match u32 0 0 flowid 1:1",
		   filters[i]);
	}
	assert_int_equal(link_has_egress_filters(world->link, 1), 1);
}

#define NET_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Why these can't run here; NULL if they can. */
static const char *why_not(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		return "needs CAP_SYS_ADMIN, for network namespaces";
	if (system("ip link set lo up") != 0) /* NOLINT(cert-env33-c) */
		return "needs CAP_NET_ADMIN and ip";
	if (system("ip link add v0 type veth peer name v1 && " /* NOLINT(cert-env33-c) */
		   "ip link add br0 type bridge && ip tuntap add t0 mode tap") != 0)
		return "needs veth, bridge and tun";
	return NULL;
}

int main(void)
{
	const char *reason = why_not();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(NET_TEST(everything_there_is_told_before_link_new_returns),
			 NET_TEST(an_interface_is_told_when_it_is_added_renamed_and_deleted),
			 NET_TEST(an_interface_moved_into_another_namespace_is_gone),
			 NET_TEST(a_veth_is_an_endpoint_while_its_peer_is_elsewhere),
			 NET_TEST(a_veth_made_by_the_other_namespace_is_an_endpoint),
			 NET_TEST(a_tap_is_an_endpoint_and_a_tun_is_not),
			 NET_TEST(a_bridge_port_names_its_bridge_and_survives_leaving_it),
			 NET_TEST(what_did_not_change_is_not_told),
			 NET_TEST(an_address_is_told_when_it_comes_and_when_it_goes),
			 NET_TEST(an_address_with_two_prefix_lengths_is_one_address),
			 NET_TEST(a_default_route_makes_an_uplink_while_it_is_there),
			 NET_TEST(one_of_two_default_routes_is_enough),
			 NET_TEST(every_hop_of_a_multipath_route_is_an_uplink),
			 NET_TEST(a_default_route_that_goes_in_silence_is_missed),
			 NET_TEST(a_default_route_of_another_table_does_not_count),
			 NET_TEST(lost_notifications_are_made_up_for),
			 NET_TEST(a_qdisc_tells_what_became_of_packets),
			 NET_TEST(a_qdisc_that_is_not_there_is_told),
			 NET_TEST(filters_of_clsact_are_noticed_at_egress),
			 NET_TEST(counters_equal_those_of_ip),
			 NET_TEST(there_are_no_counters_of_an_interface_that_is_gone));
}
