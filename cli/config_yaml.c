// SPDX-License-Identifier: BSD-2-Clause
/*
 * YAML, as far as a configuration needs it: one mapping of texts to texts or to lists of texts. The
 * text of a scalar is taken as it is: what kind of value it has to be is the option's business.
 */
#include "config_yaml.h"

#include <errno.h>
#include <string.h>

#include <yaml.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"

#include "config_file.h"

#define KEYS_MAX   1024
#define VALUES_MAX 1024 /* of one key */

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the last one */
	const char *path;
};

static void reader_done(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
}

static unsigned int line_of(const struct reader *reader)
{
	return (unsigned int)reader->event.start_mark.line + 1;
}

static int refuse(const struct reader *reader, const char *what)
{
	log_err(0, "%s:%u: %s", reader->path, line_of(reader), what);
	return -EINVAL;
}

/* The next event. An alias could make much of little, and no option needs one. */
static int next(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	if (!yaml_parser_parse(&reader->parser, &reader->event)) {
		log_err(0, "%s:%zu: %s", reader->path, reader->parser.problem_mark.line + 1,
			reader->parser.problem ? reader->parser.problem : "not YAML");
		return -EINVAL;
	}
	return reader->event.type == YAML_ALIAS_EVENT ? refuse(reader, "an alias (*) is no value")
						      : 0;
}

static const char *scalar(const struct reader *reader)
{
	return (const char *)reader->event.data.scalar.value;
}

/* "key:", "key: ~", "key: null" say nothing; in quotes they would. */
static bool is_null(const struct reader *reader)
{
	const char *text = scalar(reader);

	return reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || !strcmp(text, "~") || !strcmp(text, "null"));
}

static int take_text(const struct reader *reader, char **ret)
{
	if (strlen(scalar(reader)) != reader->event.data.scalar.length)
		return refuse(reader, "a text with a NUL in it");
	*ret = strdup(scalar(reader));
	return *ret ? 0 : log_err(-ENOMEM, "%s", reader->path);
}

static int read_list(struct reader *reader, char **values, size_t *count)
{
	int r = next(reader);

	while (!r && reader->event.type != YAML_SEQUENCE_END_EVENT) {
		if (reader->event.type != YAML_SCALAR_EVENT)
			return refuse(reader, "an item of a list that is no text");
		if (*count == VALUES_MAX)
			return refuse(reader, "too many items");
		r = take_text(reader, &values[*count]);
		if (!r) {
			++*count;
			r = next(reader);
		}
	}
	return r;
}

/* What stands behind a key. */
static int read_value(struct reader *reader, struct config_file *file, const char *key,
		      unsigned int line)
{
	auto_free char **values = calloc(VALUES_MAX, sizeof(*values));
	bool is_list = reader->event.type == YAML_SEQUENCE_START_EVENT;
	size_t count = 0;
	int r;

	if (!values)
		return log_err(-ENOMEM, "%s", reader->path);
	if (!is_list && reader->event.type != YAML_SCALAR_EVENT)
		return refuse(reader, "a value that is neither a text nor a list of texts");
	if (!is_list && is_null(reader))
		return 0;
	r = is_list ? read_list(reader, values, &count) : take_text(reader, &values[count++]);
	if (!r)
		r = config_file_set(file, key, (const char *const *)values, count, is_list);
	if (!r)
		file->entries[file->count - 1].line = line;
	for (size_t i = 0; i < count; i++)
		free(values[i]);
	return r;
}

static int read_entry(struct reader *reader, struct config_file *file)
{
	auto_free char *key = NULL;
	unsigned int line = line_of(reader);
	int r;

	if (reader->event.type != YAML_SCALAR_EVENT)
		return refuse(reader, "a key that is no text");
	if (file->count == KEYS_MAX) /* each is compared with all before it */
		return refuse(reader, "too many keys");
	r = take_text(reader, &key);
	if (r)
		return r;
	if (config_file_find(file, key)) {
		log_err(0, "%s:%u: %s: a second time", reader->path, line, key);
		return -EINVAL;
	}
	r = next(reader);
	return r ? r : read_value(reader, file, key, line);
}

static int read_document(struct reader *reader, struct config_file *file)
{
	int r;

	if (reader->event.type == YAML_SCALAR_EVENT && is_null(reader))
		return next(reader); /* nothing but comments */
	if (reader->event.type != YAML_MAPPING_START_EVENT)
		return refuse(reader, "not \"key: value\"");
	r = next(reader);
	while (!r && reader->event.type != YAML_MAPPING_END_EVENT) {
		r = read_entry(reader, file);
		if (!r)
			r = next(reader);
	}
	return r ? r : next(reader);
}

int config_yaml_read(struct config_file *file, const char *path, const char *text, size_t len)
{
	__attribute__((cleanup(reader_done))) struct reader reader = { .path = path };
	int r;

	if (!yaml_parser_initialize(&reader.parser))
		return log_err(-ENOMEM, "%s", path);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, len);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	r = next(&reader); /* the stream's beginning */
	if (!r)
		r = next(&reader);
	if (r || reader.event.type == YAML_STREAM_END_EVENT)
		return r;
	r = next(&reader);
	if (!r)
		r = read_document(&reader, file);
	if (!r)
		r = next(&reader);
	if (!r && reader.event.type != YAML_STREAM_END_EVENT)
		r = refuse(&reader, "a second document");
	return r;
}

static int append(void *data, unsigned char *bytes, size_t len)
{
	struct buf *out = data;

	buf_append(out, bytes, len);
	return !out->failed;
}

/* libyaml frees the event, also if it is refused. */
static bool emit(yaml_emitter_t *emitter, int is_made, yaml_event_t *event)
{
	return is_made && yaml_emitter_emit(emitter, event);
}

static bool emit_scalar(yaml_emitter_t *emitter, const char *text)
{
	static const char *const nulls[] = { "", "~", "null" };
	yaml_scalar_style_t style = YAML_ANY_SCALAR_STYLE;
	yaml_event_t event;

	for (size_t i = 0; i < ARRAY_SIZE(nulls); i++) {
		if (!strcmp(text, nulls[i]))
			style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	}
	return emit(emitter,
		    yaml_scalar_event_initialize(&event, NULL, NULL, (const unsigned char *)text,
						 (int)strlen(text), 1, 1, style),
		    &event);
}

static bool emit_value(yaml_emitter_t *emitter, const struct config_entry *entry)
{
	yaml_event_t event;
	bool ok;

	if (!entry->is_list)
		return emit_scalar(emitter, entry->values.count ? entry->values.items[0] : "");
	ok = emit(emitter,
		  yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
						       YAML_BLOCK_SEQUENCE_STYLE),
		  &event);
	for (size_t i = 0; ok && i < entry->values.count; i++)
		ok = emit_scalar(emitter, entry->values.items[i]);
	return ok && emit(emitter, yaml_sequence_end_event_initialize(&event), &event);
}

static bool emit_mapping(yaml_emitter_t *emitter, const struct config_file *file)
{
	yaml_event_t event;
	bool ok = emit(emitter,
		       yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
							   YAML_BLOCK_MAPPING_STYLE),
		       &event);

	for (size_t i = 0; ok && i < file->count; i++)
		ok = emit_scalar(emitter, file->entries[i].key) &&
		     emit_value(emitter, &file->entries[i]);
	return ok && emit(emitter, yaml_mapping_end_event_initialize(&event), &event);
}

/* A document of the file, or of one value of it. */
static int emit_all(const struct config_file *file, const struct config_entry *entry,
		    struct buf *out)
{
	__attribute__((cleanup(yaml_emitter_delete))) yaml_emitter_t emitter;
	yaml_event_t event;
	bool ok;

	if (!yaml_emitter_initialize(&emitter))
		return -ENOMEM;
	yaml_emitter_set_output(&emitter, append, out);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1);
	ok = emit(&emitter, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING),
		  &event) &&
	     emit(&emitter, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1),
		  &event) &&
	     (file ? emit_mapping(&emitter, file) : emit_value(&emitter, entry)) &&
	     emit(&emitter, yaml_document_end_event_initialize(&event, 1), &event) &&
	     emit(&emitter, yaml_stream_end_event_initialize(&event), &event);
	return ok && !out->failed ? 0 : -ENOMEM;
}

int config_file_to_yaml(const struct config_file *file, struct buf *out)
{
	return emit_all(file, NULL, out);
}

int config_entry_to_text(const struct config_entry *entry, struct buf *out)
{
	if (entry->is_list)
		return emit_all(NULL, entry, out);
	buf_append_str(out, entry->values.count ? entry->values.items[0] : "");
	buf_append_char(out, '\n');
	return out->failed ? -ENOMEM : 0;
}
