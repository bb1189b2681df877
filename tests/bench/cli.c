// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the command costs: to start, and for a flow in each format. Flows come out of a file
 * (--input-file) and go to /dev/null; the time is the processor's, of the whole process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/num.h"
#include "agent/base/timefmt.h"

#define FLOWS_DEFAULT 200000
#define ROUNDS	      3	 /* the best of */
#define STARTS	      50 /* the median of */
#define WORDS_MAX     12
#define NS_PER_US     1000

/* Lines that are written again and again. */
static const struct source {
	const char *name, *path;
} sources[] = {
	{ "Hubble's flows", "tests/golden/hubble/hubble-flows.jsonl" },
	{ "weir's records", "tests/golden/records/records.jsonl" },
};

static const char *const formats[] = { "compact", "wide", "dict", "table", "json" };

struct cost {
	uint64_t cpu_ns, wall_ns;
	long peak_kib;
};

static uint64_t ns_of(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_usec * NS_PER_US;
}

static void run_child(const char *weir, char *const words[])
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	execv(weir, words);
	_exit(127);
}

/* words: without the program, ended by NULL. 0, or -1 after a message. */
static int measure(const char *weir, const char *const words[], struct cost *ret)
{
	char *all[WORDS_MAX + 2] = { (char *)weir };
	uint64_t start = time_monotonic_ns();
	struct rusage usage;
	int status;
	pid_t pid;

	for (size_t i = 0; words[i] && i < WORDS_MAX; i++)
		all[i + 1] = (char *)words[i];
	pid = fork();
	if (pid == 0)
		run_child(weir, all);
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status)) {
		fprintf(stderr, "bench: %s %s failed\n", weir, words[0]);
		return -1;
	}
	*ret = (struct cost){ ns_of(&usage.ru_utime) + ns_of(&usage.ru_stime),
			      time_monotonic_ns() - start, usage.ru_maxrss };
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;

	return x->wall_ns < y->wall_ns ? -1 : x->wall_ns > y->wall_ns;
}

static int bench_start(const char *weir, const char *const words[], const char *name)
{
	struct cost costs[STARTS], median;

	for (size_t i = 0; i < STARTS; i++) {
		if (measure(weir, words, &costs[i]) < 0)
			return -1;
	}
	qsort(costs, STARTS, sizeof(costs[0]), compare);
	median = costs[STARTS / 2];
	printf("%-34s %6.2f ms %6.1f MB\n", name, (double)median.wall_ns / 1e6,
	       (double)median.peak_kib / 1024);
	return 0;
}

/* The lines of path, count of them in all, into a file in memory. Its descriptor, or -1. */
static int make_input(const char *path, uint64_t count, uint64_t *ret_bytes)
{
	auto_file FILE *in = fopen(path, "re");
	auto_close int fd = memfd_create("flows", 0);
	auto_file FILE *out = fd < 0 ? NULL : fdopen(dup(fd), "we");
	static char line[1 << 16];

	if (!in || !out) {
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
		return -1;
	}
	for (uint64_t i = 0; i < count;) {
		if (!fgets(line, sizeof(line), in)) {
			rewind(in);
			continue;
		}
		/* Of those that are no flows a file has few. */
		if (strncmp(line, "{\"flow\"", strlen("{\"flow\"")) != 0)
			continue;
		fputs(line, out);
		i++;
	}
	*ret_bytes = (uint64_t)ftell(out);
	return fflush(out) ? -1 : TAKE_FD(fd);
}

static int bench_format(const char *weir, const char *format, const char *file, uint64_t count)
{
	const char *words[] = { "observe", "--input-file", file, "-o", format, NULL };
	struct cost best = { .cpu_ns = UINT64_MAX };

	for (int round = 0; round < ROUNDS; round++) {
		struct cost cost;

		if (measure(weir, words, &cost) < 0)
			return -1;
		if (cost.cpu_ns < best.cpu_ns)
			best = cost;
	}
	printf("  %-10s %8.0f ns %12.0f flows/s %8.1f MB\n", format,
	       (double)best.cpu_ns / (double)count, (double)count * 1e9 / (double)best.wall_ns,
	       (double)best.peak_kib / 1024);
	return 0;
}

static int bench_source(const char *weir, const struct source *source, uint64_t count)
{
	uint64_t bytes = 0;
	auto_close int fd = make_input(source->path, count, &bytes);
	char file[32];

	if (fd < 0)
		return -1;
	snprintf(file, sizeof(file), "/proc/%d/fd/%d", getpid(), fd);
	printf("%s, %.0f bytes a line\n", source->name, (double)bytes / (double)count);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (bench_format(weir, formats[i], file, count) < 0)
			return -1;
	}
	return 0;
}

/* Usage: cli WEIR [FLOWS] */
int main(int argc, char **argv)
{
	static const char *const version[] = { "version", NULL };
	static const char *const empty[] = { "observe", "--input-file", "/dev/null", NULL };
	uint64_t count = FLOWS_DEFAULT;

	if (argc < 2 || (argc > 2 && (num_parse_u64(argv[2], 1 << 30, &count) < 0 || !count))) {
		fprintf(stderr, "usage: %s WEIR [FLOWS]\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("the command: start-up and peak memory\n");
	if (bench_start(argv[1], version, "weir version") < 0 ||
	    bench_start(argv[1], empty, "weir observe --input-file /dev/null") < 0)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		if (bench_source(argv[1], &sources[i], count) < 0)
			return 1;
	}
	return 0;
}
