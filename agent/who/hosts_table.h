/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One version of hosts(5): addresses and the names it gives them. Any thread may load it; then it
 * is only read.
 */
#pragma once

#include <stdint.h>

#define HOSTS_FILE_MAX	(64 << 20) /* bytes of it */
#define HOSTS_ADDRESSES 16384	   /* that have names */
#define HOSTS_NAMES	8	   /* of one address */
#define HOSTS_NAME_MAX	253	   /* bytes of a name */

struct hosts_table;

/*
 * What is no address or no name is passed over, as the system's resolver does; what is beyond the
 * bounds is counted. Lists of names that are not to be reached (0.0.0.0, ::) name nobody.
 */
int hosts_table_load(struct hosts_table **ret, const char *path);
void hosts_table_free(struct hosts_table **at);
/* The names, in the order of the file: strings in a row, an empty one at the end. Or NULL. */
const char *hosts_table_find(const struct hosts_table *table, const uint8_t addr[static 16]);
uint32_t hosts_table_count(const struct hosts_table *table);
/* Names and addresses for which there was no room. */
uint32_t hosts_table_refused(const struct hosts_table *table);
