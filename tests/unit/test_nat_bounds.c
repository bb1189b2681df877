// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the questions to conntrack may cost: nothing where it follows nothing, so many a second, and
 * what becomes of those that nobody could tell or answer.
 */
#include "who/nat.h"

#include <dirent.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>

#include "base/timefmt.h"
#include "tests/unit/nat_talk.h"

static unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void where_conntrack_follows_nothing_nothing_is_opened(void **state)
{
	struct nat_world *world = *state;
	struct nat_tuple tuple = { .family = 4, .proto = IPPROTO_TCP, .source_port = 1 };
	unsigned int fds = count_fds();
	struct nat_answer answer;
	struct nat_stats stats;
	const char *detail;

	assert_int_equal(nat_world_ask(world, &tuple, 0, &answer), NAT_OFF);
	nat_get_stats(world->nat, &stats);
	assert_int_equal(stats.requests, 0);
	assert_int_equal(count_fds(), fds);
	assert_true(nat_is_available(world->nat, &detail));
	assert_string_equal(
		detail, "conntrack follows no connection: until it does there is nothing to tell");
}

struct look {
	struct nat_world *world;
	const struct nat_tuple *tuple;
};

/* A look of who may not ask, of whom there is a process: until it is said so. */
static int on_look(void *ctx)
{
	struct look *look = ctx;
	struct nat_answer answer;
	const char *detail;

	if (nat_world_ask(look->world, look->tuple, 0, &answer) != NAT_OFF)
		loop_stop(look->world->loop, 1);
	else if (!nat_is_available(look->world->nat, &detail))
		loop_stop(look->world->loop,
			  strcmp(detail, "to ask conntrack takes CAP_NET_ADMIN") ? 2 : 0);
	return 0;
}

/* In another user namespace the right is not one over this network namespace. */
static int look_without_the_right(struct nat_world *world, const struct nat_tuple *tuple)
{
	struct look look = { world, tuple };
	struct watch *timer;

	alarm(10);
	if (unshare(CLONE_NEWUSER) || loop_new(&world->loop) ||
	    worker_new(&world->worker, world->loop) || nat_new(&world->nat, world->worker) ||
	    loop_add_timer(world->loop, 1, 1, on_look, &look, &timer))
		return 3;
	return loop_run(world->loop);
}

static void without_the_right_it_is_switched_off(void **state)
{
	struct nat_world *world = *state;
	struct talk talk;
	int status;
	pid_t pid;

	talk_begin(world, &nat_peers[0], IPPROTO_UDP, &talk);
	pid = fork();
	if (!pid)
		_exit(look_without_the_right(world, &talk.tuple));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	talk_end(&talk);
}

static void a_flood_of_questions_is_bounded(void **state)
{
	enum {
		N = 20000
	};
	struct nat_world *world = *state;
	struct nat_tuple tuple = { .family = 4, .proto = IPPROTO_UDP };
	struct nat_stats before, after;
	uint64_t begin_ns, ns;
	struct nat_answer answer;
	unsigned int put_off = 0;

	begin_to_listen(world);
	nat_get_stats(world->nat, &before);
	begin_ns = time_monotonic_ns();
	for (unsigned int i = 0; i < N; i++) {
		tuple.source_port = (uint16_t)i;
		tuple.destination_port = (uint16_t)(i >> 8);
		put_off += nat_world_ask(world, &tuple, 0, &answer) == NAT_PUT_OFF;
	}
	ns = time_monotonic_ns() - begin_ns;
	nat_get_stats(world->nat, &after);
	after.requests -= before.requests;
	print_message("%d questions, %llu requests in %llu us\n", N,
		      (unsigned long long)after.requests, (unsigned long long)ns / 1000);
	assert_int_equal(after.requests, 2 * (N - put_off));
	assert_true(after.requests <=
		    NAT_REQUESTS_AT_ONCE + ns / (1000000000 / NAT_REQUESTS_A_SECOND));
	assert_int_equal(after.unanswered, 0);
}

/* A connection begins, and is half open. */
static enum nat_found begin_half(struct nat_world *world, uint16_t port)
{
	const struct nat_tuple tuple = { .family = 4, .proto = IPPROTO_TCP, .source_port = port };
	struct nat_answer answer;

	return nat_world_find(world, &tuple, time_monotonic_ns(), true, &answer);
}

static void when_very_many_begin_we_do_not_listen(void **state)
{
	struct nat_world *world = *state;
	unsigned int n = 0;
	enum nat_found found;
	uint64_t began_ns, begin_ns;
	struct nat_stats before, after;
	struct talk talk;

	begin_to_listen(world);
	nat_get_stats(world->nat, &before);
	begin_ns = time_worked_ns();
	began_ns = time_monotonic_ns();
	/* Silence is an answer where we were kept from the processor for longer than it takes. */
	while ((found = begin_half(world, (uint16_t)n++)) != NAT_PUT_OFF) {
		assert_true(found == NAT_MISSED || found == NAT_NONE);
		assert_true(n < 10 * NAT_BEGINNINGS_MAX);
	}
	if (time_monotonic_ns() - began_ns < 1000000000)
		assert_int_equal(n, NAT_BEGINNINGS_MAX);
	print_message("half open: %.2f us each\n",
		      (double)(time_worked_ns() - begin_ns) / 1000 / n);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.pauses, 1);
	assert_int_equal(after.requests, before.requests);
	/* One that gets an answer is asked for. */
	began_ns = time_monotonic_ns();
	talk_begin(world, &nat_peers[2], IPPROTO_TCP, &talk);
	check_talk(world, &nat_peers[2], &talk.tuple, began_ns);
	nat_get_stats(world->nat, &before);
	assert_int_equal(before.requests - after.requests, 1 + 2 + 2 + 1);
	assert_int_equal(before.told, after.told);
	talk_end(&talk);
	/* When it is over we listen again. */
	while (begin_half(world, 0) == NAT_PUT_OFF)
		usleep(100000);
	nat_get_stats(world->nat, &before);
	began_ns = time_monotonic_ns();
	talk_begin(world, &nat_peers[2], IPPROTO_TCP, &talk);
	check_talk(world, &nat_peers[2], &talk.tuple, began_ns);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests, before.requests);
	assert_int_equal(after.told, before.told + 1);
	talk_end(&talk);
}

/* A connection that is translated, of a socket that nobody keeps. */
static void send_to_nobody(const struct nat_world *world, struct nat_tuple *ret)
{
	struct sockaddr_storage at;
	socklen_t len = sockaddr_of("10.9.9.9", 80, &at);
	int fd = socket_there(&world->client, AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(connect(fd, (void *)&at, len), 0);
	(void)!send(fd, "x", 1, 0); /* an earlier one may have been refused */
	if (ret)
		tuple_of(fd, IPPROTO_UDP, ret);
	close(fd);
}

/* Of which the kernel has told, but long ago: others have taken its place. */
static void what_was_forgotten_is_asked_for(void **state)
{
	struct nat_world *world = *state;
	struct nat_stats before, after;
	struct nat_answer answer;
	uint64_t began_ns;
	struct talk talk;

	begin_to_listen(world);
	began_ns = time_monotonic_ns();
	talk_begin(world, &nat_peers[2], IPPROTO_TCP, &talk);
	assert_true(nat_world_is_translated(world, &talk.tuple, began_ns));
	nat_get_stats(world->nat, &before);
	while (before.told < NAT_KNOWN_MAX + 1) {
		for (unsigned int i = 0; i < 100; i++)
			send_to_nobody(world, NULL);
		(void)nat_world_find(world, &(struct nat_tuple){ .family = 4 }, time_monotonic_ns(),
				     true, &answer);
		nat_get_stats(world->nat, &before);
	}
	assert_int_equal(before.overruns, 0);
	assert_true(nat_world_is_translated(world, &talk.tuple, began_ns));
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests - before.requests, 1);
	talk_end(&talk);
}

/* More than the socket holds, and more than are kept. */
static void what_could_not_be_read_is_asked_for(void **state)
{
	enum {
		N = 6000,
		LAST = 50,
	};
	struct nat_world *world = *state;
	struct nat_tuple tuples[LAST];
	struct nat_answer answer;
	struct nat_stats stats = {}, after;
	uint64_t began_ns;
	struct talk talk;

	begin_to_listen(world);
	for (unsigned int i = 0; i < N; i++)
		send_to_nobody(world, i < N - LAST ? NULL : &tuples[i - (N - LAST)]);
	for (unsigned int i = 0; i < LAST; i++)
		assert_true(nat_world_is_translated(world, &tuples[i], 0));
	/* It takes several looks to read so many. */
	do {
		(void)nat_world_find(world, &(struct nat_tuple){ .family = 4 }, time_monotonic_ns(),
				     true, &answer);
		after = stats;
		nat_get_stats(world->nat, &stats);
	} while (stats.told != after.told);
	assert_true(stats.overruns >= 1);
	assert_true(stats.told > 0);
	/* And afterwards it is as before. */
	began_ns = time_monotonic_ns();
	talk_begin(world, &nat_peers[5], IPPROTO_TCP, &talk);
	check_talk(world, &nat_peers[5], &talk.tuple, began_ns);
	nat_get_stats(world->nat, &after);
	assert_int_equal(after.requests, stats.requests);
	talk_end(&talk);
}

static void it_may_be_freed_while_it_opens_its_sockets(void **state)
{
	struct nat_world *world = *state;
	struct nat_answer answer;
	struct talk talk;

	talk_begin(world, &nat_peers[0], IPPROTO_UDP, &talk);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(nat_world_ask(world, &talk.tuple, 0, &answer), NAT_OFF);
		if (i % 3 == 0)
			nat_world_await(world, &talk.tuple);
		else
			usleep((unsigned int)i * 100);
		nat_free(&world->nat);
		assert_int_equal(nat_new(&world->nat, world->worker), 0);
	}
	nat_world_await(world, &talk.tuple);
	assert_false(nat_world_is_translated(world, &talk.tuple, 0));
	talk_end(&talk);
}

int main(void)
{
	const char *reason = nat_world_why_not();

	if (reason)
		return skip_all(reason);
	return RUN_TESTS(
		cmocka_unit_test_setup_teardown(where_conntrack_follows_nothing_nothing_is_opened,
						nat_world_set_up, nat_world_tear_down),
		ROUTER_TEST(without_the_right_it_is_switched_off),
		ROUTER_TEST(a_flood_of_questions_is_bounded),
		ROUTER_TEST(when_very_many_begin_we_do_not_listen),
		ROUTER_TEST(what_was_forgotten_is_asked_for),
		ROUTER_TEST(what_could_not_be_read_is_asked_for),
		ROUTER_TEST(it_may_be_freed_while_it_opens_its_sockets));
}
