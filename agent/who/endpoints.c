// SPDX-License-Identifier: BSD-2-Clause
/*
 * One pass over the file; no tree of it is ever in memory.
 */
#include "endpoints.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "who/endpoints_read.h"
#include "who/regular_file.h"

struct endpoints {
	struct prefix_table prefixes; /* of indices into entries */
	struct string_pool strings;
	struct endpoints_entry *entries;
	uint32_t count;
};

struct loading {
	struct endpoints_load load;
	struct endpoints *endpoints;
	uint32_t size;	 /* of entries and lines */
	uint32_t *lines; /* where each entry begins */
};

void endpoints_free(struct endpoints **at)
{
	struct endpoints *endpoints = TAKE_PTR(*at);

	if (!endpoints)
		return;
	prefix_table_done(&endpoints->prefixes);
	string_pool_done(&endpoints->strings);
	free(endpoints->entries);
	free(endpoints);
}

static int loading_grow(struct loading *loading)
{
	struct endpoints *endpoints = loading->endpoints;
	uint32_t size = loading->size ? loading->size * 2 : 64;
	struct endpoints_entry *entries;
	uint32_t *lines;

	if (endpoints->count == ENDPOINTS_MAX)
		return endpoints_fail(&loading->load, loading->load.reader.line, NULL,
				      "more than %d endpoints", ENDPOINTS_MAX);
	if (endpoints->count < loading->size)
		return 0;
	entries = realloc(endpoints->entries, size * sizeof(*entries));
	if (!entries)
		return endpoints_no_room(&loading->load, -ENOMEM);
	endpoints->entries = entries;
	lines = realloc(loading->lines, size * sizeof(*lines));
	if (!lines)
		return endpoints_no_room(&loading->load, -ENOMEM);
	loading->lines = lines;
	loading->size = size;
	return 0;
}

/* The address is the reader's token. */
static int read_endpoint(struct loading *loading)
{
	struct endpoints_load *load = &loading->load;
	struct endpoints *endpoints = loading->endpoints;
	unsigned int line = load->reader.line, len;
	struct endpoints_entry entry = { 0 };
	char address[64]; /* what is longer is none */
	uint8_t addr[16];
	int r;

	snprintf(address, sizeof(address), "%.63s", load->reader.text);
	r = load->reader.len < sizeof(address) ? prefix_parse(address, addr, &len) : -EINVAL;
	if (r == -EDOM)
		return endpoints_fail(load, line, address, "has bits beyond its prefix");
	if (r)
		return endpoints_fail(load, line, address,
				      "neither an address nor a network such as 10.0.0.0/8");
	r = loading_grow(loading);
	if (!r)
		r = endpoints_read_entry(load, address, &entry);
	if (r)
		return r;
	loading->lines[endpoints->count] = line;
	endpoints->entries[endpoints->count] = entry;
	if (prefix_table_add(&endpoints->prefixes, addr, len, endpoints->count))
		return endpoints_no_room(load, -ENOMEM);
	endpoints->count++;
	return 0;
}

static int loading_seal(struct loading *loading)
{
	struct endpoints *endpoints = loading->endpoints;
	size_t bytes = endpoints->count * sizeof(*endpoints->entries);
	struct endpoints_entry *entries;
	uint32_t twins[2];

	if (prefix_table_seal(&endpoints->prefixes, twins)) {
		return endpoints_fail(&loading->load, loading->lines[twins[1]], NULL,
				      "the same address or network as in line %u",
				      loading->lines[twins[0]]);
	}
	string_pool_seal(&endpoints->strings);
	entries = bytes ? realloc(endpoints->entries, bytes) : NULL;
	if (entries)
		endpoints->entries = entries;
	return 0;
}

static int loading_run(struct loading *loading)
{
	struct json_reader *reader = &loading->load.reader;
	enum json_token token = json_reader_next(reader);
	int r = 0;

	if (token == JSON_TOKEN_ERROR)
		return endpoints_fail_json(&loading->load);
	if (token != JSON_TOKEN_OBJECT)
		return endpoints_fail(&loading->load, reader->line, NULL,
				      "must be an object of addresses");
	while (!r && (token = json_reader_next(reader)) == JSON_TOKEN_KEY)
		r = read_endpoint(loading);
	if (!r && (token == JSON_TOKEN_ERROR || json_reader_next(reader) == JSON_TOKEN_ERROR))
		r = endpoints_fail_json(&loading->load);
	return r ? r : loading_seal(loading);
}

int endpoints_load(struct endpoints **ret, const char *path, char *message, size_t size)
{
	auto_close int fd = regular_file_open(path, ENDPOINTS_FILE_MAX);
	auto_free struct loading *loading = calloc(1, sizeof(*loading));
	struct endpoints *endpoints = calloc(1, sizeof(*endpoints));
	int r = fd < 0 ? fd : -ENOMEM;

	if (fd < 0 || !loading || !endpoints) {
		free(endpoints);
		snprintf(message, size, "%s: %s", path, strerror(-r));
		return r;
	}
	endpoints->strings.max_bytes = ENDPOINTS_TEXT_BYTES;
	loading->endpoints = endpoints;
	loading->load.strings = &endpoints->strings;
	loading->load.path = path;
	loading->load.message = message;
	loading->load.message_size = size;
	json_reader_init(&loading->load.reader, fd);
	r = loading_run(loading);
	free(loading->lines);
	buf_done(&loading->load.list);
	if (r)
		endpoints_free(&endpoints);
	else
		*ret = endpoints;
	return r;
}

static void facts_of(const struct endpoints *endpoints, uint32_t index, struct endpoint_facts *ret)
{
	const struct string_pool *strings = &endpoints->strings;
	const struct endpoints_entry *entry = &endpoints->entries[index];

	*ret = (struct endpoint_facts){
		.namespace = string_pool_at(strings, entry->namespace),
		.pod = string_pool_at(strings, entry->pod),
		.service = string_pool_at(strings, entry->service),
		.service_namespace = string_pool_at(strings, entry->service_namespace),
		.workload = string_pool_at(strings, entry->workload),
		.workload_kind = string_pool_at(strings, entry->workload_kind),
		.labels = string_pool_at(strings, entry->labels),
		.names = string_pool_at(strings, entry->names),
	};
}

static bool is_nobody(const struct endpoints_entry *entry)
{
	static const struct endpoints_entry nobody;

	return !memcmp(entry, &nobody, sizeof(nobody));
}

bool endpoints_find(const struct endpoints *endpoints, const uint8_t addr[static 16],
		    struct endpoint_facts *ret)
{
	uint32_t index;

	if (!endpoints || !prefix_table_find(&endpoints->prefixes, addr, &index) ||
	    is_nobody(&endpoints->entries[index]))
		return false;
	facts_of(endpoints, index, ret);
	return true;
}

void endpoints_at(const struct endpoints *endpoints, uint32_t index, uint8_t ret_addr[static 16],
		  unsigned int *ret_len, struct endpoint_facts *ret)
{
	facts_of(endpoints, prefix_table_at(&endpoints->prefixes, index, ret_addr, ret_len), ret);
}

uint32_t endpoints_count(const struct endpoints *endpoints)
{
	return endpoints ? endpoints->count : 0;
}

size_t endpoints_bytes(const struct endpoints *endpoints)
{
	if (!endpoints)
		return 0;
	return sizeof(*endpoints) + endpoints->prefixes.size * sizeof(*endpoints->prefixes.rows) +
	       endpoints->count * sizeof(*endpoints->entries) + endpoints->strings.size;
}
