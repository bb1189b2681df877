/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells when something may have appeared at, or gone from, one of a few paths, whose directories
 * need not be there yet, and where links on its way lead: by inotify on the directories that are.
 */
#pragma once

#include <stddef.h>

struct loop;
struct socket_watch;

/* changed: on the loop, at most once in 100 ms. paths: borrowed as long as the watch. -errno. */
int socket_watch_new(struct socket_watch **ret, struct loop *loop, const char *const *paths,
		     size_t count, void (*changed)(void *ctx), void *ctx);
void socket_watch_free(struct socket_watch **at);
