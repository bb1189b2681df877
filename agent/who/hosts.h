/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names that hosts(5) gives to addresses: /etc/hosts, kept up to date.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "who/hosts_table.h"
#include "who/watched_file.h"

#define HOSTS_PATH "/etc/hosts"
struct hosts;

/* changed: as endpoints_file_new() has it. */
int hosts_new(struct hosts **ret, struct loop *loop, struct worker *worker, const char *path,
	      void (*changed)(void *ctx), void *ctx);
void hosts_free(struct hosts **at);
/* Is there until the next callback of the loop. */
const char *hosts_find(const struct hosts *hosts, const uint8_t addr[static 16]);

struct hosts_stats {
	struct watched_file_stats file;
	uint32_t addresses;
	uint32_t refused; /* names and addresses for which there was no room */
};
void hosts_get_stats(const struct hosts *hosts, struct hosts_stats *ret);
