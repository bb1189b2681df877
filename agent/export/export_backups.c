// SPDX-License-Identifier: BSD-2-Clause
#include "export/export_backups.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/timefmt.h"

#define TIME_LEN  (sizeof("2026-11-22T07-30-02.123") - 1)
#define NS_PER_MS 1000000ULL

enum kind {
	KIND_PLAIN,
	KIND_GZIP,
	KIND_PART,
	KIND_MAX,
};

static const char *const suffixes[] = {
	[KIND_PLAIN] = "",
	[KIND_GZIP] = BACKUP_GZIP,
	[KIND_PART] = BACKUP_PART,
};
_Static_assert(ARRAY_SIZE(suffixes) == KIND_MAX, "a suffix for each kind");

/* "/var/log/weir", "flows-", ".log" */
struct backups {
	char *directory;
	char *prefix;
	char *extension;
};

struct backup {
	uint64_t time_ms;
	enum kind kind;
};

struct backup_list {
	struct backup *items;
	size_t count, size;
};

static void list_done(struct backup_list *list)
{
	free(list->items);
}

static void directory_close(DIR **at)
{
	if (*at)
		closedir(*at);
}

int backups_new(struct backups **ret, const char *path)
{
	struct backups *backups = calloc(1, sizeof(*backups));
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	int stem;

	if (!backups)
		return -ENOMEM;
	if (!dot || dot == name)
		dot = name + strlen(name);
	stem = (int)(dot - name);
	backups->directory = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	backups->extension = strdup(dot);
	if (asprintf(&backups->prefix, "%.*s-", stem, name) < 0)
		backups->prefix = NULL;
	if (!backups->directory || !backups->extension || !backups->prefix) {
		backups_free(&backups);
		return -ENOMEM;
	}
	*ret = backups;
	return 0;
}

void backups_free(struct backups **at)
{
	struct backups *backups = TAKE_PTR(*at);

	if (!backups)
		return;
	free(backups->directory);
	free(backups->prefix);
	free(backups->extension);
	free(backups);
}

static int make_path(const struct backups *backups, const struct backup *backup, char **ret)
{
	time_t seconds = (time_t)(backup->time_ms / 1000);
	char text[TIME_LEN + 1];
	struct tm tm;
	char *path;

	if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H-%M-%S", &tm))
		return -EOVERFLOW;
	if (asprintf(&path, "%s/%s%s.%03u%s%s", backups->directory, backups->prefix, text,
		     (unsigned int)(backup->time_ms % 1000), backups->extension,
		     suffixes[backup->kind]) < 0)
		return -ENOMEM;
	*ret = path;
	return 0;
}

/* "2026-11-22T07-30-02.123" */
static bool parse_time(const char *text, uint64_t *ret_ms)
{
	char copy[TIME_LEN + sizeof("Z")];
	uint64_t ns;

	memcpy(copy, text, TIME_LEN);
	memcpy(copy + TIME_LEN, "Z", sizeof("Z"));
	if (copy[13] != '-' || copy[16] != '-' || copy[19] != '.')
		return false;
	copy[13] = copy[16] = ':';
	if (time_from_rfc3339(copy, &ns))
		return false;
	*ret_ms = ns / NS_PER_MS;
	return true;
}

static bool parse_name(const struct backups *backups, const char *name, struct backup *ret)
{
	size_t prefix = strlen(backups->prefix), extension = strlen(backups->extension);

	if (strncmp(name, backups->prefix, prefix) != 0)
		return false;
	name += prefix;
	if (strlen(name) < TIME_LEN || !parse_time(name, &ret->time_ms))
		return false;
	name += TIME_LEN;
	if (strncmp(name, backups->extension, extension) != 0)
		return false;
	name += extension;
	for (enum kind kind = 0; kind < KIND_MAX; kind++) {
		ret->kind = kind;
		if (!strcmp(name, suffixes[kind]))
			return true;
	}
	return false;
}

static int list_add(struct backup_list *list, const struct backup *backup)
{
	if (list->count == list->size) {
		size_t size = list->size ? list->size * 2 : 16;
		struct backup *items = reallocarray(list->items, size, sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->size = size;
	}
	list->items[list->count++] = *backup;
	return 0;
}

/* The newest first; of one time those that are finished first. */
static int newer_first(const void *left, const void *right)
{
	const struct backup *a = left, *b = right;

	if (a->time_ms != b->time_ms)
		return a->time_ms < b->time_ms ? 1 : -1;
	return (a->kind == KIND_GZIP) < (b->kind == KIND_GZIP) ? 1 : -1;
}

static int list_read(const struct backups *backups, struct backup_list *list)
{
	__attribute__((cleanup(directory_close))) DIR *directory =
		opendir(*backups->directory ? backups->directory : "/");
	const struct dirent *entry;
	struct backup backup;
	int r = 0;

	if (!directory)
		return -errno;
	while (!r && (entry = readdir(directory))) {
		if (parse_name(backups, entry->d_name, &backup))
			r = list_add(list, &backup);
	}
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), newer_first);
	return r;
}

int backups_next(const struct backups *backups, char **ret_path)
{
	__attribute__((cleanup(list_done))) struct backup_list list = {};
	struct backup next = { .time_ms = time_realtime_ns() / NS_PER_MS };
	int r = list_read(backups, &list);

	if (r)
		return r;
	/* Also of a clock that was set back. */
	if (list.count && list.items[0].time_ms >= next.time_ms)
		next.time_ms = list.items[0].time_ms + 1;
	return make_path(backups, &next, ret_path);
}

static int remove_backup(const struct backups *backups, const struct backup *backup)
{
	auto_free char *path = NULL;
	int r = make_path(backups, backup, &path);

	if (r)
		return r;
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

int backups_prune(const struct backups *backups, uint64_t max, char **ret_plain)
{
	__attribute__((cleanup(list_done))) struct backup_list list = {};
	const struct backup *plain = NULL;
	uint64_t kept = 0, kept_ms = 0;
	int r = list_read(backups, &list);

	for (size_t i = 0; !r && i < list.count; i++) {
		const struct backup *backup = &list.items[i];
		bool is_twin = kept && backup->time_ms == kept_ms;

		if (backup->kind == KIND_PART || is_twin || (max && kept == max)) {
			r = remove_backup(backups, backup);
			continue;
		}
		kept++;
		kept_ms = backup->time_ms;
		if (backup->kind == KIND_PLAIN)
			plain = backup;
	}
	*ret_plain = NULL;
	return !r && plain ? make_path(backups, plain, ret_plain) : r;
}
