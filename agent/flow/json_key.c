// SPDX-License-Identifier: BSD-2-Clause
#include "json_key.h"

#include <ctype.h>
#include <string.h>

bool json_key_is(struct text key, const char *name)
{
	const char *at = key.bytes, *end = key.bytes + key.len;

	/* By the name that is declared, nearly always; the other one is shorter. */
	if (strlen(name) == key.len)
		return !memcmp(name, key.bytes, key.len);
	for (; *name; name++, at++) {
		if (at == end)
			return false;
		if (*at == *name)
			continue;
		if (*name != '_' || *at != toupper((unsigned char)name[1]))
			return false;
		name++;
	}
	return at == end;
}
