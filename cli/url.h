/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>

#include "text.h"

struct buf;

/*
 * The path of a URL, as Go's url.Parse() tells it: "http://a/b%20c?d#e" has "/b c". *ret is in url or
 * behind what scratch holds. False: it cannot be told.
 */
bool url_path(struct text url, struct buf *scratch, struct text *ret);
