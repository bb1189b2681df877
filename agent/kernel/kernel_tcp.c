// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two lines begin with "Tcp:", the first with the names, the second with the numbers.
 */
#include "kernel/kernel_tcp.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"

/* The sum of so many of the columns, each of which must be there. */
static int sum_columns(const char *const *columns, int count, uint64_t *ret)
{
	auto_file FILE *file = fopen("/proc/thread-self/net/snmp", "re");
	char names[1024] = "", values[1024] = "";
	char *name_at = NULL, *value_at = NULL, *name, *value;
	uint64_t number, sum = 0;
	int found = 0;

	if (!file)
		return -errno;
	while (fgets(names, sizeof(names), file)) {
		if (!strncmp(names, "Tcp:", 4) && fgets(values, sizeof(values), file))
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

int kernel_tcp_sent(uint64_t *ret)
{
	static const char *const columns[] = { "OutSegs", "RetransSegs" };

	return sum_columns(columns, ARRAY_SIZE(columns), ret);
}

int kernel_tcp_resent(uint64_t *ret)
{
	static const char *const columns[] = { "RetransSegs" };

	return sum_columns(columns, ARRAY_SIZE(columns), ret);
}
