// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two network namespaces and a veth pair between them, the datapath attached at the end that is in
 * the test's: as an agent sees a pod. Packets that come out of the other one still have their socket.
 */
#include "who_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/harness.h"

#define HERE	0
#define THERE	1
#define LOOK_MS 5

static const char *const addresses[2][2] = { { "10.9.0.1", "fd09::1" }, { "10.9.0.2", "fd09::2" } };

struct talk {
	int family, type;
	int listens; /* HERE or THERE */
	uint16_t port;
};

static socklen_t address(struct sockaddr_storage *ss, int family, int end, uint16_t port)
{
	const char *text = addresses[end][family == AF_INET6];
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		in->sin_port = htons(port);
		assert_int_equal(inet_pton(family, text, &in->sin_addr), 1);
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	assert_int_equal(inet_pton(family, text, &in6->sin6_addr), 1);
	return sizeof(*in6);
}

static int run(const char *command)
{
	return system(command); /* NOLINT(cert-env33-c): a test's own words */
}

static void serve(struct person *me, const struct talk *talk)
{
	auto_close int listener = socket(talk->family, talk->type | SOCK_CLOEXEC, 0), fd = -1;
	struct sockaddr_storage at, from;
	socklen_t len = address(&at, talk->family, talk->listens, 0);
	char text[8];

	assert_int_equal(bind(listener, (void *)&at, len), 0);
	me->port = port_of(listener);
	if (talk->type == SOCK_STREAM)
		assert_int_equal(listen(listener, 8), 0);
	person_say(me);
	if (talk->type == SOCK_STREAM) {
		fd = accept(listener, NULL, NULL);
		me->cookie = cookie_of(fd);
		assert_int_equal(read(fd, text, sizeof(text)), 5);
		assert_int_equal(write(fd, "well", 4), 4);
	} else {
		me->cookie = cookie_of(listener);
		assert_int_equal(recvfrom(listener, text, sizeof(text), 0, (void *)&from, &len), 5);
		assert_int_equal(sendto(listener, "well", 4, 0, (void *)&from, len), 4);
	}
	person_say(me);
	person_await(me);
}

static void be_client(struct person *me, const struct talk *talk)
{
	auto_close int fd = socket(talk->family, talk->type | SOCK_CLOEXEC, 0);
	struct sockaddr_storage to;
	socklen_t len = address(&to, talk->family, talk->listens, talk->port);
	char text[8];

	me->cookie = cookie_of(fd);
	assert_int_equal(connect(fd, (void *)&to, len), 0);
	me->port = port_of(fd);
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	assert_int_equal(recv(fd, text, sizeof(text), 0), 4);
	person_say(me);
	person_await(me);
}

static void be_here(struct person *me, void *ctx)
{
	const struct talk *talk = ctx;

	if (talk->listens == HERE)
		serve(me, talk);
	else
		be_client(me, talk);
}

/* talk->port is in memory that is not shared: a client is told it by the word that it waits for. */
static void be_there(struct person *me, void *ctx)
{
	const struct talk *talk = ctx;
	struct talk mine = *talk;

	who_unshare(me);
	person_say(me);
	person_await(me);
	assert_int_equal(run("ip address add 10.9.0.2/24 dev v1 && ip link set v1 up && "
			     "ip -6 address add fd09::2/64 dev v1 nodad"),
			 0);
	person_say(me);
	person_await(me);
	mine.port = me->port;
	if (talk->listens == THERE)
		serve(me, &mine);
	else
		be_client(me, &mine);
}

/* The veth pair, one end in the person's namespace. */
static void connect_namespaces(const struct person *there)
{
	char command[128];

	person_hear(there);
	snprintf(command, sizeof(command), "ip link add v0 type veth peer name v1 netns %d",
		 there->pid);
	assert_int_equal(run(command), 0);
	assert_int_equal(run("ip address add 10.9.0.1/24 dev v0 && ip link set v0 up && "
			     "ip -6 address add fd09::1/64 dev v0 nodad"),
			 0);
	person_tell(there);
	person_hear(there);
}

static void check_talk(const char *name, struct who *who, const struct talk *talk,
		       const struct person *client, const struct person *server)
{
	struct owner_want want = { .person = client,
				   .via = WEIR_VIA_CREATOR,
				   .cookie = client->cookie };
	const struct weir_event *event = who_flow(who, WEIR_EVENT_OPEN, client->port, server->port);
	const struct weir_user_event *user;

	assert_row(name, event);
	assert_owner(name, &event->owner, &want);
	if (talk->type == SOCK_STREAM) {
		event = who_flow(who, WEIR_EVENT_ESTABLISHED, client->port, server->port);
		assert_row(name, event);
		assert_owner(name, &event->owner, &want);
		user = who_user(who, server->cookie);
		assert_row(name, user);
		want = (struct owner_want){ .person = server,
					    .via = WEIR_VIA_USER,
					    .cookie = server->cookie };
		assert_owner(name, &user->owner, &want);
		assert_row_int(name, user->tuple.port[user->tuple.own], htons(server->port));
		assert_row_int(name, user->tuple.port[!user->tuple.own], htons(client->port));
		assert_memory_equal(user->tuple.addr, event->key.addr, sizeof(event->key.addr));
	} else {
		event = who_flow(who, WEIR_EVENT_ESTABLISHED, server->port, client->port);
		assert_row(name, event);
		want.person = server;
		want.cookie = server->cookie;
		assert_owner(name, &event->owner, &want);
	}
}

static void both_ends_of_a_veth_pair_are_told(void **state)
{
	static const struct {
		const char *name;
		struct talk talk;
	} cases[] = {
		{ "TCP to here", { AF_INET, SOCK_STREAM, HERE, 0 } },
		{ "TCP to there", { AF_INET, SOCK_STREAM, THERE, 0 } },
		{ "TCP of IPv6 to here", { AF_INET6, SOCK_STREAM, HERE, 0 } },
		{ "TCP of IPv6 to there", { AF_INET6, SOCK_STREAM, THERE, 0 } },
		{ "UDP to here", { AF_INET, SOCK_DGRAM, HERE, 0 } },
		{ "UDP to there", { AF_INET6, SOCK_DGRAM, THERE, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_who struct who *who = who_begin();
		struct talk talk = cases[i].talk;
		struct person *there = person_new("is there", false, be_there, &talk), *here;

		connect_namespaces(there);
		who->netns[1] = there->netns;
		who_attach(who, "v0", false);
		who_attach(who, "v0", true);
		if (talk.listens == THERE) {
			person_tell(there);
			person_hear(there);
			talk.port = there->port;
			here = person_new("is here", true, be_here, &talk);
		} else {
			here = person_new("is here", true, be_here, &talk);
			person_hear(here);
			there->port = here->port;
			person_tell(there);
		}
		person_hear(here);
		person_hear(there);
		if (talk.listens == HERE)
			check_talk(cases[i].name, who, &talk, there, here);
		else
			check_talk(cases[i].name, who, &talk, here, there);
		person_tell(here);
		person_wait(here);
		person_tell(there);
		person_wait(there);
		/* The pair goes with the other namespace, if a little later. */
		for (int ms = 0; ms < 5000 && !run("ip link show v0 >/dev/null 2>&1");
		     ms += LOOK_MS)
			usleep(LOOK_MS * 1000);
	}
}

int main(void)
{
	if (!who_can_run(false))
		return 0;
	return RUN_TESTS(TEST(both_ends_of_a_veth_pair_are_told));
}
