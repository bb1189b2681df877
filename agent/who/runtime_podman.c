// SPDX-License-Identifier: BSD-2-Clause
/*
 * Podman has no daemon. Its socket, where there is one, starts a service that knows all; else the
 * files of its storage tell names and images, and the bundle the rest, but no pods.
 */
#include "runtime_podman.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

#include "who/disk.h"
#include "who/http_get.h"
#include "who/json_walk.h"
#include "who/kube.h"
#include "who/oci_config.h"
#include "who/runtime_docker.h"
#include "who/runtime_row.h"

#define STORAGE_BYTES_MAX (8U << 20)
#define CONFIG_BYTES_MAX  (4U << 20)
#define PID_BYTES_MAX	  32U
#define ID_LEN		  64

/* ---- its socket ---- */

struct podman_walk {
	struct listing *listing;
	size_t index; /* of the container at hand */
};

/* An object's keys come in the order of their names: what is told before the id waits in an item. */
static void on_value(void *ctx, struct text path, enum json_kind kind, struct text value)
{
	struct podman_walk *walk = ctx;
	struct listing *listing = walk->listing;
	struct found *found;
	struct text rest;

	if (text_is(path, "[]") && kind == JSON_NESTED) {
		walk->index = listing->count;
		found = listing_add(listing, text_from_str("-"));
		if (found) {
			found->runtime = "podman";
			found->has_labels = true;
		}
		return;
	}
	if (walk->index >= listing->count)
		return;
	found = &listing->items[walk->index];
	if (text_is(path, "[].Id") && found_is_id(value))
		found->id = listing_text(listing, value, FOUND_ID_MAX);
	else if (text_is(path, "[].Names.[]") && !found->name[0])
		found->name = listing_text(listing, value, FOUND_NAME_MAX);
	else if (text_is(path, "[].Image"))
		found->image = listing_text(listing, value, FOUND_NAME_MAX);
	else if (text_is(path, "[].IsInfra"))
		found->is_sandbox = text_is(value, "true");
	else if (text_is(path, "[].Pid"))
		found->pid = found_pid(value);
	else if (text_is(path, "[].Pod"))
		found->pod_uid = listing_text(listing, value, FOUND_NAME_MAX);
	else if (text_is(path, "[].PodName"))
		found->pod_name = listing_text(listing, value, FOUND_NAME_MAX);
	else if (json_path_under(path, "[].Labels.", &rest) && kind == JSON_STRING)
		kube_label(listing, found, rest, value);
}

int podman_containers(struct listing *listing, struct text json)
{
	struct podman_walk walk = { .listing = listing, .index = SIZE_MAX };
	size_t kept = listing->count;
	int r = json_walk(json, on_value, &walk);

	for (size_t i = kept; i < listing->count; i++) {
		if (strcmp(listing->items[i].id, "-") != 0)
			listing->items[kept++] = listing->items[i];
	}
	listing->count = kept;
	return r;
}

static int podman_list(struct runtime_ask *ask, struct listing *listing)
{
	auto_buf struct buf body = { 0 };
	char target[DOCKER_TARGET_SIZE];
	int r;

	docker_filter(target, sizeof(target), "/v3.0.0/libpod/containers/json?pod=true", ask);
	call_begin(&ask->call);
	r = http_get(&ask->call, ask->path, target, &body, NULL);
	return r ? r
		 : podman_containers(listing, (struct text){ buf_bytes(&body), buf_len(&body) });
}

const struct runtime_row runtime_podman = {
	.name = "podman",
	.rank = 2,
	.has_socket = true,
	.list = podman_list,
};

/* ---- its files ---- */

/* overlay-containers/containers.json: [{"id":"...","names":["web"],"metadata":"{...}"},...] */
struct storage_walk {
	struct runtime_ask *ask;
	struct listing *listing;
	const char *dir;
	/* The container at hand; texts of the listing. */
	const char *id, *name, *image;
	bool is_crio;
};

static bool is_asked(const struct runtime_ask *ask, const char *id)
{
	for (size_t i = 0; i < ask->id_count; i++) {
		if (!strcmp(ask->ids[i], id))
			return true;
	}
	return !ask->id_count;
}

/* The container that holds the namespaces of a pod is called after it. */
static bool is_infra(const char *name)
{
	size_t len = strlen(name), tail = sizeof("-infra") - 1;

	return len > tail && !strcmp(name + len - tail, "-infra");
}

/* conmon writes it in /run when the container starts. 0: it does not run. */
static uint32_t read_pid(const struct storage_walk *walk)
{
	auto_buf struct buf buf = { 0 };
	char path[PATH_MAX];
	struct text digits;

	if (!disk_path(path, "%s/run/containers/storage/overlay-containers/%s/userdata/pidfile",
		       walk->ask->root, walk->id) ||
	    disk_read(path, PID_BYTES_MAX, &buf))
		return 0;
	digits = (struct text){ buf_bytes(&buf), buf_len(&buf) };
	if (digits.len && digits.bytes[digits.len - 1] == '\n')
		digits.len--;
	return found_pid(digits);
}

/* The cgroup of a pod's container is in its pod's, whose name has the id as its last 64 digits. */
static struct text pod_of_cgroup(const char *path)
{
	const char *name = strstr(path, "/libpod-"), *slice = strstr(path, ".slice:libpod:");
	const char *end = slice ? slice : name;

	if (!end || end - path < ID_LEN)
		return (struct text){ "", 0 };
	for (const char *at = end - ID_LEN; at < end; at++) {
		if (!strchr("0123456789abcdef", *at))
			return (struct text){ "", 0 };
	}
	return (struct text){ end - ID_LEN, ID_LEN };
}

static void tell_container(struct storage_walk *walk)
{
	struct oci_extra extra = { .hostname = "", .cgroups_path = "" };
	auto_buf struct buf buf = { 0 };
	struct listing *listing = walk->listing;
	size_t before = listing->count;
	struct found *found;
	char path[PATH_MAX];
	uint32_t pid;

	/* Who is in a pod is told so by the container that holds its namespaces. */
	if (!walk->id[0] || walk->is_crio ||
	    (!is_asked(walk->ask, walk->id) && !is_infra(walk->name)))
		return;
	pid = read_pid(walk);
	if (!pid && (!walk->ask->id_count || !is_asked(walk->ask, walk->id)))
		return;
	if (!disk_path(path, "%s/%s/userdata/config.json", walk->dir, walk->id) ||
	    disk_read(path, CONFIG_BYTES_MAX, &buf) ||
	    oci_config(listing, text_from_str(walk->id),
		       (struct text){ buf_bytes(&buf), buf_len(&buf) }, "podman", &extra))
		(void)listing_add(listing, text_from_str(walk->id));
	if (listing->count == before)
		return;
	found = &listing->items[before];
	found->runtime = "podman";
	found->name = walk->name;
	found->image = walk->image;
	found->pid = pid;
	if (!is_infra(walk->name))
		return;
	found->is_sandbox = true;
	found->pod_uid = listing_text(listing, pod_of_cgroup(extra.cgroups_path), ID_LEN);
	found->pod_name = extra.hostname;
}

static void on_metadata(void *ctx, struct text path, enum json_kind kind, struct text value)
{
	struct storage_walk *walk = ctx;

	(void)kind;
	if (text_is(path, "image-name"))
		walk->image = listing_text(walk->listing, value, FOUND_NAME_MAX);
	else if (text_is(path, "pod-id")) /* its own row reads it */
		walk->is_crio = value.len > 0;
}

static void on_storage(void *ctx, struct text path, enum json_kind kind, struct text value)
{
	struct storage_walk *walk = ctx;

	if (text_is(path, "[]") && kind == JSON_NESTED) {
		tell_container(walk);
		walk->id = walk->name = walk->image = "";
		walk->is_crio = false;
	} else if (text_is(path, "[].id") && found_is_id(value)) {
		walk->id = listing_text(walk->listing, value, FOUND_ID_MAX);
	} else if (text_is(path, "[].names.[]") && !walk->name[0]) {
		walk->name = listing_text(walk->listing, value, FOUND_NAME_MAX);
	} else if (text_is(path, "[].metadata") && kind == JSON_STRING) {
		(void)json_walk(value, on_metadata, walk);
	}
}

int podman_storage(struct runtime_ask *ask, struct listing *listing, const char *dir,
		   struct text json)
{
	struct storage_walk walk = {
		.ask = ask,
		.listing = listing,
		.dir = dir,
		.id = "",
		.name = "",
		.image = "",
	};
	int r = json_walk(json, on_storage, &walk);

	if (!r)
		tell_container(&walk); /* the last one */
	return r;
}

static int podman_files_list(struct runtime_ask *ask, struct listing *listing)
{
	auto_buf struct buf buf = { 0 };
	char dir[PATH_MAX];
	char *slash;
	int r;

	if (!disk_path(dir, "%s", ask->path))
		return -ENAMETOOLONG;
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	r = disk_read(ask->path, STORAGE_BYTES_MAX, &buf);
	if (r)
		return r;
	return podman_storage(ask, listing, dir, (struct text){ buf_bytes(&buf), buf_len(&buf) });
}

const struct runtime_row runtime_podman_files = {
	.name = "podman's files",
	.rank = 1,
	.list = podman_files_list,
};
