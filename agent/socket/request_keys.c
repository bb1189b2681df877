// SPDX-License-Identifier: BSD-2-Clause
/*
 * One walk over the text, with the keys of each object that is open kept in an object of their own.
 */
#include "socket/request_keys.h"

#include <string.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_unescape.h"
#include "base/text.h"

#define DEPTH_MAX 64 /* more than json-c was let go */

struct walk {
	const char *at, *end;
	struct json_object *seen[DEPTH_MAX]; /* NULL: an array */
	unsigned int depth;
	struct buf name;
};

static void walk_done(struct walk *walk)
{
	while (walk->depth)
		json_object_put(walk->seen[--walk->depth]);
	buf_done(&walk->name);
}

/* Past the string that begins here. Its text is what stands between the quotes. */
static struct text take_string(struct walk *walk)
{
	const char *start = ++walk->at;
	struct text ret;

	while (walk->at < walk->end && *walk->at != '"')
		walk->at += *walk->at == '\\' ? 2 : 1;
	if (walk->at > walk->end)
		walk->at = walk->end;
	ret = (struct text){ start, (size_t)(walk->at - start) };
	walk->at++;
	return ret;
}

static bool is_key(const struct walk *walk)
{
	const char *at = walk->at;

	while (at < walk->end && *at && strchr(" \t\r\n", *at))
		at++;
	return at < walk->end && *at == ':' && walk->depth && walk->seen[walk->depth - 1];
}

/* What is wrong with a key of the object that is open, which has it from now on; NULL: nothing. */
static const char *fault_of(struct walk *walk, struct text quoted)
{
	struct json_object *seen = walk->seen[walk->depth - 1];
	struct text name;

	walk->name.start = walk->name.end = 0;
	if (!json_unescape(&walk->name, quoted, &name))
		return NULL;
	if (memchr(name.bytes, '\0', name.len))
		return "holds a NUL";
	buf_append_char(&walk->name, '\0');
	if (walk->name.failed)
		return NULL;
	if (json_object_object_get_ex(seen, buf_bytes(&walk->name), NULL))
		return "stands twice";
	json_object_object_add(seen, buf_bytes(&walk->name), NULL);
	return NULL;
}

static bool enter(struct walk *walk, struct json_object *seen)
{
	if (walk->depth == DEPTH_MAX) {
		json_object_put(seen);
		return false;
	}
	walk->seen[walk->depth++] = seen;
	return true;
}

/* Past what is no string. False: nothing more can be told. */
static bool take_other(struct walk *walk)
{
	char c = *walk->at++;

	if (c == '{')
		return enter(walk, json_object_new_object());
	if (c == '[')
		return enter(walk, NULL);
	if ((c == '}' || c == ']') && walk->depth)
		json_object_put(walk->seen[--walk->depth]);
	return true;
}

bool request_keys_check(const char *line, size_t len, struct request_key *ret)
{
	__attribute__((cleanup(walk_done))) struct walk walk = { .at = line, .end = line + len };
	const char *fault;
	struct text text;

	while (walk.at < walk.end) {
		if (*walk.at != '"') {
			if (!take_other(&walk))
				return false;
			continue;
		}
		text = take_string(&walk);
		fault = is_key(&walk) ? fault_of(&walk, text) : NULL;
		if (!fault)
			continue;
		*ret = (struct request_key){ .name = text.bytes,
					     .len = text.len,
					     .at = (size_t)(text.bytes - 1 - line),
					     .fault = fault };
		return true;
	}
	return false;
}
