/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that have names: protocols, ports, identities, event types. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "filter/field.h"

#define WHERE_NUMBERS_SIZE 160

/* The number of a field that has this name, in either case. */
bool where_number_find(enum field field, struct text name, uint64_t *ret);
/* Is it a port, and this the name of a service? */
bool where_number_is_service(enum field field, struct text name);
/*
 * What a wrong value of the field is: "neither a number nor a name such as world". False: its numbers
 * have no names.
 */
bool where_number_explain(enum field field, struct text text, char ret[static WHERE_NUMBERS_SIZE]);
