// SPDX-License-Identifier: BSD-2-Clause
/* Slices of text. */
#include "text.h"

#include <string.h>

struct text text_from_str(const char *str)
{
	return (struct text){ str, str ? strlen(str) : 0 };
}

bool text_is(struct text text, const char *str)
{
	return text.len == strlen(str) && !memcmp(text.bytes ? text.bytes : "", str, text.len);
}
