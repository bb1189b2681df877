/* SPDX-License-Identifier: BSD-2-Clause */
/* Values in messages, between double quotes as Go's %q writes them. */
#pragma once

#include <stddef.h>

/*
 * " and \ get a backslash; control characters are \n, \t, \x1b and so on, what is no UTF-8 \xff. A
 * text that does not fit ends in "...". Returns to. size >= 8.
 */
const char *quote(const char *text, char *to, size_t size);

/* For messages that show values as they are: two quotes where there is nothing to be seen. */
static inline const char *quote_empty(const char *text)
{
	return *text ? text : "\"\"";
}
