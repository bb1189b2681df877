// SPDX-License-Identifier: BSD-2-Clause
/*
 * Four dumps of inet_diag for each namespace, of the sockets in one state only: the kernel then
 * tells no others.
 */
#include "who/listener_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "who/netlink.h"

#define PATH_SIZE  128
#define FIRST_ROOM 64

static struct listener_found *add(struct listener_walk *walk)
{
	if (walk->count == walk->room) {
		size_t room = walk->room ? walk->room * 2 : FIRST_ROOM;
		void *found = room > LISTENER_WALK_MAX
				      ? NULL
				      : realloc(walk->found, room * sizeof(*walk->found));

		if (!found) {
			walk->left_out++;
			return NULL;
		}
		walk->found = found;
		walk->room = room;
	}
	return &walk->found[walk->count++];
}

static void take(struct listener_walk *walk, uint32_t place, uint8_t proto,
		 const struct inet_diag_msg *msg)
{
	uint16_t port = ntohs(msg->id.idiag_sport);
	struct listener_found *found;

	/* A UDP socket without a port waits for nobody; one with a peer not for anybody. */
	if (!port || msg->idiag_state != (proto == IPPROTO_TCP ? TCP_LISTEN : TCP_CLOSE))
		return;
	found = add(walk);
	if (!found)
		return;
	*found = (struct listener_found){ .port = port,
					  .family = msg->idiag_family == AF_INET ? 4 : 6,
					  .proto = proto,
					  .place = place };
	if (found->family == 4) {
		addr_from_v4((const uint8_t *)msg->id.idiag_src, found->addr);
	} else {
		memcpy(found->addr, msg->id.idiag_src, sizeof(found->addr));
	}
}

static int send_request(int fd, uint8_t family, uint8_t proto)
{
	uint8_t buffer[256] __attribute__((aligned(8))) = {};
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	req->sdiag_family = family;
	req->sdiag_protocol = proto;
	req->idiag_states = 1U << (proto == IPPROTO_TCP ? TCP_LISTEN : TCP_CLOSE);
	return netlink_send(fd, nlh, nlh->nlmsg_len);
}

/* 0: all was told; -errno. */
static int dump(struct listener_walk *walk, uint32_t place, int fd, uint8_t family, uint8_t proto)
{
	uint8_t buffer[NETLINK_RECEIVE_SIZE] __attribute__((aligned(8)));
	int r = send_request(fd, family, proto), nsid;

	while (r >= 0) {
		struct netlink_rest rest;
		const struct nlmsghdr *nlh;

		r = netlink_receive(fd, buffer, sizeof(buffer), &nsid);
		if (r < 0)
			break;
		rest = (struct netlink_rest){ buffer, (size_t)r };
		while ((nlh = netlink_take(&rest))) {
			/* The end of a dump tells as well whether it failed. */
			if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR)
				return netlink_error_of(nlh);
			if (nlh->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
			    mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct inet_diag_msg))
				take(walk, place, proto, mnl_nlmsg_get_payload(nlh));
		}
	}
	return r;
}

/* Of the namespace that the thread is in. */
static void look(struct listener_walk *walk, uint32_t place)
{
	static const struct {
		uint8_t family, proto;
	} dumps[] = {
		{ AF_INET, IPPROTO_TCP },
		{ AF_INET6, IPPROTO_TCP },
		{ AF_INET, IPPROTO_UDP },
		{ AF_INET6, IPPROTO_UDP },
	};
	bool has_failed = false;

	for (size_t i = 0; i < ARRAY_SIZE(dumps); i++) {
		/* One each: what is left of a dump that failed is not another's. */
		auto_close int fd = netlink_open(NETLINK_SOCK_DIAG, 0, 0);

		if (fd < 0 || dump(walk, place, fd, dumps[i].family, dumps[i].proto) < 0)
			has_failed = true;
	}
	walk->places_unread += has_failed;
}

static bool enter_by(const char *path, uint64_t inode)
{
	/* Whatever else lies there does not hold us up. */
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == inode && !setns(fd, CLONE_NEWNET);
}

static bool enter(const struct listener_place *place)
{
	char path[PATH_SIZE];

	if (place->pid) {
		snprintf(path, sizeof(path), "/proc/%d/ns/net", place->pid);
		if (enter_by(path, place->inode))
			return true;
	}
	if (!place->name[0])
		return false;
	snprintf(path, sizeof(path), "/run/netns/%s", place->name);
	if (enter_by(path, place->inode))
		return true;
	snprintf(path, sizeof(path), "/run/docker/netns/%s", place->name);
	return enter_by(path, place->inode);
}

/* The thread ends where it got to, and does not come back. */
static void *look_elsewhere(void *arg)
{
	struct listener_walk *walk = arg;

	for (size_t i = 0; i < walk->place_count; i++) {
		if (!walk->places[i].inode)
			continue;
		if (enter(&walk->places[i]))
			look(walk, (uint32_t)i);
		else
			walk->places_unread++;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct listener_found *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	return memcmp(x->addr, y->addr, sizeof(x->addr));
}

static void sort(struct listener_walk *walk)
{
	size_t kept = 0;

	if (!walk->count)
		return;
	qsort(walk->found, walk->count, sizeof(*walk->found), compare);
	for (size_t i = 1; i < walk->count; i++) {
		if (compare(&walk->found[kept], &walk->found[i]) != 0)
			walk->found[++kept] = walk->found[i];
	}
	walk->count = kept + 1;
}

static void walk_run(struct worker_job *job)
{
	struct listener_walk *walk = (struct listener_walk *)job;
	size_t others = 0;
	pthread_t thread;

	for (size_t i = 0; i < walk->place_count; i++) {
		if (walk->places[i].inode)
			others++;
		else
			look(walk, (uint32_t)i);
	}
	if (others && pthread_create(&thread, NULL, look_elsewhere, walk) == 0)
		pthread_join(thread, NULL);
	else
		walk->places_unread += others;
	sort(walk);
}

struct listener_walk *listener_walk_new(size_t place_count)
{
	struct listener_walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return NULL;
	walk->job.run = walk_run;
	walk->place_count = place_count;
	walk->places = calloc(place_count, sizeof(*walk->places));
	if (!walk->places)
		listener_walk_free(&walk);
	return walk;
}

void listener_walk_free(struct listener_walk **at)
{
	struct listener_walk *walk = TAKE_PTR(*at);

	if (!walk)
		return;
	free(walk->places);
	free(walk->found);
	free(walk);
}
