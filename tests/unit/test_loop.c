// SPDX-License-Identifier: BSD-2-Clause
/*
 * The loop over real fds: pipes, timers, signals; watches that come and go under its feet.
 */
#include "loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include "base/cleanup.h"
#include "tests/harness.h"

/* What the callbacks of a test share. */
struct bench {
	struct loop *loop;
	struct watch *watch, *other;
	int near, far; /* a socket pair */
	int calls, stop_after;
	uint32_t events;
	int signo;
	uint64_t turns[4];
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int pair[2];

	assert_non_null(bench);
	assert_int_equal(loop_new(&bench->loop), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
			 0);
	bench->near = pair[0];
	bench->far = pair[1];
	bench->stop_after = 1;
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	watch_free(&bench->watch);
	watch_free(&bench->other);
	loop_free(&bench->loop);
	close(bench->near);
	close(bench->far);
	free(bench);
	return 0;
}

static int count(struct bench *bench)
{
	if (++bench->calls == bench->stop_after)
		loop_stop(bench->loop, 0);
	return 0;
}

static int on_fd(void *ctx, uint32_t events)
{
	struct bench *bench = ctx;

	bench->events = events;
	return count(bench);
}

static int on_timer(void *ctx)
{
	return count(ctx);
}

static int on_signal(void *ctx, int signo)
{
	struct bench *bench = ctx;

	bench->signo = signo;
	return count(bench);
}

static int fail_fd(void *ctx, uint32_t events)
{
	(void)ctx;
	(void)events;
	return -EBADMSG;
}

static int stop_timer(void *ctx)
{
	struct bench *bench = ctx;

	loop_stop(bench->loop, 7);
	return 0;
}

static int must_not_be_called(void *ctx, uint32_t events)
{
	(void)ctx;
	(void)events;
	fail_msg("a callback that must not be called");
	return 0;
}

static int timer_must_not_fire(void *ctx)
{
	return must_not_be_called(ctx, 0);
}

static void poke(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

static void watch_near(struct bench *bench, uint32_t events, loop_fd_fn fn)
{
	assert_int_equal(loop_add_fd(bench->loop, bench->near, events, fn, bench, &bench->watch),
			 0);
}

static void watch_far(struct bench *bench, uint32_t events, loop_fd_fn fn)
{
	assert_int_equal(loop_add_fd(bench->loop, bench->far, events, fn, bench, &bench->other), 0);
}

static void add_timer(struct bench *bench, uint64_t first_ms, uint64_t every_ms, loop_timer_fn fn,
		      struct watch **ret)
{
	assert_int_equal(loop_add_timer(bench->loop, first_ms, every_ms, fn, bench, ret), 0);
}

/* Ends loop_run() after all that is ready now was dispatched; the result is 7. */
static void run_briefly(struct bench *bench)
{
	struct watch *end = NULL;

	assert_int_equal(loop_add_timer(bench->loop, 5, 0, stop_timer, bench, &end), 0);
	assert_int_equal(loop_run(bench->loop), 7);
	watch_free(&end);
	assert_null(end);
}

static void readable_bytes_call_back(void **state)
{
	struct bench *bench = *state;

	watch_near(bench, EPOLLIN, on_fd);
	poke(bench->far);
	assert_int_equal(loop_run(bench->loop), 0);
	assert_int_equal(bench->calls, 1);
	assert_int_equal(bench->events, EPOLLIN);
}

static void a_callbacks_error_is_the_result(void **state)
{
	struct bench *bench = *state;

	watch_near(bench, EPOLLOUT, fail_fd);
	assert_int_equal(loop_run(bench->loop), -EBADMSG);
}

static void a_loop_that_was_stopped_can_run_again(void **state)
{
	struct bench *bench = *state;

	loop_stop(bench->loop, 3);
	assert_int_equal(loop_run(bench->loop), 3);
	run_briefly(bench);
	run_briefly(bench);
}

static void what_cannot_be_watched_is_refused(void **state)
{
	struct bench *bench = *state;
	auto_close int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct watch *watch = NULL;

	assert_int_equal(loop_add_fd(bench->loop, -1, EPOLLIN, on_fd, bench, &watch), -EBADF);
	assert_int_equal(loop_add_fd(bench->loop, file, EPOLLIN, on_fd, bench, &watch), -EPERM);
	assert_int_equal(loop_add_signal(bench->loop, 12345, on_signal, bench, &watch), -EINVAL);
	assert_null(watch);
	watch_free(&watch);
}

static void a_hangup_is_reported_without_being_asked_for(void **state)
{
	struct bench *bench = *state;

	watch_near(bench, EPOLLIN, on_fd);
	close(bench->far);
	bench->far = -1;
	assert_int_equal(loop_run(bench->loop), 0);
	assert_true(bench->events & EPOLLHUP);
}

static void a_parked_fd_is_silent_even_when_hung_up(void **state)
{
	struct bench *bench = *state;

	watch_near(bench, EPOLLIN, must_not_be_called);
	assert_int_equal(watch_set_events(bench->watch, 0), 0);
	assert_int_equal(watch_set_events(bench->watch, 0), 0);
	poke(bench->far);
	close(bench->far);
	bench->far = -1;
	run_briefly(bench);
}

static void a_parked_fd_can_be_woken(void **state)
{
	struct bench *bench = *state;

	/* Parked from the start. */
	watch_near(bench, 0, on_fd);
	poke(bench->far);
	run_briefly(bench);
	assert_int_equal(bench->calls, 0);
	assert_int_equal(watch_set_events(bench->watch, EPOLLIN | EPOLLOUT), 0);
	assert_int_equal(loop_run(bench->loop), 0);
	assert_int_equal(bench->events, EPOLLIN | EPOLLOUT);
	assert_int_equal(watch_set_events(bench->watch, EPOLLOUT), 0);
	bench->stop_after = 2;
	assert_int_equal(loop_run(bench->loop), 0);
	assert_int_equal(bench->events, EPOLLOUT);
}

static int free_own(void *ctx, uint32_t events)
{
	struct bench *bench = ctx;

	(void)events;
	watch_free(&bench->watch);
	assert_null(bench->watch);
	return count(bench);
}

static void a_watch_can_be_freed_in_its_own_callback(void **state)
{
	struct bench *bench = *state;

	watch_near(bench, EPOLLIN, free_own);
	poke(bench->far);
	bench->stop_after = 0;
	run_briefly(bench);
	assert_int_equal(bench->calls, 1);
}

/* Frees the other of two that are ready in one batch, whichever comes first. */
static int free_other(void *ctx, uint32_t events)
{
	struct bench *bench = ctx;

	(void)events;
	watch_free(&bench->other);
	return count(bench);
}

static int free_first(void *ctx, uint32_t events)
{
	struct bench *bench = ctx;

	(void)events;
	watch_free(&bench->watch);
	return count(bench);
}

static void a_watch_freed_by_another_of_the_same_batch_is_not_called(void **state)
{
	struct bench *bench = *state;

	watch_near(bench, EPOLLOUT, free_other);
	watch_far(bench, EPOLLOUT, free_first);
	assert_int_equal(loop_run(bench->loop), 0);
	assert_int_equal(bench->calls, 1);
	assert_true(!bench->watch != !bench->other);
}

static int park_both(void *ctx, uint32_t events)
{
	struct bench *bench = ctx;

	(void)events;
	assert_int_equal(watch_set_events(bench->watch, 0), 0);
	assert_int_equal(watch_set_events(bench->other, 0), 0);
	return count(bench);
}

static void a_watch_parked_by_another_of_the_same_batch_is_not_called(void **state)
{
	struct bench *bench = *state;

	watch_near(bench, EPOLLOUT, park_both);
	watch_far(bench, EPOLLOUT, park_both);
	bench->stop_after = 0;
	run_briefly(bench);
	assert_int_equal(bench->calls, 1);
}

/* The number of a closed fd goes to the next one opened; its watch must not get old events. */
static int replace_far(void *ctx, uint32_t events)
{
	struct bench *bench = ctx;
	int old = bench->far;

	(void)events;
	if (!bench->other)
		return 0;
	watch_free(&bench->other);
	close(bench->far);
	bench->far = dup(STDIN_FILENO);
	if (bench->far < 0 || bench->far != old)
		return -EBADF;
	watch_free(&bench->watch);
	return count(bench);
}

static void a_reused_fd_number_gets_no_stale_events(void **state)
{
	struct bench *bench = *state;

	/* Both are ready; epoll reports in the order in which they became so. */
	watch_near(bench, EPOLLOUT, replace_far);
	watch_far(bench, EPOLLOUT, must_not_be_called);
	bench->stop_after = 0;
	run_briefly(bench);
	assert_int_equal(bench->calls, 1);
}

static void a_timer_fires_once_or_again_and_again(void **state)
{
	struct bench *bench = *state;

	add_timer(bench, 1, 0, on_timer, &bench->watch);
	bench->stop_after = 0;
	run_briefly(bench);
	assert_int_equal(bench->calls, 1);

	assert_int_equal(watch_set_timer(bench->watch, 1, 1), 0);
	bench->stop_after = 4;
	assert_int_equal(loop_run(bench->loop), 0);
	assert_int_equal(bench->calls, 4);
}

static void a_timer_that_is_not_armed_does_not_fire(void **state)
{
	struct bench *bench = *state;

	add_timer(bench, 0, 1, timer_must_not_fire, &bench->watch);
	add_timer(bench, 1, 1, timer_must_not_fire, &bench->other);
	assert_int_equal(watch_set_timer(bench->other, 0, 0), 0);
	run_briefly(bench);
}

/* Both timers are due; the one that is called first stops both. */
static int stop_both_timers(void *ctx)
{
	struct bench *bench = ctx;

	assert_int_equal(watch_set_timer(bench->watch, 0, 0), 0);
	assert_int_equal(watch_set_timer(bench->other, 0, 0), 0);
	return count(bench);
}

/* Returns when timers of a millisecond that were armed before have expired. */
static void let_timers_expire(void)
{
	const struct itimerspec later = { .it_value.tv_nsec = 2000000 };
	auto_close int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	uint64_t times;

	assert_int_equal(timerfd_settime(fd, 0, &later, NULL), 0);
	assert_int_equal(read(fd, &times, sizeof(times)), sizeof(times));
}

static void a_timer_stopped_when_it_was_due_does_not_fire(void **state)
{
	struct bench *bench = *state;

	add_timer(bench, 1, 0, stop_both_timers, &bench->watch);
	add_timer(bench, 1, 0, stop_both_timers, &bench->other);
	let_timers_expire();
	bench->stop_after = 0;
	run_briefly(bench);
	assert_int_equal(bench->calls, 1);
}

static void a_timer_that_was_missed_fires_once(void **state)
{
	struct bench *bench = *state;

	add_timer(bench, 1, 1000000, on_timer, &bench->watch);
	let_timers_expire();
	bench->stop_after = 0;
	run_briefly(bench);
	assert_int_equal(bench->calls, 1);
}

static void fds_and_timers_are_not_mixed_up(void **state)
{
	struct bench *bench = *state;

	watch_near(bench, EPOLLIN, on_fd);
	add_timer(bench, 0, 0, on_timer, &bench->other);
	assert_int_equal(watch_set_timer(bench->watch, 1, 0), -EINVAL);
	assert_int_equal(watch_set_events(bench->other, 0), -EINVAL);
}

static void a_signal_calls_back_and_stays_blocked(void **state)
{
	struct bench *bench = *state;
	sigset_t blocked;

	assert_int_equal(loop_add_signal(bench->loop, SIGUSR1, on_signal, bench, &bench->watch), 0);
	assert_int_equal(loop_add_signal(bench->loop, SIGUSR2, on_signal, bench, &bench->other), 0);
	assert_int_equal(raise(SIGUSR2), 0);
	assert_int_equal(loop_run(bench->loop), 0);
	assert_int_equal(bench->signo, SIGUSR2);
	assert_int_equal(raise(SIGUSR1), 0);
	bench->stop_after = 2;
	assert_int_equal(loop_run(bench->loop), 0);
	assert_int_equal(bench->signo, SIGUSR1);

	/* A second signal while the agent cleans up must not end it. */
	watch_free(&bench->watch);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &blocked), 0);
	assert_int_equal(sigismember(&blocked, SIGUSR1), 1);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int signo)
{
	(void)signo;
	alarms++;
}

static void a_signal_handler_does_not_end_the_loop(void **state)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval often = { { .tv_usec = 500 }, { .tv_usec = 500 } }, never = { 0 };

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	run_briefly(*state);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_true(alarms > 0);
}

struct crowd {
	struct bench *bench;
	struct watch *watches[300];
	int calls;
};

/* Half of all are freed by the first call. */
static int thin_out(void *ctx, uint32_t events)
{
	struct crowd *crowd = ctx;

	(void)events;
	if (crowd->calls++ == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(crowd->watches); i += 2)
			watch_free(&crowd->watches[i]);
	}
	if (crowd->calls == 1000)
		loop_stop(crowd->bench->loop, 0);
	return 0;
}

static void more_watches_than_a_batch_holds_all_get_their_turn(void **state)
{
	struct crowd crowd = { .bench = *state };
	int fds[ARRAY_SIZE(crowd.watches)];

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = dup(crowd.bench->near);
		assert_true(fds[i] >= 0);
		assert_int_equal(loop_add_fd(crowd.bench->loop, fds[i], EPOLLOUT, thin_out, &crowd,
					     &crowd.watches[i]),
				 0);
	}
	assert_int_equal(loop_run(crowd.bench->loop), 0);
	assert_int_equal(crowd.calls, 1000);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		watch_free(&crowd.watches[i]);
		close(fds[i]);
	}
}

static void watches_may_outlive_their_loop(void **state)
{
	struct bench *bench = *state;

	watch_near(bench, EPOLLIN, on_fd);
	add_timer(bench, 1, 1, on_timer, &bench->other);
	loop_free(&bench->loop);
	assert_null(bench->loop);
	assert_int_equal(watch_set_events(bench->watch, EPOLLOUT), -ESTALE);
	watch_free(&bench->watch);
	watch_free(&bench->other);
	watch_free(&bench->other);
	loop_free(&bench->loop);
}

static int note_turn(void *ctx, uint32_t events)
{
	struct bench *bench = ctx;

	(void)events;
	bench->turns[bench->calls] = loop_turn(bench->loop);
	return count(bench);
}

static void callbacks_of_one_wait_are_of_one_turn(void **state)
{
	struct bench *bench = *state;

	bench->stop_after = 4;
	assert_int_equal(
		loop_add_fd(bench->loop, bench->near, EPOLLOUT, note_turn, bench, &bench->watch),
		0);
	assert_int_equal(
		loop_add_fd(bench->loop, bench->far, EPOLLOUT, note_turn, bench, &bench->other), 0);
	assert_int_equal(loop_run(bench->loop), 0);
	assert_int_equal(bench->turns[0], bench->turns[1]);
	assert_int_equal(bench->turns[2], bench->turns[3]);
	assert_int_equal(bench->turns[2], bench->turns[1] + 1);
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	return RUN_TESTS(LOOP_TEST(readable_bytes_call_back),
			 LOOP_TEST(callbacks_of_one_wait_are_of_one_turn),
			 LOOP_TEST(a_callbacks_error_is_the_result),
			 LOOP_TEST(a_loop_that_was_stopped_can_run_again),
			 LOOP_TEST(what_cannot_be_watched_is_refused),
			 LOOP_TEST(a_hangup_is_reported_without_being_asked_for),
			 LOOP_TEST(a_parked_fd_is_silent_even_when_hung_up),
			 LOOP_TEST(a_parked_fd_can_be_woken),
			 LOOP_TEST(a_watch_can_be_freed_in_its_own_callback),
			 LOOP_TEST(a_watch_freed_by_another_of_the_same_batch_is_not_called),
			 LOOP_TEST(a_watch_parked_by_another_of_the_same_batch_is_not_called),
			 LOOP_TEST(a_reused_fd_number_gets_no_stale_events),
			 LOOP_TEST(a_timer_fires_once_or_again_and_again),
			 LOOP_TEST(a_timer_that_is_not_armed_does_not_fire),
			 LOOP_TEST(a_timer_stopped_when_it_was_due_does_not_fire),
			 LOOP_TEST(a_timer_that_was_missed_fires_once),
			 LOOP_TEST(fds_and_timers_are_not_mixed_up),
			 LOOP_TEST(a_signal_calls_back_and_stays_blocked),
			 LOOP_TEST(a_signal_handler_does_not_end_the_loop),
			 LOOP_TEST(more_watches_than_a_batch_holds_all_get_their_turn),
			 LOOP_TEST(watches_may_outlive_their_loop));
}
