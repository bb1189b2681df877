/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that people write while the agent runs: loaded on the worker's thread at the start, and
 * anew whenever it changes: written in place, replaced by a rename, or by turning a symbolic link
 * that its path goes through (as Kubernetes does with a ConfigMap). What is broken or gone leaves
 * what was loaded last in place, and is said once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct watched_file;
struct worker;

#define WATCHED_MESSAGE 1024

struct watched_file_ops {
	/*
	 * On the worker's thread. -errno and a whole message for people; a file that is not there
	 * need not get here.
	 */
	int (*load)(void **ret, const char *path, char message[static WATCHED_MESSAGE]);
	/* On the loop's thread: the file as it is now, which is ctx's from now on. */
	void (*take)(void *ctx, void *loaded);
	void (*drop)(void *loaded); /* nobody wants it */
	bool is_optional;	    /* that it is not there is nothing to be told */
};

/* The path is copied. ops and worker outlive it. -errno. */
int watched_file_new(struct watched_file **ret, struct loop *loop, struct worker *worker,
		     const char *path, const struct watched_file_ops *ops, void *ctx);
/* What is still being loaded is dropped when that is done. */
void watched_file_free(struct watched_file **at);

struct watched_file_stats {
	uint64_t loaded, refused; /* versions of the file */
	bool is_loading;
	bool is_stale; /* what is in use is not what the file says now */
};
void watched_file_get_stats(const struct watched_file *file, struct watched_file_stats *ret);
