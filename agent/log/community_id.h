/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Community ID version 1, seed 0: the name of a 5-tuple that other tools (Zeek, Suricata) give
 * it too.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct record;

#define COMMUNITY_ID_SIZE 40 /* "1:", 28 characters of base64, NUL, and room */

/* False: the record doesn't tell all that goes into it. */
bool community_id(const struct record *rec, char text[static COMMUNITY_ID_SIZE]);
/* The type of ICMP that answers this one, or that this one answers. False: it has none. */
bool community_id_counterpart(uint8_t proto, uint8_t type, uint8_t *ret);
