/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which fields of a flow are wanted, as a tree: of the agent's answers, of what it exports, and of
 * what the command prints of a file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/options.h"

struct field_mask;
struct schema_field;

/* Wants nothing, until paths are added. -ENOMEM. */
int field_mask_new(struct field_mask **ret);
/* "source.pod_name". -EINVAL or -ENOMEM with the reason. */
int field_mask_add(struct field_mask *mask, const char *path,
		   char reason[static OPTION_REASON_SIZE]);
/* The same of paths that are parted by commas or blanks; those before a wrong one are added. */
int field_mask_add_list(struct field_mask *mask, const char *paths,
			char reason[static OPTION_REASON_SIZE]);
bool field_mask_is_empty(const struct field_mask *mask);
void field_mask_free(struct field_mask **mask);
#define auto_field_mask __attribute__((cleanup(field_mask_free)))

/*
 * Is this field of the message that mask is for wanted? *ret: the mask for what is in it. A mask of
 * NULL wants everything.
 */
bool field_mask_wants(const struct field_mask *mask, const struct schema_field *field,
		      const struct field_mask **ret);
