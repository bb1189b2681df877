// SPDX-License-Identifier: BSD-2-Clause
#include "services_file.h"

#include <stdio.h>
#include <string.h>

#include "base/services.h"
#include "who/watched_file.h"

static int load(void **ret, const char *path, char message[static WATCHED_MESSAGE])
{
	struct services *services = NULL;
	int r = services_load(&services, path);

	if (r)
		snprintf(message, WATCHED_MESSAGE, "%s: %s", path, strerror(-r));
	else
		*ret = services;
	return r;
}

static void take(void *ctx, void *loaded)
{
	(void)ctx;
	services_use(loaded);
}

static void drop(void *loaded)
{
	struct services *services = loaded;

	services_free(&services);
}

static const struct watched_file_ops ops = {
	.load = load,
	.take = take,
	.drop = drop,
	.is_optional = true,
};

/* Nobody is answered yet: what the first request names is not to depend on how far the worker is. */
int services_file_new(struct watched_file **ret, struct loop *loop, struct worker *worker,
		      const char *path)
{
	struct services *services = NULL;

	if (!services_load(&services, path))
		services_use(services);
	return watched_file_new(ret, loop, worker, path, &ops, NULL);
}
