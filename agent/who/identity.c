// SPDX-License-Identifier: BSD-2-Clause
/*
 * The hash is FNV-1a of 32 bits over "namespace/name", its upper 8 bits folded into the lower 24.
 */
#include "identity.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

#define FNV_BASIS 2166136261U
#define FNV_PRIME 16777619U
#define HASH_MASK 0xffffffU

static const char *const sources[] = {
	[LABEL_K8S] = "k8s:",
	[LABEL_CONTAINER] = "container:",
	[LABEL_RESERVED] = "reserved:",
};
_Static_assert(ARRAY_SIZE(sources) == LABEL_SOURCE_MAX, "a text for each source");

static uint32_t hash_add(uint32_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
	return hash;
}

uint32_t identity_of(const char *namespace, const char *name)
{
	uint32_t hash = hash_add(hash_add(hash_add(FNV_BASIS, namespace), "/"), name);

	return IDENTITY_NAMED | ((hash >> 24 ^ hash) & HASH_MASK);
}

static bool is_ascii(const char *text, size_t len)
{
	uint64_t all = 0, word;
	size_t i = 0;

	for (; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, text + i, sizeof(word));
		all |= word;
	}
	for (; i < len; i++)
		all |= (unsigned char)text[i];
	return !(all & 0x8080808080808080);
}

/* Nearly all are short and ASCII, and need no look at each character. 0: not this one. */
static size_t label_plain(enum label_source source, const char *key, const char *value,
			  char text[static LABEL_SIZE])
{
	size_t source_len = strlen(sources[source]), key_len = strlen(key);
	size_t value_len = value ? strlen(value) : 0;
	char *at = text;

	if (source_len + key_len + value_len + 1 >= LABEL_SIZE || !is_ascii(key, key_len) ||
	    (value && !is_ascii(value, value_len)))
		return 0;
	at = mempcpy(at, sources[source], source_len);
	at = mempcpy(at, key, key_len);
	if (value_len) {
		*at++ = '=';
		at = mempcpy(at, value, value_len);
	}
	*at = '\0';
	return (size_t)(at - text);
}

size_t label_to_str(enum label_source source, const char *key, const char *value,
		    char text[static LABEL_SIZE])
{
	/* More than fits is never looked at: a label may have any length. */
	char raw[LABEL_SIZE + UTF8_LONGEST];
	bool has_value = value && *value;
	size_t plain = label_plain(source, key, value, text);
	int len;

	if (plain)
		return plain;
	len = snprintf(raw, sizeof(raw), "%s%s%s%s", sources[source], key, has_value ? "=" : "",
		       has_value ? value : "");
	return utf8_clip(text, LABEL_SIZE, raw,
			 len < (int)sizeof(raw) ? (size_t)len : sizeof(raw) - 1);
}
