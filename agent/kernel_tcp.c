// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two lines begin with "Tcp:", the first with the names, the second with the numbers.
 */
#include "kernel_tcp.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"

int kernel_tcp_sent(uint64_t *ret)
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
		if (strcmp(name, "OutSegs") != 0 && strcmp(name, "RetransSegs") != 0)
			continue;
		if (num_parse_u64(value, UINT64_MAX, &number))
			return -EPROTO;
		sum += number;
		found++;
	}
	if (found != 2)
		return -EPROTO;
	*ret = sum;
	return 0;
}
