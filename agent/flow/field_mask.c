// SPDX-License-Identifier: BSD-2-Clause
/* Paths such as "time" and "source.pod_name", joined where they begin alike. */
#include "field_mask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#include "flow_schema.h"

/* A message, and the fields of it that are wanted. */
struct field_mask {
	const struct schema_field *field; /* NULL: the flow itself */
	/* By place in the table of the message's fields: which of them, and which with all in them. */
	uint64_t wanted, whole;
	struct field_mask *first, *next; /* those of them that paths go through, or end at */
};
_Static_assert(SCHEMA_FIELDS_MAX <= 64, "a bit for each field");

static void free_list(struct field_mask *mask)
{
	/* As deep as the tables of messages are. */
	while (mask) {
		struct field_mask *next = mask->next;

		free_list(mask->first);
		free(mask);
		mask = next;
	}
}

void field_mask_free(struct field_mask **mask)
{
	free_list(TAKE_PTR(*mask));
}

static const struct field_mask *find(const struct field_mask *mask,
				     const struct schema_field *field)
{
	const struct field_mask *child = mask->first;

	while (child && child->field != field)
		child = child->next;
	return child;
}

static const struct schema_field *fields_of(const struct field_mask *mask)
{
	if (!mask->field)
		return schema_flow;
	return mask->field->is_list ? NULL : mask->field->fields;
}

static uint64_t bit_of(const struct field_mask *mask, const struct schema_field *field)
{
	return 1ULL << (field - fields_of(mask));
}

static struct field_mask *find_or_add(struct field_mask *mask, const struct schema_field *field)
{
	struct field_mask *child = (struct field_mask *)find(mask, field);

	if (child)
		return child;
	child = calloc(1, sizeof(*child));
	if (!child)
		return NULL;
	child->field = field;
	child->next = mask->first;
	mask->first = child;
	mask->wanted |= bit_of(mask, field);
	return child;
}

int field_mask_new(struct field_mask **ret)
{
	struct field_mask *mask = calloc(1, sizeof(*mask));

	if (!mask)
		return -ENOMEM;
	*ret = mask;
	return 0;
}

int field_mask_add(struct field_mask *mask, const char *path,
		   char reason[static OPTION_REASON_SIZE])
{
	const char *at = path;
	struct field_mask *child;

	for (;;) {
		const struct schema_field *fields = fields_of(mask), *field;
		struct text name = { at, strcspn(at, ".") };

		if (!fields) {
			snprintf(reason, OPTION_REASON_SIZE, "there are no fields in \"%.*s\"",
				 (int)(at - path) - 1, path);
			return -EINVAL;
		}
		field = schema_find(fields, name);
		if (!field) {
			snprintf(reason, OPTION_REASON_SIZE, "a flow has no field \"%.*s\"",
				 (int)(at - path + (ptrdiff_t)name.len), path);
			return -EINVAL;
		}
		child = find_or_add(mask, field);
		if (!child) {
			snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(ENOMEM));
			return -ENOMEM;
		}
		at += name.len;
		if (!*at++)
			break;
		mask = child;
	}
	mask->whole |= bit_of(mask, child->field);
	return 0;
}

int field_mask_add_list(struct field_mask *mask, const char *paths,
			char reason[static OPTION_REASON_SIZE])
{
	static const char gaps[] = " \t,";
	auto_free char *copy = strdup(paths);
	char *save;

	if (!copy) {
		snprintf(reason, OPTION_REASON_SIZE, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	for (char *path = strtok_r(copy, gaps, &save); path; path = strtok_r(NULL, gaps, &save)) {
		int r = field_mask_add(mask, path, reason);

		if (r)
			return r;
	}
	return 0;
}

bool field_mask_is_empty(const struct field_mask *mask)
{
	return !mask->wanted;
}

bool field_mask_wants(const struct field_mask *mask, const struct schema_field *field,
		      const struct field_mask **ret)
{
	uint64_t bit;

	*ret = NULL;
	if (!mask)
		return true;
	bit = bit_of(mask, field);
	if (mask->wanted & bit & ~mask->whole)
		*ret = find(mask, field);
	return mask->wanted & bit;
}
