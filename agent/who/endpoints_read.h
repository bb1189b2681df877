/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between endpoints.c and endpoints_read.c: what the fields of one endpoint say, and how a mistake
 * is told.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "who/json_reader.h"
#include "who/string_pool.h"

/* Offsets into the strings. */
struct endpoints_entry {
	uint32_t namespace, pod, service, service_namespace, workload, workload_kind, labels, names;
};

struct endpoints_load {
	struct json_reader reader;
	struct string_pool *strings;
	const char *path;
	char *message;
	size_t message_size;
	unsigned int pod_line;
	struct buf list; /* the one that is being read */
	unsigned int list_count;
};

/*
 * Takes one endpoint, whose key was the last token, and fills the entry. -errno after a message, as
 * all that follow.
 */
int endpoints_read_entry(struct endpoints_load *load, const char *address,
			 struct endpoints_entry *entry);
/* field: NULL where it is the whole. -EINVAL. */
int endpoints_fail(struct endpoints_load *load, unsigned int line, const char *field,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));
/* What the reader says. */
int endpoints_fail_json(struct endpoints_load *load);
/* Of memory (-ENOMEM), or in the strings (-ENOSPC). */
int endpoints_no_room(struct endpoints_load *load, int r);
