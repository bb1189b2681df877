// SPDX-License-Identifier: BSD-2-Clause
/*
 * A hash by pid. Of a pid that has changed (start, cgroup, program) the newest is found first; the
 * others leave the hash and stay for as long as somebody holds them. Who is held by nobody waits
 * in a ring, in case he comes again, and is the first to go.
 */
#include "who/processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "conn/conn_table.h"
#include "who/cgroups.h"
#include "who/intern.h"
#include "who/lru.h"

#define BUCKETS	   16384
#define EXE_TRIES  3		 /* how often a program's path is asked for later */
#define RECHECK_NS 1000000000ULL /* between looks at one whose name has changed */
#define LOOKS_MAX  8		 /* and how many there are before if it surely has */

struct item {
	struct lru link; /* while idle */
	struct item *next;
	struct processes *table;
	struct process process;
	uint64_t read_ns; /* when /proc was read */
	uint32_t refs;
	uint8_t exe_tries; /* left */
	uint8_t looks;	   /* since there was none for RECHECK_NS */
	bool is_in_hash;
	char seen_comm[PROCESS_COMM_SIZE]; /* what the event said that it was last read for */
};

struct processes {
	struct cgroups *cgroups;
	struct processes_options options;
	struct intern *texts;
	struct lru idle;
	struct processes_stats stats;
	struct item *buckets[BUCKETS];
};

static struct item **bucket_of(struct processes *processes, uint32_t pid)
{
	return &processes->buckets[hash_bytes(0, &pid, sizeof(pid)) % BUCKETS];
}

static struct item *item_of(const struct process *process)
{
	return (struct item *)(void *)((char *)process - offsetof(struct item, process));
}

static void leave_hash(struct item *item)
{
	struct item **at = bucket_of(item->table, item->process.pid);

	if (!item->is_in_hash)
		return;
	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
	item->is_in_hash = false;
}

static void item_free(struct item *item)
{
	struct processes *processes = item->table;

	leave_hash(item);
	if (!item->refs) {
		lru_remove(&item->link);
		processes->stats.idle--;
	}
	processes->stats.held--;
	intern_put(processes->texts, &item->process.exe);
	cgroup_info_unref(&item->process.cgroup);
	free(item);
}

static void free_oldest_idle(struct processes *processes)
{
	item_free((struct item *)(void *)processes->idle.prev);
}

const struct process *process_ref(const struct process *process)
{
	struct item *item = item_of(process);

	if (!item->refs++) {
		lru_remove(&item->link);
		item->table->stats.idle--;
	}
	return process;
}

void process_unref(const struct process **at)
{
	const struct process *process = TAKE_PTR(*at);
	struct item *item;
	struct processes *processes;

	if (!process)
		return;
	item = item_of(process);
	processes = item->table;
	if (--item->refs)
		return;
	lru_add(&processes->idle, &item->link);
	processes->stats.idle++;
	if (!item->is_in_hash) /* nobody could find it */
		item_free(item);
	else if (processes->stats.idle > PROCESSES_IDLE_MAX)
		free_oldest_idle(processes);
}

/* Held once, in no hash yet. */
static struct item *item_new(struct processes *processes)
{
	struct item *item;

	if (processes->stats.held >= processes->options.max && processes->stats.idle)
		free_oldest_idle(processes);
	if (processes->stats.held >= processes->options.max) {
		processes->stats.refused++;
		return NULL;
	}
	item = calloc(1, sizeof(*item));
	if (!item)
		return NULL;
	item->table = processes;
	item->refs = 1;
	item->exe_tries = EXE_TRIES;
	processes->stats.held++;
	return item;
}

static void enter_hash(struct item *item)
{
	struct item **bucket = bucket_of(item->table, item->process.pid);

	item->next = *bucket;
	*bucket = item;
	item->is_in_hash = true;
}

/* Found no more; freed unless somebody holds it. */
static void retire(struct item *item)
{
	leave_hash(item);
	if (!item->refs)
		item_free(item);
}

/* Empty texts are none. */
static void set_exe(struct item *item, const char *exe)
{
	if (exe && *exe && !item->process.exe)
		item->process.exe = intern_get(item->table->texts, exe);
}

/* What was noted of it, now or later: the event may come before the note does. */
static void ask_exe(struct item *item)
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
static void set_cgroup(struct item *item, bool is_alive)
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
static void fill(struct item *item, const struct process_seen *seen,
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

static bool is_same_cgroup(const struct process *process, uint64_t cgroup_id)
{
	return !cgroup_id || !process->cgroup_id || process->cgroup_id == cgroup_id;
}

static bool is_start(const struct item *item, uint32_t pid, uint64_t start_ns)
{
	return item->process.pid == pid && process_same_start(item->process.start_ns, start_ns);
}

static struct item *find(struct processes *processes, uint32_t pid, uint64_t start_ns,
			 uint64_t cgroup_id)
{
	struct item *item = *bucket_of(processes, pid);

	while (item &&
	       !(is_start(item, pid, start_ns) && is_same_cgroup(&item->process, cgroup_id)))
		item = item->next;
	return item;
}

static bool is_comm(const char comm[static PROCESS_COMM_SIZE], const struct process_seen *seen)
{
	size_t len = strnlen(seen->comm, sizeof(seen->comm) - 1);

	return !len || (!memcmp(comm, seen->comm, len) && !comm[len]);
}

/* An exec changes the name of the process; that of a thread may be another anyway. */
static bool has_changed(const struct item *item, const struct process_seen *seen)
{
	return seen->is_leader && !is_comm(item->process.comm, seen);
}

/*
 * A name that was not seen before says that it may be time to look. One that is the process's says
 * it more clearly, but what is told late, or by an older socket, has the old one.
 */
static bool is_due(struct item *item, const struct process_seen *seen)
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

static void looked(struct item *item, const struct process_seen *seen)
{
	item->read_ns = time_monotonic_ns();
	copy_comm(item->seen_comm, seen->comm, sizeof(seen->comm) - 1);
}

static bool is_as_read(const struct process *process, const struct process_read *read)
{
	return !strcmp(process->comm, read->comm) &&
	       (!*read->exe || (process->exe && !strcmp(process->exe, read->exe)));
}

static const struct process *get_known(struct item *item, uint64_t cgroup_id)
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
	struct item *item = item_new(processes);

	if (!item)
		return NULL;
	fill(item, seen, read);
	enter_hash(item);
	return &item->process;
}

/* Who has the pid now: only /proc can tell. */
static const struct process *get_present(struct processes *processes,
					 const struct process_seen *seen)
{
	struct process_read read;
	struct item *known;

	if (ask_proc(processes, seen, &read))
		return NULL;
	known = find(processes, seen->tgid, read.start_ns, seen->cgroup_id);
	if (known && is_as_read(&known->process, &read))
		return get_known(known, seen->cgroup_id);
	if (known)
		retire(known);
	return add(processes, seen, &read);
}

const struct process *processes_get(struct processes *processes, const struct process_seen *seen)
{
	struct process_read read;
	struct item *known;
	bool is_read;

	if (!seen->tgid)
		return NULL;
	if (!seen->start_ns)
		return get_present(processes, seen);
	known = find(processes, seen->tgid, seen->start_ns, seen->cgroup_id);
	if (known && !is_due(known, seen))
		return get_known(known, seen->cgroup_id);
	is_read = !ask_proc(processes, seen, &read);
	if (known)
		looked(known, seen);
	if (known && (is_read ? is_as_read(&known->process, &read) : !has_changed(known, seen)))
		return get_known(known, seen->cgroup_id);
	if (known)
		retire(known);
	return add(processes, seen, is_read ? &read : NULL);
}

void processes_get_stats(const struct processes *processes, struct processes_stats *ret)
{
	*ret = processes->stats;
}

int processes_new(struct processes **ret, struct cgroups *cgroups,
		  const struct processes_options *options)
{
	auto_free struct processes *processes = calloc(1, sizeof(*processes));
	int r;

	if (!processes)
		return -ENOMEM;
	r = intern_new(&processes->texts);
	if (r)
		return r;
	processes->cgroups = cgroups;
	processes->options = *options;
	if (!processes->options.proc)
		processes->options.proc = "/proc";
	if (!processes->options.max)
		processes->options.max = PROCESSES_MAX;
	lru_init(&processes->idle);
	*ret = TAKE_PTR(processes);
	return 0;
}

void processes_free(struct processes **at)
{
	struct processes *processes = TAKE_PTR(*at);

	if (!processes)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (processes->buckets[i])
			item_free(processes->buckets[i]);
	}
	intern_free(&processes->texts);
	free(processes);
}
