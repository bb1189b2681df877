// SPDX-License-Identifier: BSD-2-Clause
/* From flags to a format, and from lines to output. */
#include "printer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/flow/field_mask.h"

#include "colour.h"
#include "groups.h"
#include "json_in.h"

#define COMPAT_LEGACY "legacy-json-output"

void printer_done(struct printer *printer)
{
	output_done(&printer->out);
	output_done(&printer->err);
	format_target_done(&printer->target);
	flow_view_done(&printer->view);
	field_mask_free(&printer->mask);
}

/* A list of words, as Hubble reads its own variable. */
static bool is_compatible_with(const char *word)
{
	const char *list = getenv("WEIR_COMPAT");
	size_t len = strlen(word);

	if (!list || !*list)
		list = getenv("HUBBLE_COMPAT");
	for (; list && *list; list += strspn(list, ",")) {
		size_t n = strcspn(list, ",");

		if (n == len && !memcmp(list, word, n))
			return true;
		list += n;
	}
	return false;
}

static int refuse(const char *format, const char *what)
{
	log_err(0, "%s output format is not compatible with %s", format, what);
	return -EINVAL;
}

static int init_mask(struct printer *printer, const struct printer_options *options)
{
	char reason[OPTION_REASON_SIZE];
	int r;

	if (!options->mask.count)
		return 0;
	if (!printer->format->takes_mask)
		return refuse(printer->format->name, "custom field mask");
	r = field_mask_new(&printer->mask);
	for (size_t i = 0; !r && i < options->mask.count; i++) {
		r = field_mask_add(printer->mask, options->mask.items[i], reason);
		if (r)
			log_err(0, "--field-mask %s: %s", options->mask.items[i], reason);
	}
	return r;
}

static bool wants_groups(const struct printer_options *options)
{
	return options->aggregate_by;
}

/* Of the formats, tables can be shown as table and as JSON; the first is the default then. */
static int init_groups(struct printer *printer, const struct printer_options *options,
		       bool is_followed)
{
	const struct format *as = printer->format;
	const char *term = getenv("TERM");
	struct groups_options groups = {
		.fields = options->aggregate_by,
		.is_json = as->takes_mask,
		.terminal = -1,
		.times = &printer->target.times,
	};

	if (!wants_groups(options))
		return 0;
	if (!groups.is_json && !as->is_held && options->output && *options->output)
		return refuse(as->name, "--aggregate-by");
	if (options->mask.count) {
		log_err(0, "--field-mask %s: not compatible with --aggregate-by",
			options->mask.items[0]);
		return -EINVAL;
	}
	if (is_followed && !groups.is_json && isatty(STDOUT_FILENO) &&
	    !(term && !strcmp(term, "dumb")))
		groups.terminal = STDOUT_FILENO;
	printer->format = &format_groups;
	return groups_new(&printer->target.groups, &groups);
}

int printer_init(struct printer *printer, const struct printer_options *options, bool is_foreign,
		 bool is_followed)
{
	const struct format *format = format_find(options->output);
	int r;

	*printer = (struct printer){
		.format = format,
		.out.fd = STDOUT_FILENO,
		.err.fd = STDERR_FILENO,
		.is_silent = options->is_silent,
		.target.options = {
			.subject = options->subject,
			.want_colour = colour_is_wanted((enum colour_when)options->colour,
							STDOUT_FILENO),
			.want_names = options->names && !options->no_names,
			.want_node = options->node_name,
			.want_process = options->process || format->want_process,
			.want_interface = format->want_interface,
			.want_policies = options->policy_names,
			.is_foreign = is_foreign,
			.want_bare = is_compatible_with(COMPAT_LEGACY),
		},
	};
	if (is_followed && format->is_held && !wants_groups(options))
		return refuse("table", "follow mode");
	r = init_groups(printer, options, is_followed);
	if (r == 0 && !printer->target.groups)
		r = init_mask(printer, options);
	if (r < 0)
		return r;
	/* The agent sends no more than it was asked for. */
	printer->target.options.mask = is_foreign ? printer->mask : NULL;
	printer->target.out = &printer->out.buf;
	printer->target.err = &printer->err.buf;
	time_text_init(&printer->target.times, time_style_find(options->time_format),
		       options->is_local_time);
	if (printer->format->begin)
		printer->format->begin(&printer->target);
	return 0;
}

int printer_flush(struct printer *printer)
{
	int r = output_flush(&printer->out);

	if (printer->is_silent)
		buf_truncate(&printer->err.buf, 0);
	return r < 0 ? r : output_flush(&printer->err);
}

int printer_end(struct printer *printer)
{
	if (printer->format->end)
		printer->format->end(&printer->target);
	return printer_flush(printer);
}

void printer_warn(const struct printer *printer, int error, const char *format, ...)
{
	va_list args;

	if (printer->is_silent)
		return;
	va_start(args, format);
	log_vat(LOG_LEVEL_WARN, error, format, args);
	va_end(args);
}

void printer_record(struct printer *printer, const struct format_record *record)
{
	struct text key;

	printer->format->record(&printer->target, record);
	key = printer->target.unknown;
	if (!key.len || printer->has_warned_key)
		return;
	printer->has_warned_key = true;
	printer_warn(printer, 0, "unknown key \"%.*s\" in a flow: it is left out", (int)key.len,
		     key.bytes);
}

void printer_line(struct printer *printer, const char *line, size_t len)
{
	struct format_record record = { line, len, NULL };
	int r;

	if (printer->format->want_view) {
		r = flow_view_parse(&printer->view, line, len);
		if (r < 0) {
			if (!printer->has_warned_line)
				printer_warn(printer, r, "the agent sent a line that is no flow");
			printer->has_warned_line = true;
			return;
		}
		if (!flow_view_is_of(&printer->view, printer->target.options.subject))
			return;
		record.view = &printer->view;
	}
	printer_record(printer, &record);
}

void printer_gave_up(const struct printer *printer, uint64_t count)
{
	if (!count)
		return;
	printer_warn(printer, 0,
		     "a regular expression took too many steps on %" PRIu64
		     " texts: they count as not matching",
		     count);
}

void printer_answer_end(const struct printer *printer, const char *line, size_t len)
{
	auto_json struct json_object *end = NULL;
	uint64_t count = 0;

	if (json_in_parse(line, len, &end) == 0)
		json_in_u64(end, "end.gave_up", &count);
	printer_gave_up(printer, count);
}
