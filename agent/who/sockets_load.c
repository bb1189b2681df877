// SPDX-License-Identifier: BSD-2-Clause
#include "sockets_load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "kernel/datapath.h"

#include "weir/owner.h"

#include "who.skel.h"

static const char *const linked[] = { "weir_create", "weir_connect4", "weir_connect6",
				      "weir_sendmsg4", "weir_sendmsg6" };
_Static_assert(ARRAY_SIZE(linked) == SOCKETS_LINKS, "each program has a link");

static int keep(int *ret, int fd)
{
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *ret < 0 ? -errno : 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Only what is wanted is loaded, and no map made that has been made. */
static int open_object(struct who_bpf **ret, const struct datapath_maps *maps, bool want_lookup)
{
	struct who_bpf *skel = who_bpf__open();
	struct bpf_program *program;
	int r;

	if (!skel)
		return -errno;
	*ret = skel;
	r = bpf_map__reuse_fd(skel->maps.owners, maps->owners);
	if (!r)
		r = bpf_map__set_autocreate(skel->maps.events, false);
	if (!r)
		r = bpf_map__set_autocreate(skel->maps.counters, false);
	if (!r)
		r = bpf_map__set_autocreate(skel->maps.lookups, want_lookup);
	bpf_object__for_each_program(program, skel->obj)
	{
		if (!r)
			r = bpf_program__set_autoload(
				program, (program == skel->progs.weir_who_lookup) == want_lookup);
	}
	return r ? r : who_bpf__load(skel);
}

static int load_lookup(struct sockets_fds *fds, const struct datapath_maps *maps)
{
	struct who_bpf *skel = NULL;
	int r = open_object(&skel, maps, true);

	if (!r)
		r = keep(&fds->lookup, bpf_program__fd(skel->progs.weir_who_lookup));
	if (!r)
		r = keep(&fds->lookups, bpf_map__fd(skel->maps.lookups));
	who_bpf__destroy(skel);
	return r;
}

static int attach(int *ret, const struct who_bpf *skel, const char *name, int cgroup)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(skel->obj, name);
	struct bpf_link *link = bpf_program__attach_cgroup(program, cgroup);
	int r;

	if (!link)
		return -errno;
	r = keep(ret, bpf_link__fd(link));
	bpf_link__destroy(link);
	return r;
}

static int load_links(struct sockets_fds *fds, const struct datapath_maps *maps, int cgroup)
{
	struct who_bpf *skel = NULL;
	int r = open_object(&skel, maps, false);

	for (int i = 0; i < SOCKETS_LINKS && !r; i++)
		r = attach(&fds->links[i], skel, linked[i], cgroup);
	for (int i = 0; i < SOCKETS_LINKS && r; i++)
		close_fd(&fds->links[i]);
	who_bpf__destroy(skel);
	return r;
}

void sockets_load(struct sockets_fds *ret, const struct datapath_maps *maps, int cgroup)
{
	memset(ret, 0xff, sizeof(*ret));
	ret->lookup_error = load_lookup(ret, maps);
	if (ret->lookup_error) {
		close_fd(&ret->lookup);
		close_fd(&ret->lookups);
	}
	ret->link_error = cgroup < 0 ? -ENODATA : load_links(ret, maps, cgroup);
}

void sockets_fds_close(struct sockets_fds *fds)
{
	close_fd(&fds->lookup);
	close_fd(&fds->lookups);
	for (int i = 0; i < SOCKETS_LINKS; i++)
		close_fd(&fds->links[i]);
}
