// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is known of a process, when it is looked for again, and whether it is still the same.
 *
 * /proc tells of the program that a process is now. Of one that it was, which a socket may tell of
 * that was used before an exec, there is only what the socket says.
 */
#include "who/processes.h"

#include <errno.h>
#include <string.h>

#include "base/timefmt.h"
#include "who/cgroups.h"
#include "who/intern.h"
#include "who/processes_private.h"

#include "weir/owner.h"

#define EXE_TRIES  3		 /* how often a program's path is asked for later */
#define RECHECK_NS 1000000000ULL /* between looks at one whose name has changed */
#define LOOKS_MAX  8		 /* and how many there are before if it surely has */

/* Empty texts are none. */
static void set_exe(struct process_item *item, const char *exe)
{
	if (exe && *exe && !item->process.exe)
		item->process.exe = intern_get(item->table->texts, exe);
}

static int get_exec(const struct processes *processes, uint32_t pid, uint64_t start_ns,
		    struct weir_exec *ret)
{
	const struct processes_options *options = &processes->options;

	return options->get_exec ? options->get_exec(options->ctx, pid, start_ns, ret) : -ENOENT;
}

/* What was noted of it, now or later: the event may come before the note does. */
static void ask_exe(struct process_item *item)
{
	struct weir_exec exec;

	if (item->process.exe || !item->exe_tries)
		return;
	item->exe_tries--;
	if (get_exec(item->table, item->process.pid, item->process.start_ns, &exec) ||
	    (item->program && exec.program && item->program != exec.program))
		return;
	set_exe(item, exec.path);
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

/* What is there to tell of a process that was seen. */
struct look {
	struct process_read read;
	bool is_alive; /* and what was read is its own */
	bool is_past;  /* but it is another program now */
};

/*
 * The note comes last: if it is of no later exec, what was read before it is of the program that was
 * seen, or of the one that is there now where that is not known.
 */
static void look_at(struct processes *processes, const struct process_seen *seen, struct look *ret)
{
	struct weir_exec exec;

	ret->is_alive = !ask_proc(processes, seen, &ret->read);
	ret->is_past = seen->program && !get_exec(processes, seen->tgid, seen->start_ns, &exec) &&
		       weir_program_is_later(exec.program, seen->program);
}

static const struct process_read *read_of(const struct look *look)
{
	return look->is_alive && !look->is_past ? &look->read : NULL;
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

static void fill(struct process_item *item, const struct process_seen *seen,
		 const struct look *look)
{
	const struct process_read *read = read_of(look);
	struct process *process = &item->process;

	process->pid = seen->tgid;
	process->start_ns = seen->start_ns;
	process->cgroup_id = seen->cgroup_id;
	process->uid = seen->uid;
	copy_comm(process->comm, seen->comm, sizeof(seen->comm) - 1);
	memcpy(item->seen_comm, process->comm, sizeof(item->seen_comm));
	item->program = seen->program;
	item->exe_tries = EXE_TRIES;
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
	set_cgroup(item, look->is_alive);
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
 * it more clearly, but what is told late, or by an older socket, has the old one. What is held of no
 * certain program need not be the one that was seen now.
 */
static bool is_due(struct process_item *item, const struct process_seen *seen)
{
	if (seen->program && !item->program)
		return true;
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
				 const struct look *look)
{
	struct process_item *item = process_item_new(processes);

	if (!item)
		return NULL;
	fill(item, seen, look);
	process_item_enter(item, look->is_past);
	return &item->process;
}

/* Instead of what was held: of another program than the one that was seen that is held on. */
static const struct process *replace(struct process_item *known, const struct process_seen *seen,
				     const struct look *look)
{
	struct processes *processes = known->table;

	if (known->program == seen->program || !known->program)
		process_item_retire(known);
	return add(processes, seen, look);
}

/* Who has the pid now: only /proc can tell. */
static const struct process *get_present(struct processes *processes,
					 const struct process_seen *seen)
{
	struct process_seen now = *seen;
	struct look look = { .is_alive = true };
	struct process_item *known;

	if (ask_proc(processes, seen, &look.read))
		return NULL;
	now.start_ns = look.read.start_ns;
	known = process_item_find(processes, &now);
	if (!known)
		return add(processes, &now, &look);
	if (is_as_read(&known->process, &look.read))
		return get_known(known, seen->cgroup_id);
	return replace(known, &now, &look);
}

/* Held, but it may be time to look again. */
static const struct process *get_again(struct process_item *known, const struct process_seen *seen)
{
	const struct process_read *read;
	struct look look;
	bool is_same;

	look_at(known->table, seen, &look);
	if (look.is_past && !known->program) /* what it was read as may be either */
		return add(known->table, seen, &look);
	looked(known, seen);
	read = read_of(&look);
	is_same = read ? is_as_read(&known->process, read) : !has_changed(known, seen);
	if (!is_same)
		return replace(known, seen, &look);
	if (!known->program)
		known->program = seen->program;
	return get_known(known, seen->cgroup_id);
}

const struct process *processes_get(struct processes *processes, const struct process_seen *seen)
{
	struct process_item *known;
	struct look look;

	if (!seen->tgid)
		return NULL;
	if (!seen->start_ns)
		return get_present(processes, seen);
	known = process_item_find(processes, seen);
	if (known && !is_due(known, seen))
		return get_known(known, seen->cgroup_id);
	if (known)
		return get_again(known, seen);
	look_at(processes, seen, &look);
	return add(processes, seen, &look);
}
