/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Labels of a container or pod. Whoever may start one chooses them, so each is bounded, and all of
 * them together are. They are kept as they were told: who prints them escapes them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define LABELS_MAX	 64
#define LABEL_KEY_MAX	 320 /* a name of Kubernetes: a domain of 253, a slash, 63 */
#define LABEL_VALUE_MAX	 256
#define LABELS_BYTES_MAX 8192 /* keys and values of one object, with their ends */

struct label {
	const char *key;
	const char *value;
};

/* NULL: no such key. */
const char *labels_get(const struct label *labels, size_t count, const char *key);
/* What kubelet puts there to find its containers again: pod, namespace, ... are known without. */
bool labels_is_own(struct text key);
/* The bytes of text to keep if there is room for max: no character of UTF-8 is cut in two. */
size_t labels_cut(struct text text, size_t max);
