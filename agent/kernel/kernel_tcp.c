// SPDX-License-Identifier: BSD-2-Clause
/*
 * Of the lines of a kind, as "Tcp:", the first has the names, the second the numbers.
 */
#include "kernel/kernel_tcp.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"

#define LINE_SIZE 8192 /* that of TcpExt has some 2,500 bytes */

/* The sum of so many of the columns, each of which must be there. */
static int sum_columns(const char *path, const char *kind, const char *const *columns, int count,
		       uint64_t *ret)
{
	auto_file FILE *file = fopen(path, "re");
	char names[LINE_SIZE] = "", values[LINE_SIZE] = "";
	char *name_at = NULL, *value_at = NULL, *name, *value;
	uint64_t number, sum = 0;
	int found = 0;

	if (!file)
		return -errno;
	while (fgets(names, sizeof(names), file)) {
		if (!strncmp(names, kind, strlen(kind)) && fgets(values, sizeof(values), file))
			break;
	}
	name = strtok_r(names, " \n", &name_at);
	value = strtok_r(values, " \n", &value_at);
	for (; name && value;
	     name = strtok_r(NULL, " \n", &name_at), value = strtok_r(NULL, " \n", &value_at)) {
		int i = 0;

		while (i < count && strcmp(name, columns[i]) != 0)
			i++;
		if (i == count)
			continue;
		if (num_parse_u64(value, UINT64_MAX, &number))
			return -EPROTO;
		sum += number;
		found++;
	}
	if (found != count)
		return -EPROTO;
	*ret = sum;
	return 0;
}

#define SUM(path, kind, ret, ...)                                                              \
	({                                                                                     \
		static const char *const columns[] = { __VA_ARGS__ };                          \
		sum_columns("/proc/thread-self/net/" path, kind, columns, ARRAY_SIZE(columns), \
			    ret);                                                              \
	})

int kernel_tcp_sent(uint64_t *ret)
{
	return SUM("snmp", "Tcp:", ret, "OutSegs", "RetransSegs");
}

int kernel_tcp_resent(uint64_t *ret)
{
	return SUM("snmp", "Tcp:", ret, "RetransSegs");
}

int kernel_tcp_failed(uint64_t *ret)
{
	return SUM("netstat", "TcpExt:", ret, "TCPRetransFail");
}
