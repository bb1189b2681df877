// SPDX-License-Identifier: BSD-2-Clause
/*
 * A hash that doubles; the count stands before the text.
 */
#include "who/intern.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define BUCKETS_MIN 64

struct item {
	struct item *next;
	uint32_t hash;
	uint32_t refs;
	char text[];
};

struct intern {
	struct item **buckets;
	uint32_t mask;
	uint32_t count;
};

static uint32_t hash_of(const char *text)
{
	uint32_t hash = 0x811c9dc5;

	while (*text)
		hash = (hash ^ (unsigned char)*text++) * 0x01000193;
	return hash;
}

/* Without memory chains get longer, and that is all. */
static void grow(struct intern *intern)
{
	uint32_t mask = intern->mask * 2 + 1;
	struct item **buckets = calloc((size_t)mask + 1, sizeof(struct item *));

	if (!buckets)
		return;
	for (uint32_t i = 0; i <= intern->mask; i++) {
		while (intern->buckets[i]) {
			struct item *item = intern->buckets[i];

			intern->buckets[i] = item->next;
			item->next = buckets[item->hash & mask];
			buckets[item->hash & mask] = item;
		}
	}
	free(intern->buckets);
	intern->buckets = buckets;
	intern->mask = mask;
}

const char *intern_get(struct intern *intern, const char *text)
{
	uint32_t hash = hash_of(text);
	struct item *item = intern->buckets[hash & intern->mask];
	size_t size = strlen(text) + 1;

	while (item && (item->hash != hash || strcmp(item->text, text) != 0))
		item = item->next;
	if (item) {
		item->refs++;
		return item->text;
	}
	item = malloc(sizeof(*item) + size);
	if (!item)
		return NULL;
	if (intern->count++ > intern->mask)
		grow(intern);
	item->hash = hash;
	item->refs = 1;
	memcpy(item->text, text, size);
	item->next = intern->buckets[hash & intern->mask];
	intern->buckets[hash & intern->mask] = item;
	return item->text;
}

void intern_put(struct intern *intern, const char **at)
{
	const char *text = TAKE_PTR(*at);
	struct item *item, **from;

	if (!text)
		return;
	item = (struct item *)(void *)(text - offsetof(struct item, text));
	if (--item->refs)
		return;
	from = &intern->buckets[item->hash & intern->mask];
	while (*from != item)
		from = &(*from)->next;
	*from = item->next;
	intern->count--;
	free(item);
}

int intern_new(struct intern **ret)
{
	auto_free struct intern *intern = calloc(1, sizeof(*intern));

	if (!intern)
		return -ENOMEM;
	intern->buckets = calloc(BUCKETS_MIN, sizeof(struct item *));
	if (!intern->buckets)
		return -ENOMEM;
	intern->mask = BUCKETS_MIN - 1;
	*ret = TAKE_PTR(intern);
	return 0;
}

void intern_free(struct intern **at)
{
	struct intern *intern = TAKE_PTR(*at);

	if (!intern)
		return;
	free(intern->buckets);
	free(intern);
}
