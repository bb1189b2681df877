/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>

#include "base/text.h"

/* Is it the field of that name? proto3 JSON knows it by two: "node_name" is "nodeName" as well. */
bool json_key_is(struct text key, const char *name);
