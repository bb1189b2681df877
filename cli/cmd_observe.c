// SPDX-License-Identifier: BSD-2-Clause
/* weir observe: flows, as Hubble's command shows them. */
#include "commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/base/timefmt.h"

#include "client.h"
#include "colour.h"
#include "filters.h"
#include "flow_request.h"
#include "flow_view.h"
#include "format.h"

struct observe {
	struct cli_globals globals;
	struct flow_selectors selectors;
	struct filters filters;
	char *output;
	int colour; /* enum colour_when */
	bool ip_translation, print_node_name, print_process;
};

#define AT(member) offsetof(struct observe, member)

static const struct option_row selector_options[] = {
	{ .long_name = "last",
	  .kind = OPT_U64,
	  .offset = AT(selectors.last),
	  .metavar = "N",
	  .help = "the last N flows (default 20 if nothing else is chosen)" },
	{ .long_name = "first",
	  .kind = OPT_U64,
	  .offset = AT(selectors.first),
	  .metavar = "N",
	  .help = "the first N flows" },
	{ .long_name = "all",
	  .kind = OPT_BOOL,
	  .offset = AT(selectors.all),
	  .help = "all flows the agent remembers" },
	{ .long_name = "since",
	  .kind = OPT_STRING,
	  .offset = AT(selectors.since),
	  .metavar = "TIME",
	  .help = "flows from then on: 5m (ago), 2026-11-21, 2026-11-21T21:00:03Z",
	  .check = flow_request_check_time },
	{ .long_name = "until",
	  .kind = OPT_STRING,
	  .offset = AT(selectors.until),
	  .metavar = "TIME",
	  .help = "flows up to then",
	  .check = flow_request_check_time },
	{ .short_name = 'f',
	  .long_name = "follow",
	  .kind = OPT_BOOL,
	  .offset = AT(selectors.follow),
	  .help = "print flows as they come" },
	{},
};

static const struct option_row output_options[] = {
	{ .short_name = 'o',
	  .long_name = "output",
	  .kind = OPT_STRING,
	  .offset = AT(output),
	  .metavar = "FORMAT",
	  .help = "compact (default), wide, or json, also called jsonpb",
	  .check = format_check },
	{ .long_name = "color",
	  .kind = OPT_CHOICE,
	  .offset = AT(colour),
	  .metavar = "auto|always|never",
	  .help = "colours in compact (default auto: on a terminal, unless NO_COLOR is set)" },
	{ .long_name = "ip-translation",
	  .kind = OPT_BOOL,
	  .offset = AT(ip_translation),
	  .help = "names instead of addresses (default true)" },
	{ .long_name = "print-node-name",
	  .kind = OPT_BOOL,
	  .offset = AT(print_node_name),
	  .help = "print the node's name after the time" },
	{ .long_name = "print-process",
	  .kind = OPT_BOOL,
	  .offset = AT(print_process),
	  .help = "print process and systemd unit behind the name, as -o wide does" },
	{},
};

static const struct option_row observe_options[] = {
	{ .kind = OPT_TABLE, .help = "Which flows", .table = selector_options },
	{ .kind = OPT_TABLE,
	  .help = "Filters",
	  .table = filter_options,
	  .offset = AT(filters),
	  .end = filters_end,
	  .done = filters_done },
	{ .kind = OPT_TABLE,
	  .help = "Filters of weir's own",
	  .table = filter_own_options,
	  .offset = AT(filters) },
	{ .kind = OPT_TABLE,
	  .help = "Filters as they are sent",
	  .table = filter_raw_options,
	  .offset = AT(filters) },
	{ .kind = OPT_TABLE, .help = "Output", .table = output_options },
	{},
};

static const struct observe observe_defaults = { .ip_translation = true };

struct printer {
	const struct format *format;
	struct output out, err;
	struct format_target target;
	struct flow_view view;
	bool has_warned;
};

static void printer_done(struct printer *printer)
{
	output_done(&printer->out);
	output_done(&printer->err);
	flow_view_done(&printer->view);
}

static void printer_init(struct printer *printer, const struct format *format,
			 const struct observe *observe)
{
	*printer = (struct printer){
		.format = format,
		.out.fd = STDOUT_FILENO,
		.err.fd = STDERR_FILENO,
		.target.options = {
			.want_colour = colour_is_wanted((enum colour_when)observe->colour,
							STDOUT_FILENO),
			.want_names = observe->ip_translation,
			.want_node = observe->print_node_name,
			.want_process = observe->print_process || format->want_process,
		},
	};
	printer->target.out = &printer->out.buf;
	printer->target.err = &printer->err.buf;
	if (format->begin)
		format->begin(&printer->target);
}

static int printer_flush(struct printer *printer)
{
	int r = output_flush(&printer->out);

	return r < 0 ? r : output_flush(&printer->err);
}

static void warn_once(struct printer *printer, int r)
{
	if (!printer->has_warned)
		log_warn(r, "the agent sent a line that is no flow");
	printer->has_warned = true;
}

static void printer_record(struct printer *printer, const struct reply *reply)
{
	struct format_record record = { reply->line, reply->len, &printer->view };
	int r;

	if (printer->format->want_view) {
		r = flow_view_parse(&printer->view, reply->line, reply->len);
		if (r < 0) {
			warn_once(printer, r);
			return;
		}
	}
	printer->format->record(&printer->target, &record);
}

/* What has come is shown before waiting for more. */
static int print_answer(struct client *client, struct printer *printer)
{
	struct reply reply;
	int r, flushed;

	while ((r = client_next(client, &reply)) > 0) {
		printer_record(printer, &reply);
		if (client_has_line(client))
			continue;
		flushed = printer_flush(printer);
		if (flushed < 0)
			return flushed;
	}
	if (printer->format->end)
		printer->format->end(&printer->target);
	flushed = printer_flush(printer);
	return r < 0 ? r : flushed;
}

static int observe_flows(const struct observe *observe, const struct format *format,
			 const char *params)
{
	__attribute__((cleanup(printer_done))) struct printer printer = {};
	auto_client struct client *client = NULL;
	int r = client_open(&client, &observe->globals.server);

	if (r < 0 || !client)
		return r;
	printer_init(&printer, format, observe);
	client_watch_reader(client, STDOUT_FILENO);
	r = client_request(client, "GetFlows", params);
	return r < 0 ? r : print_answer(client, &printer);
}

static int print_raw_filters(const struct raw_filters *filters)
{
	auto_output struct output out = { .fd = STDOUT_FILENO };

	filters_print(filters, &out.buf);
	return output_flush(&out);
}

static enum cli_result observe_run(void *options, int count, char **words)
{
	const struct observe *observe = options;
	const struct format *format = format_find(observe->output);
	auto_raw_filters struct raw_filters filters = {};
	auto_buf struct buf params = {};

	if (count > 1 || (count && strcmp(words[0], "flows") != 0))
		return command_refuse_word(&cmd_observe, words[count - 1]);
	if (filters_build(&observe->filters, &filters) < 0 ||
	    flow_request_build(&observe->selectors, &filters, time_realtime_ns(), &params) < 0)
		return CLI_USAGE;
	if (observe->filters.print_raw)
		return output_result(print_raw_filters(&filters));
	buf_append_char(&params, '\0');
	if (params.failed)
		return output_result(log_err(-ENOMEM, "cannot make the request"));
	return output_result(observe_flows(observe, format, buf_bytes(&params)));
}

const struct command cmd_observe = {
	.name = "observe",
	.words = "[flows]",
	.summary = "Show flows",
	.about =
		"A line for each change of a connection: its beginning, its answer, what it moved\n"
		"since, its end. The arrow points away from the side that began; <> where that is\n"
		"not known.",
	.examples = "weir observe\n"
		    "weir observe --last 100 --print-node-name\n"
		    "weir observe --follow\n"
		    "weir observe -o wide\n"
		    "weir observe --ip-translation=false\n"
		    "weir observe --since 5m -o json | jq .flow.Summary\n"
		    "weir observe -f --from-process curl --not --to-port 53\n"
		    "weir observe --pod shop/cart --min-rtt 50ms --event close",
	.options = observe_options,
	.size = sizeof(struct observe),
	.defaults = &observe_defaults,
	.run = observe_run,
};
