// SPDX-License-Identifier: BSD-2-Clause
/* Labels: finding, and what is not kept of them. */
#include "labels.h"

#include <string.h>

#include "base/cleanup.h"

const char *labels_get(const struct label *labels, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(labels[i].key, key))
			return labels[i].value;
	}
	return NULL;
}

bool labels_is_own(struct text key)
{
	static const char *const prefixes[] = {
		"io.kubernetes.pod.",
		"io.kubernetes.container.",
		"io.kubernetes.sandbox.",
		"io.kubernetes.docker.",
		"annotation.", /* dockershim's, of annotations */
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (key.len >= len && !memcmp(key.bytes, prefixes[i], len))
			return true;
	}
	return false;
}

size_t labels_cut(struct text text, size_t max)
{
	size_t len = max;

	if (text.len <= max)
		return text.len;
	/* Back to the first byte of the character that would be cut; no character has more than 4. */
	while (len && max - len < 4 && ((unsigned char)text.bytes[len] & 0xc0) == 0x80)
		len--;
	return len;
}
