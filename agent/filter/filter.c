// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lists of FlowFilters, each a row of terms, the cheap ones first: numbers and addresses, then
 * words, then patterns, selectors and expressions. What a term finds out of who a side is it notes
 * down, so that names and labels are compared once for each side and not for each flow.
 */
#include "filter/filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "filter/filter_code.h"
#include "filter/filter_key.h"
#include "filter/filter_memo.h"

static void term_done(struct filter_term *term)
{
	for (unsigned int i = 0; i < term->count; i++) {
		if (term->key->kind->free)
			term->key->kind->free(&term->values[i]);
		free(term->values[i].owned);
	}
	free(term->values);
	free(term->memo);
}

static void list_done(struct filter_list *list)
{
	for (unsigned int i = 0; i < list->count; i++) {
		for (unsigned int j = 0; j < list->objects[i].count; j++)
			term_done(&list->objects[i].terms[j]);
		free(list->objects[i].terms);
	}
	free(list->objects);
}

void filter_free(struct filter **at)
{
	struct filter *filter = TAKE_PTR(*at);

	if (!filter)
		return;
	list_done(&filter->allow);
	list_done(&filter->deny);
	list_done(&filter->either);
	free(filter);
}

static bool term_holds(const struct filter_term *term, struct field_reader *reader)
{
	uint64_t who = 0, *note;
	bool holds;

	if (term->memo && reader->who)
		who = reader->who(reader, term->is_destination);
	if (!who)
		return term->key->kind->match(term, reader);
	note = filter_memo_place(term->memo, who);
	if (*note >> 1 == who)
		return *note & 1;
	holds = term->key->kind->match(term, reader);
	*note = who << 1 | holds;
	return holds;
}

static bool fits(const struct filter_object *object, struct field_reader *reader)
{
	for (unsigned int i = 0; i < object->count; i++) {
		if (!term_holds(&object->terms[i], reader))
			return false;
	}
	return true;
}

static bool one_fits(const struct filter_list *list, struct field_reader *reader)
{
	for (unsigned int i = 0; i < list->count; i++) {
		if (fits(&list->objects[i], reader))
			return true;
	}
	return false;
}

bool filter_match(struct filter *filter, struct field_reader *reader)
{
	return (!filter->allow.count || one_fits(&filter->allow, reader)) &&
	       (!filter->either.count || one_fits(&filter->either, reader)) &&
	       !one_fits(&filter->deny, reader);
}

static uint64_t term_gave_up(const struct filter_term *term)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; term->key->kind->gave_up && i < term->count; i++)
		sum += term->key->kind->gave_up(&term->values[i]);
	return sum;
}

static uint64_t list_gave_up(const struct filter_list *list)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < list->count; i++) {
		for (unsigned int j = 0; j < list->objects[i].count; j++)
			sum += term_gave_up(&list->objects[i].terms[j]);
	}
	return sum;
}

uint64_t filter_gave_up(const struct filter *filter)
{
	return list_gave_up(&filter->allow) + list_gave_up(&filter->either) +
	       list_gave_up(&filter->deny);
}
