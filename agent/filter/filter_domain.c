// SPDX-License-Identifier: BSD-2-Clause
/*
 * Names of the DNS, and of machines. A pattern is taken in lower case, without blanks around it and
 * without a dot at its end; * stands for any of the bytes of a name. What flows have is compared in
 * lower case too: names of the DNS have none.
 */
#include <string.h>

#include "base/utf8.h"
#include "filter/filter_key.h"
#include "filter/filter_pause.h"
#include "filter/filter_term.h"
#include "filter/glob.h"
#include "filter/star.h"

#define NAME_LEN_MAX 253       /* of the DNS */
#define CLUSTER	     "default" /* of a machine that does not say */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Of Hubble: not the underscore, which a pattern may have. */
static bool star_may(char c)
{
	return is_alnum(c) || c == '-' || c == '.';
}

static struct text trim(struct text text)
{
	for (; text.len && strchr(" \t\n\v\f\r", text.bytes[0]); text.len--)
		text.bytes++;
	while (text.len && strchr(" \t\n\v\f\r", text.bytes[text.len - 1]))
		text.len--;
	return text;
}

/* A pattern as it is kept, in *text; the same bytes that it was given. */
static int take_pattern(const struct filter_term *term, struct text *text,
			struct filter_error *error)
{
	size_t taken;

	*text = trim(*text);
	if (text->len && text->bytes[text->len - 1] == '.')
		text->len--;
	if (!text->len)
		return filter_refuse(term, error, "empty pattern");
	if (text->bytes[text->len - 1] == '.')
		return filter_refuse(term, error, "multiple trailing dots in pattern");
	for (size_t i = 0; i < text->len; i++) {
		char c = glob_to_lower(text->bytes[i]);

		if (star_may(c) || c == '_' || c == '*')
			continue;
		(void)utf8_decode(text->bytes + i, text->len - i, &taken);
		return filter_refuse(term, error, "'%.*s': invalid rune in pattern", (int)taken,
				     text->bytes + i);
	}
	return 0;
}

/* Of a value's own copy. */
static void fold(char *text)
{
	for (; *text; text++)
		*text = glob_to_lower(*text);
}

static int domain_parse(struct filter_term *term, struct json_object *json,
			struct filter_error *error)
{
	struct filter_value *value;
	struct text text;
	int r;

	if (!filter_get_text(json, &text))
		return filter_refuse_json(term, error, json, "a string");
	r = take_pattern(term, &text, error);
	if (r)
		return r;
	value = filter_add_text(term, text);
	if (!value)
		return filter_no_memory(error);
	fold(value->owned);
	return 0;
}

/* *ret is in copy. False: it is too long to be one. */
static bool folded(char copy[static NAME_LEN_MAX + 1], const struct field_value *value,
		   struct text *ret)
{
	if (value->len > NAME_LEN_MAX)
		return false;
	memcpy(copy, value->text, value->len);
	for (size_t i = 0; i < value->len; i++)
		copy[i] = glob_to_lower(copy[i]);
	*ret = (struct text){ copy, value->len };
	return true;
}

static bool domain_any(const struct filter_term *term, struct text name, struct filter_pause *pause)
{
	for (unsigned int i = FILTER_GOES_ON(pause, value); i < term->count; i++) {
		if (star_match(term->values[i].text.first, name, star_may))
			return true;
		if (pause && filter_pause_after(pause, i, &pause->value))
			return false;
	}
	return false;
}

static bool domain_match(const struct filter_term *term, struct field_reader *reader)
{
	struct filter_pause *pause = reader->pause;
	unsigned int i = FILTER_GOES_ON(pause, index);
	char copy[NAME_LEN_MAX + 1];
	struct field_value value;
	struct text name;

	for (; reader->get(reader, term->field, i, &value); i++) {
		if (!folded(copy, &value, &name))
			continue;
		if (domain_any(term, name, pause))
			return true;
		if (pause && filter_pause_within(pause, i, &pause->index))
			return false;
	}
	return false;
}

/* "cluster/node", "node": of the two, what is empty stands for any. */
static int node_parse(struct filter_term *term, struct json_object *json,
		      struct filter_error *error)
{
	struct text cluster = { "", 0 }, node;
	struct filter_value *value;
	const char *slash;
	int r = 0;

	if (!filter_get_text(json, &node))
		return filter_refuse_json(term, error, json, "a string");
	if (!node.len)
		return filter_refuse(term, error, "empty pattern");
	slash = strchr(node.bytes, '/');
	if (slash) {
		cluster = (struct text){ node.bytes, (size_t)(slash - node.bytes) };
		node = text_from_str(slash + 1);
	}
	if (strchr(node.bytes, '/'))
		return filter_refuse(term, error, "too many slashes in pattern");
	if (cluster.len)
		r = take_pattern(term, &cluster, error);
	if (!r && node.len)
		r = take_pattern(term, &node, error);
	if (r)
		return r;
	value = filter_add_pair(term, cluster, node);
	if (!value)
		return filter_no_memory(error);
	fold(value->owned);
	fold(value->owned + cluster.len + 1);
	return 0;
}

/* What an empty pattern stands for: words with dots between them. */
static bool is_domain(struct text text)
{
	bool need_word = true;

	for (size_t i = 0; i < text.len; i++) {
		if (text.bytes[i] == '.' ? need_word
					 : !star_may(text.bytes[i]) && text.bytes[i] != '_')
			return false;
		need_word = text.bytes[i] == '.';
	}
	return !need_word;
}

static bool has_part(struct text pattern, struct text part)
{
	return pattern.len ? star_match(pattern, part, star_may) : is_domain(part);
}

static bool node_match(const struct filter_term *term, struct field_reader *reader)
{
	struct text name, cluster = text_from_str(CLUSTER);
	char copy[NAME_LEN_MAX + 1];
	struct field_value value;
	const char *slash;

	if (!filter_get(reader, term->field, &value) || !value.len || !folded(copy, &value, &name))
		return false;
	slash = memchr(name.bytes, '/', name.len);
	if (slash) {
		cluster = (struct text){ name.bytes, (size_t)(slash - name.bytes) };
		name = (struct text){ slash + 1, name.len - cluster.len - 1 };
	}
	for (unsigned int i = 0; i < term->count; i++) {
		if (has_part(term->values[i].text.first, cluster) &&
		    has_part(term->values[i].text.second, name))
			return true;
	}
	return false;
}

#define COST 5

const struct filter_kind filter_domains = { .parse = domain_parse,
					    .match = domain_match,
					    .cost = COST };
const struct filter_kind filter_nodes = { .parse = node_parse, .match = node_match, .cost = COST };
