/* SPDX-License-Identifier: BSD-2-Clause */
/* --export-field-mask: what of each record goes to the file. */
#pragma once

#include "base/options.h"

struct record_mask;

/* For the row: a value is paths of fields, parted by blanks (as Hubble's) or commas. */
int export_mask_check(const char *text, char reason[static OPTION_REASON_SIZE]);
/* Of values that were checked. *ret NULL: everything. -ENOMEM. */
int export_mask_new(struct record_mask **ret, const struct str_list *values);
