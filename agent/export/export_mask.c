// SPDX-License-Identifier: BSD-2-Clause
#include "export/export_mask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "flow/field_mask.h"

static const char gaps[] = " \t,";

#define auto_mask __attribute__((cleanup(field_mask_free)))

static int add_paths(struct field_mask *mask, const char *text,
		     char reason[static OPTION_REASON_SIZE])
{
	auto_free char *copy = strdup(text);
	char *save;

	if (!copy) {
		snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	for (char *path = strtok_r(copy, gaps, &save); path; path = strtok_r(NULL, gaps, &save)) {
		int r = field_mask_add(mask, path, reason);

		if (r)
			return r;
	}
	return 0;
}

int export_mask_check(const char *text, char reason[static OPTION_REASON_SIZE])
{
	auto_mask struct field_mask *mask = NULL;

	if (field_mask_new(&mask)) {
		snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(ENOMEM));
		return -EINVAL;
	}
	return add_paths(mask, text, reason) ? -EINVAL : 0;
}

int export_mask_new(struct field_mask **ret, const struct str_list *values)
{
	auto_mask struct field_mask *mask = NULL;
	char reason[OPTION_REASON_SIZE];
	int r = 0;

	if (!values->count)
		return 0;
	r = field_mask_new(&mask);
	for (size_t i = 0; !r && i < values->count; i++)
		r = add_paths(mask, values->items[i], reason);
	if (!r)
		*ret = TAKE_PTR(mask);
	return r;
}
