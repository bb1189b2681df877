/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other tuple of a record's connection, if it is translated (NAT): the twin's, which has the
 * same packets.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "log/record.h"

struct json_out;
struct translations;

/* "original", "translated"; NULL: it is not translated. */
const char *record_nat_role(const struct record *rec, const struct translations *translations);
/*
 * Hubble's source_xlated: what the record's source is translated into. Of the packets before
 * translation only, and only if the address is another one then.
 */
bool record_source_xlated(const struct record *rec, const struct translations *translations,
			  uint8_t ret[static 16]);
/* The key "nat"; nothing if there is none. */
void record_nat_json(struct json_out *out, const struct record *rec,
		     const struct translations *translations);
