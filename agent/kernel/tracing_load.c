// SPDX-License-Identifier: BSD-2-Clause
/*
 * A tracepoint that BPF can read has a type btf_trace_NAME in the kernel's BTF. libbpf loads all
 * programs of an object or none, and older kernels refuse some of them for other reasons: then it is
 * tried without these.
 */
#include "kernel/tracing_load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "kernel/datapath.h"

#include "weir/trace_config.h"

#include "trace.skel.h"

#define PART(part) (1U << (part))

static const struct {
	const char *name;
	enum tracing_part part;
	const char *tracepoint; /* NULL: it is none */
	bool is_of_cgroup;	/* attached to cgroup v2's root */
} progs[] = {
	[PROG_RESEND] = { "weir_resend", TRACING_RETRANSMITS, "tcp_retransmit_skb", false },
	[PROG_RESEND_ACK] = { "weir_resend_ack", TRACING_RETRANSMITS, "tcp_retransmit_synack",
			      false },
	[PROG_RESEND_END] = { "weir_resend_end", TRACING_RETRANSMITS, "inet_sock_set_state",
			      false },
	[PROG_CREATE] = { "weir_create", TRACING_OWNERS, NULL, true },
	[PROG_CONNECT4] = { "weir_connect4", TRACING_OWNERS, NULL, true },
	[PROG_CONNECT6] = { "weir_connect6", TRACING_OWNERS, NULL, true },
	[PROG_SENDMSG4] = { "weir_sendmsg4", TRACING_SENDERS, NULL, true },
	[PROG_SENDMSG6] = { "weir_sendmsg6", TRACING_SENDERS, NULL, true },
	[PROG_EXISTING] = { "weir_existing", TRACING_OWNERS, NULL, false },
	[PROG_SENT] = { "weir_sent", TRACING_USERS, "sock_send_length", false },
	[PROG_RECEIVED] = { "weir_received", TRACING_USERS, "sock_recv_length", false },
	[PROG_EXEC] = { "weir_exec", TRACING_EXECS, "sched_process_exec", false },
	[PROG_EXEC_BEGIN] = { "weir_exec_begin", TRACING_EXECS_BEGUN, "sched_prepare_exec", false },
	[PROG_FORK] = { "weir_fork", TRACING_EXECS, "sched_process_fork", false },
	[PROG_CGROUP] = { "weir_cgroup", TRACING_CGROUPS, "cgroup_mkdir", false },
	[PROG_CGROUP_END] = { "weir_cgroup_end", TRACING_CGROUPS, "cgroup_rmdir", false },
	[PROG_UNSEEN] = { "weir_unseen", TRACING_UNSEEN, "kfree_skb", false },
};
_Static_assert(ARRAY_SIZE(progs) == TRACING_PROG_MAX, "each program has a row");

#define PARTS_OF_EXECS	 (PART(TRACING_EXECS) | PART(TRACING_EXECS_BEGUN))
#define PARTS_OF_SOCKETS (PART(TRACING_OWNERS) | PART(TRACING_USERS) | PART(TRACING_SENDERS))

/* What is tried, until the kernel takes it. */
static const unsigned int attempts[] = {
	~0U,
	~PART(TRACING_USERS),
	~PARTS_OF_SOCKETS,
	PART(TRACING_RETRANSMITS) | PART(TRACING_UNSEEN),
	PARTS_OF_EXECS | PART(TRACING_CGROUPS),
};

static struct bpf_program *find_program(const struct trace_bpf *skel, int prog)
{
	return bpf_object__find_program_by_name(skel->obj, progs[prog].name);
}

/* What the options alone rule out. */
static int wanted(enum tracing_part part, const struct tracing_options *options)
{
	if (part != TRACING_RETRANSMITS && !options->maps)
		return -ENODATA;
	if ((part == TRACING_OWNERS || part == TRACING_SENDERS) && options->cgroup < 0)
		return -ENODEV;
	return 0;
}

static int keep(int *ret, int fd)
{
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *ret < 0 ? -errno : 0;
}

/* The maps that others have made; none of them is made if no program wants it. */
static int share_maps(const struct trace_bpf *skel, const struct tracing_options *options)
{
	struct bpf_map *const maps[] = { skel->maps.owners, skel->maps.events,
					 skel->maps.counters };
	const int fds[] = { options->maps ? options->maps->owners : -1,
			    options->maps ? options->maps->events : -1,
			    options->maps ? options->maps->counters : -1 };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(maps) && !r; i++) {
		if (options->maps)
			r = bpf_map__reuse_fd(maps[i], fds[i]);
		else
			r = bpf_map__set_autocreate(maps[i], false);
	}
	if (!r && !options->maps)
		r = bpf_map__set_autocreate(skel->maps.execs, false);
	if (!r && !options->maps)
		r = bpf_map__set_autocreate(skel->maps.unseen, false);
	return r;
}

static int open_object(struct trace_bpf **ret, const struct tracing_options *options)
{
	struct trace_bpf *skel = trace_bpf__open();
	int r;

	if (!skel)
		return -errno;
	skel->rodata->trace_cfg.netns = options->netns;
	r = share_maps(skel, options);
	if (r)
		trace_bpf__destroy(skel);
	else
		*ret = skel;
	return r;
}

/*
 * Opens the object, and fills errors with what the kernel hasn't. The object keeps what libbpf learns
 * here: it has read the kernel's BTF, which is not read again, and knows where the tracepoints are.
 */
static void probe(int errors[static TRACING_PART_MAX], struct trace_bpf **ret,
		  const struct tracing_options *options)
{
	int r = open_object(ret, options);
	bool has_any = false;

	for (enum tracing_part part = 0; part < TRACING_PART_MAX; part++)
		errors[part] = r ? r : wanted(part, options);
	for (int prog = 0; prog < TRACING_PROG_MAX && !r; prog++) {
		if (!progs[prog].tracepoint)
			continue;
		if (!bpf_program__set_attach_target(find_program(*ret, prog), 0,
						    progs[prog].tracepoint))
			has_any = true;
		else if (!errors[progs[prog].part])
			errors[progs[prog].part] = -ENOENT;
	}
	for (enum tracing_part part = 0; part < TRACING_PART_MAX && !r && !has_any; part++)
		errors[part] = -ESRCH; /* there is no BTF to look in */
}

static int attach(struct tracing_fds *fds, const struct trace_bpf *skel, int prog,
		  const struct tracing_options *options)
{
	const struct bpf_program *program = find_program(skel, prog);
	struct bpf_link *link;
	int r;

	if (prog == PROG_UNSEEN)
		return keep(&fds->links[prog], bpf_program__fd(program));
	link = progs[prog].is_of_cgroup ? bpf_program__attach_cgroup(program, options->cgroup)
					: bpf_program__attach(program);
	if (!link)
		return -errno;
	r = keep(&fds->links[prog], bpf_link__fd(link));
	bpf_link__destroy(link);
	return r;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A part is there as a whole or not at all. */
static void attach_part(struct tracing_fds *fds, const struct trace_bpf *skel,
			enum tracing_part part, const struct tracing_options *options)
{
	int r = 0;

	for (int prog = 0; prog < TRACING_PROG_MAX && !r; prog++)
		r = progs[prog].part == part ? attach(fds, skel, prog, options) : 0;
	for (int prog = 0; prog < TRACING_PROG_MAX && r; prog++) {
		if (progs[prog].part == part)
			close_fd(&fds->links[prog]);
	}
	fds->errors[part] = r;
}

static int keep_maps(struct tracing_fds *fds, const struct trace_bpf *skel,
		     const struct tracing_options *options)
{
	int r = keep(&fds->maps[TRACING_MAP_RETRANSMITS], bpf_map__fd(skel->maps.retransmits));

	if (!r)
		r = keep(&fds->maps[TRACING_MAP_SUMS], bpf_map__fd(skel->maps.retransmit_sums));
	if (!r && options->maps)
		r = keep(&fds->maps[TRACING_MAP_EXECS], bpf_map__fd(skel->maps.execs));
	if (!r && options->maps)
		r = keep(&fds->maps[TRACING_MAP_UNSEEN], bpf_map__fd(skel->maps.unseen));
	return r;
}

/* These parts, all of them or none. at: the object, opened, or NULL; an object loads but once. */
static int load_parts(struct tracing_fds *fds, struct trace_bpf **at, unsigned int parts,
		      const struct tracing_options *options)
{
	int r = *at ? 0 : open_object(at, options);

	for (int prog = 0; prog < TRACING_PROG_MAX && !r; prog++)
		r = bpf_program__set_autoload(find_program(*at, prog),
					      (parts & PART(progs[prog].part)) != 0);
	if (!r) {
		(*at)->rodata->trace_cfg.users = (parts & PART(TRACING_USERS)) != 0;
		r = trace_bpf__load(*at);
	}
	if (!r)
		r = keep_maps(fds, *at, options);
	for (enum tracing_part part = 0; part < TRACING_PART_MAX; part++) {
		if (!(parts & PART(part)))
			continue;
		if (r)
			fds->errors[part] = r;
		else
			attach_part(fds, *at, part, options);
	}
	trace_bpf__destroy(TAKE_PTR(*at));
	return r;
}

void tracing_load(struct tracing_fds *ret, const struct tracing_options *options)
{
	unsigned int could = 0, tried = 0;
	struct trace_bpf *skel = NULL;
	int r = -ENOENT;

	memset(ret, 0xff, sizeof(*ret));
	probe(ret->errors, &skel, options);
	for (enum tracing_part part = 0; part < TRACING_PART_MAX; part++)
		could |= ret->errors[part] ? 0 : PART(part);
	for (size_t i = 0; i < ARRAY_SIZE(attempts) && r; i++) {
		unsigned int parts = could & attempts[i];

		if (parts & PART(TRACING_USERS)) { /* they see what these see, and more */
			parts &= ~PART(TRACING_SENDERS);
			ret->errors[TRACING_SENDERS] = -ENODATA;
		}
		if (!parts || (i && parts == tried))
			continue;
		tried = parts;
		r = load_parts(ret, &skel, parts, options);
	}
	trace_bpf__destroy(skel);
}

void tracing_fds_close(struct tracing_fds *fds)
{
	for (int prog = 0; prog < TRACING_PROG_MAX; prog++)
		close_fd(&fds->links[prog]);
	for (int map = 0; map < TRACING_MAP_MAX; map++)
		close_fd(&fds->maps[map]);
}
