// SPDX-License-Identifier: BSD-2-Clause
/*
 * Only the last * that was met is ever tried again: what an earlier one could take besides, that one
 * can take as well. At worst that is length times length.
 */
#include "filter/star.h"

#include <stddef.h>

bool star_match(struct text pattern, struct text text, bool (*may)(char c))
{
	size_t at = 0, star = pattern.len, star_at = 0, i = 0;

	while (at < text.len) {
		if (i < pattern.len && pattern.bytes[i] == '*') {
			star = i++;
			star_at = at;
		} else if (i < pattern.len && pattern.bytes[i] == text.bytes[at]) {
			i++;
			at++;
		} else if (star < pattern.len && (!may || may(text.bytes[star_at]))) {
			i = star + 1;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (i < pattern.len && pattern.bytes[i] == '*')
		i++;
	return i == pattern.len;
}
