// SPDX-License-Identifier: BSD-2-Clause
#include "who/counted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn/conn_table.h"

#define HEADS_MIN 64
#define HEADS_MAX 65536

struct counted_place {
	uint32_t refs; /* 0: free */
	uint32_t next; /* in the chain of its hash, or of those that are free */
};

int counted_init(struct counted *counted, uint32_t item_size, uint32_t key_size, uint32_t max)
{
	uint32_t heads = HEADS_MIN;

	while (heads < max && heads < HEADS_MAX)
		heads *= 2;
	*counted = (struct counted){
		.items = calloc((size_t)max + 1, item_size),
		.places = calloc((size_t)max + 1, sizeof(*counted->places)),
		.heads = calloc(heads, sizeof(*counted->heads)),
		.item_size = item_size,
		.key_size = key_size,
		.mask = heads - 1,
		.max = max,
	};
	if (counted->items && counted->places && counted->heads)
		return 0;
	counted_done(counted);
	return -ENOMEM;
}

void counted_done(struct counted *counted)
{
	free(counted->items);
	free(counted->places);
	free(counted->heads);
	*counted = (struct counted){ 0 };
}

void *counted_at(const struct counted *counted, uint32_t number)
{
	return counted->items + (size_t)number * counted->item_size;
}

static uint32_t *head_of(const struct counted *counted, const void *key)
{
	return &counted->heads[hash_bytes(0, key, counted->key_size) & counted->mask];
}

static uint32_t place_take(struct counted *counted, uint32_t spare)
{
	uint32_t number = counted->free;

	if (counted->held + spare >= counted->max)
		return 0;
	if (!number)
		return ++counted->used;
	counted->free = counted->places[number].next;
	return number;
}

uint32_t counted_get(struct counted *counted, const void *key, uint32_t spare, bool *ret_is_new)
{
	uint32_t *head = head_of(counted, key), number = *head;
	char *item;

	*ret_is_new = false;
	while (number && memcmp(counted_at(counted, number), key, counted->key_size) != 0)
		number = counted->places[number].next;
	if (number) {
		counted_ref(counted, number);
		return number;
	}
	number = place_take(counted, spare);
	if (!number) {
		counted->refused++;
		return 0;
	}
	item = counted_at(counted, number);
	memcpy(item, key, counted->key_size);
	memset(item + counted->key_size, 0, counted->item_size - counted->key_size);
	counted->places[number] = (struct counted_place){ .refs = 1, .next = *head };
	*head = number;
	counted->held++;
	*ret_is_new = true;
	return number;
}

void counted_ref(struct counted *counted, uint32_t number)
{
	if (number)
		counted->places[number].refs++;
}

bool counted_unref(struct counted *counted, uint32_t number)
{
	struct counted_place *place = &counted->places[number];
	uint32_t *at;

	if (!number || --place->refs)
		return false;
	at = head_of(counted, counted_at(counted, number));
	while (*at != number)
		at = &counted->places[*at].next;
	*at = place->next;
	place->next = counted->free;
	counted->free = number;
	counted->held--;
	return true;
}

uint32_t counted_next(const struct counted *counted, uint32_t number)
{
	while (++number <= counted->used) {
		if (counted->places[number].refs)
			return number;
	}
	return 0;
}
