/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of weir config: a YAML mapping of flags' names to a text or a list of texts. What the
 * names and values mean is config.h's. Comments do not outlive a change by weir config.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/options.h"

struct buf;

struct config_entry {
	char *key;
	struct str_list values;
	bool is_list;
	unsigned int line; /* 0: not from a file */
};

struct config_file {
	struct config_entry *entries;
	size_t count;
};

#define CONFIG_FILE_MAX ((size_t)256 << 10)

/* Empty at first. -ENOENT (silent), or another error after a message with path and line. */
int config_file_read(struct config_file *file, const char *path);
/* Replaces the file in one step; its directory is made if it is missing. -errno after a message. */
int config_file_write(const struct config_file *file, const char *path);
void config_file_done(struct config_file *file);

#define auto_config_file __attribute__((cleanup(config_file_done)))

/* NULL: there is none. */
const struct config_entry *config_file_find(const struct config_file *file, const char *key);
/* Replaces what there was of the key; several values are a list. -ENOMEM. */
int config_file_set(struct config_file *file, const char *key, const char *const *values,
		    size_t count, bool is_list);
void config_file_remove(struct config_file *file, const char *key);
/* As YAML. -ENOMEM. */
int config_file_to_yaml(const struct config_file *file, struct buf *out);
/* The value alone, as a line; a list as YAML. -ENOMEM. */
int config_entry_to_text(const struct config_entry *entry, struct buf *out);
