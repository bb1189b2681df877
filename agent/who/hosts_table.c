// SPDX-License-Identifier: BSD-2-Clause
/*
 * Names are collected per address, whatever lines they stand in; then each address's list becomes
 * one string of the pool.
 */
#include "hosts_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "who/prefix_table.h"
#include "who/regular_file.h"
#include "who/string_pool.h"

#define LINE_MAX_BYTES 4096 /* the rest of a longer one is passed over */
#define TEXT_BYTES     (4 << 20)
#define HOST_LEN       128

struct hosts_table {
	struct prefix_table addresses; /* of lists in the strings */
	struct string_pool strings;
	uint32_t refused;
};

/* What a line says. */
struct host_row {
	uint8_t addr[16];
	uint32_t name;
	uint32_t order;
};

struct load {
	struct hosts_table *table;
	struct host_row *rows;
	uint32_t count, size;
};

void hosts_table_free(struct hosts_table **at)
{
	struct hosts_table *table = TAKE_PTR(*at);

	if (!table)
		return;
	prefix_table_done(&table->addresses);
	string_pool_done(&table->strings);
	free(table);
}

static bool is_nowhere(const uint8_t addr[static 16])
{
	static const uint8_t v6[16], v4[16] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(addr, v6, sizeof(v6)) || !memcmp(addr, v4, sizeof(v4));
}

/* What a name may be made of (RFC 952, 1123), and what people write besides. */
static bool is_name(const char *text)
{
	size_t len = 0;

	for (; text[len]; len++) {
		unsigned char c = (unsigned char)text[len];

		if (c <= ' ' || c >= 0x7f)
			return false;
	}
	return len && len <= HOSTS_NAME_MAX;
}

static int add_row(struct load *load, const uint8_t addr[static 16], const char *name)
{
	struct host_row *row;
	int r;

	if (load->count == HOSTS_ADDRESSES * HOSTS_NAMES) {
		load->table->refused++;
		return 0;
	}
	if (load->count == load->size) {
		uint32_t size = load->size ? load->size * 2 : 64;
		struct host_row *rows = realloc(load->rows, size * sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		load->rows = rows;
		load->size = size;
	}
	row = &load->rows[load->count];
	r = string_pool_add(&load->table->strings, name, strlen(name), &row->name);
	if (r == -ENOSPC) {
		load->table->refused++;
		return 0;
	}
	memcpy(row->addr, addr, sizeof(row->addr));
	row->order = load->count;
	load->count += !r;
	return r;
}

static int read_line(struct load *load, char *line)
{
	char *at = NULL, *word;
	uint8_t addr[16];
	int family, r = 0;

	line[strcspn(line, "#\n")] = '\0';
	word = strtok_r(line, " \t\r", &at);
	if (!word || addr_parse(word, addr, &family) || is_nowhere(addr))
		return 0;
	while (!r && (word = strtok_r(NULL, " \t\r", &at))) {
		if (is_name(word))
			r = add_row(load, addr, word);
	}
	return r;
}

/* Of a line that does not fit the rest is passed over, and not taken for another one. */
static int read_lines(struct load *load, FILE *file)
{
	char line[LINE_MAX_BYTES];
	bool is_rest = false;
	int r = 0;

	while (!r && fgets(line, sizeof(line), file)) {
		bool is_whole = strchr(line, '\n') || feof(file);

		if (!is_rest)
			r = read_line(load, line);
		is_rest = !is_whole;
	}
	if (!r && ferror(file))
		r = -EIO;
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct host_row *x = a, *y = b;
	int order = memcmp(x->addr, y->addr, sizeof(x->addr));

	if (order)
		return order;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The names of the first of rows, which are sorted; how many rows are of that address. */
static uint32_t list_names(struct load *load, const struct host_row *rows, uint32_t count,
			   struct buf *list)
{
	uint32_t names[HOSTS_NAMES], known = 0, i;

	buf_truncate(list, 0);
	for (i = 0; i < count && !memcmp(rows[i].addr, rows[0].addr, sizeof(rows[0].addr)); i++) {
		uint32_t j = 0;

		while (j < known && names[j] != rows[i].name)
			j++;
		if (j < known)
			continue;
		if (known == HOSTS_NAMES) {
			load->table->refused++;
			continue;
		}
		names[known++] = rows[i].name;
		buf_append_str(list, string_pool_at(&load->table->strings, rows[i].name));
		buf_append_char(list, '\0');
	}
	return i;
}

static int seal(struct load *load)
{
	struct hosts_table *table = load->table;
	auto_buf struct buf list = { 0 };
	uint32_t twins[2], offset = 0;
	int r = 0;

	if (load->count)
		qsort(load->rows, load->count, sizeof(*load->rows), compare);
	for (uint32_t at = 0, taken; at < load->count && !r; at += taken) {
		taken = list_names(load, load->rows + at, load->count - at, &list);
		if (table->addresses.count == HOSTS_ADDRESSES) {
			table->refused++;
			continue;
		}
		r = list.failed ? -ENOMEM
				: string_pool_add(&table->strings, buf_bytes(&list), buf_len(&list),
						  &offset);
		if (r == -ENOSPC) {
			table->refused++;
			r = 0;
			continue;
		}
		if (!r)
			r = prefix_table_add(&table->addresses, load->rows[at].addr, HOST_LEN,
					     offset);
	}
	if (!r)
		r = prefix_table_seal(&table->addresses, twins);
	string_pool_seal(&table->strings);
	return r;
}

int hosts_table_load(struct hosts_table **ret, const char *path)
{
	struct load load = { 0 };
	auto_file FILE *file = NULL;
	int r, fd = regular_file_open(path, HOSTS_FILE_MAX);

	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (!file) {
		r = -errno;
		close(fd);
		return r;
	}
	load.table = calloc(1, sizeof(*load.table));
	if (!load.table)
		return -ENOMEM;
	load.table->strings.max_bytes = TEXT_BYTES;
	r = read_lines(&load, file);
	if (!r)
		r = seal(&load);
	free(load.rows);
	if (r) {
		hosts_table_free(&load.table);
		return r;
	}
	*ret = load.table;
	return 0;
}

const char *hosts_table_find(const struct hosts_table *table, const uint8_t addr[static 16])
{
	uint32_t offset;

	if (!table || !prefix_table_find(&table->addresses, addr, &offset))
		return NULL;
	return string_pool_at(&table->strings, offset);
}

uint32_t hosts_table_count(const struct hosts_table *table)
{
	return table ? table->addresses.count : 0;
}

uint32_t hosts_table_refused(const struct hosts_table *table)
{
	return table ? table->refused : 0;
}
