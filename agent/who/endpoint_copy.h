/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the endpoints file says of one endpoint, kept for those who were found in a version of the
 * file that may be gone: equal ones once, and counted.
 */
#pragma once

#include "who/endpoints.h"

struct endpoint_copies;

struct endpoint_copy {
	struct endpoint_facts facts;
};

int endpoint_copies_new(struct endpoint_copies **ret);
/* All must have been given back. */
void endpoint_copies_free(struct endpoint_copies **at);
/* Counted for the caller. NULL: out of memory. */
const struct endpoint_copy *endpoint_copy_get(struct endpoint_copies *copies,
					      const struct endpoint_facts *facts);
void endpoint_copy_ref(const struct endpoint_copy *copy);
void endpoint_copy_put(struct endpoint_copies *copies, const struct endpoint_copy *copy);
