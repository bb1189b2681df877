// SPDX-License-Identifier: BSD-2-Clause
/*
 * The reference's maps: flow entries and what is known of fragments, in chains.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/reference/ref_packet.h"

/* FNV-1a */
static size_t bucket_of(const void *key, size_t len)
{
	const uint8_t *bytes = key;
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 16777619U;
	return (hash ^ hash >> 16) % REF_BUCKETS;
}

struct ref_entry *reference_find(const struct reference *ref, const struct weir_flow_key *key)
{
	struct ref_entry *entry = ref->entries[bucket_of(key, sizeof(*key))];

	while (entry && memcmp(&entry->key, key, sizeof(*key)) != 0)
		entry = entry->next;
	return entry;
}

struct ref_entry *reference_pick(const struct reference *ref, uint32_t number)
{
	for (size_t i = 0; ref->flows && i < REF_BUCKETS; i++) {
		struct ref_entry *entry = ref->entries[(number + i) % REF_BUCKETS];

		if (entry)
			return entry;
	}
	return NULL;
}

struct ref_entry *ref_add_entry(struct reference *ref, const struct weir_flow_key *key)
{
	struct ref_entry **bucket = &ref->entries[bucket_of(key, sizeof(*key))];
	struct ref_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->key = *key;
	entry->next = *bucket;
	*bucket = entry;
	ref->flows++;
	return entry;
}

void reference_delete(struct reference *ref, struct ref_entry *entry)
{
	struct ref_entry **at = &ref->entries[bucket_of(&entry->key, sizeof(entry->key))];

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	free(entry);
	ref->flows--;
}

struct ref_fragment *reference_find_fragment(const struct reference *ref,
					     const struct weir_fragment_key *key)
{
	struct ref_fragment *fragment = ref->fragments[bucket_of(key, sizeof(*key))];

	while (fragment && memcmp(&fragment->key, key, sizeof(*key)) != 0)
		fragment = fragment->next;
	return fragment;
}

struct ref_fragment *ref_add_fragment(struct reference *ref, const struct weir_fragment_key *key)
{
	struct ref_fragment **bucket = &ref->fragments[bucket_of(key, sizeof(*key))];
	struct ref_fragment *fragment = calloc(1, sizeof(*fragment));

	if (!fragment)
		return NULL;
	fragment->key = *key;
	fragment->next = *bucket;
	*bucket = fragment;
	ref->fragments_len++;
	return fragment;
}

void reference_age_fragments(struct reference *ref)
{
	for (size_t i = 0; i < REF_BUCKETS; i++)
		for (struct ref_fragment *f = ref->fragments[i]; f; f = f->next)
			f->is_old = true;
}

void ref_free_tables(struct reference *ref)
{
	for (size_t i = 0; i < REF_BUCKETS; i++) {
		while (ref->entries[i]) {
			struct ref_entry *entry = ref->entries[i];

			ref->entries[i] = entry->next;
			free(entry);
		}
		while (ref->fragments[i]) {
			struct ref_fragment *fragment = ref->fragments[i];

			ref->fragments[i] = fragment->next;
			free(fragment->places);
			free(fragment);
		}
	}
}
