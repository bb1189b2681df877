// SPDX-License-Identifier: BSD-2-Clause
/*
 * The hash is FNV-1a of 32 bits over "namespace/name", its upper 8 bits folded into the lower 24.
 */
#include "identity.h"

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

size_t label_to_str(enum label_source source, const char *key, const char *value,
		    char text[static LABEL_SIZE])
{
	/* More than fits is never looked at: a label may have any length. */
	char raw[LABEL_SIZE + UTF8_LONGEST];
	bool has_value = value && *value;
	int len = snprintf(raw, sizeof(raw), "%s%s%s%s", sources[source], key, has_value ? "=" : "",
			   has_value ? value : "");

	return utf8_clip(text, LABEL_SIZE, raw,
			 len < (int)sizeof(raw) ? (size_t)len : sizeof(raw) - 1);
}
