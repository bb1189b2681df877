// SPDX-License-Identifier: BSD-2-Clause
/* dockerd over its socket: one list tells all that is of interest. */
#include "runtime_docker.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

#include "who/http_get.h"
#include "who/json_walk.h"
#include "who/kube.h"
#include "who/runtime_row.h"

struct docker_walk {
	struct listing *listing;
	struct found *found; /* NULL until the container's id is known */
};

static void on_value(void *ctx, struct text path, enum json_kind kind, struct text value)
{
	struct docker_walk *walk = ctx;
	struct found *found = walk->found;
	struct text rest;

	if (text_is(path, "[]") && kind == JSON_NESTED) {
		walk->found = NULL;
		return;
	}
	if (text_is(path, "[].Id")) {
		walk->found = listing_add(walk->listing, value);
		if (walk->found) {
			walk->found->runtime = "docker";
			walk->found->has_labels = true;
		}
		return;
	}
	/* dockerd puts the id first. */
	if (!found)
		return;
	if (text_is(path, "[].Names.[]") && !found->name[0] && value.len && value.bytes[0] == '/') {
		value = (struct text){ value.bytes + 1, value.len - 1 };
		if (!kube_docker_name(walk->listing, found, value))
			found->name = listing_text(walk->listing, value, FOUND_NAME_MAX);
	} else if (text_is(path, "[].Image")) {
		found->image = listing_text(walk->listing, value, FOUND_NAME_MAX);
	} else if (json_path_under(path, "[].Labels.", &rest) && kind == JSON_STRING) {
		kube_label(walk->listing, found, rest, value);
	} else if (text_is(path, "[].HostConfig.NetworkMode")) {
		found->net.is_host = text_is(value, "host");
	} else if (json_path_under(path, "[].NetworkSettings.Networks.", &rest) && value.len) {
		const char *dot = memrchr(rest.bytes, '.', rest.len);

		rest.len = dot ? rest.len - (size_t)(dot + 1 - rest.bytes) : 0;
		rest.bytes = dot ? dot + 1 : rest.bytes;
		if (text_is(rest, "IPAddress") || text_is(rest, "GlobalIPv6Address"))
			(void)listing_ip(found, value);
	}
}

int docker_containers(struct listing *listing, struct text json)
{
	struct docker_walk walk = { .listing = listing };

	return json_walk(json, on_value, &walk);
}

void docker_filter(char *ret, size_t size, const char *target, const struct runtime_ask *ask)
{
	size_t len = (size_t)snprintf(ret, size, "%s", target);

	if (!ask->id_count)
		return;
	/* ?all=true&filters={"id":["...","..."]} */
	len += (size_t)snprintf(ret + len, size - len, "%call=true&filters=%%7B%%22id%%22%%3A%%5B",
				strchr(target, '?') ? '&' : '?');
	for (size_t i = 0; i < ask->id_count && len < size; i++)
		len += (size_t)snprintf(ret + len, size - len, "%s%%22%s%%22", i ? "%2C" : "",
					ask->ids[i]);
	if (len < size)
		snprintf(ret + len, size - len, "%%5D%%7D");
}

static int docker_list(struct runtime_ask *ask, struct listing *listing)
{
	auto_buf struct buf body = { 0 };
	char target[DOCKER_TARGET_SIZE];
	int r;

	docker_filter(target, sizeof(target), "/containers/json", ask);
	call_begin(&ask->call);
	r = http_get(&ask->call, ask->path, target, &body, NULL);
	return r ? r
		 : docker_containers(listing, (struct text){ buf_bytes(&body), buf_len(&body) });
}

const struct runtime_row runtime_docker = {
	.name = "docker",
	.rank = 2,
	.has_socket = true,
	.list = docker_list,
};
