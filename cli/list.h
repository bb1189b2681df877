/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What weir list can list: a noun is a row of list_nouns.c, a column a row of its table, and what is
 * no plain number or text a function of list_cells.c.
 */
#pragma once

#include <stddef.h>

struct buf;
struct json_object;

enum list_shown {
	LIST_ALWAYS,
	LIST_WIDE,   /* in the wide table only */
	LIST_NARROW, /* in the other only */
};

struct list_column {
	const char *title;
	const char *path; /* "": the row itself */
	enum list_shown shown;
	/* NULL: the number or the text at path. What it leaves empty is shown as "-". */
	void (*append)(struct buf *out, struct json_object *value);
	const char *empty; /* instead of that: "N/A", "" */
};

struct list_noun {
	const char *name, *method, *params;
	const char *array;		   /* an answer's key that has the rows; NULL: it is one */
	const struct list_column *columns; /* ends with a row without title */
	const char *alias;		   /* Hubble's; NULL: none */
};

/* NULL if there is none. */
const struct list_noun *list_noun_find(const char *name);
/* The names in order; NULL: there are no more. */
const char *list_noun_name(size_t index);

/* How a cell is written. */
void list_append_value(struct buf *out, struct json_object *value);
void list_append_remainders(struct buf *out, struct json_object *value);
void list_append_list(struct buf *out, struct json_object *value);
void list_append_short_id(struct buf *out, struct json_object *value);
void list_append_named(struct buf *out, struct json_object *value);
void list_append_container(struct buf *out, struct json_object *value);
void list_append_workload(struct buf *out, struct json_object *value);
void list_append_tenant(struct buf *out, struct json_object *value);
void list_append_netns(struct buf *out, struct json_object *value);
void list_append_netns_name(struct buf *out, struct json_object *value);
void list_append_state(struct buf *out, struct json_object *value);
void list_append_age(struct buf *out, struct json_object *value);
void list_append_rate(struct buf *out, struct json_object *value);
void list_append_fill(struct buf *out, struct json_object *value);
void list_append_tls(struct buf *out, struct json_object *value);
