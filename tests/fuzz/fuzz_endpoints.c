// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whatever an endpoints file holds: endpoints, or a message with a line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "who/endpoints.h"
#include "who/hosts_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_so)
{
	if (!is_so)
		abort();
}

static void check_text(const char *text)
{
	size_t len = strlen(text), taken;

	for (; len; text += taken, len -= taken)
		check(utf8_decode(text, len, &taken) != UTF8_NONE);
}

static void check_list(const char *list)
{
	for (; *list; list += strlen(list) + 1)
		check_text(list);
}

static void check_all(const struct endpoints *endpoints)
{
	uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, [12] = 10 };
	struct endpoint_facts facts;

	for (int i = 0; i < 64; i++) {
		addr[15] = (uint8_t)i;
		if (!endpoints_find(endpoints, addr, &facts))
			continue;
		check_text(facts.namespace);
		check_text(facts.pod);
		check_text(facts.service);
		check_text(facts.workload);
		check_list(facts.labels);
		check_list(facts.names);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_close int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct hosts_table *hosts = NULL;
	struct endpoints *endpoints = NULL;
	char path[32], message[512] = "";

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (endpoints_load(&endpoints, path, message, sizeof(message)))
		check(!strncmp(message, path, strlen(path)) && message[strlen(path)] == ':');
	else
		check_all(endpoints);
	endpoints_free(&endpoints);
	if (!hosts_table_load(&hosts, path))
		check(hosts_table_count(hosts) <= HOSTS_ADDRESSES);
	hosts_table_free(&hosts);
	return 0;
}
