/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One key of a FlowFilter and its values: what the parts of the filter share. A kind of key is a
 * row of functions, a key (filter_key.c) a row that names its kind and its field.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "filter/field.h"
#include "filter/filter.h"

struct filter_key;
struct filter_memo;
struct json_object;
struct label_selector;
struct regex;
struct where;

/* Texts are in `owned`. */
struct filter_value {
	union {
		struct {
			uint64_t min, max;
		} range;
		struct {
			uint8_t addr[16];
			uint8_t bits; /* of an IPv4 prefix 96 more */
			bool is_v6;
		} prefix;
		struct {
			struct text first, second;
		} text;
		struct {
			uint32_t type, sub_type; /* type 0: any */
			bool any_sub_type;
		} event;
		struct {
			struct text name; /* is text.first */
			uint32_t index;	  /* 0: any */
		} interface;
		struct label_selector *selector;
		struct regex *regex;
		struct where *where;
	};
	char *owned;
};

struct filter_term {
	const struct filter_key *key;
	const char *side; /* "source", "destination", "" */
	bool is_destination;
	enum field field;
	struct filter_value *values;
	unsigned int count;
	struct filter_memo *memo; /* NULL: asked each time */
};

struct filter_kind {
	/* Adds values, one as a rule. Answers as filter_compile() does. */
	int (*parse)(struct filter_term *term, struct json_object *json,
		     struct filter_error *error);
	bool (*match)(const struct filter_term *term, struct field_reader *reader);
	void (*free)(struct filter_value *value); /* NULL: owned is all there is */
	/* Takes at most so many memos for what it asks itself. Returns how many; NULL: none. */
	unsigned int (*take_memos)(struct filter_value *value, unsigned int max);
	/* How many texts its expressions gave up on; NULL: it has none. */
	uint64_t (*gave_up)(const struct filter_value *value);
	uint8_t cost; /* the cheap ones are asked first */
};

/* filter_number.c */
extern const struct filter_kind filter_numbers, filter_ports, filter_statuses, filter_sizes,
	filter_durations, filter_versions, filter_bools, filter_replies;
/* filter_packet.c */
extern const struct filter_kind filter_flags, filter_event_types;
/* filter_addr.c */
extern const struct filter_kind filter_addresses;
/* filter_word.c */
extern const struct filter_kind filter_texts, filter_clusters, filter_enums, filter_drop_reasons,
	filter_interfaces, filter_protocols;
/* filter_name.c */
extern const struct filter_kind filter_names, filter_workloads, filter_headers;
/* filter_glob.c */
extern const struct filter_kind filter_globs, filter_processes, filter_units, filter_containers;
/* filter_domain.c */
extern const struct filter_kind filter_domains, filter_nodes;
/* filter_label.c */
extern const struct filter_kind filter_labels;
/* filter_regex.c */
extern const struct filter_kind filter_regexes;
/* filter_where.c */
extern const struct filter_kind filter_wheres, filter_cel;

/* A value more, all zeroes. NULL: out of memory. */
struct filter_value *filter_add(struct filter_term *term);
/* The same with a copy of the text in `owned`, as text.first. */
struct filter_value *filter_add_text(struct filter_term *term, struct text text);
/* And with two of them, the second as text.second. */
struct filter_value *filter_add_pair(struct filter_term *term, struct text first,
				     struct text second);

/* -EINVAL. In Hubble's words: after what it begins such a message with, if the key has that. */
int filter_refuse(const struct filter_term *term, struct filter_error *error, const char *format,
		  ...) __attribute__((format(printf, 3, 4)));
/* -EINVAL. In ours: "source_uid: "x" is not true or false". */
int filter_refuse_json(const struct filter_term *term, struct filter_error *error,
		       struct json_object *json, const char *expected);
int filter_no_memory(struct filter_error *error);

/* Is it a string? One with a NUL within is no text of a flow's. */
bool filter_get_text(struct json_object *json, struct text *ret);
/* Is it a number, or a string that is one, of at most max? Nothing is allowed to be negative. */
bool filter_get_u64(struct json_object *json, uint64_t max, uint64_t *ret);

/* The flow's value at index 0; false: it has none. */
static inline bool filter_get(struct field_reader *reader, enum field field,
			      struct field_value *ret)
{
	return reader->get(reader, field, 0, ret);
}

static inline struct text filter_text_of(const struct field_value *value)
{
	return (struct text){ value->text, value->len };
}
