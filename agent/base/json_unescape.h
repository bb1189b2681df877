/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>

#include "text.h"

struct buf;

/* quoted: what stands between the quotes. *ret is in out. False: not JSON, or out has failed. */
bool json_unescape(struct buf *out, struct text quoted, struct text *ret);
