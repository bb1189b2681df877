// SPDX-License-Identifier: BSD-2-Clause
/*
 * A process that sleeps in each namespace; it ends with the test.
 */
#include "tests/unit/netns_world.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define DEADLINE_MS 20000
#define LOOK_MS	    2

static int home = -1;

void sh(const char *format, ...)
{
	char command[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0) /* NOLINT(cert-env33-c): a test's own words */
		fail_msg("failed: %s", command);
}

void netns_open(struct netns *ret)
{
	char path[64], byte;
	struct stat st;
	int ready[2];

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	ret->pid = fork();
	if (ret->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) == 0)
			(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	assert_true(ret->pid > 0);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", ret->pid);
	ret->fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(ret->fd >= 0);
	assert_int_equal(fstat(ret->fd, &st), 0);
	ret->inode = st.st_ino;
}

void netns_close(struct netns *ns)
{
	if (ns->pid <= 0)
		return;
	kill(ns->pid, SIGKILL);
	waitpid(ns->pid, NULL, 0);
	close(ns->fd);
	*ns = (struct netns){ .fd = -1 };
}

void netns_home(void)
{
	if (home >= 0)
		close(home);
	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(home >= 0);
}

void netns_enter(const struct netns *ns)
{
	assert_int_equal(setns(ns ? ns->fd : home, CLONE_NEWNET), 0);
}

struct wait {
	struct loop *loop;
	bool (*is_so)(void *ctx);
	void *ctx;
	unsigned int looks;
};

static int look(void *ctx)
{
	struct wait *wait = ctx;

	if (wait->is_so(wait->ctx))
		loop_stop(wait->loop, 0);
	else if (++wait->looks > DEADLINE_MS / LOOK_MS)
		loop_stop(wait->loop, 1);
	return 0;
}

void run_until(struct loop *loop, bool (*is_so)(void *ctx), void *ctx, const char *what)
{
	struct wait wait = { loop, is_so, ctx, 0 };
	struct watch *timer;
	int r;

	if (is_so(ctx))
		return;
	assert_int_equal(loop_add_timer(loop, LOOK_MS, LOOK_MS, look, &wait, &timer), 0);
	r = loop_run(loop);
	watch_free(&timer);
	if (r)
		fail_msg("not in %d ms: %s (%d)", DEADLINE_MS, what, r);
}
