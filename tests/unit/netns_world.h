/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network namespaces of a test's own, and a loop that runs until something is so.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "loop.h"
#include "tests/harness.h"

/* Runs a shell command; the test fails where it does. */
void sh(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A namespace that lives as long as a process in it, which is ours. */
struct netns {
	pid_t pid;
	int fd;
	uint64_t inode;
};

void netns_open(struct netns *ret);
/* Ends the process, and with it the namespace, if nothing else holds it. */
void netns_close(struct netns *ns);
/* This thread goes there: what it opens is there. NULL: back to where netns_home() was called. */
void netns_enter(const struct netns *ns);
void netns_home(void);

/* Runs the loop until the condition is so; fails after 20 s. */
void run_until(struct loop *loop, bool (*is_so)(void *ctx), void *ctx, const char *what);
