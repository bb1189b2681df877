// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whatever stands in a line of --input-file: every format prints it or leaves it out, no terminal
 * is shown what it must not be shown, JSON comes out as JSON that does not change any more, and each
 * field can be asked for. What of a line does not fit its field is told, and of what was written of a
 * line that is right everything fits.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/utf8.h"
#include "agent/flow/flow_json.h"
#include "cli/flow_check.h"
#include "cli/flow_reader.h"
#include "cli/flow_view.h"
#include "cli/format.h"
#include "cli/json_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_so)
{
	if (!is_so)
		abort();
}

/* Lines of text without anything that could move a cursor. */
static void check_text(const struct buf *out)
{
	const char *at = buf_bytes(out), *end = at + buf_len(out);
	size_t taken;

	check(!out->failed);
	for (; at < end; at += taken) {
		uint32_t point = utf8_decode(at, (size_t)(end - at), &taken);

		check(point != UTF8_NONE && (point == '\n' || !utf8_is_unsafe(point)));
	}
}

static void print(const char *name, enum flow_subject subject, const char *line, size_t size)
{
	static const struct format_options all = { .want_names = true,
						   .want_node = true,
						   .want_process = true,
						   .want_interface = true,
						   .want_policies = true,
						   .is_foreign = true };
	__attribute__((cleanup(format_target_done))) struct format_target target = { .options =
											     all };
	const struct format *format = format_find(name);
	auto_flow_view struct flow_view view = {};
	auto_buf struct buf out = {}, err = {};
	const struct format_record record = { line, size, &view };

	target.options.subject = subject;
	target.out = &out;
	target.err = &err;
	time_text_init(&target.times, time_style_find("RFC3339Nano"), false);
	if (flow_view_parse(&view, line, size) < 0 || !flow_view_is_of(&view, subject))
		return;
	if (format->begin)
		format->begin(&target);
	format->record(&target, &record);
	if (format->end)
		format->end(&target);
	check_text(&out);
	check_text(&err);
}

static bool is_right(struct text line)
{
	auto_flow_view struct flow_view view = {}, brief = {};
	struct flow_fault fault = {}, same = {};
	int r = flow_check(&view, line, true, &fault);

	check(flow_check(&brief, line, false, &same) == r && brief.kind == view.kind &&
	      !strcmp(fault.field, same.field));
	if (!r)
		return true;
	if (!fault.field[0]) /* no JSON */
		return false;
	check(fault.field[0] && fault.expected && fault.value.len &&
	      fault.value.bytes >= line.bytes &&
	      fault.value.bytes + fault.value.len <= line.bytes + line.len);
	return false;
}

static bool is_plain(const char *line, size_t size)
{
	auto_flow_view struct flow_view view = {};
	struct flow_fault fault;

	return flow_check(&view, (struct text){ line, size }, false, &fault) == 0 && view.is_plain;
}

/* What is written is JSON, and is written the same way again. */
static void check_json(const char *line, size_t size, bool want_bare)
{
	const struct flow_json_options options = { .want_bare = want_bare };
	auto_buf struct buf scratch = {}, once = {}, twice = {};
	struct flow_json json = { .scratch = &scratch };
	auto_json struct json_object *object = NULL;
	struct text text;

	if (!flow_json_append(&json, (struct text){ line, size }, &options, &once)) {
		check(want_bare || !is_plain(line, size));
		return;
	}
	text = (struct text){ buf_bytes(&once), buf_len(&once) };
	check(want_bare || !is_plain(line, size) ||
	      (text.len == size && !memcmp(text.bytes, line, size)));
	check(!memchr(text.bytes, '\n', text.len));
	check(want_bare || json_in_parse(text.bytes, text.len, &object) == 0);
	check(want_bare || !is_right((struct text){ line, size }) || is_right(text));
	if (want_bare)
		return;
	check(flow_json_append(&json, text, &options, &twice));
	check(buf_len(&twice) == text.len && !memcmp(buf_bytes(&twice), text.bytes, text.len));
}

static void ask(const char *line, size_t size)
{
	auto_flow_reader struct flow_reader reader = {};
	struct field_value value = {};

	flow_reader_set(&reader, (struct text){ line, size });
	for (unsigned int field = 0; field < FIELD_MAX; field++) {
		for (unsigned int i = 0; i < 3; i++) {
			if (!reader.reader.get(&reader.reader, field, i, &value))
				break;
			/* The sanitizer sees a byte that is not there. */
			if (field_row(field)->kind == FIELD_TEXT)
				check(!value.len || memchr(value.text, *value.text, value.len));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "compact", "wide", "dict", "table", "json" };
	auto_free char *line = malloc(size ? size : 1);

	if (!line || memchr(data, '\n', size))
		return 0;
	memcpy(line, data, size);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (int subject = 0; subject < SUBJECT_MAX; subject++)
			print(names[i], (enum flow_subject)subject, line, size);
	}
	check_json(line, size, false);
	check_json(line, size, true);
	ask(line, size);
	return 0;
}
