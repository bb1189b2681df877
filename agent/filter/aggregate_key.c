// SPDX-License-Identifier: BSD-2-Clause
/*
 * A key is, for each column, how many values there are and then each of them: eight bytes of a
 * number, sixteen of an address, the length and the bytes of a text.
 */
#include "filter/aggregate_key.h"

#include <errno.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "base/utf8.h"
#include "filter/aggregate.h"
#include "filter/tcp_flags.h"
#include "filter/where.h"
#include "filter/where_lex.h"
#include "filter/where_names.h"

#define ADDR_LEN   16
#define NUMBER_LEN sizeof(uint64_t)

_Static_assert(ARRAY_SIZE(((struct aggregate_columns *)0)->rows) == AGGREGATE_FIELDS_MAX,
	       "as told");

static int add_column(struct aggregate_columns *columns, enum field field, struct text name,
		      struct where_error *error)
{
	for (unsigned int i = 0; i < columns->count; i++) {
		if (columns->rows[i].field == field)
			return where_fail(error, 0, name.len, "%s stands there twice",
					  columns->rows[i].name);
	}
	if (columns->count == ARRAY_SIZE(columns->rows)) {
		return where_fail(error, 0, name.len,
				  "more than %d fields (one of both sides is two)",
				  AGGREGATE_FIELDS_MAX);
	}
	columns->rows[columns->count].field = field;
	field_to_str(field, columns->rows[columns->count].name);
	columns->count++;
	return 0;
}

/* The same field of the other side, or the field itself. */
static enum field other_side(enum field field)
{
	const struct field_row *row = field_row(field);

	return (enum field)(field + row->is_source - row->is_destination);
}

bool aggregate_next_name(const char **names, struct text *ret)
{
	const char *at = *names;
	size_t len;

	if (!at)
		return false;
	len = strcspn(at, ",");
	*names = at[len] ? at + len + 1 : NULL;
	for (; len && *at == ' '; len--)
		at++;
	while (len && at[len - 1] == ' ')
		len--;
	*ret = (struct text){ at, len };
	return true;
}

/* How many fields it names. "dst port" is one, as in expressions. */
static unsigned int find_fields(struct text name, enum field *ret)
{
	const char *blank = memchr(name.bytes, ' ', name.len);
	struct text side = { name.bytes, blank ? (size_t)(blank - name.bytes) : 0 };
	bool is_source;

	if (!where_side_find(side, &is_source))
		return where_field_find(name, ret);
	name.bytes += side.len;
	for (name.len -= side.len; name.len && *name.bytes == ' '; name.len--)
		name.bytes++;
	if (where_field_find(name, ret) != 2)
		return 0;
	if (!is_source)
		*ret = other_side(*ret);
	return 1;
}

int aggregate_columns_add(struct aggregate_columns *columns, struct text name,
			  struct where_error *error)
{
	enum field field;
	unsigned int fields;
	int r;

	if (!name.len)
		return where_fail(error, 0, 0, "a field has no name");
	fields = find_fields(name, &field);
	if (!fields)
		return where_refuse_name(name, 0, error);
	/* The port of who begins is any: each connection would be a group. */
	if (fields == 2 && field == FIELD_SOURCE_PORT)
		return add_column(columns, FIELD_DESTINATION_PORT, name, error);
	r = add_column(columns, field, name, error);
	if (r == 0 && fields == 2)
		r = add_column(columns, other_side(field), name, error);
	return r;
}

/* Bytes with what is left for them. */
struct room {
	uint8_t *at, *end;
};

static bool put(struct room *room, const void *bytes, size_t len)
{
	if ((size_t)(room->end - room->at) < len)
		return false;
	memcpy(room->at, bytes, len);
	room->at += len;
	return true;
}

static bool put_text(struct room *room, const char *text, size_t len)
{
	char cut[AGGREGATE_TEXT_MAX + 1];
	uint8_t short_len;

	if (len > AGGREGATE_TEXT_MAX) {
		len = utf8_clip(cut, sizeof(cut), text, len);
		text = cut;
	}
	short_len = (uint8_t)len;
	return (size_t)(room->end - room->at) > len && put(room, &short_len, 1) &&
	       put(room, text, len);
}

static bool put_value(struct room *room, unsigned int kind, const struct field_value *value)
{
	if (kind == FIELD_TEXT)
		return put_text(room, value->text, value->len);
	if (kind == FIELD_ADDR)
		return put(room, value->addr, ADDR_LEN);
	return put(room, &value->number, NUMBER_LEN);
}

size_t aggregate_key_make(const struct aggregate_columns *columns, struct field_reader *reader,
			  bool is_swapped, uint8_t key[static AGGREGATE_KEY_MAX])
{
	/* Each column has its own part of it, so that none can push out the others. */
	const size_t part = AGGREGATE_KEY_MAX / ARRAY_SIZE(columns->rows);
	uint8_t *at = key;

	for (unsigned int i = 0; i < columns->count; i++) {
		enum field field = columns->rows[i].field;
		struct room room = { at + 1, at + part };
		struct field_value value;
		uint8_t count = 0;

		if (is_swapped)
			field = other_side(field);
		while (count < AGGREGATE_VALUES_MAX && reader->get(reader, field, count, &value) &&
		       put_value(&room, field_row(field)->kind, &value))
			count++;
		*at = count;
		at = room.at;
	}
	return (size_t)(at - key);
}

static void show_number(unsigned int kind, uint64_t number, struct buf *out)
{
	char text[DURATION_SIZE > TIME_RFC3339_SIZE ? DURATION_SIZE : TIME_RFC3339_SIZE];

	if (kind == FIELD_BOOL) {
		buf_append_str(out, number ? "true" : "false");
	} else if (kind == FIELD_FLAGS && !number) {
		buf_append_str(out, "none"); /* known to be that, unlike "" */
	} else if (kind == FIELD_FLAGS) {
		tcp_flags_append(number, out);
	} else if (kind == FIELD_TIME) {
		time_to_rfc3339(number, text);
		buf_append_str(out, text);
	} else if (kind == FIELD_DURATION) {
		duration_to_str(number, text);
		buf_append_str(out, text);
	} else {
		buf_append_u64(out, number);
	}
}

static void show_addr(const uint8_t *addr, struct buf *out)
{
	char text[ADDR_TEXT_SIZE];
	int family = addr_is_v4(addr) ? 4 : 6;

	buf_append(out, text, addr_to_str(addr, family, text));
}

/* Appends the value unless out is NULL. Returns what is behind it. */
static const uint8_t *take_value(unsigned int kind, const uint8_t *at, struct buf *out)
{
	uint64_t number;

	if (kind == FIELD_TEXT) {
		if (out)
			buf_append(out, at + 1, *at);
		return at + 1 + *at;
	}
	if (kind == FIELD_ADDR) {
		if (out)
			show_addr(at, out);
		return at + ADDR_LEN;
	}
	memcpy(&number, at, NUMBER_LEN);
	if (out)
		show_number(kind, number, out);
	return at + NUMBER_LEN;
}

void aggregate_key_show(const struct aggregate_columns *columns, const uint8_t *key,
			unsigned int column, struct buf *out)
{
	for (unsigned int i = 0; i <= column; i++) {
		unsigned int kind = field_row(columns->rows[i].field)->kind;
		struct buf *to = i == column ? out : NULL;
		unsigned int count = *key++;

		for (unsigned int j = 0; j < count; j++) {
			if (to && j)
				buf_append_char(to, ',');
			key = take_value(kind, key, to);
		}
	}
}
