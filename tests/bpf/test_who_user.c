// SPDX-License-Identifier: BSD-2-Clause
/*
 * Who uses a socket that another has made, or that is connected to nobody, as events tell it.
 */
#include "tests/bpf/who_loopback.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/harness.h"

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

int main(void)
{
	if (!who_can_run(false))
		return 0;
	return RUN_TESTS(TEST(who_connects_is_told_and_not_who_made_the_socket),
			 TEST(who_uses_a_socket_that_was_passed_on_is_told),
			 TEST(two_who_take_turns_are_told_a_few_times_a_second),
			 TEST(who_sends_by_an_unconnected_socket_is_told_by_its_number),
			 TEST(who_pings_is_told_and_the_kernel_that_answers_is_nobody));
}
