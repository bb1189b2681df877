// SPDX-License-Identifier: BSD-2-Clause
/*
 * By the tables of flow_schema, as proto3's JSON mapping has it: null is as good as absent. What the
 * view has of the same values is taken on the way, so that a line is walked through once.
 */
#include "flow_check.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"
#include "agent/base/json_scan.h"
#include "agent/flow/flow_schema.h"
#include "agent/flow/json_value.h"

#include "flow_plain.h"
#include "flow_view.h"

/* More than there are messages in the view. */
#define BINDINGS_MAX 32

static const struct json_field no_fields[] = { {} };

/* The way from the line's object to a value. */
struct step {
	const struct step *up;
	const struct schema_field *field;
	int index; /* in a list; -1: it is in none */
};

struct check {
	struct json_scan scan;
	struct flow_view *view;
	struct flow_fault *fault;
	bool has_fault;
	bool is_plain;	  /* so far */
	struct text time; /* the last that was right, as written; empty at first */
};

/* What a key stands for in both tables. */
struct place {
	const struct json_field *field; /* NULL: the view does not have it */
	struct step step;
};

/* A string unescaped, or a number: both may stand for a number. */
static bool get_scalar(struct check *check, struct text raw, struct text *ret)
{
	struct json_scan scan;
	enum json_kind kind;

	json_scan_init(&scan, raw, check->scan.scratch);
	kind = json_scan_value(&scan, ret);
	return kind == JSON_STRING || kind == JSON_NUMBER;
}

static bool is_null(struct text raw)
{
	return *raw.bytes == 'n';
}

static bool is_string(struct check *check, struct text raw)
{
	(void)check;
	return *raw.bytes == '"';
}

/* Signed or not. */
static bool is_number(struct check *check, struct text raw)
{
	struct text text;
	int64_t number;

	return get_scalar(check, raw, &text) && json_value_i64(text, &number) &&
	       number >= INT32_MIN && number <= UINT32_MAX;
}

static bool is_number_64(struct check *check, struct text raw)
{
	struct text text;
	uint64_t number;
	int64_t with_sign;

	return get_scalar(check, raw, &text) &&
	       (json_value_u64(text, &number) || json_value_i64(text, &with_sign));
}

static bool is_bool(struct check *check, struct text raw)
{
	(void)check;
	return *raw.bytes == 't' || *raw.bytes == 'f'; /* the scanner has seen the rest */
}

static bool is_time(struct check *check, struct text raw)
{
	struct text text;

	/* The envelope has the flow's once more. */
	if (check->time.len == raw.len && !memcmp(check->time.bytes, raw.bytes, raw.len))
		return true;
	if (!is_string(check, raw) || !get_scalar(check, raw, &text) || !json_value_is_time(text))
		return false;
	check->time = raw;
	return true;
}

/* A name that is not known is a newer server's. */
static bool is_enum(struct check *check, struct text raw)
{
	return is_string(check, raw) || is_number(check, raw);
}

static const struct {
	bool (*fits)(struct check *check, struct text raw); /* NULL: only an object does */
	const char *expected;
} kinds[] = {
	[SCHEMA_STRING] = { is_string, "a string" },
	[SCHEMA_NUMBER] = { is_number, "a number of 32 bits" },
	[SCHEMA_NUMBER_64] = { is_number_64, "a number of 64 bits" },
	[SCHEMA_BOOL] = { is_bool, "true or false" },
	[SCHEMA_NUMBER_VALUE] = { is_number, "a number of 32 bits" },
	[SCHEMA_BOOL_VALUE] = { is_bool, "true or false" },
	[SCHEMA_TIME] = { is_time, "an RFC 3339 time" },
	[SCHEMA_ENUM] = { is_enum, "a name or its number" },
	[SCHEMA_MESSAGE] = { NULL, "an object" },
	[SCHEMA_ANY] = { NULL, "an object" },
};
_Static_assert(ARRAY_SIZE(kinds) == SCHEMA_KIND_MAX, "a check for each kind");

static size_t write_path(const struct step *step, char *to, size_t size)
{
	size_t len = 0;
	int n;

	if (step->up)
		len = write_path(step->up, to, size);
	n = snprintf(to + len, size - len, "%s%s", len ? "." : "", step->field->name);
	if (n > 0)
		len += (size_t)n;
	if (step->index >= 0 && len < size)
		len += (size_t)snprintf(to + len, size - len, "[%d]", step->index);
	return len < size ? len : size - 1;
}

static void fail(struct check *check, const struct step *step, struct text raw,
		 const char *expected)
{
	check->has_fault = true;
	check->fault->value = raw;
	check->fault->expected = expected;
	write_path(step, check->fault->field, sizeof(check->fault->field));
}

/* schema and fields: of an object; NULL: it may hold anything, or nothing that the view has. */
static void check_members(struct check *check, const struct schema_field *schema,
			  const struct json_field *fields, const struct step *up);

static void take(struct check *check, const struct json_field *field, struct text raw)
{
	if (field && field->kind != JSON_FIELD_OBJECT &&
	    !json_field_set(field, raw, check->scan.scratch, check->view))
		check->scan.failed = true;
}

/* A string whose escapes are none is no JSON. */
static bool is_whole(struct check *check, struct text raw)
{
	struct text ignored;

	if (*raw.bytes == '"' && check->scan.has_escape && !get_scalar(check, raw, &ignored))
		check->scan.failed = true;
	return !check->scan.failed;
}

static void check_scalar(struct check *check, const struct place *place)
{
	const struct step *step = &place->step;
	unsigned int kind = step->field->kind;
	struct text raw = json_scan_raw(&check->scan);

	if (check->scan.failed || !is_whole(check, raw))
		return;
	if (step->index < 0 && is_null(raw)) {
		check->is_plain = false;
		return;
	}
	if (!kinds[kind].fits || !kinds[kind].fits(check, raw)) {
		fail(check, step, raw, kinds[kind].expected);
		return;
	}
	take(check, place->field, raw);
	check->is_plain = check->is_plain && flow_plain_is(step->field, raw);
}

/* Objects come member by member, and the view may want one as it stands there. */
static void check_object(struct check *check, const struct place *place)
{
	const struct json_field *field = place->field;
	bool has_members = field && field->kind == JSON_FIELD_OBJECT;
	const char *start = check->scan.at;

	json_scan_enter_object(&check->scan);
	if (has_members)
		json_field_enter(field, check->view);
	check_members(check, place->step.field->fields, has_members ? field->fields : NULL,
		      &place->step);
	if (!check->scan.failed && !check->has_fault)
		take(check, field, (struct text){ start, (size_t)(check->scan.at - start) });
}

static void check_value(struct check *check, const struct place *place)
{
	if (!kinds[place->step.field->kind].fits && json_scan_peek(&check->scan) == '{')
		check_object(check, place);
	else
		check_scalar(check, place);
}

static void check_list(struct check *check, const struct place *list)
{
	struct place element = { .step = list->step };
	const char *start;
	struct text raw;

	if (json_scan_peek(&check->scan) != '[') {
		raw = json_scan_raw(&check->scan);
		check->is_plain = false;
		if (!check->scan.failed && !is_null(raw))
			fail(check, &list->step, raw, "a list");
		return;
	}
	start = check->scan.at;
	json_scan_enter_array(&check->scan);
	for (element.step.index = 0; !check->has_fault && json_scan_element(&check->scan);
	     element.step.index++)
		check_value(check, &element);
	check->is_plain = check->is_plain && element.step.index;
	if (!check->scan.failed && !check->has_fault)
		take(check, list->field, (struct text){ start, (size_t)(check->scan.at - start) });
}

/* What the view has of the fields of a message: found once. */
struct binding {
	const struct schema_field *schema;
	const struct json_field *fields;
	const struct json_field *bound[SCHEMA_FIELDS_MAX]; /* NULL: the view does not have it */
};

static const struct binding *bind(const struct schema_field *schema,
				  const struct json_field *fields)
{
	static struct binding bindings[BINDINGS_MAX];
	const struct json_field *next = fields;
	struct binding *binding = bindings;

	while (binding->schema && (binding->schema != schema || binding->fields != fields))
		binding++;
	if (binding->schema)
		return binding;
	assert(binding < bindings + BINDINGS_MAX - 1);
	*binding = (struct binding){ .schema = schema, .fields = fields };
	for (size_t i = 0; schema[i].kind; i++) {
		struct text name = { schema[i].name, schema[i].len };

		binding->bound[i] = json_field_find(fields, &next, name);
	}
	return binding;
}

/* Takes the next key, which is likely to be the one that is looked at first or one behind it. */
static const struct schema_field *take_key(struct check *check, const struct schema_field *schema,
					   const struct schema_field *next, struct text *ret)
{
	for (const struct schema_field *field = next; field->kind; field++) {
		if (json_scan_key_is(&check->scan, field->name, field->len))
			return field;
	}
	/* Of another order, or not known. */
	check->is_plain = false;
	return json_scan_any_key(&check->scan, ret) ? schema_find_from(schema, next, *ret) : NULL;
}

/* Of a message, as deep as the tables are. */
static void check_fields(struct check *check, const struct schema_field *schema,
			 const struct json_field *fields, const struct step *up)
{
	const struct binding *binding = fields ? bind(schema, fields) : NULL;
	const struct schema_field *next = schema;
	struct text key;

	while (!check->has_fault && json_scan_member(&check->scan)) {
		const struct schema_field *known = take_key(check, schema, next, &key);
		struct place place = { .step = { up, known, -1 } };

		if (!known) {
			json_scan_raw(&check->scan);
			continue;
		}
		if (binding)
			place.field = binding->bound[known - schema];
		if (known->is_list)
			check_list(check, &place);
		else
			check_value(check, &place);
		next = known + 1;
	}
}

static void check_members(struct check *check, const struct schema_field *schema,
			  const struct json_field *fields, const struct step *up)
{
	if (schema)
		check_fields(check, schema, fields, up);
	else
		json_fields_rest(fields ?: no_fields, &check->scan, check->view);
}

int flow_check(struct flow_view *view, struct text line, bool want_fields, struct flow_fault *ret)
{
	struct check check = {
		.view = view, .fault = ret, .is_plain = !want_fields, .time = { "", 0 }
	};

	ret->field[0] = '\0';

	/* A text may be unescaped three times: is it whole, does it fit, what is it? */
	if (!flow_view_begin(view, line.len * 3))
		return -ENOMEM;
	json_scan_init(&check.scan, line, &view->scratch);
	if (!json_scan_enter_object(&check.scan))
		return -EBADMSG;
	check_members(&check, schema_response, want_fields ? flow_view_fields : flow_view_brief,
		      NULL);
	if (check.has_fault) {
		/* What is no JSON is that first, whatever is wrong before. */
		if (flow_view_parse(view, line.bytes, line.len) < 0)
			ret->field[0] = '\0';
		return -EBADMSG;
	}
	if (!json_scan_is_done(&check.scan))
		return -EBADMSG;
	flow_view_end(view);
	view->is_plain = check.is_plain && !check.scan.has_blanks && json_is_plain(line);
	return 0;
}
