// SPDX-License-Identifier: BSD-2-Clause
/*
 * All is read below one descriptor of /proc/PID: once the process has ended that gives ESRCH, also
 * when somebody else has the pid.
 */
#include "who/process_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "who/proc_file.h"

#define TICK_NS	    10000000ULL /* USER_HZ is 100 everywhere but on alpha and ia64 */
#define STAT_SIZE   1024
#define STATUS_SIZE 1024 /* "Uid:" stands in the first lines */
#define START_FIELD 22	 /* of /proc/PID/stat, counted from 1; the state is the third */
#define DELETED	    " (deleted)"

bool process_same_start(uint64_t a_ns, uint64_t b_ns)
{
	uint64_t a = a_ns / TICK_NS, b = b_ns / TICK_NS;

	return a > b ? a - b <= 1 : b - a <= 1;
}

/* A number up to a blank. */
static int take_number(char *text, uint64_t max, uint64_t *ret)
{
	text[strcspn(text, " \t\n")] = '\0';
	return num_parse_u64(text, max, ret);
}

/* "pid (comm) S ...": comm may have blanks and parentheses in it, so its end is the last one. */
static int parse_stat(char *text, struct process_read *ret)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')'), *at = close;
	uint64_t ticks;
	size_t len;
	int r;

	if (!open || !close || close < open)
		return -EINVAL;
	for (int field = 3; field <= START_FIELD; field++) {
		at = strchr(at + 1, ' ');
		if (!at)
			return -EINVAL;
	}
	r = take_number(at + 1, UINT64_MAX / TICK_NS, &ticks);
	if (r)
		return r;
	len = (size_t)(close - open - 1);
	if (len > sizeof(ret->comm) - 1)
		len = sizeof(ret->comm) - 1;
	memcpy(ret->comm, open + 1, len);
	ret->comm[len] = '\0';
	ret->start_ns = ticks * TICK_NS;
	return 0;
}

static void read_exe(int dir, char exe[static PATH_MAX])
{
	ssize_t len = readlinkat(dir, "exe", exe, PATH_MAX - 1);
	size_t tail = strlen(DELETED);

	if (len < 0)
		len = 0;
	if ((size_t)len > tail && !memcmp(exe + len - tail, DELETED, tail))
		len -= (ssize_t)tail;
	exe[len] = '\0';
}

static uint32_t read_uid(int dir)
{
	char text[STATUS_SIZE], *at;
	uint64_t uid;

	if (proc_file_read(dir, "status", text, sizeof(text)) < 0)
		return PROCESS_UID_UNKNOWN;
	at = strstr(text, "\nUid:\t");
	if (!at || take_number(at + strlen("\nUid:\t"), UINT32_MAX, &uid))
		return PROCESS_UID_UNKNOWN;
	return (uint32_t)uid;
}

int process_read(const struct process_ask *ask, struct process_read *ret)
{
	auto_close int dir = -1;
	char text[STAT_SIZE];
	struct stat netns;
	ssize_t len;
	int r;

	if (snprintf(text, sizeof(text), "%s/%u", ask->proc, ask->pid) >= (int)sizeof(text))
		return -ENAMETOOLONG;
	dir = open(text, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	len = proc_file_read(dir, "stat", text, sizeof(text));
	if (len < 0)
		return len == -ENOENT ? -ESRCH : (int)len;
	r = parse_stat(text, ret);
	if (r)
		return r;
	if (ask->start_ns && !process_same_start(ret->start_ns, ask->start_ns))
		return -ESTALE;
	ret->uid = ask->wants_uid ? read_uid(dir) : PROCESS_UID_UNKNOWN;
	ret->netns = fstatat(dir, "ns/net", &netns, 0) ? 0 : (uint32_t)netns.st_ino;
	read_exe(dir, ret->exe);
	return 0;
}
