// SPDX-License-Identifier: BSD-2-Clause
/*
 * The programs for kernels without BTF, or with too little of it: who makes and who connects a socket
 * is known all the same, and what they cannot know they do not say.
 */
#include "who_world.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/harness.h"

static void assert_plain(const char *name, const struct weir_owner *is,
			 const struct owner_want *want)
{
	struct weir_owner owner = *is;

	assert_row_int(name, is->flags & ~WEIR_OWNER_LISTENER, WEIR_OWNER_NETNS_COOKIE);
	assert_row_int(name, is->start_ns, 0);
	assert_row(name, is->netns != 0);
	owner.flags = WEIR_OWNER_COMM_LEADER;
	owner.start_ns = want->person->start_ticks * WEIR_START_TICK_NS;
	owner.netns = want->person->netns;
	assert_owner(name, &owner, want);
}

static struct weir_lookup look_up(const struct who *who, uint16_t own, uint16_t peer)
{
	struct weir_lookup lookup = { .nsid = WEIR_NSID_CURRENT,
				      .tuple = { .family = WEIR_IPV4, .proto = IPPROTO_TCP } };

	for (int end = 0; end < 2; end++) {
		lookup.tuple.addr[end][2] = htonl(0xffff);
		lookup.tuple.addr[end][3] = htonl(INADDR_LOOPBACK);
	}
	lookup.tuple.port[0] = htons(own);
	lookup.tuple.port[1] = htons(peer);
	assert_int_equal(sockets_lookup(who->sockets, &lookup, 1), 0);
	assert_int_equal(lookup.is_found, 1);
	return lookup;
}

static void who_makes_a_socket_is_told(void **state)
{
	auto_who struct who *who = who_begin_plain();
	auto_close int server = socket_listening(AF_INET), child = -1;
	auto_close int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct person me = { .pid = 0 };
	struct owner_want want = { .person = &me,
				   .via = WEIR_VIA_CREATOR,
				   .cookie = cookie_of(client) };
	const struct weir_event *event;
	struct weir_lookup found;
	char byte;

	(void)state;
	person_describe(&me);
	who_attach(who, "lo", true);
	assert_int_equal(connect_to(client, AF_INET, port_of(server)), 0);
	event = who_flow(who, WEIR_EVENT_OPEN, port_of(client), port_of(server));
	assert_non_null(event);
	assert_plain("open", &event->owner, &want);
	found = look_up(who, port_of(client), port_of(server));
	assert_plain("client", &found.owner, &want);
	want.cookie = cookie_of(server);
	found = look_up(who, port_of(server), 9);
	assert_plain("listener", &found.owner, &want);
	assert_true(found.owner.flags & WEIR_OWNER_LISTENER);
	/* Nobody tells who uses what was accepted. */
	child = accept(server, NULL, NULL);
	assert_int_equal(write(client, "", 1), 1);
	assert_int_equal(read(child, &byte, 1), 1);
	want.via = WEIR_VIA_INHERITED;
	want.cookie = 0;
	found = look_up(who, port_of(server), port_of(client));
	assert_plain("accepted", &found.owner, &want);
	who_read(who);
	assert_int_equal(who->user_count, 0);
}

struct place {
	uint16_t port;
	int fd;
};

static void connect_anothers(struct person *me, void *ctx)
{
	const struct place *place = ctx;

	assert_int_equal(connect_to(place->fd, AF_INET6, place->port), 0);
	me->port = port_of(place->fd);
}

static void who_connects_is_told_and_not_who_made_the_socket(void **state)
{
	auto_who struct who *who = who_begin_plain();
	auto_close int server = socket_listening(AF_INET6);
	auto_close int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct place place = { .port = port_of(server), .fd = fd };
	struct person me = { .pid = 0 }, *other;
	struct owner_want want = { .creator = &me, .via = WEIR_VIA_USER, .cookie = cookie_of(fd) };
	const struct weir_event *event;

	(void)state;
	person_describe(&me);
	who_attach(who, "lo", true);
	other = person_new("another", true, connect_anothers, &place);
	want.person = other;
	person_wait(other);
	event = who_flow(who, WEIR_EVENT_OPEN, other->port, place.port);
	assert_non_null(event);
	assert_plain("open", &event->owner, &want);
}

static void send_by_anothers(struct person *me, void *ctx)
{
	const struct place *place = ctx;
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(place->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	assert_int_equal(sendto(place->fd, "", 1, 0, (void *)&to, sizeof(to)), 1);
	me->port = port_of(place->fd);
}

static void who_addresses_a_packet_is_told_with_it(void **state)
{
	auto_who struct who *who = who_begin_plain();
	auto_close int server = socket_bound(AF_INET, SOCK_DGRAM);
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct place place = { .port = port_of(server), .fd = fd };
	struct person me = { .pid = 0 }, *other;
	struct owner_want want = { .creator = &me, .via = WEIR_VIA_USER, .cookie = cookie_of(fd) };
	const struct weir_event *event;

	(void)state;
	person_describe(&me);
	who_attach(who, "lo", true);
	other = person_new("another", true, send_by_anothers, &place);
	want.person = other;
	person_wait(other);
	event = who_flow(who, WEIR_EVENT_OPEN, other->port, place.port);
	assert_non_null(event);
	assert_plain("open", &event->owner, &want);
}

static void of_older_sockets_nothing_is_said(void **state)
{
	auto_close int server = socket_listening(AF_INET);
	auto_close int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	auto_who struct who *who = who_begin_plain();
	struct weir_lookup found;
	const struct weir_event *event;

	(void)state;
	who_attach(who, "lo", true);
	assert_int_equal(connect_to(client, AF_INET, port_of(server)), 0);
	event = who_flow(who, WEIR_EVENT_OPEN, port_of(client), port_of(server));
	assert_non_null(event);
	assert_nobody("open", &event->owner);
	assert_int_equal(event->owner.cookie, cookie_of(client));
	found = look_up(who, port_of(server), 9);
	assert_nobody("listener", &found.owner);
	assert_true(found.owner.flags & WEIR_OWNER_LISTENER);
}

struct row {
	const char *name;
	bool is_available, was_told;
};

static void check_row(void *ctx, const char *name, bool is_available, const char *detail)
{
	struct row *rows = ctx;

	for (; rows->name; rows++) {
		if (strcmp(rows->name, name) != 0)
			continue;
		assert_row_int(name, is_available, rows->is_available);
		assert_row(name, detail[0]);
		rows->was_told = true;
	}
}

static void what_is_lacking_is_said(void **state)
{
	struct row rows[] = {
		{ "socket_owners", true, false },	 { "socket_users", false, false },
		{ "socket_lookups", true, false },	 { "short_lived_processes", false, false },
		{ "short_lived_cgroups", false, false }, { NULL, false, false }
	};
	auto_who struct who *who = who_begin_plain();
	struct weir_owner owner = { .tgid = (uint32_t)getpid() };
	struct weir_exec exec;

	(void)state;
	sockets_capabilities(who->sockets, check_row, rows);
	for (const struct row *row = rows; row->name; row++)
		assert_row(row->name, row->was_told);
	assert_int_equal(sockets_exec(who->sockets, &owner, &exec), -ENOENT);
}

int main(void)
{
	if (!who_can_run(true))
		return 0;
	return RUN_TESTS(TEST(who_makes_a_socket_is_told),
			 TEST(who_connects_is_told_and_not_who_made_the_socket),
			 TEST(who_addresses_a_packet_is_told_with_it),
			 TEST(of_older_sockets_nothing_is_said), TEST(what_is_lacking_is_said));
}
