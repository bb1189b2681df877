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

#define DEAR_VALUES 32U

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

static bool is_up(const struct field_reader *reader)
{
	return reader->pause && reader->pause->is_up;
}

static bool term_holds(const struct filter_term *term, struct field_reader *reader)
{
	uint64_t who = 0;
	bool holds;

	if (term->memo && reader->who)
		who = reader->who(reader, term->is_destination);
	if (!who)
		return term->key->kind->match(term, reader);
	if (filter_memo_get(term->memo, who, &holds))
		return holds;
	holds = term->key->kind->match(term, reader);
	if (!is_up(reader))
		filter_memo_set(term->memo, who, holds);
	return holds;
}

static bool fits(const struct filter_object *object, struct field_reader *reader)
{
	struct filter_pause *pause = reader->pause;

	for (unsigned int i = FILTER_GOES_ON(pause, term); i < object->count; i++) {
		bool holds = term_holds(&object->terms[i], reader);

		if (pause && filter_pause_within(pause, i, &pause->term))
			return false;
		if (!holds)
			return false;
	}
	return true;
}

static bool one_fits(const struct filter_list *list, struct field_reader *reader)
{
	struct filter_pause *pause = reader->pause;

	for (unsigned int i = FILTER_GOES_ON(pause, object); i < list->count; i++) {
		if (fits(&list->objects[i], reader))
			return true;
		if (pause && filter_pause_within(pause, i, &pause->object))
			return false;
	}
	return false;
}

static bool passes(struct filter *filter, struct field_reader *reader)
{
	const struct {
		const struct filter_list *list;
		bool is_deny;
	} lists[] = { { &filter->allow, false },
		      { &filter->either, false },
		      { &filter->deny, true } };
	struct filter_pause *pause = reader->pause;

	for (unsigned int i = FILTER_GOES_ON(pause, list); i < ARRAY_SIZE(lists); i++) {
		bool fits_one;

		if (!lists[i].list->count)
			continue;
		fits_one = one_fits(lists[i].list, reader);
		if (pause && filter_pause_within(pause, i, &pause->list))
			return false;
		if (fits_one == lists[i].is_deny)
			return false;
	}
	return true;
}

bool filter_match(struct filter *filter, struct field_reader *reader)
{
	reader->pause = NULL;
	return passes(filter, reader);
}

static uint64_t who_is(struct field_reader *reader, bool is_destination)
{
	return reader->who ? reader->who(reader, is_destination) : 0;
}

/* Who has become another meanwhile is asked from the beginning. */
static void go_on(struct filter_pause *pause, struct field_reader *reader)
{
	for (int side = 0; pause->is_up && side < 2; side++) {
		if (who_is(reader, side) != pause->who[side])
			*pause = (struct filter_pause){ 0 };
	}
	pause->is_up = false;
}

enum filter_answer filter_ask(struct filter *filter, struct field_reader *reader, uint64_t until_ns)
{
	struct filter_pause *pause = &filter->pause;
	bool is_match;

	go_on(pause, reader);
	pause->until_ns = until_ns;
	reader->pause = pause;
	is_match = passes(filter, reader);
	reader->pause = NULL;
	if (!pause->is_up)
		return is_match ? FILTER_YES : FILTER_NO;
	for (int side = 0; side < 2; side++)
		pause->who[side] = who_is(reader, side);
	return FILTER_PAUSED;
}

void filter_forget(struct filter *filter)
{
	filter->pause = (struct filter_pause){ 0 };
}

bool filter_is_dear(const struct filter *filter)
{
	return filter->values > DEAR_VALUES;
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
