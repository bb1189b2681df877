// SPDX-License-Identifier: BSD-2-Clause
/*
 * Who makes, connects and uses sockets, as events tell it: processes of the test's own talk over a
 * loopback at whose egress the datapath is attached.
 */
#include "who_world.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/harness.h"

static struct who *who_on_loopback(void)
{
	struct who *who = who_begin();

	who_attach(who, "lo", true);
	return who;
}

struct place {
	int family;
	uint16_t port; /* of a server */
	int fd;
	int channel[2];
};

static void connect_and_send(struct person *me, void *ctx)
{
	const struct place *place = ctx;
	int fd = socket(place->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	me->cookie = cookie_of(fd);
	assert_int_equal(connect_to(fd, place->family, place->port), 0);
	me->port = port_of(fd);
	assert_int_equal(write(fd, "hello", 5), 5);
	person_say(me);
	person_await(me);
}

static void a_client_is_told_with_its_first_packet(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		auto_who struct who *who = who_on_loopback();
		auto_close int server = socket_listening(families[i]);
		struct place place = { .family = families[i], .port = port_of(server) };
		struct person *client = person_new("a client", true, connect_and_send, &place);
		struct owner_want want = { .person = client, .via = WEIR_VIA_CREATOR };
		const struct weir_event *event;

		person_hear(client);
		want.cookie = client->cookie;
		event = who_flow(who, WEIR_EVENT_OPEN, client->port, place.port);
		assert_non_null(event);
		assert_owner("open", &event->owner, &want);
		event = who_flow(who, WEIR_EVENT_ESTABLISHED, client->port, place.port);
		assert_non_null(event);
		assert_owner("established", &event->owner, &want);
		assert_int_equal(who_users(who, client->cookie), 0);
		person_tell(client);
		person_wait(client);
	}
}

/* A server that was forked by who listens. */
static void accept_and_read(struct person *me, void *ctx)
{
	const struct place *place = ctx;
	int fd = accept(place->fd, NULL, NULL);
	char text[8];

	assert_true(fd >= 0);
	me->cookie = cookie_of(fd);
	assert_int_equal(read(fd, text, sizeof(text)), 5);
	person_say(me);
	person_await(me);
	assert_int_equal(write(fd, "well", 4), 4);
	person_say(me);
	person_await(me);
}

static void assert_tuple(const struct weir_tuple *tuple, int family, uint16_t own, uint16_t peer)
{
	const __be32 mapped[4] = { 0, 0, htonl(0xffff), htonl(INADDR_LOOPBACK) };
	const __be32 loopback6[4] = { 0, 0, 0, htonl(1) };
	const __be32 *address = family == AF_INET ? mapped : loopback6;

	assert_int_equal(tuple->family, family == AF_INET ? WEIR_IPV4 : WEIR_IPV6);
	for (int end = 0; end < 2; end++)
		assert_memory_equal(tuple->addr[end], address, sizeof(mapped));
	assert_int_equal(tuple->port[tuple->own], htons(own));
	assert_int_equal(tuple->port[!tuple->own], htons(peer));
	/* The addresses are the same, so the ports decide, as they are in memory. */
	assert_true(tuple->port[0] <= tuple->port[1]);
}

static void the_worker_of_a_server_is_told_when_it_reads(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		auto_who struct who *who = who_on_loopback();
		auto_close int server = socket_listening(families[i]);
		struct place place = { .family = families[i],
				       .port = port_of(server),
				       .fd = server };
		struct person *worker = person_new("a worker", true, accept_and_read, &place);
		struct person *client = person_new("a client", true, connect_and_send, &place);
		struct person master = { .pid = 0 };
		struct owner_want want = { .person = worker,
					   .creator = &master,
					   .via = WEIR_VIA_USER };
		const struct weir_user_event *event;

		person_describe(&master);
		person_hear(client);
		person_hear(worker);
		event = who_user(who, worker->cookie);
		assert_non_null(event);
		want.cookie = worker->cookie;
		assert_owner("user", &event->owner, &want);
		assert_int_equal(event->tuple.proto, IPPROTO_TCP);
		assert_tuple(&event->tuple, families[i], place.port, client->port);
		person_tell(worker);
		person_hear(worker);
		assert_int_equal(who_users(who, worker->cookie), 1);
		person_tell(worker);
		person_tell(client);
		person_wait(worker);
		person_wait(client);
	}
}

/* The same process listens and accepts: it is a user nonetheless, of what nobody has used before. */
static void a_server_alone_is_told_once_for_each_connection(void **state)
{
	auto_who struct who *who = who_on_loopback();
	auto_close int server = socket_listening(AF_INET);
	struct place place = { .family = AF_INET, .port = port_of(server) };
	struct person me = { .pid = 0 };

	(void)state;
	person_describe(&me);
	for (int i = 0; i < 5; i++) {
		auto_close int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		auto_close int fd = -1;
		struct owner_want want = { .person = &me, .via = WEIR_VIA_USER };
		const struct weir_user_event *event;
		char byte;

		assert_int_equal(connect_to(client, AF_INET, place.port), 0);
		fd = accept(server, NULL, NULL);
		want.cookie = cookie_of(fd);
		assert_int_equal(who_users(who, want.cookie), 0);
		for (int times = 0; times < 3; times++) {
			assert_int_equal(write(client, "", 1), 1);
			assert_int_equal(read(fd, &byte, 1), 1);
		}
		event = who_user(who, want.cookie);
		assert_non_null(event);
		assert_owner("user", &event->owner, &want);
		assert_int_equal(who_users(who, want.cookie), 1);
		assert_int_equal(who_users(who, cookie_of(client)), 0);
	}
}

/* It ends with a reset, because nobody has read what was sent: that is the server's packet. */
static void what_nobody_has_used_is_the_listeners(void **state)
{
	auto_who struct who *who = who_on_loopback();
	auto_close int server = socket_listening(AF_INET);
	auto_close int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint16_t port = port_of(server);
	struct person me = { .pid = 0 };
	struct owner_want want = { .person = &me, .via = WEIR_VIA_INHERITED };
	const struct weir_event *event;
	int fd;

	(void)state;
	person_describe(&me);
	assert_int_equal(connect_to(client, AF_INET, port), 0);
	assert_int_equal(write(client, "hello", 5), 5);
	fd = accept(server, NULL, NULL);
	want.cookie = cookie_of(fd);
	close(fd);
	event = who_flow(who, WEIR_EVENT_CLOSE, port, port_of(client));
	assert_non_null(event);
	assert_owner("close", &event->owner, &want);
	assert_int_equal(who_users(who, want.cookie), 0);
}

static void receive_and_connect(struct person *me, void *ctx)
{
	const struct place *place = ctx;
	int fd = receive_fd(place->channel[1]);

	me->cookie = cookie_of(fd);
	assert_int_equal(connect_to(fd, place->family, place->port), 0);
	me->port = port_of(fd);
	person_say(me);
	person_await(me);
	assert_int_equal(write(fd, "hello", 5), 5);
	person_say(me);
	person_await(me);
}

static void who_connects_is_told_and_not_who_made_the_socket(void **state)
{
	auto_who struct who *who = who_on_loopback();
	auto_close int server = socket_listening(AF_INET6);
	auto_close int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct place place = { .family = AF_INET6, .port = port_of(server) };
	struct person me = { .pid = 0 }, *other;
	struct owner_want want = { .creator = &me, .via = WEIR_VIA_USER };
	const struct weir_event *event;

	(void)state;
	person_describe(&me);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, place.channel), 0);
	other = person_new("another", true, receive_and_connect, &place);
	send_fd(place.channel[0], fd);
	person_hear(other);
	want.person = other;
	want.cookie = cookie_of(fd);
	event = who_flow(who, WEIR_EVENT_OPEN, other->port, place.port);
	assert_non_null(event);
	assert_owner("open", &event->owner, &want);
	person_tell(other);
	person_hear(other);
	assert_int_equal(who_users(who, want.cookie), 1); /* that it sends too is told, once */
	assert_owner("user", &who_user(who, want.cookie)->owner, &want);
	person_tell(other);
	person_wait(other);
	close(place.channel[0]);
	close(place.channel[1]);
}

static void receive_and_use(struct person *me, void *ctx)
{
	const struct place *place = ctx;
	int fd = receive_fd(place->channel[1]);

	me->cookie = cookie_of(fd);
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	person_say(me);
	person_await(me);
}

/* Connected, and used by who made it: then passed on. */
static void check_passed_on(int family, int type)
{
	auto_who struct who *who = who_on_loopback();
	auto_close int server =
		type == SOCK_STREAM ? socket_listening(family) : socket_bound(family, type);
	auto_close int fd = socket(family, type | SOCK_CLOEXEC, 0);
	struct place place = { .family = family, .port = port_of(server) };
	struct person me = { .pid = 0 }, *other;
	struct owner_want want = { .creator = &me, .via = WEIR_VIA_USER };

	person_describe(&me);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, place.channel), 0);
	assert_int_equal(connect_to(fd, family, place.port), 0);
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	want.cookie = cookie_of(fd);
	assert_int_equal(who_users(who, want.cookie), 0);
	other = person_new("another", true, receive_and_use, &place);
	send_fd(place.channel[0], fd);
	person_hear(other);
	want.person = other;
	assert_int_equal(who_users(who, want.cookie), 1);
	assert_owner("user", &who_user(who, want.cookie)->owner, &want);
	assert_tuple(&who_user(who, want.cookie)->tuple, family, port_of(fd), place.port);
	assert_int_equal(send(fd, "again", 5, 0), 5);
	assert_int_equal(who_users(who, want.cookie), 2);
	want.person = &me;
	assert_owner("again", &who_user(who, want.cookie)->owner, &want);
	person_tell(other);
	person_wait(other);
	close(place.channel[0]);
	close(place.channel[1]);
}

static void who_uses_a_socket_that_was_passed_on_is_told(void **state)
{
	(void)state;
	check_passed_on(AF_INET, SOCK_STREAM);
	check_passed_on(AF_INET6, SOCK_STREAM);
	check_passed_on(AF_INET, SOCK_DGRAM);
	check_passed_on(AF_INET6, SOCK_DGRAM);
}

static void take_turns(struct person *me, void *ctx)
{
	const struct place *place = ctx;

	for (int i = 0; i < 200; i++) {
		person_await(me);
		assert_int_equal(send(place->fd, "", 1, MSG_DONTWAIT), 1);
		person_say(me);
	}
	person_await(me);
	assert_int_equal(send(place->fd, "", 1, MSG_DONTWAIT), 1);
	person_say(me);
	person_await(me);
}

static void two_who_take_turns_are_told_a_few_times_a_second(void **state)
{
	auto_who struct who *who = who_on_loopback();
	auto_close int server = socket_bound(AF_INET, SOCK_DGRAM);
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct place place = { .family = AF_INET, .port = port_of(server), .fd = fd };
	struct person me = { .pid = 0 }, *other;
	struct owner_want want = { .creator = &me, .via = WEIR_VIA_USER, .cookie = cookie_of(fd) };
	unsigned int told;

	(void)state;
	person_describe(&me);
	assert_int_equal(connect_to(fd, AF_INET, place.port), 0);
	other = person_new("another", true, take_turns, &place);
	want.person = other;
	for (int i = 0; i < 200; i++) {
		assert_int_equal(send(fd, "", 1, MSG_DONTWAIT), 1);
		person_tell(other);
		person_hear(other);
	}
	told = who_users(who, want.cookie);
	assert_in_range(told, 2, 2 * WEIR_USERS_TOLD); /* a second may have begun meanwhile */
	usleep(1100000);
	person_tell(other);
	person_hear(other);
	assert_true(who_users(who, want.cookie) > told); /* with a later use at last */
	assert_owner("at last", &who_user(who, want.cookie)->owner, &want);
	person_tell(other);
	person_wait(other);
}

static void send_to(struct person *me, void *ctx)
{
	const struct place *place = ctx;
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(place->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	me->cookie = cookie_of(place->fd);
	assert_int_equal(sendto(place->fd, "hello", 5, 0, (void *)&to, sizeof(to)), 5);
	me->port = port_of(place->fd);
	person_say(me);
	person_await(me);
}

static void who_sends_by_an_unconnected_socket_is_told_by_its_number(void **state)
{
	auto_who struct who *who = who_on_loopback();
	auto_close int server = socket_bound(AF_INET, SOCK_DGRAM);
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct place place = { .family = AF_INET, .port = port_of(server), .fd = fd };
	struct person me = { .pid = 0 }, *other;
	struct owner_want want = { .person = &me,
				   .via = WEIR_VIA_CREATOR,
				   .cookie = cookie_of(fd) };
	const struct weir_user_event *user;
	const struct weir_event *event;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char text[8];

	(void)state;
	person_describe(&me);
	other = person_new("a sender", true, send_to, &place);
	person_hear(other);
	event = who_flow(who, WEIR_EVENT_OPEN, other->port, place.port);
	assert_non_null(event);
	assert_owner("open", &event->owner, &want);
	/* Known when it has been sent: the socket's number says of what. */
	user = who_user(who, want.cookie);
	assert_non_null(user);
	want.person = other;
	want.creator = &me;
	want.via = WEIR_VIA_USER;
	assert_owner("user", &user->owner, &want);
	assert_int_equal(user->tuple.proto, IPPROTO_UDP);
	assert_int_equal(user->tuple.port[user->tuple.own], htons(other->port));
	assert_int_equal(user->tuple.port[!user->tuple.own], 0);
	/* The answer is the server's. */
	assert_int_equal(recvfrom(server, text, sizeof(text), 0, (void *)&from, &len), 5);
	assert_int_equal(sendto(server, "well", 4, 0, (void *)&from, len), 4);
	event = who_flow(who, WEIR_EVENT_ESTABLISHED, place.port, other->port);
	assert_non_null(event);
	want = (struct owner_want){ .person = &me,
				    .via = WEIR_VIA_CREATOR,
				    .cookie = cookie_of(server) };
	assert_owner("answer", &event->owner, &want);
	person_tell(other);
	person_wait(other);
}

#define INADDR_OTHER (INADDR_LOOPBACK + 1)

struct ping {
	int family, type;
	uint8_t request;
};

static void ping(struct person *me, void *ctx)
{
	const struct ping *how = ctx;
	int fd = socket(how->family, how->type | SOCK_CLOEXEC,
			how->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_OTHER) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	struct icmphdr echo = { .type = how->request, .un.echo.id = htons(4711) };
	char answer[128];

	assert_true(fd >= 0);
	if (how->family == AF_INET && how->type == SOCK_RAW)
		echo.checksum = (uint16_t) ~(htons(ICMP_ECHO << 8) + htons(4711));
	me->cookie = cookie_of(fd);
	if (how->family == AF_INET)
		assert_int_equal(connect(fd, (void *)&v4, sizeof(v4)), 0);
	else
		assert_int_equal(connect(fd, (void *)&v6, sizeof(v6)), 0);
	assert_int_equal(send(fd, &echo, sizeof(echo), 0), sizeof(echo));
	me->port = how->type == SOCK_DGRAM ? port_of(fd) : 4711;
	assert_true(recv(fd, answer, sizeof(answer), 0) > 0);
	person_say(me);
	person_await(me);
}

static void who_pings_is_told_and_the_kernel_that_answers_is_nobody(void **state)
{
	static const struct ping cases[] = { { AF_INET, SOCK_DGRAM, ICMP_ECHO },
					     { AF_INET6, SOCK_DGRAM, ICMP6_ECHO_REQUEST },
					     { AF_INET, SOCK_RAW, ICMP_ECHO },
					     { AF_INET6, SOCK_RAW, ICMP6_ECHO_REQUEST } };
	auto_file FILE *range = fopen("/proc/sys/net/ipv4/ping_group_range", "we");

	(void)state;
	assert_non_null(range);
	assert_true(fprintf(range, "0 2147483647\n") > 0);
	assert_int_equal(fflush(range), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_who struct who *who = who_on_loopback();
		struct ping how = cases[i];
		struct person *pinger = person_new("a pinger", true, ping, &how);
		struct owner_want want = { .person = pinger, .via = WEIR_VIA_CREATOR };
		const struct weir_event *event;

		person_hear(pinger);
		want.cookie = pinger->cookie;
		event = who_flow(who, WEIR_EVENT_OPEN, pinger->port, pinger->port);
		assert_non_null(event);
		assert_owner("question", &event->owner, &want);
		if (how.family == AF_INET) { /* of the others the two ends are the same */
			event = who_flow(who, WEIR_EVENT_ESTABLISHED, pinger->port, pinger->port);
			assert_non_null(event);
			assert_nobody("answer", &event->owner);
		}
		person_tell(pinger);
		person_wait(pinger);
	}
}

static void connect_in_vain(struct person *me, void *ctx)
{
	const struct place *place = ctx;
	int fd = socket(place->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 any = { .sin6_family = (sa_family_t)place->family };

	me->cookie = cookie_of(fd);
	assert_int_equal(bind(fd, (void *)&any, sizeof(any)), 0);
	me->port = port_of(fd);
	assert_int_equal(connect_to(fd, place->family, place->port), -ECONNREFUSED);
}

static void who_is_refused_is_told_and_who_refuses_is_nobody(void **state)
{
	auto_who struct who *who = who_on_loopback();
	struct place place = { .family = AF_INET6, .port = 9 };
	struct person *client = person_new("in vain", true, connect_in_vain, &place);
	struct owner_want want = { .person = client, .via = WEIR_VIA_CREATOR };
	const struct weir_event *event;

	(void)state;
	person_wait(client);
	want.cookie = client->cookie;
	event = who_flow(who, WEIR_EVENT_OPEN, client->port, place.port);
	assert_non_null(event);
	assert_owner("open", &event->owner, &want);
	event = who_flow(who, WEIR_EVENT_CLOSE, place.port, client->port);
	assert_non_null(event);
	assert_nobody("close", &event->owner);
}

static void *connect_in_thread(void *arg)
{
	const struct place *place = arg;
	int fd = socket(place->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(prctl(PR_SET_NAME, "a thread"), 0);
	close(fd);
	fd = socket(place->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect_to(fd, place->family, place->port), 0);
	return (void *)(intptr_t)fd;
}

static void a_thread_is_told_as_its_process(void **state)
{
	auto_who struct who *who = who_on_loopback();
	auto_close int server = socket_listening(AF_INET), fd = -1;
	struct place place = { .family = AF_INET, .port = port_of(server) };
	struct person me = { .pid = 0 };
	struct owner_want want = { .person = &me, .via = WEIR_VIA_CREATOR };
	const struct weir_event *event;
	pthread_t thread;
	void *result;

	(void)state;
	person_describe(&me);
	assert_int_equal(pthread_create(&thread, NULL, connect_in_thread, &place), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	fd = (int)(intptr_t)result;
	want.cookie = cookie_of(fd);
	event = who_flow(who, WEIR_EVENT_OPEN, port_of(fd), place.port);
	assert_non_null(event);
	assert_owner("open", &event->owner, &want);
}

/* Go's servers listen so, and mostly get connections of TCP. */
static void what_a_socket_of_mptcp_accepts_is_told(void **state)
{
	auto_who struct who *who = who_on_loopback();
	auto_close int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct person me = { .pid = 0 }, nobody = { .pid = 0 };

	(void)state;
	if (server < 0) {
		print_message("# this kernel has no MPTCP\n");
		return;
	}
	person_describe(&me);
	assert_int_equal(bind(server, (void *)&any, sizeof(any)), 0);
	assert_int_equal(listen(server, 8), 0);
	for (int proto = IPPROTO_TCP; proto; proto = proto == IPPROTO_TCP ? IPPROTO_MPTCP : 0) {
		auto_close int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, proto);
		auto_close int fd = -1;
		/*
		 * TCP's: made by the kernel, of a socket of its own. MPTCP's has its listener's
		 * cookie, so nobody can tell that it is another one.
		 */
		struct owner_want want = { .person = &me,
					   .creator = proto == IPPROTO_TCP ? &nobody : NULL,
					   .via = proto == IPPROTO_TCP ? WEIR_VIA_USER
								       : WEIR_VIA_CREATOR };
		const struct weir_user_event *event;
		char byte;

		assert_int_equal(connect_to(client, AF_INET, port_of(server)), 0);
		fd = accept(server, NULL, NULL);
		assert_int_equal(write(client, "", 1), 1);
		assert_int_equal(read(fd, &byte, 1), 1);
		want.cookie = cookie_of(fd);
		event = who_user(who, want.cookie);
		assert_non_null(event);
		assert_owner("server", &event->owner, &want);
		assert_tuple(&event->tuple, AF_INET, port_of(server), port_of(client));
		if (proto == IPPROTO_TCP)
			continue;
		want = (struct owner_want){ .person = &me,
					    .via = WEIR_VIA_CREATOR,
					    .cookie = cookie_of(client) };
		event = who_user(who, want.cookie);
		assert_non_null(event);
		assert_owner("client", &event->owner, &want);
		assert_tuple(&event->tuple, AF_INET, port_of(client), port_of(server));
		assert_int_equal(event->tuple.proto, IPPROTO_TCP);
	}
}

int main(void)
{
	if (!who_can_run(false))
		return 0;
	return RUN_TESTS(TEST(a_client_is_told_with_its_first_packet),
			 TEST(the_worker_of_a_server_is_told_when_it_reads),
			 TEST(a_server_alone_is_told_once_for_each_connection),
			 TEST(what_nobody_has_used_is_the_listeners),
			 TEST(who_connects_is_told_and_not_who_made_the_socket),
			 TEST(who_uses_a_socket_that_was_passed_on_is_told),
			 TEST(two_who_take_turns_are_told_a_few_times_a_second),
			 TEST(who_sends_by_an_unconnected_socket_is_told_by_its_number),
			 TEST(who_pings_is_told_and_the_kernel_that_answers_is_nobody),
			 TEST(who_is_refused_is_told_and_who_refuses_is_nobody),
			 TEST(a_thread_is_told_as_its_process),
			 TEST(what_a_socket_of_mptcp_accepts_is_told));
}
