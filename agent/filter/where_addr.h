/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and networks as values of an expression. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct where_value;

/* "10.0.2.7", "10.0.0.0/8", "2001:db8::/32"; bits beyond the length do not count. 0 or -EINVAL. */
int where_addr_parse(const char *text, struct where_value *ret);
/* Is the word one? */
bool where_addr_is(struct text word);
bool where_addr_holds(const struct where_value *value, const uint8_t addr[static 16]);
