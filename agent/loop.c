// SPDX-License-Identifier: BSD-2-Clause
/*
 * epoll with three kinds of watch: a caller's fd, a timerfd, a signalfd. Events of one batch may
 * concern watches that an earlier callback of that batch freed or changed: a freed one is kept,
 * marked, until the batch is over, and what a watch no longer waits for is not delivered.
 */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"

#define LOOP_BATCH 64

enum watch_kind {
	WATCH_FD,
	WATCH_TIMER,
	WATCH_SIGNAL,
};

struct watch {
	LIST_ENTRY(watch) link;
	struct loop *loop; /* NULL once the loop is gone */
	enum watch_kind kind;
	int fd;
	uint32_t events; /* 0: not in the epoll set */
	bool dead;
	union {
		loop_fd_fn on_fd;
		loop_timer_fn on_timer;
		loop_signal_fn on_signal;
	};
	void *ctx;
};

LIST_HEAD(watch_list, watch);

struct loop {
	int epoll_fd;
	struct watch_list live, dead;
	bool dispatching, stopping;
	int result;
	uint64_t turn;
};

int loop_new(struct loop **ret)
{
	auto_free struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	LIST_INIT(&loop->live);
	LIST_INIT(&loop->dead);
	*ret = TAKE_PTR(loop);
	return 0;
}

void loop_free(struct loop **loop)
{
	struct watch *watch;

	if (!*loop)
		return;
	/* Their owners still hold them. */
	while ((watch = LIST_FIRST(&(*loop)->live))) {
		LIST_REMOVE(watch, link);
		watch->loop = NULL;
	}
	close((*loop)->epoll_fd);
	free(*loop);
	*loop = NULL;
}

static int watch_register(struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };
	int op = watch->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (!watch->loop)
		return -ESTALE;
	if (events == watch->events)
		return 0;
	if (events == 0)
		op = EPOLL_CTL_DEL;
	if (epoll_ctl(watch->loop->epoll_fd, op, watch->fd, &event) < 0)
		return -errno;
	watch->events = events;
	return 0;
}

int watch_set_events(struct watch *watch, uint32_t events)
{
	if (watch->kind != WATCH_FD)
		return -EINVAL;
	return watch_register(watch, events);
}

void watch_free(struct watch **ref)
{
	struct watch *watch = *ref;
	struct loop *loop;

	if (!watch)
		return;
	*ref = NULL;
	loop = watch->loop;
	(void)watch_register(watch, 0);
	if (watch->kind != WATCH_FD && watch->fd >= 0)
		close(watch->fd);
	if (loop)
		LIST_REMOVE(watch, link);
	if (!loop || !loop->dispatching) {
		free(watch);
		return;
	}
	watch->dead = true;
	LIST_INSERT_HEAD(&loop->dead, watch, link);
}

/* Takes over a timer's or a signal's fd, even when it fails. */
static int watch_add(struct loop *loop, const struct watch *template, uint32_t events,
		     struct watch **ret)
{
	struct watch *watch = malloc(sizeof(*watch));
	int r;

	if (!watch) {
		if (template->kind != WATCH_FD)
			close(template->fd);
		return -ENOMEM;
	}
	*watch = *template;
	watch->loop = loop;
	LIST_INSERT_HEAD(&loop->live, watch, link);
	r = watch_register(watch, events);
	if (r < 0) {
		watch_free(&watch);
		return r;
	}
	*ret = watch;
	return 0;
}

int loop_add_fd(struct loop *loop, int fd, uint32_t events, loop_fd_fn fn, void *ctx,
		struct watch **ret)
{
	const struct watch watch = { .kind = WATCH_FD, .fd = fd, .on_fd = fn, .ctx = ctx };

	return watch_add(loop, &watch, events, ret);
}

static struct timespec from_ms(uint64_t ms)
{
	return (struct timespec){
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};
}

static int set_timer(int fd, uint64_t first_ms, uint64_t every_ms)
{
	const struct itimerspec spec = {
		.it_value = from_ms(first_ms),
		.it_interval = from_ms(every_ms),
	};

	return timerfd_settime(fd, 0, &spec, NULL) < 0 ? -errno : 0;
}

int watch_set_timer(struct watch *watch, uint64_t first_ms, uint64_t every_ms)
{
	if (watch->kind != WATCH_TIMER)
		return -EINVAL;
	return set_timer(watch->fd, first_ms, every_ms);
}

int loop_add_timer(struct loop *loop, uint64_t first_ms, uint64_t every_ms, loop_timer_fn fn,
		   void *ctx, struct watch **ret)
{
	auto_close int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct watch watch = { .kind = WATCH_TIMER, .on_timer = fn, .ctx = ctx };
	int r;

	if (fd < 0)
		return -errno;
	r = set_timer(fd, first_ms, every_ms);
	if (r < 0)
		return r;
	watch.fd = TAKE_FD(fd);
	return watch_add(loop, &watch, EPOLLIN, ret);
}

int loop_add_signal(struct loop *loop, int signo, loop_signal_fn fn, void *ctx, struct watch **ret)
{
	struct watch watch = { .kind = WATCH_SIGNAL, .on_signal = fn, .ctx = ctx };
	sigset_t set;

	sigemptyset(&set);
	if (sigaddset(&set, signo) < 0)
		return -errno;
	watch.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (watch.fd < 0)
		return -errno;
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return watch_add(loop, &watch, EPOLLIN, ret);
}

/* Nothing to read: another callback of this batch set the timer anew. */
static int dispatch_timer(const struct watch *watch)
{
	uint64_t times;

	if (read(watch->fd, &times, sizeof(times)) != sizeof(times))
		return 0;
	return watch->on_timer(watch->ctx);
}

static int dispatch_signal(const struct watch *watch)
{
	struct signalfd_siginfo info;

	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return watch->on_signal(watch->ctx, (int)info.ssi_signo);
}

static int dispatch(const struct epoll_event *event)
{
	const struct watch *watch = event->data.ptr;
	uint32_t events = event->events & (watch->events | EPOLLERR | EPOLLHUP);

	if (watch->dead || watch->events == 0 || events == 0)
		return 0;
	switch (watch->kind) {
	case WATCH_FD:
		return watch->on_fd(watch->ctx, events);
	case WATCH_TIMER:
		return dispatch_timer(watch);
	case WATCH_SIGNAL:
		return dispatch_signal(watch);
	}
	return 0;
}

static void bury(struct loop *loop)
{
	struct watch *watch;

	while ((watch = LIST_FIRST(&loop->dead))) {
		LIST_REMOVE(watch, link);
		free(watch);
	}
}

static void dispatch_batch(struct loop *loop, const struct epoll_event *events, int count)
{
	loop->dispatching = true;
	for (int i = 0; i < count && !loop->stopping; i++) {
		int r = dispatch(&events[i]);

		if (r < 0)
			loop_stop(loop, r);
	}
	loop->dispatching = false;
	bury(loop);
}

int loop_run(struct loop *loop)
{
	struct epoll_event events[LOOP_BATCH];
	int count;

	while (!loop->stopping) {
		count = epoll_wait(loop->epoll_fd, events, LOOP_BATCH, -1);
		loop->turn++;
		if (count < 0 && errno != EINTR)
			return -errno;
		dispatch_batch(loop, events, count);
	}
	loop->stopping = false;
	return loop->result;
}

void loop_stop(struct loop *loop, int result)
{
	loop->stopping = true;
	loop->result = result;
}

uint64_t loop_turn(const struct loop *loop)
{
	return loop->turn;
}
