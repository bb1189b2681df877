// SPDX-License-Identifier: BSD-2-Clause
/*
 * Nothing of a filter is kept but where its values stand: they are written from the text they came
 * in, so that only keys and blanks change.
 */
#include "filter_raw.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"
#include "agent/base/json_scan.h"
#include "agent/base/json_unescape.h"

#include "filter_key.h"
#include "filters.h"
#include "json_fault.h"

#define NAME_SIZE 64

/* One object: its values as they are written, by key; of length 0 where absent. */
struct raw_filter {
	struct text values[FILTER_KEY_MAX];
};

/* "sourceIp" is another spelling of "source_ip". */
static bool is_name(struct text key, const char *name)
{
	char camel[NAME_SIZE];
	size_t len = 0;

	for (const char *at = name; *at && len < sizeof(camel) - 1; at++) {
		bool is_parted = *at == '_' && at[1];

		at += is_parted;
		camel[len++] = (char)(is_parted ? toupper((unsigned char)*at) : *at);
	}
	camel[len] = '\0';
	return text_is(key, name) || text_is(key, camel);
}

static enum filter_key find_key(struct text name)
{
	for (enum filter_key key = 0; key < FILTER_KEY_MAX; key++) {
		if (is_name(name, filter_key_row(key)->name))
			return key;
	}
	return FILTER_KEY_MAX;
}

static int set_value(struct raw_filter *filter, struct text name, struct text value,
		     char why[static FILTER_WHY_SIZE])
{
	enum filter_key key = find_key(name);
	int shown = name.len < NAME_SIZE ? (int)name.len : NAME_SIZE;

	if (key < FILTER_KEY_MAX && !filter->values[key].len) {
		filter->values[key] = value;
		return 0;
	}
	if (text_is(name, "experimental"))
		snprintf(why, FILTER_WHY_SIZE, "%s", FILTERS_NO_CEL);
	else
		snprintf(why, FILTER_WHY_SIZE, "%s field \"%.*s\"",
			 key == FILTER_KEY_MAX ? "unknown" : "duplicate", shown, name.bytes);
	return -EINVAL;
}

static int read_object(struct text json, struct raw_filter *ret, char why[static FILTER_WHY_SIZE])
{
	auto_buf struct buf scratch = {};
	struct json_scan scan;
	struct text name;
	int r = 0;

	json_scan_init(&scan, json, &scratch);
	if (!json_scan_enter_object(&scan)) {
		snprintf(why, FILTER_WHY_SIZE, "a filter is an object");
		return -EINVAL;
	}
	while (r == 0 && json_scan_key(&scan, &name))
		r = set_value(ret, name, json_scan_raw(&scan), why);
	return r;
}

/* at: its first quote. Returns what follows it; NULL if it cannot be written. */
static const char *write_string(const char *at, struct buf *to)
{
	auto_buf struct buf plain = {};
	const char *quote = at + 1;
	struct text string;

	while (*quote != '"')
		quote += 1 + (*quote == '\\');
	if (!json_unescape(&plain, (struct text){ at + 1, (size_t)(quote - at - 1) }, &string))
		return NULL;
	if (memchr(string.bytes, '\0', string.len))
		return NULL;
	buf_append_char(&plain, '\0');
	json_string(&(struct json_out){ .buf = to }, NULL, buf_bytes(&plain));
	to->failed |= plain.failed;
	return quote + 1;
}

/* Strings as ours are written, and nothing between the words. False: a string has a NUL. */
static bool write_compact(struct text json, struct buf *to)
{
	const char *at = json.bytes;

	while (at && at < json.bytes + json.len) {
		if (*at == '"') {
			at = write_string(at, to);
			continue;
		}
		if (!strchr(" \t\r\n", *at))
			buf_append_char(to, *at);
		at++;
	}
	return at;
}

static int write_object(const struct raw_filter *filter, struct json_out *out,
			char why[static FILTER_WHY_SIZE])
{
	json_object_begin(out, NULL);
	for (enum filter_key key = 0; key < FILTER_KEY_MAX; key++) {
		const char *name = filter_key_row(key)->name;
		auto_buf struct buf value = {};
		struct text compact;

		if (!filter->values[key].len)
			continue;
		if (!write_compact(filter->values[key], &value)) {
			snprintf(why, FILTER_WHY_SIZE, "%s: a string holds a NUL", name);
			return -EINVAL;
		}
		compact = (struct text){ buf_bytes(&value), buf_len(&value) };
		out->buf->failed |= value.failed;
		if (!text_is(compact, "null") && !text_is(compact, "[]"))
			json_raw(out, name, compact.bytes, compact.len);
	}
	json_object_end(out);
	return 0;
}

/* 0; -ENODATA behind the last object; -EINVAL and why. */
static int write_next(const char **at, struct json_out *out, char why[static FILTER_WHY_SIZE])
{
	struct raw_filter filter = {};
	const char *end;
	int r = json_fault_find(*at, &end, why, FILTER_WHY_SIZE);

	if (r < 0)
		return r;
	r = read_object((struct text){ *at, (size_t)(end - *at) }, &filter, why);
	if (r < 0)
		return r;
	*at = end;
	return write_object(&filter, out, why);
}

int filter_raw_write(const char *text, struct json_out *out, char why[static FILTER_WHY_SIZE])
{
	int r;

	do
		r = write_next(&text, out, why);
	while (r == 0);
	return r == -ENODATA ? 0 : -EINVAL;
}
