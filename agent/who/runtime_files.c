// SPDX-License-Identifier: BSD-2-Clause
/*
 * What runtimes leave in files while a container runs, for where no socket answers: containerd's
 * bundles (those of its clients too that are not kubelet: ctr, nerdctl, dockerd), CRI-O's, and the
 * log files of pods, whose names say which pod a container belongs to.
 */
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"

#include "who/disk.h"
#include "who/kube.h"
#include "who/oci_config.h"
#include "who/runtime_row.h"

#define CONFIG_BYTES_MAX (4U << 20)
#define PID_BYTES_MAX	 32U
#define ID_LEN		 64

/* containerd: a directory for each namespace, in it one for each container. */
static const char *const task_dirs[] = {
	"/run/containerd/io.containerd.runtime.v2.task",
	"/run/k3s/containerd/io.containerd.runtime.v2.task",
	"/run/docker/containerd/daemon/io.containerd.runtime.v2.task",
	"/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task",
};

/* CRI-O: a directory for each container, in it userdata/config.json. */
static const char crio_dir[] = "/run/containers/storage/overlay-containers";

/* Directories of bundles, and what they are asked. */
struct search {
	const struct runtime_ask *ask;
	struct listing *listing;
	const char *dir;
	const char *namespace; /* NULL: CRI-O */
};

static uint32_t read_pid(const char *bundle)
{
	auto_buf struct buf buf = { 0 };
	char path[PATH_MAX];

	if (!disk_path(path, "%s/init.pid", bundle) || disk_read(path, PID_BYTES_MAX, &buf))
		return 0;
	return found_pid((struct text){ buf_bytes(&buf), buf_len(&buf) });
}

/* A directory with a config.json. */
static void read_bundle(struct listing *listing, const char *id, const char *bundle,
			const char *runtime)
{
	auto_buf struct buf buf = { 0 };
	size_t before = listing->count;
	struct found *found;
	char path[PATH_MAX];

	if (!disk_path(path, "%s/config.json", bundle) || disk_read(path, CONFIG_BYTES_MAX, &buf) ||
	    oci_config(listing, text_from_str(id), (struct text){ buf_bytes(&buf), buf_len(&buf) },
		       runtime, NULL) ||
	    listing->count == before)
		return;
	found = &listing->items[before];
	found->pid = read_pid(bundle);
	/* What a person has typed: ctr has no other names. */
	if (!found->name[0] && !found->is_sandbox && strlen(id) != ID_LEN)
		found->name = found->id;
}

static bool on_bundle(void *ctx, const char *id)
{
	const struct search *search = ctx;
	const char *runtime = "cri-o", *namespace = search->namespace;
	char path[PATH_MAX];

	if (namespace)
		runtime = strcmp(namespace, "moby") ? "containerd" : "docker";
	if (namespace ? disk_path(path, "%s/%s/%s", search->dir, namespace, id)
		      : disk_path(path, "%s/%s/userdata", search->dir, id))
		read_bundle(search->listing, id, path, runtime);
	return search->listing->count < LISTING_MAX;
}

/* All that are there, or those that are asked for. */
static void search_bundles(struct search *search)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < search->ask->id_count; i++)
		(void)on_bundle(search, search->ask->ids[i]);
	if (search->ask->id_count)
		return;
	if (search->namespace ? disk_path(path, "%s/%s", search->dir, search->namespace)
			      : disk_path(path, "%s", search->dir))
		disk_each(path, on_bundle, search);
}

static bool on_namespace(void *ctx, const char *name)
{
	struct search *search = ctx;

	search->namespace = name;
	search_bundles(search);
	return true;
}

/* For ids only: most logs are of containers that are long gone. */
static bool on_log(void *ctx, const char *name)
{
	const struct search *search = ctx;
	char path[PATH_MAX], target[PATH_MAX];
	size_t len = strlen(name);
	ssize_t n;

	for (size_t i = 0; i < search->ask->id_count && len > ID_LEN + 4; i++) {
		const char *id = search->ask->ids[i];

		if (strlen(id) != ID_LEN || memcmp(name + len - ID_LEN - 4, id, ID_LEN) != 0 ||
		    !disk_path(path, "%s/%s", search->dir, name))
			continue;
		n = readlink(path, target, sizeof(target));
		(void)kube_log_link(search->listing, (struct text){ name, len },
				    (struct text){ target, n > 0 ? (size_t)n : 0 });
	}
	return true;
}

static int files_list(struct runtime_ask *ask, struct listing *listing)
{
	struct search search = { .ask = ask, .listing = listing };
	char dir[PATH_MAX];

	search.dir = dir;
	for (size_t i = 0; i < ARRAY_SIZE(task_dirs); i++) {
		if (disk_path(dir, "%s%s", ask->root, task_dirs[i]))
			disk_each(dir, on_namespace, &search);
	}
	search.namespace = NULL;
	if (disk_path(dir, "%s%s", ask->root, crio_dir))
		search_bundles(&search);
	/* A bundle tells more than a log. */
	if (listing->count < ask->id_count && disk_path(dir, "%s/var/log/containers", ask->root))
		disk_each(dir, on_log, &search);
	return 0;
}

const struct runtime_row runtime_files = {
	.name = "files",
	.rank = 0,
	.list = files_list,
};
