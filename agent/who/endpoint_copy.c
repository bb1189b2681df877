// SPDX-License-Identifier: BSD-2-Clause
/*
 * A copy is one piece of memory, its texts behind it; what makes it equal to another are the bytes
 * of these texts.
 */
#include "who/endpoint_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conn/conn_table.h"

#define BUCKETS 256
#define TEXTS	8

struct item {
	struct endpoint_copy copy; /* first */
	struct item *next;
	uint64_t hash;
	uint32_t refs;
	uint32_t len;
	char texts[];
};

struct endpoint_copies {
	struct item *buckets[BUCKETS];
};

/* Bytes of a list, with the NUL of the empty string at its end. */
static size_t list_len(const char *list)
{
	size_t len = 0;

	while (list[len])
		len += strlen(list + len) + 1;
	return len + 1;
}

/* Where each text is in the struct, in the order in which they lie in the copy. */
static void texts_of(struct endpoint_facts *facts, const char **at[static TEXTS])
{
	at[0] = &facts->namespace;
	at[1] = &facts->pod;
	at[2] = &facts->service;
	at[3] = &facts->service_namespace;
	at[4] = &facts->workload;
	at[5] = &facts->workload_kind;
	at[6] = &facts->labels;
	at[7] = &facts->names;
}

static size_t text_len(unsigned int i, const char *text)
{
	return i < 6 ? strlen(text) + 1 : list_len(text);
}

static struct item *item_new(const struct endpoint_facts *facts)
{
	struct endpoint_facts from = *facts;
	const char **source[TEXTS], **target[TEXTS];
	struct item *item;
	size_t len = 0;

	texts_of(&from, source);
	for (unsigned int i = 0; i < TEXTS; i++)
		len += text_len(i, *source[i]);
	item = calloc(1, sizeof(*item) + len);
	if (!item)
		return NULL;
	texts_of(&item->copy.facts, target);
	for (unsigned int i = 0; i < TEXTS; i++) {
		len = text_len(i, *source[i]);
		*target[i] = memcpy(item->texts + item->len, *source[i], len);
		item->len += (uint32_t)len;
	}
	item->hash = hash_bytes(0, item->texts, item->len & ~7U);
	item->refs = 1;
	return item;
}

int endpoint_copies_new(struct endpoint_copies **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void endpoint_copies_free(struct endpoint_copies **at)
{
	free(TAKE_PTR(*at));
}

const struct endpoint_copy *endpoint_copy_get(struct endpoint_copies *copies,
					      const struct endpoint_facts *facts)
{
	auto_free struct item *item = item_new(facts);
	struct item **bucket;

	if (!item)
		return NULL;
	bucket = &copies->buckets[item->hash % BUCKETS];
	for (struct item *at = *bucket; at; at = at->next) {
		if (at->hash != item->hash || at->len != item->len ||
		    memcmp(at->texts, item->texts, item->len) != 0)
			continue;
		at->refs++;
		return &at->copy;
	}
	item->next = *bucket;
	*bucket = item;
	return &TAKE_PTR(item)->copy;
}

void endpoint_copy_ref(const struct endpoint_copy *copy)
{
	if (copy)
		((struct item *)(uintptr_t)copy)->refs++;
}

void endpoint_copy_put(struct endpoint_copies *copies, const struct endpoint_copy *copy)
{
	struct item *item = (struct item *)(uintptr_t)copy, **at;

	if (!item || --item->refs)
		return;
	for (at = &copies->buckets[item->hash % BUCKETS]; *at != item; at = &(*at)->next)
		;
	*at = item->next;
	free(item);
}
