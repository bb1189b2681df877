// SPDX-License-Identifier: BSD-2-Clause
/*
 * "memlock:" of the descriptor's fdinfo.
 */
#include "kernel/map_bytes.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"

uint64_t map_bytes(int fd)
{
	auto_file FILE *info = NULL;
	char path[64], line[128];
	uint64_t bytes;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "re");
	while (info && fgets(line, sizeof(line), info)) {
		char *at, *key = strtok_r(line, ": \t\n", &at);
		const char *value = key ? strtok_r(NULL, ": \t\n", &at) : NULL;

		if (value && !strcmp(key, "memlock") && !num_parse_u64(value, UINT64_MAX, &bytes))
			return bytes;
	}
	return 0;
}
