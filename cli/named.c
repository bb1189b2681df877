// SPDX-License-Identifier: BSD-2-Clause
#include "named.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const void *row_at(const struct named *named, size_t i)
{
	return (const char *)named->rows + i * named->size;
}

static const char *name_at(const struct named *named, size_t i)
{
	const char *const *name = row_at(named, i);

	return *name;
}

const void *named_find(const struct named *named, const char *name)
{
	if (!name)
		return named->rows;
	for (size_t i = 0; i < named->count; i++) {
		if (!strcmp(name_at(named, i), name))
			return row_at(named, i);
	}
	return NULL;
}

int named_check(const struct named *named, const char *what, const char *name,
		char reason[static OPTION_REASON_SIZE])
{
	int len;

	if (named_find(named, name))
		return 0;
	len = snprintf(reason, OPTION_REASON_SIZE, "invalid %s: %.64s; one of", what, name);
	for (size_t i = 0; i < named->count && len > 0 && len < OPTION_REASON_SIZE; i++)
		len += snprintf(reason + len, OPTION_REASON_SIZE - (size_t)len, "%s%s",
				i ? "|" : " ", name_at(named, i));
	return -EINVAL;
}
