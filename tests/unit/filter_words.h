/* SPDX-License-Identifier: BSD-2-Clause */
/* The filter flags of observe, without the command: from words to what --print-raw-filters prints. */
#pragma once

#include <stddef.h>

#include "agent/base/options.h"

#define FILTER_TEXT_SIZE 8192

/* The rows of all filter flags. */
extern const struct option_row filter_words_rows[];

/*
 * words: split at '|', as they follow "weir observe". Returns 0 with the YAML in text, or -EINVAL
 * with what was written to stderr.
 */
int filter_words_run(const char *words, char text[static FILTER_TEXT_SIZE]);
