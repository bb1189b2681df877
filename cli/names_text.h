/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "agent/flow/names.h"

struct buf;

/* The name, as a terminal may have it; the number itself where it has none. */
void names_append(struct buf *out, enum names names, struct enum_value value);
