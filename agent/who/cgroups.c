// SPDX-License-Identifier: BSD-2-Clause
/*
 * One hash of ids. Its entries are in one of two rings: those somebody asked for, and those that
 * were only told of, which a storm of short-lived cgroups may push out without touching the others.
 */
#include "who/cgroups.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "conn/conn_table.h"
#include "who/lru.h"
#include "who/proc_file.h"

#define BUCKETS	 4096
#define RETRY_NS (10 * 1000000000ULL) /* after an error that may pass */
#define BY_PATH	 (1ULL << 63)	      /* of keys made from a path: no id of the kernel has it */
#define PID_TEXT 16384		      /* of /proc/PID/cgroup: a dozen lines of a path each */

struct entry {
	struct lru link;
	struct entry *next;
	const struct cgroup_info *info; /* NULL: it has no name */
	uint64_t key;			/* the id, or BY_PATH and a hash */
	uint64_t retry_ns;		/* without a name: when to ask again; 0 never */
	bool is_asked;
};

struct cgroups {
	struct cgroup_mount mount;
	struct lru asked, told;
	uint32_t asked_count, told_count;
	struct cgroups_stats stats;
	bool is_error_told; /* one is enough */
	struct entry *buckets[BUCKETS];
};

static struct entry **bucket_of(struct cgroups *cgroups, uint64_t key)
{
	return &cgroups->buckets[hash_bytes(0, &key, sizeof(key)) % BUCKETS];
}

static struct entry *find(struct cgroups *cgroups, uint64_t key)
{
	struct entry *entry = *bucket_of(cgroups, key);

	while (entry && entry->key != key)
		entry = entry->next;
	return entry;
}

const struct cgroup_info *cgroup_info_ref(const struct cgroup_info *info)
{
	((struct cgroup_info *)info)->refs++;
	return info;
}

void cgroup_info_unref(const struct cgroup_info **at)
{
	struct cgroup_info *info = (struct cgroup_info *)TAKE_PTR(*at);

	if (info && !--info->refs)
		free(info);
}

/* One piece of memory, as large as its texts: it is parsed once to measure and once for good. */
static const struct cgroup_info *info_new(uint64_t id, const char *path)
{
	char scratch[CGROUP_NAME_TEXT], *text;
	struct cgroup_name name;
	size_t path_size = strlen(path) + 1;
	size_t text_size = cgroup_name_parse(path, scratch, sizeof(scratch), &name);
	struct cgroup_info *info = malloc(sizeof(*info) + path_size + text_size);

	if (!info)
		return NULL;
	text = (char *)(info + 1);
	*info = (struct cgroup_info){ .id = id, .path = text, .refs = 1 };
	memcpy(text, path, path_size);
	(void)cgroup_name_parse(path, text + path_size, text_size, &info->name);
	return info;
}

static void drop(struct cgroups *cgroups, struct entry *entry)
{
	struct entry **at = bucket_of(cgroups, entry->key);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	lru_remove(&entry->link);
	*(entry->is_asked ? &cgroups->asked_count : &cgroups->told_count) -= 1;
	*(entry->info ? &cgroups->stats.named : &cgroups->stats.unnamed) -= 1;
	cgroup_info_unref(&entry->info);
	free(entry);
}

static void make_room(struct cgroups *cgroups, struct lru *ring)
{
	struct entry *oldest = (struct entry *)(void *)ring->prev;

	cgroups->stats.dropped += oldest->info != NULL;
	drop(cgroups, oldest);
}

static void put_in_ring(struct cgroups *cgroups, struct entry *entry, bool is_asked)
{
	struct lru *ring = is_asked ? &cgroups->asked : &cgroups->told;
	uint32_t *count = is_asked ? &cgroups->asked_count : &cgroups->told_count;

	if (*count == (is_asked ? CGROUPS_ASKED_MAX : CGROUPS_TOLD_MAX))
		make_room(cgroups, ring);
	++*count;
	entry->is_asked = is_asked;
	lru_add(ring, &entry->link);
}

static struct entry *add(struct cgroups *cgroups, uint64_t key, bool is_asked)
{
	struct entry *entry = calloc(1, sizeof(*entry)), **bucket = bucket_of(cgroups, key);

	if (!entry)
		return NULL;
	entry->key = key;
	put_in_ring(cgroups, entry, is_asked); /* may take another out of the same bucket */
	entry->next = *bucket;
	*bucket = entry;
	cgroups->stats.unnamed++;
	return entry;
}

static void set_info(struct cgroups *cgroups, struct entry *entry, const struct cgroup_info *info)
{
	if (info && !entry->info) {
		cgroups->stats.unnamed--;
		cgroups->stats.named++;
	}
	if (info) {
		cgroup_info_unref(&entry->info);
		entry->info = info;
	}
}

/* It has been asked for: newest of that ring. */
static void touch(struct cgroups *cgroups, struct entry *entry)
{
	lru_remove(&entry->link);
	*(entry->is_asked ? &cgroups->asked_count : &cgroups->told_count) -= 1;
	put_in_ring(cgroups, entry, true);
}

static void look_up(struct cgroups *cgroups, struct entry *entry)
{
	char path[PATH_MAX];
	int r = cgroup_mount_get_path(&cgroups->mount, entry->key, path);

	cgroups->stats.lookups++;
	if (r >= 0) {
		set_info(cgroups, entry, info_new(entry->key, path));
		return;
	}
	if (r == -ESTALE || r == -ENOENT) {
		entry->retry_ns = 0;
		return;
	}
	entry->retry_ns = time_monotonic_ns() + RETRY_NS;
	if (!cgroups->is_error_told)
		(void)log_warn(r, "the names of cgroups can't be looked up");
	cgroups->is_error_told = true;
}

const struct cgroup_info *cgroups_get(struct cgroups *cgroups, uint64_t id)
{
	struct entry *entry;

	if (!id || id & BY_PATH)
		return NULL;
	entry = find(cgroups, id);
	if (entry) {
		touch(cgroups, entry);
		if (!entry->info && entry->retry_ns && time_monotonic_ns() >= entry->retry_ns)
			look_up(cgroups, entry);
		return entry->info;
	}
	entry = add(cgroups, id, true);
	if (!entry)
		return NULL;
	look_up(cgroups, entry);
	return entry->info;
}

const struct cgroup_info *cgroups_created(struct cgroups *cgroups, uint64_t id, const char *path)
{
	struct entry *entry;

	if (!id || id & BY_PATH || (path && *path != '/'))
		return NULL;
	entry = find(cgroups, id);
	if (!entry)
		entry = add(cgroups, id, false);
	if (!entry)
		return NULL;
	if (!entry->info && path)
		set_info(cgroups, entry, info_new(id, path));
	else if (!entry->info)
		look_up(cgroups, entry);
	return entry->info;
}

/* Not the kernel's: of names that only a path tells. Another one of the same hash takes its place. */
static const struct cgroup_info *get_by_path(struct cgroups *cgroups, const char *path)
{
	uint64_t key = 0xcbf29ce484222325;
	struct entry *entry;

	for (const char *at = path; *at; at++)
		key = (key ^ (unsigned char)*at) * 0x100000001b3;
	key |= BY_PATH;
	entry = find(cgroups, key);
	if (entry)
		touch(cgroups, entry);
	else
		entry = add(cgroups, key, true);
	if (entry && (!entry->info || strcmp(entry->info->path, path) != 0))
		set_info(cgroups, entry, info_new(0, path));
	return entry ? entry->info : NULL;
}

struct pid_line {
	const char *path;
	bool is_v2;
	int worth;
};

/* How much a path tells, and then which hierarchy is the one to believe. */
static int worth(const struct cgroups *cgroups, const char *controllers, const char *path)
{
	static const char *const preferred[] = { "cpu", "pids", "name=systemd", "" };
	char text[CGROUP_NAME_TEXT];
	struct cgroup_name name;
	int worth = 0;

	(void)cgroup_name_parse(path, text, sizeof(text), &name);
	if (name.container || name.pod)
		worth = 200;
	else if (name.unit)
		worth = 100;
	else if (!name.is_root && cgroups->mount.fd < 0)
		worth = 50; /* else an id is worth more than a path that tells nothing */
	for (int i = 0; i < (int)ARRAY_SIZE(preferred); i++) {
		if (!strcmp(controllers, preferred[i]))
			worth += i + 1;
	}
	return worth;
}

/* "0::/path", "4:memory:/path"; of "cpu,cpuacct" the first counts. */
static void consider(const struct cgroups *cgroups, char *line, struct pid_line *best)
{
	char *number = strsep(&line, ":"), *controllers = line ? strsep(&line, ":") : NULL;
	struct pid_line now = { .path = line, .is_v2 = !strcmp(number, "0") };

	if (!line || *line != '/')
		return;
	controllers[strcspn(controllers, ",")] = '\0';
	now.worth = worth(cgroups, controllers, line);
	if (!best->path || now.worth > best->worth)
		*best = now;
}

const struct cgroup_info *cgroups_of_pid(struct cgroups *cgroups, const char *proc, uint32_t pid)
{
	char name[PATH_MAX], text[PID_TEXT], *at = text, *line;
	struct pid_line best = { 0 };
	uint64_t id;

	if (snprintf(name, sizeof(name), "%s/%u/cgroup", proc, pid) >= (int)sizeof(name) ||
	    proc_file_read(AT_FDCWD, name, text, sizeof(text)) < 0)
		return NULL;
	while ((line = strsep(&at, "\n"))) {
		if (*line)
			consider(cgroups, line, &best);
	}
	if (!best.path)
		return NULL;
	if (best.is_v2 && !cgroup_mount_get_id(&cgroups->mount, best.path, &id))
		return cgroups_get(cgroups, id);
	return get_by_path(cgroups, best.path);
}

bool cgroups_has_v1(const struct cgroups *cgroups)
{
	return cgroups->mount.has_v1;
}

bool cgroups_has_v2(const struct cgroups *cgroups)
{
	return cgroups->mount.fd >= 0;
}

const struct cgroup_mount *cgroups_mount(const struct cgroups *cgroups)
{
	return &cgroups->mount;
}

void cgroups_get_stats(const struct cgroups *cgroups, struct cgroups_stats *ret)
{
	*ret = cgroups->stats;
}

int cgroups_new(struct cgroups **ret, const char *mountinfo)
{
	struct cgroups *cgroups = calloc(1, sizeof(*cgroups));
	int r;

	if (!cgroups)
		return -ENOMEM;
	cgroups->mount = (struct cgroup_mount)CGROUP_MOUNT_NONE;
	lru_init(&cgroups->asked);
	lru_init(&cgroups->told);
	r = cgroup_mount_open(&cgroups->mount, mountinfo ? mountinfo : "/proc/self/mountinfo");
	if (r)
		log_debug("cgroup v2 isn't mounted: %s", strerror(-r));
	*ret = cgroups;
	return 0;
}

void cgroups_free(struct cgroups **at)
{
	struct cgroups *cgroups = TAKE_PTR(*at);

	if (!cgroups)
		return;
	while (!lru_is_empty(&cgroups->asked))
		drop(cgroups, (struct entry *)(void *)cgroups->asked.next);
	while (!lru_is_empty(&cgroups->told))
		drop(cgroups, (struct entry *)(void *)cgroups->told.next);
	cgroup_mount_close(&cgroups->mount);
	free(cgroups);
}
