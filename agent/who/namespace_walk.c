// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs on the worker's thread: 3 us a process of our own namespace, 20 us one of another.
 */
#include "who/namespace_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/net_namespace.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "who/netlink.h"

#define PATH_SIZE     512
#define CGROUP_SIZE   4096 /* of /proc/pid/cgroup */
#define FILES_MAX     4096 /* in one folder */
#define PROCESSES_MAX 4194304

/* The kernel's struct of a handle, which ends in an array, with place for a cgroup's: its id. */
union cgroup_handle {
	struct file_handle handle;
	uint8_t bytes[sizeof(struct file_handle) + sizeof(uint64_t)];
};

struct walker {
	struct namespace_walk *walk;
	int netlink;
	uint32_t seq;
	char cgroup_mount[PATH_SIZE]; /* "": there is no cgroup v2 */
};

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define auto_dir __attribute__((cleanup(cleanup_dir)))

/* ---- inodes ---- */

static uint64_t inode_of_link(const char *path)
{
	static const char prefix[] = "net:[";
	char text[64];
	ssize_t n = readlink(path, text, sizeof(text) - 1);
	uint64_t inode;

	if (n < (ssize_t)sizeof(prefix) || text[n - 1] != ']')
		return 0;
	text[n - 1] = '\0';
	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0 ||
	    num_parse_u64(text + sizeof(prefix) - 1, UINT64_MAX, &inode) < 0)
		return 0;
	return inode;
}

uint64_t namespace_of_process(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return inode_of_link(path);
}

uint64_t namespace_of_thread(void)
{
	return inode_of_link("/proc/thread-self/ns/net");
}

/* ---- numbers ---- */

/* RTM_GETNSID, RTM_NEWNSID. The number (-1: it has none) or -errno; 0 for RTM_NEWNSID. */
static int ask_nsid(struct walker *walker, uint16_t type, int fd, int *ret_nsid)
{
	uint8_t buffer[1024] __attribute__((aligned(8))) = {};
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct netlink_attrs attrs;
	struct netlink_rest rest;
	const struct nlmsghdr *answer;
	int nsid, r;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct rtgenmsg));
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | (type == RTM_NEWNSID ? NLM_F_ACK : 0);
	nlh->nlmsg_seq = ++walker->seq;
	mnl_attr_put_u32(nlh, NETNSA_FD, (uint32_t)fd);
	if (type == RTM_NEWNSID)
		mnl_attr_put_u32(nlh, NETNSA_NSID, (uint32_t)NETNSA_NSID_NOT_ASSIGNED);
	r = netlink_send(walker->netlink, nlh, nlh->nlmsg_len);
	if (r < 0)
		return r;
	/* Answered within the call. */
	r = netlink_receive(walker->netlink, buffer, sizeof(buffer), &nsid);
	if (r < 0)
		return r;
	rest = (struct netlink_rest){ buffer, (size_t)r };
	answer = netlink_take(&rest);
	if (!answer || answer->nlmsg_seq != walker->seq)
		return -EBADMSG;
	if (answer->nlmsg_type == NLMSG_ERROR)
		return netlink_error_of(answer);
	if (answer->nlmsg_type != RTM_NEWNSID ||
	    mnl_nlmsg_get_payload_len(answer) < sizeof(struct rtgenmsg))
		return -EBADMSG;
	netlink_attrs_of(answer, sizeof(struct rtgenmsg), &attrs);
	return netlink_attr_copy(attrs.at[NETNSA_NSID], ret_nsid, sizeof(*ret_nsid)) ? 0 : -EBADMSG;
}

static int nsid_of(struct walker *walker, int fd)
{
	int nsid = -1;

	if (ask_nsid(walker, RTM_GETNSID, fd, &nsid) == 0 && nsid >= 0)
		return nsid;
	/* Given meanwhile is as good. */
	(void)ask_nsid(walker, RTM_NEWNSID, fd, &nsid);
	nsid = -1;
	(void)ask_nsid(walker, RTM_GETNSID, fd, &nsid);
	return nsid;
}

/* ---- what was found ---- */

static struct namespace_found *find(const struct namespace_walk *walk, uint64_t inode)
{
	for (size_t i = 0; i < walk->count; i++) {
		if (walk->found[i].inode == inode)
			return &walk->found[i];
	}
	return NULL;
}

/* The namespace that fd is of, which must have that inode. NULL: not one to be told. */
static struct namespace_found *add(struct walker *walker, int fd, uint64_t inode)
{
	struct namespace_walk *walk = walker->walk;
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_ino != inode)
		return NULL;
	if (walk->count == walk->max) {
		walk->is_cut = true;
		return NULL;
	}
	if (walk->count == walk->room) {
		size_t room = walk->room ? walk->room * 2 : 16;
		void *found = realloc(walk->found, room * sizeof(*walk->found));

		if (!found)
			return NULL;
		walk->found = found;
		walk->room = room;
	}
	walk->found[walk->count] =
		(struct namespace_found){ .inode = inode, .nsid = nsid_of(walker, fd) };
	return &walk->found[walk->count++];
}

/* ---- cgroups ---- */

/* Where cgroup v2 is, on its own or beside v1. */
static void find_cgroup_mount(char ret[PATH_SIZE])
{
	auto_file FILE *file = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	char root[PATH_SIZE], at[PATH_SIZE];
	size_t size = 0;

	ret[0] = '\0';
	while (file && getline(&line, &size, file) > 0) {
		const char *type = strstr(line, " - ");

		if (!type || strncmp(type, " - cgroup2 ", 11) != 0 ||
		    sscanf(line, "%*s %*s %*s %511s %511s", root, at) != 2 ||
		    strcmp(root, "/") != 0)
			continue;
		memcpy(ret, at, sizeof(at));
		return;
	}
}

static uint64_t cgroup_id_of_path(const char *path)
{
	union cgroup_handle handle = { .handle.handle_bytes = sizeof(uint64_t) };
	uint64_t id = 0;
	int mount_id;

	if (name_to_handle_at(AT_FDCWD, path, &handle.handle, &mount_id, 0) == 0 &&
	    handle.handle.handle_bytes == sizeof(id))
		memcpy(&id, handle.bytes + sizeof(handle.handle), sizeof(id));
	return id;
}

/* The line "0::/path". */
static uint64_t cgroup_id_of(const struct walker *walker, pid_t pid)
{
	char path[PATH_SIZE + CGROUP_SIZE], text[CGROUP_SIZE], *line, *end;
	auto_close int fd = -1;
	ssize_t n;

	if (!walker->cgroup_mount[0])
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
	if (!line)
		return 0;
	line += line == text ? 3 : 4;
	end = strchr(line, '\n');
	if (!end || strncmp(line, "/..", 3) == 0) /* cut, or outside of what we see */
		return 0;
	*end = '\0';
	snprintf(path, sizeof(path), "%s%s", walker->cgroup_mount, line);
	return cgroup_id_of_path(path);
}

static void note_process(const struct walker *walker, struct namespace_found *found, pid_t pid)
{
	uint64_t cgroup_id;

	if (found->process_count == ARRAY_SIZE(found->processes))
		return;
	cgroup_id = cgroup_id_of(walker, pid);
	for (size_t i = 0; i < found->process_count; i++) {
		if (found->processes[i].cgroup_id == cgroup_id)
			return;
	}
	found->processes[found->process_count++] =
		(struct namespace_process){ .pid = pid, .cgroup_id = cgroup_id };
}

/* ---- where they are found ---- */

static void look_at_process(struct walker *walker, pid_t pid)
{
	uint64_t inode = namespace_of_process(pid);
	struct namespace_found *found;

	if (!inode || inode == walker->walk->own_inode)
		return;
	found = find(walker->walk, inode);
	if (!found) {
		char path[64];
		auto_close int fd = -1;

		snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		found = fd < 0 ? NULL : add(walker, fd, inode);
	}
	if (found)
		note_process(walker, found, pid);
}

static void look_at_processes(struct walker *walker)
{
	auto_dir DIR *dir = opendir("/proc");
	const struct dirent *entry;
	uint64_t pid;

	while (dir && (entry = readdir(dir))) {
		if (num_parse_u64(entry->d_name, PROCESSES_MAX, &pid) == 0)
			look_at_process(walker, (pid_t)pid);
	}
}

static void look_at_file(struct walker *walker, int dir, const char *name)
{
	/* Whatever else lies there does not hold us up. */
	auto_close int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct namespace_found *found;
	struct statfs fs;
	struct stat st;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC ||
	    ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET || fstat(fd, &st) < 0 ||
	    st.st_ino == walker->walk->own_inode)
		return;
	found = find(walker->walk, st.st_ino);
	if (!found)
		found = add(walker, fd, st.st_ino);
	if (found && !found->name[0])
		snprintf(found->name, sizeof(found->name), "%s", name);
}

static void look_at_folder(struct walker *walker, const char *path)
{
	auto_dir DIR *dir = opendir(path);
	const struct dirent *entry;
	int left = FILES_MAX;

	while (dir && left-- > 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			look_at_file(walker, dirfd(dir), entry->d_name);
	}
}

static void walk_run(struct worker_job *job)
{
	struct walker walker = { .walk = (struct namespace_walk *)job };

	walker.netlink = netlink_open(NETLINK_ROUTE, SOCK_NONBLOCK, 0);
	if (walker.netlink < 0)
		return;
	find_cgroup_mount(walker.cgroup_mount);
	look_at_processes(&walker);
	look_at_folder(&walker, "/run/netns");
	look_at_folder(&walker, "/run/docker/netns");
	close(walker.netlink);
}

int namespace_walk_new(struct namespace_walk **ret, uint64_t own_inode, size_t max)
{
	struct namespace_walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return -ENOMEM;
	walk->job.run = walk_run;
	walk->own_inode = own_inode;
	walk->max = max;
	*ret = walk;
	return 0;
}

void namespace_walk_free(struct namespace_walk **at)
{
	struct namespace_walk *walk = TAKE_PTR(*at);

	if (!walk)
		return;
	free(walk->found);
	free(walk);
}
