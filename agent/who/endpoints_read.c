// SPDX-License-Identifier: BSD-2-Clause
/*
 * The fields of an endpoint: a function each, in a table.
 */
#include "endpoints_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "who/endpoints.h"

int endpoints_fail(struct endpoints_load *load, unsigned int line, const char *field,
		   const char *format, ...)
{
	auto_free char *why = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&why, format, args) < 0)
		why = NULL;
	va_end(args);
	snprintf(load->message, load->message_size, "%s:%u: %s%s%s", load->path, line,
		 field ? field : "", field ? ": " : "", why ? why : "is wrong");
	return -EINVAL;
}

/* JSON itself is wrong. */
int endpoints_fail_json(struct endpoints_load *load)
{
	return endpoints_fail(load, load->reader.line, NULL, "%s", load->reader.error);
}

int endpoints_no_room(struct endpoints_load *load, int r)
{
	if (r == -ENOSPC) {
		return endpoints_fail(load, load->reader.line, NULL,
				      "more than %d MiB of names and labels",
				      ENDPOINTS_TEXT_BYTES >> 20);
	}
	snprintf(load->message, load->message_size, "%s: %s", load->path, strerror(-r));
	return r;
}

static int keep_string(struct endpoints_load *load, const char *bytes, size_t len, uint32_t *ret)
{
	int r = string_pool_add(load->strings, bytes, len, ret);

	return r ? endpoints_no_room(load, r) : 0;
}

/* A name, as the reader has it. */
static int check_name(struct endpoints_load *load, enum json_token token, const char *field)
{
	const struct json_reader *reader = &load->reader;

	if (token == JSON_TOKEN_ERROR)
		return endpoints_fail_json(load);
	if (token != JSON_TOKEN_STRING)
		return endpoints_fail(load, reader->line, field, "must be a string");
	if (!reader->len)
		return endpoints_fail(load, reader->line, field, "must not be empty");
	if (reader->len > ENDPOINTS_NAME_MAX)
		return endpoints_fail(load, reader->line, field, "is longer than %d bytes",
				      ENDPOINTS_NAME_MAX);
	return 0;
}

static int read_namespace(struct endpoints_load *load, enum json_token token,
			  struct endpoints_entry *entry)
{
	int r = check_name(load, token, "namespace");

	return r ? r : keep_string(load, load->reader.text, load->reader.len, &entry->namespace);
}

static int read_pod(struct endpoints_load *load, enum json_token token,
		    struct endpoints_entry *entry)
{
	int r = check_name(load, token, "pod");

	load->pod_line = load->reader.line;
	return r ? r : keep_string(load, load->reader.text, load->reader.len, &entry->pod);
}

/* "first/second" or "second". */
static int read_pair(struct endpoints_load *load, enum json_token token, const char *field,
		     uint32_t *ret_first, uint32_t *ret_second)
{
	const struct json_reader *reader = &load->reader;
	const char *slash, *second = reader->text;
	int r = check_name(load, token, field);

	if (r)
		return r;
	slash = strchr(reader->text, '/');
	if (slash) {
		second = slash + 1;
		if (slash == reader->text || !*second || strchr(second, '/'))
			return endpoints_fail(load, reader->line, field,
					      "has a part that is empty, or too many");
		r = keep_string(load, reader->text, (size_t)(slash - reader->text), ret_first);
	}
	return r ? r : keep_string(load, second, strlen(second), ret_second);
}

static int read_service(struct endpoints_load *load, enum json_token token,
			struct endpoints_entry *entry)
{
	return read_pair(load, token, "service", &entry->service_namespace, &entry->service);
}

static int read_workload(struct endpoints_load *load, enum json_token token,
			 struct endpoints_entry *entry)
{
	return read_pair(load, token, "workload", &entry->workload_kind, &entry->workload);
}

static int list_begin(struct endpoints_load *load)
{
	buf_truncate(&load->list, 0);
	load->list_count = 0;
	return 0;
}

static void list_add(struct endpoints_load *load, const char *text)
{
	buf_append_str(&load->list, text);
	buf_append_char(&load->list, '\0');
	load->list_count++;
}

static int list_end(struct endpoints_load *load, uint32_t *ret)
{
	if (load->list.failed)
		return endpoints_no_room(load, -ENOMEM);
	return keep_string(load, buf_bytes(&load->list), buf_len(&load->list), ret);
}

/* { "app": "cart" }: the key is the reader's token, the value comes next. */
static int add_label(struct endpoints_load *load)
{
	struct json_reader *reader = &load->reader;
	auto_free char *key = strdup(reader->text), *label = NULL;
	unsigned int line = reader->line;
	enum json_token token = json_reader_next(reader);

	if (!key)
		return endpoints_no_room(load, -ENOMEM);
	if (token == JSON_TOKEN_ERROR)
		return endpoints_fail_json(load);
	if (token != JSON_TOKEN_STRING)
		return endpoints_fail(load, reader->line, "labels", "%.64s: must be a string", key);
	if (!*key)
		return endpoints_fail(load, line, "labels", "a key must not be empty");
	if (asprintf(&label, "k8s:%s%s%s", key, reader->len ? "=" : "", reader->text) < 0) {
		label = NULL;
		return endpoints_no_room(load, -ENOMEM);
	}
	if (strlen(label) > ENDPOINTS_LABEL_MAX)
		return endpoints_fail(load, line, "labels", "%.64s: is longer than %d bytes", key,
				      ENDPOINTS_LABEL_MAX);
	if (load->list_count == ENDPOINTS_LABELS)
		return endpoints_fail(load, line, "labels", "more than %d", ENDPOINTS_LABELS);
	list_add(load, label);
	return 0;
}

static int read_labels(struct endpoints_load *load, enum json_token token,
		       struct endpoints_entry *entry)
{
	int r = list_begin(load);

	if (token == JSON_TOKEN_ERROR)
		return endpoints_fail_json(load);
	if (token != JSON_TOKEN_OBJECT)
		return endpoints_fail(load, load->reader.line, "labels",
				      "must be an object of keys and values");
	while (!r && (token = json_reader_next(&load->reader)) == JSON_TOKEN_KEY)
		r = add_label(load);
	if (!r && token == JSON_TOKEN_ERROR)
		r = endpoints_fail_json(load);
	return r ? r : list_end(load, &entry->labels);
}

static int add_name(struct endpoints_load *load, enum json_token token)
{
	int r = check_name(load, token, "names");

	if (!r && load->list_count == ENDPOINTS_NAMES)
		r = endpoints_fail(load, load->reader.line, "names", "more than %d",
				   ENDPOINTS_NAMES);
	if (!r)
		list_add(load, load->reader.text);
	return r;
}

static int read_names(struct endpoints_load *load, enum json_token token,
		      struct endpoints_entry *entry)
{
	int r = list_begin(load);

	if (token == JSON_TOKEN_ERROR)
		return endpoints_fail_json(load);
	if (token != JSON_TOKEN_ARRAY)
		return endpoints_fail(load, load->reader.line, "names",
				      "must be an array of strings");
	while (!r && (token = json_reader_next(&load->reader)) != JSON_TOKEN_ARRAY_END)
		r = add_name(load, token);
	return r ? r : list_end(load, &entry->names);
}

static const struct field {
	const char *name;
	int (*read)(struct endpoints_load *load, enum json_token token,
		    struct endpoints_entry *entry);
} fields[] = {
	{ "namespace", read_namespace }, { "pod", read_pod },	    { "service", read_service },
	{ "workload", read_workload },	 { "labels", read_labels }, { "names", read_names },
};

/* The key is the reader's token. seen: a bit for each field of this entry. */
static int read_field(struct endpoints_load *load, unsigned int *seen,
		      struct endpoints_entry *entry)
{
	struct json_reader *reader = &load->reader;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(reader->text, fields[i].name) != 0)
			continue;
		if (*seen >> i & 1)
			return endpoints_fail(load, reader->line, fields[i].name,
					      "stands here twice");
		*seen |= 1U << i;
		return fields[i].read(load, json_reader_next(reader), entry);
	}
	return endpoints_fail(load, reader->line, NULL, "%.64s: no field is called so",
			      reader->text);
}

int endpoints_read_entry(struct endpoints_load *load, const char *address,
			 struct endpoints_entry *entry)
{
	struct json_reader *reader = &load->reader;
	enum json_token token = json_reader_next(reader);
	unsigned int seen = 0;
	int r = 0;

	if (token == JSON_TOKEN_ERROR)
		return endpoints_fail_json(load);
	if (token != JSON_TOKEN_OBJECT)
		return endpoints_fail(load, reader->line, address, "must be an object");
	while (!r && (token = json_reader_next(reader)) == JSON_TOKEN_KEY)
		r = read_field(load, &seen, entry);
	if (!r && token == JSON_TOKEN_ERROR)
		r = endpoints_fail_json(load);
	if (!r && entry->pod && !entry->namespace)
		r = endpoints_fail(load, load->pod_line, "pod", "needs a namespace beside it");
	if (entry->service && !entry->service_namespace)
		entry->service_namespace = entry->namespace;
	return r;
}
