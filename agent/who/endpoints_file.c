// SPDX-License-Identifier: BSD-2-Clause
/*
 * The latest version that was right, and the watch that brings the next one.
 */
#include "endpoints_file.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"

struct endpoints_file {
	struct watched_file *file;
	struct endpoints *endpoints; /* NULL: none was right yet */
	uint32_t version;
	void (*changed)(void *ctx);
	void *ctx;
};

static int load(void **ret, const char *path, char message[static WATCHED_MESSAGE])
{
	struct endpoints *endpoints = NULL;
	int r = endpoints_load(&endpoints, path, message, WATCHED_MESSAGE);

	if (!r)
		*ret = endpoints;
	return r;
}

static void take(void *ctx, void *loaded)
{
	struct endpoints_file *file = ctx;

	endpoints_free(&file->endpoints);
	file->endpoints = loaded;
	file->version++;
	log_info("the endpoints file tells of %u addresses and networks", endpoints_count(loaded));
	if (file->changed)
		file->changed(file->ctx);
}

static void drop(void *loaded)
{
	struct endpoints *endpoints = loaded;

	endpoints_free(&endpoints);
}

static const struct watched_file_ops ops = { .load = load, .take = take, .drop = drop };

int endpoints_file_new(struct endpoints_file **ret, struct loop *loop, struct worker *worker,
		       const char *path, void (*changed)(void *ctx), void *ctx)
{
	struct endpoints_file *file = calloc(1, sizeof(*file));
	int r;

	if (!file)
		return -ENOMEM;
	file->changed = changed;
	file->ctx = ctx;
	r = watched_file_new(&file->file, loop, worker, path, &ops, file);
	if (r) {
		endpoints_file_free(&file);
		return r;
	}
	*ret = file;
	return 0;
}

void endpoints_file_free(struct endpoints_file **at)
{
	struct endpoints_file *file = TAKE_PTR(*at);

	if (!file)
		return;
	watched_file_free(&file->file);
	endpoints_free(&file->endpoints);
	free(file);
}

bool endpoints_file_find(const struct endpoints_file *file, const uint8_t addr[static 16],
			 struct endpoint_facts *ret)
{
	return endpoints_find(file->endpoints, addr, ret);
}

const struct endpoints *endpoints_file_now(const struct endpoints_file *file, uint32_t *ret_version)
{
	*ret_version = file->version;
	return file->endpoints;
}

void endpoints_file_get_stats(const struct endpoints_file *file, struct watched_file_stats *ret)
{
	watched_file_get_stats(file->file, ret);
}
