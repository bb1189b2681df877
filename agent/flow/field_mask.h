/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which fields of a flow are wanted, as a tree. Hubble's server applies --field-mask; here the
 * command does, to what it prints, so that files are masked as the agent's answers are; and the
 * agent, to what it exports.
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
void field_mask_free(struct field_mask **mask);

/*
 * Is this field of the message that mask is for wanted? *ret: the mask for what is in it. A mask of
 * NULL wants everything.
 */
bool field_mask_wants(const struct field_mask *mask, const struct schema_field *field,
		      const struct field_mask **ret);
