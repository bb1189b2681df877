/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /etc/services, kept up to date for requests that name a service: none of them waits for the file.
 */
#pragma once

struct loop;
struct watched_file;
struct worker;

/* Read when this returns, and anew whenever it changes. -errno. */
int services_file_new(struct watched_file **ret, struct loop *loop, struct worker *worker,
		      const char *path);
