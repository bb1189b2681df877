// SPDX-License-Identifier: BSD-2-Clause
/* FlowFilters out of JSON. What is not known is refused: half a filter would be a wrong one. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/cleanup.h"
#include "filter/filter_code.h"
#include "filter/filter_key.h"
#include "filter/filter_memo.h"

/* Of all lists together: what they cost a flow has a bound. */
#define OBJECTS_MAX 256U
#define VALUES_MAX  1024U
#define MEMOS_MAX   16U

#define EVENT_TYPE_L7 129

struct compiler {
	struct filter *filter;
	enum filter_naming naming;
	bool has_side;	   /* a key that each side has was met */
	const char *where; /* what the object is, in messages */
	struct filter_error *error;
};

static void cleanup_filter(struct filter **at)
{
	filter_free(at);
}

static int refuse(struct filter_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(struct filter_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return -EINVAL;
}

static struct filter_term *add_term(struct filter_object *object)
{
	struct filter_term *terms =
		reallocarray(object->terms, object->count + 1, sizeof(*object->terms));

	if (!terms)
		return NULL;
	object->terms = terms;
	memset(&terms[object->count], 0, sizeof(*terms));
	return &terms[object->count++];
}

/* A value, or a list of them. */
static int parse_values(struct compiler *compiler, struct filter_term *term,
			struct json_object *json)
{
	int r = 0;

	if (!json_object_is_type(json, json_type_array))
		return term->key->kind->parse(term, json, compiler->error);
	for (size_t i = 0; !r && i < json_object_array_length(json); i++)
		r = term->key->kind->parse(term, json_object_array_get_idx(json, i),
					   compiler->error);
	if (!r && term->key->is_single && term->count > 1)
		return filter_refuse_json(term, compiler->error, json, "one value");
	return r;
}

/* What has none is asked each time, and works as well. */
static void give_memos(struct filter *filter, struct filter_term *term)
{
	const struct filter_kind *kind = term->key->kind;

	for (unsigned int i = 0; kind->take_memos && i < term->count; i++)
		filter->memos += kind->take_memos(&term->values[i], MEMOS_MAX - filter->memos);
	if (!field_is_who(term->field) || filter->memos == MEMOS_MAX)
		return;
	term->memo = calloc(1, sizeof(*term->memo));
	filter->memos += term->memo != NULL;
}

static bool is_there(const struct filter_object *object, const struct filter_key *key,
		     const char *side)
{
	for (unsigned int i = 0; i < object->count; i++) {
		if (object->terms[i].key == key && !strcmp(object->terms[i].side, side))
			return true;
	}
	return false;
}

static int compile_key(struct compiler *compiler, struct filter_object *object, const char *name,
		       struct json_object *json)
{
	const char *side;
	const struct filter_key *key = filter_key_find(name, compiler->naming, &side);
	struct filter_term *term;
	int r;

	if (!key)
		return refuse(compiler->error, "unknown field \"%.80s\" in %s", name,
			      compiler->where);
	if (is_there(object, key, side))
		return refuse(compiler->error, "duplicate field \"%.80s\" in %s", name,
			      compiler->where);
	term = add_term(object);
	if (!term)
		return filter_no_memory(compiler->error);
	*term = (struct filter_term){ .key = key, .side = side, .field = key->field };
	term->is_destination = *side == 'd';
	compiler->has_side |= key->is_sided;
	term->field += term->is_destination;
	r = parse_values(compiler, term, json);
	compiler->filter->values += term->count;
	if (!r && compiler->filter->values > VALUES_MAX)
		r = refuse(compiler->error, "%s: more than %u values in all filters", name,
			   VALUES_MAX);
	if (!r && term->count)
		give_memos(compiler->filter, term);
	return r;
}

/* An empty list asks for nothing. The order of equals stays. */
static void sort_terms(struct filter_object *object)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < object->count; i++) {
		struct filter_term term = object->terms[i];
		unsigned int at = count;

		if (!term.count)
			continue;
		for (; at && object->terms[at - 1].key->kind->cost > term.key->kind->cost; at--)
			object->terms[at] = object->terms[at - 1];
		object->terms[at] = term;
		count++;
	}
	object->count = count;
}

static bool has_l7_type(const struct filter_term *term)
{
	for (unsigned int i = 0; i < term->count; i++) {
		if (term->values[i].event.type == EVENT_TYPE_L7)
			return true;
	}
	return false;
}

/* What only l7 events have cannot be together with other types of events. */
static int check_l7(const struct filter_object *object, struct filter_error *error)
{
	const struct filter_term *types = NULL;

	for (unsigned int i = 0; i < object->count; i++) {
		if (object->terms[i].key->kind == &filter_event_types)
			types = &object->terms[i];
	}
	for (unsigned int i = 0; types && !has_l7_type(types) && i < object->count; i++) {
		if (object->terms[i].key->l7) {
			return refuse(error,
				      "filtering by %s requires the event type filter to only "
				      "match 'l7' events",
				      object->terms[i].key->l7);
		}
	}
	return 0;
}

static struct filter_object *add_object(struct filter_list *list)
{
	struct filter_object *objects =
		reallocarray(list->objects, list->count + 1, sizeof(*list->objects));

	if (!objects)
		return NULL;
	list->objects = objects;
	objects[list->count] = (struct filter_object){ 0 };
	return &objects[list->count++];
}

static int compile_object(struct compiler *compiler, struct filter_list *list,
			  struct json_object *json)
{
	struct filter_object *object;
	int r;

	if (!json_object_is_type(json, json_type_object)) {
		return refuse(compiler->error, "%.80s is not an object: %s",
			      json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN),
			      compiler->where);
	}
	if (++compiler->filter->objects > OBJECTS_MAX)
		return refuse(compiler->error, "more than %u FlowFilters", OBJECTS_MAX);
	object = add_object(list);
	if (!object)
		return filter_no_memory(compiler->error);
	json_object_object_foreach(json, name, value)
	{
		r = value ? compile_key(compiler, object, name, value) : 0;
		if (r)
			return r;
	}
	sort_terms(object);
	return check_l7(object, compiler->error);
}

static int compile_list(struct compiler *compiler, struct filter_list *list,
			struct json_object *json)
{
	int r = 0;

	compiler->naming = FILTER_BY_SIDE;
	compiler->where = "a FlowFilter";
	if (json && !json_object_is_type(json, json_type_array))
		return refuse(compiler->error, "%.80s is not a list of FlowFilters",
			      json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	for (size_t i = 0; json && !r && i < json_object_array_length(json); i++)
		r = compile_object(compiler, list, json_object_array_get_idx(json, i));
	return r;
}

/* As the command makes two FlowFilters of a flag that is about either side. */
static int compile_either(struct compiler *compiler, struct json_object *json)
{
	struct filter_list *list = &compiler->filter->either;
	int r;

	if (!json)
		return 0;
	compiler->naming = FILTER_SOURCE;
	compiler->has_side = false;
	compiler->where = "extensions";
	r = compile_object(compiler, list, json);
	if (r || !compiler->has_side)
		return r;
	compiler->naming = FILTER_DESTINATION;
	return compile_object(compiler, list, json);
}

int filter_compile(struct filter **ret, const struct filter_lists *lists,
		   struct filter_error *error)
{
	struct filter *filter __attribute__((cleanup(cleanup_filter))) = calloc(1, sizeof(*filter));
	struct compiler compiler = { .filter = filter, .error = error };
	int r;

	if (!filter)
		return filter_no_memory(error);
	r = compile_list(&compiler, &filter->allow, lists->allow);
	if (!r)
		r = compile_either(&compiler, lists->either);
	if (!r)
		r = compile_list(&compiler, &filter->deny, lists->deny);
	if (!r)
		*ret = TAKE_PTR(filter);
	return r;
}
