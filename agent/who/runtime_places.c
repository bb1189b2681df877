// SPDX-License-Identifier: BSD-2-Clause
/* The usual places, or those that somebody names. */
#include "runtime_places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

static const struct usual {
	const struct runtime_row *row;
	const char *path;
} usual[] = {
	{ &runtime_cri, "/run/containerd/containerd.sock" },
	{ &runtime_cri, "/run/crio/crio.sock" },
	{ &runtime_cri, "/run/k3s/containerd/containerd.sock" },
	{ &runtime_cri, "/run/cri-dockerd.sock" },
	{ &runtime_docker, "/var/run/docker.sock" },
	{ &runtime_podman, "/run/podman/podman.sock" },
};

static const struct usual files[] = {
	{ &runtime_podman_files, "/var/lib/containers/storage/overlay-containers/containers.json" },
	{ &runtime_files, "" },
};

static const struct kind {
	const char *prefix;
	const char *in_name; /* of the socket, where there is no prefix */
	const struct runtime_row *row;
} kinds[] = {
	{ "docker:", "docker.sock", &runtime_docker },
	{ "podman:", "podman", &runtime_podman },
	{ "cri:", "", &runtime_cri }, /* whatever else it is called */
};

/* *ret_path: without the prefix. NULL: it is no path. */
static const struct runtime_row *row_of(const char *text, const char **ret_path)
{
	const char *name;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (!strncmp(text, kinds[i].prefix, len)) {
			*ret_path = text + len;
			return text[len] == '/' ? kinds[i].row : NULL;
		}
	}
	if (text[0] != '/')
		return NULL;
	*ret_path = text;
	name = strrchr(text, '/') + 1;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strstr(name, kinds[i].in_name))
			return kinds[i].row;
	}
	return NULL;
}

int runtime_check(const char *text, char reason[static OPTION_REASON_SIZE])
{
	const char *path;

	if (!strcmp(text, "auto") || !strcmp(text, "none") || row_of(text, &path))
		return 0;
	snprintf(
		reason, OPTION_REASON_SIZE,
		"neither auto, none, nor the path of a socket (cri:, docker: or podman: in front)");
	return -EINVAL;
}

static int place_init(struct place *place, const struct runtime_row *row, const char *root,
		      const char *path)
{
	*place = (struct place){ .row = row, .needs_all = true };
	if (!path[0])
		root = "";
	return asprintf(&place->path, "%s%s", root, path) < 0 ? -ENOMEM : 0;
}

static int fill_usual(struct place *places, const struct usual *rows, size_t count,
		      const char *root)
{
	for (size_t i = 0; i < count; i++) {
		int r = place_init(&places[i], rows[i].row, root, rows[i].path);

		if (r) {
			places_done(places, i);
			return r;
		}
	}
	return (int)count;
}

int places_fill(struct place *places, size_t max, const struct runtime_options *options)
{
	const char *root = options->root ? options->root : "", *path;
	size_t count = 0;
	int r = 0;

	if (options->socket_count > RUNTIME_NAMED_MAX ||
	    options->socket_count + ARRAY_SIZE(usual) + ARRAY_SIZE(files) > max)
		return -E2BIG;
	for (size_t i = 0; options->sockets && !r && i < options->socket_count; i++) {
		const struct runtime_row *row = row_of(options->sockets[i], &path);

		r = row ? place_init(&places[count], row, "", path) : -EINVAL;
		count += !r;
	}
	if (!r && !options->sockets) {
		r = fill_usual(places, usual, ARRAY_SIZE(usual), root);
		count += r > 0 ? (size_t)r : 0;
	}
	if (r >= 0 && !options->no_files) {
		r = fill_usual(places + count, files, ARRAY_SIZE(files), root);
		count += r > 0 ? (size_t)r : 0;
	}
	if (r < 0) {
		places_done(places, count);
		return r;
	}
	return (int)count;
}

void places_done(struct place *places, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(places[i].path);
		places[i].path = NULL;
	}
}

bool place_look(struct place *place)
{
	bool was_there = place->is_there;
	struct stat st;

	if (!place->path[0]) {
		place->is_there = true;
		return !was_there;
	}
	place->is_there = !stat(place->path, &st) &&
			  (place->row->has_socket ? S_ISSOCK(st.st_mode) : S_ISREG(st.st_mode));
	if (!place->is_there)
		return false;
	if (was_there && place->device == st.st_dev && place->inode == st.st_ino &&
	    place->changed.tv_sec == st.st_ctim.tv_sec &&
	    place->changed.tv_nsec == st.st_ctim.tv_nsec)
		return false;
	place->device = st.st_dev;
	place->inode = st.st_ino;
	place->changed = st.st_ctim;
	return true;
}
