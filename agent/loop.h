/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent's one loop: file descriptors, timers and signals over epoll. Everything runs on the
 * thread that calls loop_run(); no callback may take longer than 2 ms. A callback that returns
 * < 0 ends the loop with that result.
 */
#pragma once

#include <stdint.h>

struct loop;
struct watch;

typedef int (*loop_fd_fn)(void *ctx, uint32_t events);
typedef int (*loop_timer_fn)(void *ctx);
typedef int (*loop_signal_fn)(void *ctx, int signo);

int loop_new(struct loop **ret);
/* Watches may outlive it; all that is left to do with them then is watch_free(). */
void loop_free(struct loop **loop);
/* events: EPOLLIN and friends. The fd stays the caller's; free the watch before closing it. */
int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_fn fn, void *ctx,
		struct watch **ret);
/* First after first_ms (0: never, armed later by watch_set_timer), then every every_ms (0: once). CLOCK_MONOTONIC. */
int loop_add_timer(struct loop *loop, uint64_t first_ms, uint64_t every_ms, loop_timer_fn fn,
		   void *ctx, struct watch **ret);
/* Blocks the signal and delivers it through a signalfd. It stays blocked when the watch is freed. */
int loop_add_signal(struct loop *loop, int signo, loop_signal_fn fn, void *ctx, struct watch **ret);
/* Changes what an fd watch waits for; 0 parks it (not even EPOLLHUP is reported: the fd leaves the epoll set). */
int watch_set_events(struct watch *watch, uint32_t events);
/* Arms (first_ms > 0) or stops (0) a timer. */
int watch_set_timer(struct watch *watch, uint64_t first_ms, uint64_t every_ms);
/* Safe inside any callback, its own included: released after the batch. NULL is fine. */
void watch_free(struct watch **ref);
/* Runs until loop_stop() or until a callback returns < 0, which is then the result. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int result);
/* Another number after each wait: what was looked at in this turn need not be looked at again. */
uint64_t loop_turn(const struct loop *loop);
