// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lines from a file -> those that were asked for -> the printer. Only --last keeps lines, as many as
 * it wants. As with Hubble, lost events and node states count as lines and are chosen as flows are;
 * what is chosen is counted where it stands, and nothing is sorted.
 */
#include "input_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_scan.h"
#include "agent/base/log.h"
#include "agent/filter/filter.h"
#include "agent/flow/json_key.h"
#include "agent/flow/json_value.h"

#include "flow_check.h"
#include "flow_reader.h"
#include "json_in.h"
#include "last_lines.h"
#include "line_reader.h"
#include "printer.h"

#define REFUSED_TOLD 10 /* lines */
#define SHOWN_MAX    80 /* bytes of a value */

struct input {
	struct printer *printer;
	struct line_reader *reader;
	uint64_t number; /* 0: all */
	bool want_first;
	uint64_t since_ns, until_ns;
	struct filter *filter; /* NULL: all */
	bool has_allowed;      /* flows, and nothing else */
	struct flow_reader flow;
	struct last_lines last;
	struct flow_view view;
	struct buf wrapped;
	struct flow_fault fault; /* of the line that was refused last; field "": it is no flow */
	uint64_t taken, refused;
};

static void input_done(struct input *input)
{
	filter_free(&input->filter);
	flow_reader_done(&input->flow);
	last_lines_done(&input->last);
	flow_view_done(&input->view);
	buf_done(&input->wrapped);
	line_reader_free(&input->reader);
}

static uint64_t time_param(struct json_object *params, const char *key, uint64_t otherwise)
{
	uint64_t ns;

	return json_value_time(json_in_text(params, key), &ns) ? ns : otherwise;
}

static int read_filters(struct input *input, struct json_object *params)
{
	const struct filter_lists lists = { .allow = json_in_array(params, "whitelist"),
					    .deny = json_in_array(params, "blacklist"),
					    .either = json_in_object(params, "extensions") };
	struct filter_error error;
	int r;

	if (!lists.allow && !lists.deny && !lists.either)
		return 0;
	r = filter_compile(&input->filter, &lists, &error);
	if (r < 0)
		log_err(0, "%s", error.message);
	input->has_allowed = json_in_len(lists.allow) || lists.either;
	return r;
}

static int read_params(struct input *input, const char *text)
{
	auto_json struct json_object *params = NULL;
	int r = json_in_parse(text, strlen(text), &params);

	if (r < 0)
		return log_err(r, "cannot make the request");
	json_in_u64(params, "number", &input->number);
	json_in_bool(params, "first", &input->want_first);
	if (input->number == UINT64_MAX)
		input->number = 0;
	input->since_ns = time_param(params, "since", 0);
	input->until_ns = time_param(params, "until", UINT64_MAX);
	return read_filters(input, params);
}

/* What a message without its envelope is known by. Hubble writes them so if asked to. */
static const struct {
	const char *key, *envelope;
} tells[] = {
	{ "num_events_lost", "lost_events" },
	{ "state_change", "node_status" },
	{ "verdict", "flow" },
	{ "event_type", "flow" },
	{ "IP", "flow" },
	{ "l4", "flow" },
	{ "ethernet", "flow" },
	{ "Type", "flow" },
	{ "Summary", "flow" },
};

static const char *find_envelope(struct input *input, struct text line)
{
	struct json_scan scan;
	struct text key;

	json_scan_init(&scan, line, &input->wrapped);
	for (json_scan_enter_object(&scan); json_scan_key(&scan, &key); json_scan_raw(&scan)) {
		for (size_t i = 0; i < ARRAY_SIZE(tells); i++) {
			if (json_key_is(key, tells[i].key))
				return tells[i].envelope;
		}
	}
	return NULL;
}

/* *line becomes the message in an envelope. -EBADMSG: it is none that we know. */
static int wrap(struct input *input, struct text *line)
{
	const char *envelope = find_envelope(input, *line);

	if (!envelope)
		return -EBADMSG;
	buf_truncate(&input->wrapped, 0);
	buf_printf(&input->wrapped, "{\"%s\":", envelope);
	buf_append(&input->wrapped, line->bytes, line->len);
	buf_append_char(&input->wrapped, '}');
	if (input->wrapped.failed)
		return -ENOMEM;
	*line = (struct text){ buf_bytes(&input->wrapped), buf_len(&input->wrapped) };
	return 0;
}

/* -EBADMSG: it is none that can be printed. */
static int read_line(struct input *input, struct text *line)
{
	bool want_fields = !input->printer->format->takes_mask; /* that prints the line itself */
	int r = flow_check(&input->view, *line, want_fields, &input->fault);

	if (r < 0 || input->view.kind != FLOW_VIEW_NOTHING)
		return r;
	r = wrap(input, line);
	return r < 0 ? r : flow_check(&input->view, *line, want_fields, &input->fault);
}

static bool is_in_range(const struct input *input)
{
	const struct flow_view *view = &input->view;
	const struct json_time *time = view->time.is_set ? &view->time : &view->flow.time;

	return !time->is_set || (time->ns >= input->since_ns && time->ns <= input->until_ns);
}

/* What is no flow has nothing that could be asked for. */
static bool is_wanted(struct input *input, struct text line)
{
	if (!input->filter)
		return true;
	if (input->view.kind != FLOW_VIEW_FLOW)
		return !input->has_allowed;
	flow_reader_set(&input->flow, line);
	return filter_match(input->filter, &input->flow.reader);
}

static void print(struct input *input, struct text line)
{
	const struct format_record record = { line.bytes, line.len, &input->view };

	printer_record(input->printer, &record);
}

static int take_line(struct input *input, struct text line)
{
	int r;

	input->fault.field[0] = '\0';
	r = read_line(input, &line);
	if (r < 0)
		return r;
	if (!flow_view_is_of(&input->view, input->printer->target.options.subject))
		return 0;
	if (!is_in_range(input) || !is_wanted(input, line))
		return 0;
	input->taken++;
	if (!input->last.max) {
		print(input, line);
		return 0;
	}
	return last_lines_add(&input->last, line);
}

/* The first ones where they happen, so that who follows a pipe sees them; how many, at the end. */
static void refuse_line(struct input *input, const struct input_line *line)
{
	const struct flow_fault *fault = &input->fault;
	const char *name = line_reader_name(input->reader);
	int len = fault->value.len < SHOWN_MAX ? (int)fault->value.len : SHOWN_MAX;

	if (input->refused++ >= REFUSED_TOLD)
		return;
	if (line->is_too_long || !fault->field[0]) {
		printer_warn(input->printer, 0, "%s:%" PRIu64 ": %s: it is left out", name,
			     line->number,
			     line->is_too_long ? "the line is longer than 1 MiB"
					       : "the line is no flow in JSON");
		return;
	}
	printer_warn(input->printer, 0, "%s:%" PRIu64 ": %s: %.*s is not %s: the line is left out",
		     name, line->number, fault->field, len, fault->value.bytes, fault->expected);
}

static int print_lines(struct input *input)
{
	struct input_line line;
	int r = 1;

	while (!(input->want_first && input->number && input->taken == input->number)) {
		if (!line_reader_has_line(input->reader)) {
			r = printer_flush(input->printer);
			if (r < 0)
				return r;
		}
		r = line_reader_next(input->reader, &line);
		if (r <= 0)
			return r;
		if (!line.text.len)
			continue;
		r = line.is_too_long ? -EBADMSG : take_line(input, line.text);
		if (r == -EBADMSG)
			refuse_line(input, &line);
		else if (r < 0)
			return log_err(r, "cannot read %s", line_reader_name(input->reader));
	}
	return 0;
}

static void print_last(struct input *input)
{
	for (size_t i = 0; i < input->last.count; i++) {
		struct text line = last_lines_at(&input->last, i);

		if (read_line(input, &line) == 0)
			print(input, line);
	}
}

int input_file_print(const char *path, const char *params, struct printer *printer)
{
	__attribute__((cleanup(input_done))) struct input input = { .printer = printer };
	int r = read_params(&input, params);
	int ended;

	if (r < 0)
		return r;
	if (!input.want_first)
		input.last.max = input.number;
	r = line_reader_open(&input.reader, path);
	if (r < 0)
		return r;
	r = print_lines(&input);
	if (r == -EPIPE)
		return r;
	if (input.refused > REFUSED_TOLD)
		printer_warn(printer, 0, "%s: %" PRIu64 " lines were left out",
			     line_reader_name(input.reader), input.refused);
	print_last(&input);
	ended = printer_end(printer);
	if (input.filter)
		printer_gave_up(printer, filter_gave_up(input.filter));
	return r < 0 ? r : ended;
}
