// SPDX-License-Identifier: BSD-2-Clause
/*
 * A hash by pid. Of a pid that has changed (start, cgroup, program) the newest is found first; of
 * those that cannot be told from it the older ones leave the hash, and stay for as long as somebody
 * holds them. Who is held by nobody waits in a ring, in case he comes again, and is the first to go.
 */
#include "who/processes_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conn/conn_table.h"
#include "who/cgroups.h"
#include "who/intern.h"

static struct process_item **bucket_of(struct processes *processes, uint32_t pid)
{
	return &processes->buckets[hash_bytes(0, &pid, sizeof(pid)) % PROCESS_BUCKETS];
}

static struct process_item *item_of(const struct process *process)
{
	return (struct process_item *)(void *)((char *)process -
					       offsetof(struct process_item, process));
}

static void leave_hash(struct process_item *item)
{
	struct process_item **at = bucket_of(item->table, item->process.pid);

	if (!item->is_in_hash)
		return;
	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
	item->is_in_hash = false;
}

static void item_free(struct process_item *item)
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
	item_free((struct process_item *)(void *)processes->idle.prev);
}

const struct process *process_ref(const struct process *process)
{
	struct process_item *item = item_of(process);

	if (!item->refs++) {
		lru_remove(&item->link);
		item->table->stats.idle--;
	}
	return process;
}

void process_unref(const struct process **at)
{
	const struct process *process = TAKE_PTR(*at);
	struct process_item *item;
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

struct process_item *process_item_new(struct processes *processes)
{
	struct process_item *item;

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
	processes->stats.held++;
	return item;
}

void process_item_enter(struct process_item *item, bool is_past)
{
	struct process_item **at = bucket_of(item->table, item->process.pid);

	while (is_past && *at)
		at = &(*at)->next;
	item->next = *at;
	*at = item;
	item->is_in_hash = true;
}

void process_item_retire(struct process_item *item)
{
	leave_hash(item);
	if (!item->refs)
		item_free(item);
}

static bool is_same_cgroup(const struct process *process, uint64_t cgroup_id)
{
	return !cgroup_id || !process->cgroup_id || process->cgroup_id == cgroup_id;
}

static bool is_start(const struct process_item *item, uint32_t pid, uint64_t start_ns)
{
	return item->process.pid == pid && process_same_start(item->process.start_ns, start_ns);
}

struct process_item *process_item_find(struct processes *processes, const struct process_seen *seen)
{
	struct process_item *found = NULL, *item = *bucket_of(processes, seen->tgid);

	for (; item; item = item->next) {
		if (!is_start(item, seen->tgid, seen->start_ns) ||
		    !is_same_cgroup(&item->process, seen->cgroup_id))
			continue;
		if (!seen->program || item->program == seen->program)
			return item;
		if (!item->program && !found)
			found = item;
	}
	return found;
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
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		while (processes->buckets[i])
			item_free(processes->buckets[i]);
	}
	intern_free(&processes->texts);
	free(processes);
}
