/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which fields of a flow are wanted: --field-mask as a tree. Hubble's server applies the mask; here
 * the command does, to what it prints, so that files are masked as the agent's answers are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct field_mask;
struct schema_field;
struct str_list;

/* -EINVAL after a message that names the path, or -ENOMEM after one. */
int field_mask_new(struct field_mask **ret, const struct str_list *paths);
void field_mask_free(struct field_mask **mask);

/*
 * Is this field of the message that mask is for wanted? *ret: the mask for what is in it. A mask of
 * NULL wants everything.
 */
bool field_mask_wants(const struct field_mask *mask, const struct schema_field *field,
		      const struct field_mask **ret);
