/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of a path, and what they look like. Nothing is copied.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define PART_MAX      255 /* NAME_MAX: longer is no name of a directory */
#define PART_HASH_LEN 32
#define PART_UUID_LEN 36

/* len 0: there is none, and at may be NULL. */
struct part {
	const char *at;
	size_t len;
};

static inline bool part_is(struct part part, const char *text)
{
	return part.len == strlen(text) && !memcmp(part.at, text, part.len);
}

static inline bool part_starts(struct part part, const char *text)
{
	return part.len >= strlen(text) && !memcmp(part.at, text, strlen(text));
}

static inline bool part_ends(struct part part, const char *text)
{
	size_t len = strlen(text);

	return part.len >= len && !memcmp(part.at + part.len - len, text, len);
}

static inline struct part part_from(struct part part, size_t len)
{
	return (struct part){ part.at + len, part.len - len };
}

static inline struct part part_cut(struct part part, size_t len)
{
	return (struct part){ part.at, part.len - len };
}

/* Takes prefix and suffix off, if both are there and something is between them. */
static inline bool part_between(struct part part, const char *prefix, const char *suffix,
				struct part *ret)
{
	size_t len = strlen(prefix) + strlen(suffix);

	if (part.len <= len || !part_starts(part, prefix) || !part_ends(part, suffix))
		return false;
	*ret = (struct part){ part.at + strlen(prefix), part.len - len };
	return true;
}

/* Parts at the last sep. False: there is none. */
static inline bool part_at_last(struct part part, char sep, struct part *before, struct part *after)
{
	const char *at = part.len ? memrchr(part.at, sep, part.len) : NULL;

	if (!at)
		return false;
	*before = (struct part){ part.at, (size_t)(at - part.at) };
	*after = part_from(part, before->len + 1);
	return true;
}

static inline bool part_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool part_hex_digit(char c)
{
	return part_digit(c) || (c >= 'a' && c <= 'f');
}

static inline bool part_is_hex(struct part part, size_t len)
{
	for (size_t i = 0; i < part.len; i++) {
		if (!part_hex_digit(part.at[i]))
			return false;
	}
	return part.len == len;
}

static inline bool part_is_digits(struct part part)
{
	for (size_t i = 0; i < part.len; i++) {
		if (!part_digit(part.at[i]))
			return false;
	}
	return part.len > 0;
}

/* With the dashes of a UUID, or with what systemd's slices have in their place. */
static inline bool part_is_uuid(struct part part)
{
	for (size_t i = 0; i < part.len; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? part.at[i] != '-' && part.at[i] != '_' : !part_hex_digit(part.at[i]))
			return false;
	}
	return part.len == PART_UUID_LEN;
}

/* Components that name something; the rest of the path is above what was taken. */
static inline struct part part_take_leaf(struct part *path)
{
	for (;;) {
		struct part leaf = *path;

		if (!part_at_last(*path, '/', path, &leaf))
			*path = (struct part){ 0 };
		if (!leaf.len && !path->len)
			return (struct part){ 0 };
		if (leaf.len && leaf.len <= PART_MAX && !part_is(leaf, ".") && !part_is(leaf, ".."))
			return leaf;
	}
}
