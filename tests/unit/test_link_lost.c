// SPDX-License-Identifier: BSD-2-Clause
/*
 * More notifications than the socket holds.
 */
#include "tests/unit/link_world.h"

#include <dirent.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"

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
	struct link_world *world = *state;
	int size = 1, fd;
	unsigned long drops;

	sh("ip link add before type veth peer name before1 && ip addr add 192.0.2.1/24 dev before && "
	   "ip link set before up && ip link set before1 up && ip link add stays type bridge");
	link_world_open(world);
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
	WAIT_UNTIL(world, iface_named(world, "renamed") && has_role(world, "a7", ROLE_UPLINK) &&
				  iface_named(world, "b150") && !iface_named(world, "before"));
	assert_null(iface_named(world, "before1"));
	for (int i = 1; i <= N_PAIRS; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "a%d", i);
		assert_non_null(iface_named(world, name));
	}
	WAIT_UNTIL(world, addr_of(world, "a7", "198.51.100.1")->is_there);
	WAIT_UNTIL(world, addr_of(world, "a1", "10.0.0.20")->is_there);
	assert_false(addr_of(world, "a1", "10.0.0.9")->is_there);

	sh("for i in $(seq %d); do echo link del a$i; done | ip -batch -", N_PAIRS);
	assert_true(drops_of(fd) > drops);
	WAIT_UNTIL(world, !iface_named(world, "a150") && !iface_named(world, "b1"));
	for (uint32_t i = 0; i < MAX_IFACES; i++)
		assert_false(world->ifaces[i].is_there && world->ifaces[i].info.name[0] == 'b');
	for (size_t i = 0; i < MAX_ADDRS; i++)
		assert_false(world->addrs[i].is_there && world->addrs[i].ifindex != 1);
}

int main(void)
{
	const char *reason = link_world_why_not();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(NET_TEST(lost_notifications_are_made_up_for));
}
