// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is known of a process, when it is looked for again, and whether it is still the same.
 */
#include "who/processes.h"

#include <errno.h>
#include <string.h>

#include "base/timefmt.h"
#include "who/cgroups.h"
#include "who/intern.h"
#include "who/processes_private.h"

#define EXE_TRIES  3		 /* how often a program's path is asked for later */
#define RECHECK_NS 1000000000ULL /* between looks at one whose name has changed */
#define LOOKS_MAX  8		 /* and how many there are before if it surely has */

/* Empty texts are none. */
static void set_exe(struct process_item *item, const char *exe)
{
	if (exe && *exe && !item->process.exe)
		item->process.exe = intern_get(item->table->texts, exe);
}

/* What was noted of it, now or later: the event may come before the note does. */
static void ask_exe(struct process_item *item)
{
	const struct processes_options *options = &item->table->options;
	char exe[PATH_MAX];

	if (item->process.exe || !item->exe_tries || !options->get_exe)
		return;
	item->exe_tries--;
	if (!options->get_exe(options->ctx, item->process.pid, item->process.start_ns, exe,
			      sizeof(exe))) {
		exe[sizeof(exe) - 1] = '\0';
		set_exe(item, exe);
	}
}

static int ask_proc(struct processes *processes, const struct process_seen *seen,
		    struct process_read *ret)
{
	const struct process_ask ask = {
		.proc = processes->options.proc,
		.pid = seen->tgid,
		.start_ns = seen->start_ns,
		.wants_uid = seen->uid == PROCESS_UID_UNKNOWN,
	};
	int r = process_read(&ask, ret);

	processes->stats.reads++;
	processes->stats.gone += r == -ESRCH || r == -ESTALE;
	return r;
}

/*
 * By the id, which is as it was when the event was made. /proc is asked where that says nothing, or
 * where runtimes may have put containers into v1's trees only.
 */
static void set_cgroup(struct process_item *item, bool is_alive)
{
	struct processes *processes = item->table;
	struct process *process = &item->process;
	const struct cgroup_info *info = cgroups_get(processes->cgroups, process->cgroup_id);
	bool is_clear = info && (info->name.container || info->name.pod);

	if (info)
		process->cgroup = cgroup_info_ref(info);
	if (!is_alive || is_clear || (info && !cgroups_has_v1(processes->cgroups)))
		return;
	info = cgroups_of_pid(processes->cgroups, processes->options.proc, process->pid);
	if (!info || (process->cgroup && !info->name.container && !info->name.pod))
		return;
	cgroup_info_unref(&process->cgroup);
	process->cgroup = cgroup_info_ref(info);
	if (!process->cgroup_id)
		process->cgroup_id = info->id;
}

static void copy_comm(char to[static PROCESS_COMM_SIZE], const char *from, size_t size)
{
	size_t len = strnlen(from, size < PROCESS_COMM_SIZE ? size : PROCESS_COMM_SIZE - 1);

	memset(to, 0, PROCESS_COMM_SIZE);
	memcpy(to, from, len);
}

/* read: NULL if it has ended. */
static void fill(struct process_item *item, const struct process_seen *seen,
		 const struct process_read *read)
{
	struct process *process = &item->process;

	process->pid = seen->tgid;
	process->start_ns = seen->start_ns;
	process->cgroup_id = seen->cgroup_id;
	process->uid = seen->uid;
	copy_comm(process->comm, seen->comm, sizeof(seen->comm) - 1);
	memcpy(item->seen_comm, process->comm, sizeof(item->seen_comm));
	if (read) {
		item->read_ns = time_monotonic_ns();
		if (!process->start_ns)
			process->start_ns = read->start_ns;
		if (process->uid == PROCESS_UID_UNKNOWN)
			process->uid = read->uid;
		process->netns = read->netns;
		memcpy(process->comm, read->comm, sizeof(process->comm));
		set_exe(item, read->exe); /* a zombie has lost its own: what was noted tells */
	}
	set_cgroup(item, read != NULL);
	ask_exe(item);
}

static bool is_comm(const char comm[static PROCESS_COMM_SIZE], const struct process_seen *seen)
{
	size_t len = strnlen(seen->comm, sizeof(seen->comm) - 1);

	return !len || (!memcmp(comm, seen->comm, len) && !comm[len]);
}

/* An exec changes the name of the process; that of a thread may be another anyway. */
static bool has_changed(const struct process_item *item, const struct process_seen *seen)
{
	return seen->is_leader && !is_comm(item->process.comm, seen);
}

/*
 * A name that was not seen before says that it may be time to look. One that is the process's says
 * it more clearly, but what is told late, or by an older socket, has the old one.
 */
static bool is_due(struct process_item *item, const struct process_seen *seen)
{
	if (is_comm(item->seen_comm, seen) ||
	    (seen->is_leader && is_comm(item->process.comm, seen)))
		return false;
	if (time_monotonic_ns() - item->read_ns >= RECHECK_NS)
		item->looks = 0;
	else if (!seen->is_leader || item->looks == LOOKS_MAX)
		return false;
	item->looks++;
	return seen->is_leader || item->read_ns;
}

static void looked(struct process_item *item, const struct process_seen *seen)
{
	item->read_ns = time_monotonic_ns();
	copy_comm(item->seen_comm, seen->comm, sizeof(seen->comm) - 1);
}

static bool is_as_read(const struct process *process, const struct process_read *read)
{
	return !strcmp(process->comm, read->comm) &&
	       (!*read->exe || (process->exe && !strcmp(process->exe, read->exe)));
}

static const struct process *get_known(struct process_item *item, uint64_t cgroup_id)
{
	const struct processes_options *options = &item->table->options;
	struct process *process = &item->process;
	const struct process before = *process;

	if (!process->cgroup_id)
		process->cgroup_id = cgroup_id;
	if (!process->cgroup)
		set_cgroup(item, false); /* its creation may have been told meanwhile */
	ask_exe(item);
	if (options->learned && (before.cgroup_id != process->cgroup_id ||
				 before.cgroup != process->cgroup || before.exe != process->exe))
		options->learned(options->ctx);
	return process_ref(process);
}

static const struct process *add(struct processes *processes, const struct process_seen *seen,
				 const struct process_read *read)
{
	struct process_item *item = process_item_new(processes);

	if (!item)
		return NULL;
	item->exe_tries = EXE_TRIES;
	fill(item, seen, read);
	process_item_enter(item);
	return &item->process;
}

/* Who has the pid now: only /proc can tell. */
static const struct process *get_present(struct processes *processes,
					 const struct process_seen *seen)
{
	struct process_read read;
	struct process_item *known;

	if (ask_proc(processes, seen, &read))
		return NULL;
	known = process_item_find(processes, seen->tgid, read.start_ns, seen->cgroup_id);
	if (known && is_as_read(&known->process, &read))
		return get_known(known, seen->cgroup_id);
	if (known)
		process_item_retire(known);
	return add(processes, seen, &read);
}

const struct process *processes_get(struct processes *processes, const struct process_seen *seen)
{
	struct process_read read;
	struct process_item *known;
	bool is_read;

	if (!seen->tgid)
		return NULL;
	if (!seen->start_ns)
		return get_present(processes, seen);
	known = process_item_find(processes, seen->tgid, seen->start_ns, seen->cgroup_id);
	if (known && !is_due(known, seen))
		return get_known(known, seen->cgroup_id);
	is_read = !ask_proc(processes, seen, &read);
	if (known)
		looked(known, seen);
	if (known && (is_read ? is_as_read(&known->process, &read) : !has_changed(known, seen)))
		return get_known(known, seen->cgroup_id);
	if (known)
		process_item_retire(known);
	return add(processes, seen, is_read ? &read : NULL);
}
