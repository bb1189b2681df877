// SPDX-License-Identifier: BSD-2-Clause
#include "export/export_mask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "flow/field_mask.h"
#include "log/record_mask.h"

int export_mask_check(const char *text, char reason[static OPTION_REASON_SIZE])
{
	auto_field_mask struct field_mask *mask = NULL;

	if (field_mask_new(&mask)) {
		snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(ENOMEM));
		return -EINVAL;
	}
	return field_mask_add_list(mask, text, reason) ? -EINVAL : 0;
}

int export_mask_new(struct record_mask **ret, const struct str_list *values)
{
	auto_field_mask struct field_mask *mask = NULL;
	char reason[OPTION_REASON_SIZE];
	int r = 0;

	if (!values->count)
		return 0;
	r = field_mask_new(&mask);
	for (size_t i = 0; !r && i < values->count; i++)
		r = field_mask_add_list(mask, values->items[i], reason);
	return r ? r : record_mask_new(ret, &mask);
}
