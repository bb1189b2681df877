/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kubernetes' label selectors, with the sources of Cilium's labels before the keys: "k8s:app=cart",
 * "tier in (web,db), !canary". A key without a source is one of any source.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "filter/field.h"

struct label_selector;

#define LABEL_SELECTOR_REASON_SIZE 192
#define LABEL_SELECTOR_TEXT_MAX	   4096 /* bytes of one */

/* -EINVAL with what is wrong, in the words of Kubernetes where it has some, or -ENOMEM. */
int label_selector_new(struct label_selector **ret, const char *text,
		       char reason[static LABEL_SELECTOR_REASON_SIZE]);
void label_selector_free(struct label_selector **at);
/* field: of the labels, a list of "source:key=value". */
bool label_selector_match(const struct label_selector *selector, struct field_reader *reader,
			  enum field field);
