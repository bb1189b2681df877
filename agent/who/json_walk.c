// SPDX-License-Identifier: BSD-2-Clause
/* Recursion ends where json_scan's does. */
#include "json_walk.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_unescape.h"

struct walk {
	struct json_scan scan;
	json_walk_fn fn;
	void *ctx;
	char path[JSON_WALK_PATH_MAX];
	size_t len;
};

/* True: it is in the path, until walk->len is what it was before. */
static bool path_add(struct walk *walk, struct text key)
{
	size_t dot = walk->len ? 1 : 0;

	if (walk->len + dot + key.len > sizeof(walk->path))
		return false;
	if (dot)
		walk->path[walk->len] = '.';
	if (key.len)
		memcpy(walk->path + walk->len + dot, key.bytes, key.len);
	walk->len += dot + key.len;
	return true;
}

static char peek(const struct json_scan *scan)
{
	const char *at = scan->at;

	while (at < scan->end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
		at++;
	if (at == scan->end)
		return '\0';
	return *at;
}

static void walk_value(struct walk *walk);

static void walk_member(struct walk *walk, struct text key)
{
	size_t len = walk->len;

	if (path_add(walk, key))
		walk_value(walk);
	else
		json_scan_raw(&walk->scan);
	walk->len = len;
}

static void walk_object(struct walk *walk)
{
	struct text key;

	for (json_scan_enter_object(&walk->scan); json_scan_key(&walk->scan, &key);) {
		if (memchr(key.bytes, '\\', key.len) &&
		    !json_unescape(walk->scan.scratch, key, &key))
			key.len = 0;
		walk_member(walk, key);
	}
}

static void walk_array(struct walk *walk)
{
	for (json_scan_enter_array(&walk->scan); json_scan_element(&walk->scan);)
		walk_member(walk, (struct text){ "[]", 2 });
}

static void walk_value(struct walk *walk)
{
	struct text path = { walk->path, walk->len }, value = { "", 0 };
	char first = peek(&walk->scan);

	if (first == '{' || first == '[') {
		walk->fn(walk->ctx, path, JSON_NESTED, value);
		if (first == '{')
			walk_object(walk);
		else
			walk_array(walk);
	} else {
		enum json_kind kind = json_scan_value(&walk->scan, &value);

		if (!walk->scan.failed)
			walk->fn(walk->ctx, path, kind, value);
	}
}

int json_walk(struct text json, json_walk_fn fn, void *ctx)
{
	auto_buf struct buf scratch = { 0 };
	struct walk walk = { .fn = fn, .ctx = ctx };

	/* Unescaped strings are no longer than they were; they must not move. */
	if (!buf_reserve(&scratch, json.len + 1))
		return -ENOMEM;
	json_scan_init(&walk.scan, json, &scratch);
	walk_value(&walk);
	return json_scan_is_done(&walk.scan) ? 0 : -EBADMSG;
}

bool json_path_under(struct text path, const char *prefix, struct text *ret_rest)
{
	size_t len = strlen(prefix);

	if (path.len < len || memcmp(path.bytes, prefix, len) != 0)
		return false;
	*ret_rest = (struct text){ path.bytes + len, path.len - len };
	return true;
}
