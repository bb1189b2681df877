/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions that once showed a difference, or that chance does not find.
 */
#pragma once

#include <stddef.h>

struct corpus_row {
	const char *name;    /* a sentence, as a test's */
	const char *session; /* text: see session_text.c */
};

extern const struct corpus_row corpus[];
extern const size_t corpus_len;
