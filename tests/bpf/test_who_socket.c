// SPDX-License-Identifier: BSD-2-Clause
/*
 * Who makes, connects and accepts with sockets of TCP, as events tell it.
 */
#include "tests/bpf/who_loopback.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/harness.h"

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
			 TEST(who_is_refused_is_told_and_who_refuses_is_nobody),
			 TEST(a_thread_is_told_as_its_process),
			 TEST(what_a_socket_of_mptcp_accepts_is_told));
}
