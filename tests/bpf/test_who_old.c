// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sockets that are older than the programs, and sockets that are asked for: in the test's network
 * namespace, and in one of another process.
 */
#include "who_world.h"

#include <arpa/inet.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/harness.h"

#define HAMMER 40000

struct old {
	int family;
	uint16_t port;
	int fd;
};

static void serve(struct person *me, void *ctx)
{
	const struct old *old = ctx;
	auto_close int listener = socket_listening(old->family);
	auto_close int fd = -1;
	char text[8];

	me->cookie = cookie_of(listener);
	me->port = port_of(listener);
	person_say(me);
	person_await(me);
	fd = accept(listener, NULL, NULL);
	assert_int_equal(read(fd, text, sizeof(text)), 5);
	me->cookie = cookie_of(fd);
	person_say(me);
	person_await(me);
}

static void connect_and_wait(struct person *me, void *ctx)
{
	const struct old *old = ctx;
	int fd = socket(old->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect_to(fd, old->family, old->port), 0);
	me->cookie = cookie_of(fd);
	me->port = port_of(fd);
	person_say(me);
	person_await(me);
	assert_int_equal(write(fd, "hello", 5), 5);
	person_say(me);
	person_await(me);
}

/* An established connection, its listener, and nobody has accepted it yet. */
static void sockets_that_were_there_before_are_known(void **state)
{
	struct old old = { .family = AF_INET };
	struct person *server = person_new("a server", true, serve, &old), *client;
	struct who *who;
	struct owner_want want = { .via = WEIR_VIA_EXISTING };
	const struct weir_event *event;

	(void)state;
	person_hear(server);
	old.port = server->port;
	client = person_new("a client", true, connect_and_wait, &old);
	person_hear(client);
	who = who_begin();
	who_attach(who, "lo", true);
	person_tell(client);
	person_hear(client);
	want.person = client;
	want.cookie = client->cookie;
	event = who_flow(who, WEIR_EVENT_OPEN, client->port, old.port);
	assert_non_null(event);
	assert_owner("open", &event->owner, &want);
	assert_int_equal(who_users(who, client->cookie), 0);
	/* The child was no file, and its listener's entry came too late to be inherited. */
	person_tell(server);
	person_hear(server);
	assert_int_equal(who_users(who, server->cookie), 1);
	assert_int_equal(who_user(who, server->cookie)->owner.creator, 0);
	want = (struct owner_want){ .person = server,
				    .creator = &(struct person){ .pid = 0 },
				    .cookie = server->cookie,
				    .via = WEIR_VIA_USER };
	assert_owner("user", &who_user(who, server->cookie)->owner, &want);
	person_tell(client);
	person_wait(client);
	person_tell(server);
	person_wait(server);
	who_end(&who);
}

/* In this namespace or, by its number, in another one. */
struct question {
	int family;
	int proto;
	uint16_t own, peer;
	int nsid;
};

static struct weir_lookup ask(const struct who *who, const struct question *question)
{
	struct weir_lookup lookup = { .nsid = question->nsid };
	struct weir_tuple *tuple = &lookup.tuple;

	tuple->family = question->family == AF_INET ? WEIR_IPV4 : WEIR_IPV6;
	tuple->proto = (uint8_t)question->proto;
	tuple->own = 1; /* the program does not mind the order */
	for (int end = 0; end < 2; end++) {
		if (question->family == AF_INET)
			tuple->addr[end][2] = htonl(0xffff);
		tuple->addr[end][3] = htonl(question->family == AF_INET ? INADDR_LOOPBACK : 1);
	}
	tuple->port[1] = htons(question->own);
	tuple->port[0] = htons(question->peer);
	assert_int_equal(sockets_lookup(who->sockets, &lookup, 1), 0);
	return lookup;
}

static void assert_found(const char *name, const struct weir_lookup *is,
			 const struct owner_want *want)
{
	assert_row_int(name, is->is_found, 1);
	assert_owner(name, &is->owner, want);
}

/* The sockets of a connection: of who began it, and of who takes it, before he uses it and after. */
static void check_connection(struct who *who, struct question *question, struct person *client,
			     int server)
{
	struct owner_want want = { .person = client, .via = WEIR_VIA_CREATOR };
	uint16_t port = port_of(server);
	struct person me = { .pid = 0 };
	auto_close int child = -1;
	struct weir_lookup found;
	char text[8];

	person_describe(&me);
	person_hear(client);
	question->own = client->port;
	question->peer = port;
	want.cookie = client->cookie;
	found = ask(who, question);
	assert_found("client", &found, &want);
	assert_false(found.owner.flags & WEIR_OWNER_LISTENER);
	question->own = port;
	question->peer = client->port;
	want = (struct owner_want){ .person = &me, .via = WEIR_VIA_INHERITED };
	found = ask(who, question);
	assert_found("accepted", &found, &want);
	assert_false(found.owner.flags & WEIR_OWNER_LISTENER);
	child = accept(server, NULL, NULL);
	person_tell(client);
	person_hear(client);
	assert_int_equal(read(child, text, sizeof(text)), 5);
	want.via = WEIR_VIA_USER;
	want.cookie = cookie_of(child);
	found = ask(who, question);
	assert_found("used", &found, &want);
}

/* Whoever listens at the socket's port, to nobody in particular. */
static struct weir_lookup check_waiting(struct who *who, struct question *question,
					const char *name, int fd, uint8_t via)
{
	struct person me = { .pid = 0 };
	const struct owner_want want = { .person = &me, .via = via, .cookie = cookie_of(fd) };
	struct weir_lookup found;

	person_describe(&me);
	question->own = port_of(fd);
	question->peer = 9;
	found = ask(who, question);
	assert_found(name, &found, &want);
	return found;
}

static void sockets_are_found_by_their_addresses(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int family = families[i];
		auto_close int old = socket_listening(family);
		auto_who struct who *who = who_begin();
		auto_close int server = socket_listening(family);
		auto_close int udp = socket_bound(family, SOCK_DGRAM);
		struct old to = { .family = family, .port = port_of(server) };
		struct person *client = person_new("a client", true, connect_and_wait, &to);
		struct question question = { .family = family,
					     .proto = IPPROTO_TCP,
					     .nsid = WEIR_NSID_CURRENT };
		struct weir_lookup found;

		check_connection(who, &question, client, server);
		found = check_waiting(who, &question, "listener", server, WEIR_VIA_CREATOR);
		assert_true(found.owner.flags & WEIR_OWNER_LISTENER);
		check_waiting(who, &question, "old listener", old, WEIR_VIA_EXISTING);
		question.own = 9;
		found = ask(who, &question);
		assert_int_equal(found.is_found, 0);
		assert_nobody("nobody", &found.owner);
		question.proto = IPPROTO_UDP;
		check_waiting(who, &question, "UDP", udp, WEIR_VIA_CREATOR);
		question.proto = IPPROTO_ICMP;
		assert_int_equal(ask(who, &question).is_found, 0);
		person_tell(client);
		person_wait(client);
	}
}

/* Closed by the client: what is left of the connection is in TIME_WAIT there, and hides nothing. */
static void the_listener_is_found_when_the_connection_has_gone(void **state)
{
	auto_who struct who *who = who_begin();
	auto_close int server = socket_listening(AF_INET);
	struct person me = { .pid = 0 };
	struct owner_want want = { .person = &me,
				   .via = WEIR_VIA_CREATOR,
				   .cookie = cookie_of(server) };
	struct question question = { .family = AF_INET,
				     .proto = IPPROTO_TCP,
				     .own = port_of(server),
				     .nsid = WEIR_NSID_CURRENT };
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), child;
	struct weir_lookup found;

	(void)state;
	person_describe(&me);
	assert_int_equal(connect_to(client, AF_INET, question.own), 0);
	question.peer = port_of(client);
	child = accept(server, NULL, NULL);
	assert_int_equal(shutdown(child, SHUT_WR), 0);
	close(client);
	close(child);
	found = ask(who, &question);
	assert_found("listener", &found, &want);
	assert_true(found.owner.flags & WEIR_OWNER_LISTENER);
}

static void many_are_asked_for_at_once(void **state)
{
	auto_who struct who *who = who_begin();
	struct weir_lookup lookups[3 * WEIR_LOOKUPS_MAX + 5];
	int fds[ARRAY_SIZE(lookups)];

	(void)state;
	memset(lookups, 0, sizeof(lookups));
	for (size_t i = 0; i < ARRAY_SIZE(lookups); i++) {
		fds[i] = socket_bound(AF_INET6, SOCK_DGRAM);
		lookups[i].nsid = WEIR_NSID_CURRENT;
		lookups[i].tuple = (struct weir_tuple){ .family = WEIR_IPV6, .proto = IPPROTO_UDP };
		lookups[i].tuple.addr[0][3] = htonl(1);
		lookups[i].tuple.port[0] = htons(port_of(fds[i]));
	}
	assert_int_equal(sockets_lookup(who->sockets, lookups, 0), 0);
	assert_int_equal(sockets_lookup(who->sockets, lookups, ARRAY_SIZE(lookups)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lookups); i++) {
		assert_int_equal(lookups[i].is_found, 1);
		assert_int_equal(lookups[i].owner.cookie, cookie_of(fds[i]));
		close(fds[i]);
	}
}

static void hammer(struct person *me, void *ctx)
{
	const struct old *old = ctx;

	(void)me;
	for (int i = 0; i < HAMMER; i++)
		(void)send(old->fd, "", 1, MSG_DONTWAIT);
}

/* Whoever is told, it is one of them, and not the number of one and the name of another. */
static void two_at_once_are_not_mixed_up(void **state)
{
	auto_who struct who *who = who_begin();
	auto_close int server = socket_bound(AF_INET, SOCK_DGRAM);
	auto_close int fd = socket_bound(AF_INET, SOCK_DGRAM);
	struct old old = { .fd = fd };
	struct person me = { .pid = 0 }, *both[2];
	struct question question = { .family = AF_INET,
				     .proto = IPPROTO_UDP,
				     .own = port_of(fd),
				     .peer = port_of(server),
				     .nsid = WEIR_NSID_CURRENT };
	unsigned int seen[2] = { 0 };

	(void)state;
	person_describe(&me);
	assert_int_equal(connect_to(fd, AF_INET, question.peer), 0);
	for (int i = 0; i < 2; i++)
		both[i] = person_new(i ? "the second" : "the first", true, hammer, &old);
	for (int i = 0; i < HAMMER / 2; i++) {
		const struct weir_lookup found = ask(who, &question);
		struct owner_want want = { .creator = &me,
					   .via = WEIR_VIA_USER,
					   .cookie = found.owner.cookie };
		int which = (pid_t)found.owner.tgid == both[1]->pid;

		if ((pid_t)found.owner.tgid == me.pid)
			continue;
		want.person = both[which];
		assert_found("either", &found, &want);
		seen[which]++;
	}
	for (int i = 0; i < 2; i++)
		person_wait(both[i]);
	printf("# the first was seen %u times, the second %u\n", seen[0], seen[1]);
}

static void listen_elsewhere(struct person *me, void *ctx)
{
	auto_close int listener = -1;

	who_unshare(me);
	listener = socket_listening(*(const int *)ctx);
	me->cookie = cookie_of(listener);
	me->port = port_of(listener);
	person_say(me);
	person_await(me);
}

/* Gives the process's network namespace a number of ours. */
static void set_nsid(pid_t pid, int nsid)
{
	struct {
		struct nlmsghdr hdr;
		struct rtgenmsg gen;
		uint8_t pad[3];
		struct nlattr pid_head;
		uint32_t pid;
		struct nlattr nsid_head;
		int32_t nsid;
	} request = {
		.hdr = { .nlmsg_len = sizeof(request),
			 .nlmsg_type = RTM_NEWNSID,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.pid_head = { .nla_len = sizeof(struct nlattr) + 4, .nla_type = NETNSA_PID },
		.pid = (uint32_t)pid,
		.nsid_head = { .nla_len = sizeof(struct nlattr) + 4, .nla_type = NETNSA_NSID },
		.nsid = nsid,
	};
	struct {
		struct nlmsghdr hdr;
		struct nlmsgerr error;
		uint8_t more[128];
	} answer;
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	assert_int_equal(send(fd, &request, sizeof(request), 0), sizeof(request));
	assert_true(recv(fd, &answer, sizeof(answer), 0) >= (ssize_t)sizeof(answer.hdr));
	assert_int_equal(answer.hdr.nlmsg_type, NLMSG_ERROR);
	assert_int_equal(answer.error.error, 0);
}

static void sockets_of_another_namespace_are_found_by_its_number(void **state)
{
	auto_who struct who *who = who_begin();
	int family = AF_INET;
	struct person *server = person_new("elsewhere", true, listen_elsewhere, &family);
	struct owner_want want = { .person = server, .via = WEIR_VIA_CREATOR };
	struct question question = { .family = AF_INET, .proto = IPPROTO_TCP, .nsid = 17 };
	struct weir_lookup found;

	(void)state;
	person_hear(server);
	set_nsid(server->pid, question.nsid);
	question.own = server->port;
	want.cookie = server->cookie;
	found = ask(who, &question);
	assert_found("elsewhere", &found, &want);
	question.nsid = WEIR_NSID_CURRENT;
	assert_int_equal(ask(who, &question).is_found, 0);
	question.nsid = 18;
	assert_int_equal(ask(who, &question).is_found, 0);
	person_tell(server);
	person_wait(server);
}

int main(void)
{
	if (!who_can_run(false))
		return 0;
	return RUN_TESTS(TEST(sockets_that_were_there_before_are_known),
			 TEST(sockets_are_found_by_their_addresses),
			 TEST(the_listener_is_found_when_the_connection_has_gone),
			 TEST(many_are_asked_for_at_once), TEST(two_at_once_are_not_mixed_up),
			 TEST(sockets_of_another_namespace_are_found_by_its_number));
}
