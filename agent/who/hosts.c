// SPDX-License-Identifier: BSD-2-Clause
/*
 * The latest version of the file, and the watch that brings the next one.
 */
#include "hosts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct hosts {
	struct watched_file *file;
	struct hosts_table *table; /* NULL: there was no file yet */
	void (*changed)(void *ctx);
	void *ctx;
};

static int watched_load(void **ret, const char *path, char message[static WATCHED_MESSAGE])
{
	struct hosts_table *table = NULL;
	int r = hosts_table_load(&table, path);

	if (r)
		snprintf(message, WATCHED_MESSAGE, "%s: %s", path, strerror(-r));
	else
		*ret = table;
	return r;
}

static void watched_take(void *ctx, void *loaded)
{
	struct hosts *hosts = ctx;

	hosts_table_free(&hosts->table);
	hosts->table = loaded;
	if (hosts->changed)
		hosts->changed(hosts->ctx);
}

static void watched_drop(void *loaded)
{
	struct hosts_table *table = loaded;

	hosts_table_free(&table);
}

static const struct watched_file_ops ops = {
	.load = watched_load,
	.take = watched_take,
	.drop = watched_drop,
	.is_optional = true,
};

int hosts_new(struct hosts **ret, struct loop *loop, struct worker *worker, const char *path,
	      void (*changed)(void *ctx), void *ctx)
{
	struct hosts *hosts = calloc(1, sizeof(*hosts));
	int r;

	if (!hosts)
		return -ENOMEM;
	hosts->changed = changed;
	hosts->ctx = ctx;
	r = watched_file_new(&hosts->file, loop, worker, path, &ops, hosts);
	if (r) {
		hosts_free(&hosts);
		return r;
	}
	*ret = hosts;
	return 0;
}

void hosts_free(struct hosts **at)
{
	struct hosts *hosts = TAKE_PTR(*at);

	if (!hosts)
		return;
	watched_file_free(&hosts->file);
	hosts_table_free(&hosts->table);
	free(hosts);
}

const char *hosts_find(const struct hosts *hosts, const uint8_t addr[static 16])
{
	return hosts_table_find(hosts->table, addr);
}

void hosts_get_stats(const struct hosts *hosts, struct hosts_stats *ret)
{
	watched_file_get_stats(hosts->file, &ret->file);
	ret->addresses = hosts_table_count(hosts->table);
	ret->refused = hosts_table_refused(hosts->table);
}
