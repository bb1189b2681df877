/* SPDX-License-Identifier: BSD-2-Clause */
/* The patterns of FlowFilters: * stands for any text, and nothing else for anything but itself. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

/* may: what * may stand for, byte by byte; NULL: anything. Case matters. */
bool star_match(struct text pattern, struct text text, bool (*may)(char c));
