/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of one kind, each held once, counted and numbered: so that whoever has one needs a number
 * for it and no copy. An array whose places are the numbers (1 and up), touched as it fills; a hash
 * by content; a list of the places that are free again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct counted {
	char *items;
	struct counted_place *places;
	uint32_t *heads;
	uint32_t item_size;
	uint32_t key_size;
	uint32_t mask;
	uint32_t max;
	uint32_t used; /* places ever used */
	uint32_t free;
	uint32_t held;
	uint64_t refused; /* found no room */
};

/*
 * key_size: the first bytes of an item, which tell one from another (a multiple of 4, no holes);
 * what is behind them belongs to the caller. -ENOMEM.
 */
int counted_init(struct counted *counted, uint32_t item_size, uint32_t key_size, uint32_t max);
void counted_done(struct counted *counted);
/*
 * The number of the item with this key, counted for the caller; a new one is zero behind its key.
 * spare: places that are not for this one. 0: no room.
 */
uint32_t counted_get(struct counted *counted, const void *key, uint32_t spare, bool *ret_is_new);
/* Once more, for another holder. 0 is fine, here and in unref. */
void counted_ref(struct counted *counted, uint32_t number);
/* True: nobody holds it any more. Its item is there until the next one is made. */
bool counted_unref(struct counted *counted, uint32_t number);
/* 0: an item of zeroes. */
void *counted_at(const struct counted *counted, uint32_t number);
/* The next number above this one (0: the first) that somebody holds; 0: there is none. */
uint32_t counted_next(const struct counted *counted, uint32_t number);
