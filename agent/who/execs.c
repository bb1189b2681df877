// SPDX-License-Identifier: BSD-2-Clause
/*
 * /proc tells when a process began in clock ticks, the kernel's programs in ns: compared in ticks.
 */
#include "execs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "base/num.h"

#include "weir/owner.h"

#define STAT_START 22 /* field of /proc/PID/stat, from 1 */

int execs_lookup(int map, uint32_t tgid, uint64_t start_ns, struct weir_exec *ret)
{
	struct weir_exec exec;

	if (map < 0 || bpf_map_lookup_elem(map, &tgid, &exec) ||
	    exec.start_ns / WEIR_START_TICK_NS != start_ns / WEIR_START_TICK_NS)
		return -ENOENT;
	exec.path[sizeof(exec.path) - 1] = '\0';
	*ret = exec;
	return 0;
}

/* A name may have spaces and brackets: what comes behind the last bracket are numbers. */
static uint64_t start_of(uint32_t tgid)
{
	auto_file FILE *file = NULL;
	char path[64], text[1024], *at, *field;
	uint64_t ticks = 0;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%u/stat", tgid);
	file = fopen(path, "re");
	len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	text[len] = '\0';
	field = strrchr(text, ')');
	if (!field)
		return 0;
	field = strtok_r(field + 1, " ", &at);
	for (int i = 3; field && i < STAT_START; i++)
		field = strtok_r(NULL, " ", &at);
	if (!field || num_parse_u64(field, UINT64_MAX, &ticks))
		return 0;
	return ticks * (1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK));
}

static void seed_one(int map, uint32_t tgid)
{
	struct weir_exec exec = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/exe", tgid);
	if (readlink(path, exec.path, sizeof(exec.path) - 1) < 0)
		return; /* of the kernel, or gone */
	exec.start_ns = start_of(tgid);
	(void)bpf_map_update_elem(map, &tgid, &exec, BPF_NOEXIST);
}

void execs_seed(int map)
{
	DIR *dir = map < 0 ? NULL : opendir("/proc");
	const struct dirent *entry;
	uint64_t tgid;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (!num_parse_u64(entry->d_name, UINT32_MAX, &tgid))
			seed_one(map, (uint32_t)tgid);
	}
	closedir(dir);
}
