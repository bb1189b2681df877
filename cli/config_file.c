// SPDX-License-Identifier: BSD-2-Clause
/* The entries of the file, and the file as a whole. What is YAML is in config_yaml.c. */
#include "config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"

#include "config_yaml.h"
#include "output.h"

static void entry_done(struct config_entry *entry)
{
	free(entry->key);
	for (size_t i = 0; i < entry->values.count; i++)
		free(entry->values.items[i]);
	free(entry->values.items);
}

void config_file_done(struct config_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		entry_done(&file->entries[i]);
	free(file->entries);
	*file = (struct config_file){};
}

static size_t find(const struct config_file *file, const char *key)
{
	size_t i = 0;

	while (i < file->count && strcmp(file->entries[i].key, key) != 0)
		i++;
	return i;
}

const struct config_entry *config_file_find(const struct config_file *file, const char *key)
{
	size_t i = find(file, key);

	return i < file->count ? &file->entries[i] : NULL;
}

static int fill_entry(struct config_entry *entry, const char *key, const char *const *values,
		      size_t count)
{
	entry->key = strdup(key);
	entry->values.items = calloc(count ? count : 1, sizeof(*entry->values.items));
	if (!entry->key || !entry->values.items)
		return -ENOMEM;
	for (; entry->values.count < count; entry->values.count++) {
		char *copy = strdup(values[entry->values.count]);

		if (!copy)
			return -ENOMEM;
		entry->values.items[entry->values.count] = copy;
	}
	return 0;
}

int config_file_set(struct config_file *file, const char *key, const char *const *values,
		    size_t count, bool is_list)
{
	struct config_entry entry = { .is_list = is_list };
	struct config_entry *entries;
	size_t i = find(file, key);
	int r = fill_entry(&entry, key, values, count);

	if (!r && i == file->count) {
		entries = reallocarray(file->entries, i + 1, sizeof(*entries));
		if (entries) {
			file->entries = entries;
			file->entries[file->count++] = (struct config_entry){};
		} else {
			r = -ENOMEM;
		}
	}
	if (r) {
		entry_done(&entry);
		return r;
	}
	entry_done(&file->entries[i]);
	file->entries[i] = entry;
	return 0;
}

void config_file_remove(struct config_file *file, const char *key)
{
	size_t i = find(file, key);

	if (i == file->count)
		return;
	entry_done(&file->entries[i]);
	file->count--;
	memmove(&file->entries[i], &file->entries[i + 1],
		(file->count - i) * sizeof(file->entries[i]));
}

int config_file_read(struct config_file *file, const char *path)
{
	auto_file FILE *stream = fopen(path, "re");
	auto_buf struct buf text = {};
	size_t len;

	if (!stream && (errno == ENOENT || errno == ENOTDIR)) /* HOME may be /dev/null */
		return -ENOENT;
	if (!stream)
		return log_err(-errno, "%s", path);
	if (!buf_reserve(&text, CONFIG_FILE_MAX + 1))
		return log_err(-ENOMEM, "%s", path);
	len = fread(text.data, 1, CONFIG_FILE_MAX + 1, stream);
	if (ferror(stream))
		return log_err(errno ? -errno : -EIO, "%s", path);
	if (len > CONFIG_FILE_MAX) {
		log_err(0, "%s: larger than the %zu KiB that a configuration may have", path,
			CONFIG_FILE_MAX >> 10);
		return -EFBIG;
	}
	return config_yaml_read(file, path, text.data, len);
}

/* All directories of the path that are missing. */
static int make_directories(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			return log_err(-errno, "cannot make the directory %s", path);
		*slash = '/';
	}
	return 0;
}

static int write_beside(const char *path, const struct buf *text)
{
	auto_free char *beside = NULL;
	struct output output = { .buf = *text };
	auto_close int fd = -1;
	struct stat st;
	int r;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0) {
		beside = NULL;
		return log_err(-ENOMEM, "cannot write %s", path);
	}
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return log_err(-errno, "cannot write %s", path);
	output.fd = fd;
	if (!stat(path, &st))
		(void)!fchmod(fd, st.st_mode & 0777);
	r = output_flush(&output);
	if (!r && (fsync(fd) || rename(beside, path)))
		r = log_err(-errno, "cannot write %s", path);
	if (r)
		(void)unlink(beside);
	return r;
}

int config_file_write(const struct config_file *file, const char *path)
{
	auto_free char *real = realpath(path, NULL); /* a link stays one */
	auto_buf struct buf text = {};
	int r = config_file_to_yaml(file, &text);

	if (!real)
		real = strdup(path);
	if (r || !real)
		return log_err(-ENOMEM, "cannot write %s", path);
	r = make_directories(real);
	return r ? r : write_beside(real, &text);
}
