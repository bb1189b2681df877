// SPDX-License-Identifier: BSD-2-Clause
/* weir observe: flows and events, as Hubble's command shows them. */
#include "commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/base/timefmt.h"
#include "agent/filter/where.h"

#include "client.h"
#include "filters.h"
#include "flow_request.h"
#include "groups.h"
#include "input_file.h"
#include "printer.h"

struct observe {
	struct cli_globals globals;
	struct flow_selectors selectors;
	struct filters filters;
	struct printer_options printer;
	struct str_list aggregate_by;
	char *input_file;
};

#define AT(member) offsetof(struct observe, member)

static const struct option_row selector_options[] = {
	{ .long_name = "last",
	  .kind = OPT_U64,
	  .offset = AT(selectors.last),
	  .excludes = flow_request_exclude,
	  .metavar = "N",
	  .help = "the last N flows (default 20 if nothing else is chosen)" },
	{ .long_name = "first",
	  .kind = OPT_U64,
	  .offset = AT(selectors.first),
	  .excludes = flow_request_exclude,
	  .metavar = "N",
	  .help = "the first N flows" },
	{ .long_name = "all",
	  .kind = OPT_BOOL,
	  .offset = AT(selectors.all),
	  .excludes = flow_request_exclude,
	  .help = "all flows the agent remembers" },
	{ .long_name = "since",
	  .kind = OPT_STRING,
	  .offset = AT(selectors.since),
	  .metavar = "TIME",
	  .help = "flows from then on: 5m (ago), 2026-11-21, 2026-11-21T21:00:03Z",
	  .check = flow_request_check_since,
	  .is_told_alone = true },
	{ .long_name = "until",
	  .kind = OPT_STRING,
	  .offset = AT(selectors.until),
	  .metavar = "TIME",
	  .help = "flows up to then",
	  .check = flow_request_check_until,
	  .is_told_alone = true },
	{ .short_name = 'f',
	  .long_name = "follow",
	  .kind = OPT_BOOL,
	  .offset = AT(selectors.follow),
	  .excludes = flow_request_exclude,
	  .help = "print flows as they come" },
	{},
};

static const struct option_row output_options[] = {
	{ .short_name = 'o',
	  .long_name = "output",
	  .kind = OPT_STRING,
	  .offset = AT(printer.output),
	  .metavar = "FORMAT",
	  .help = "compact (default), wide, dict, table (tab), or json (jsonpb)",
	  .check = format_check,
	  .is_told_alone = true },
	{ .long_name = "aggregate-by",
	  .kind = OPT_LIST_RAW,
	  .offset = AT(aggregate_by),
	  .metavar = "FIELDS",
	  .help = "a table of flows counted by fields of weir-where(7): pod,port",
	  .check = groups_check },
	{ .long_name = "time-format",
	  .kind = OPT_STRING,
	  .offset = AT(printer.time_format),
	  .metavar = "STYLE",
	  .help = "StampMilli (default), RFC3339, RFC3339Milli, others in weir(1)",
	  .check = time_style_check,
	  .is_told_alone = true },
	{ .long_name = "local-time",
	  .kind = OPT_BOOL,
	  .offset = AT(printer.is_local_time),
	  .help = "times of this machine's time zone, not UTC; not of json" },
	{ .long_name = "color",
	  .kind = OPT_CHOICE,
	  .offset = AT(printer.colour),
	  .metavar = "auto|always|never",
	  .help = "colours in compact and dict (default auto: on a terminal)" },
	{ .long_name = "ip-translation",
	  .kind = OPT_BOOL,
	  .offset = AT(printer.names),
	  .help = "names instead of addresses (default true)" },
	{ .long_name = "numeric",
	  .kind = OPT_BOOL,
	  .offset = AT(printer.no_names),
	  .help = "addresses, no names: the same as --ip-translation=false" },
	{ .long_name = "print-node-name",
	  .kind = OPT_BOOL,
	  .offset = AT(printer.node_name),
	  .help = "print the node's name after the time" },
	{ .long_name = "print-policy-names",
	  .kind = OPT_BOOL,
	  .offset = AT(printer.policy_names),
	  .help = "print the policies behind a policy verdict" },
	{ .long_name = "print-process",
	  .kind = OPT_BOOL,
	  .offset = AT(printer.process),
	  .help = "print process and systemd unit behind the name, as -o wide does" },
	{ .long_name = "field-mask",
	  .kind = OPT_LIST,
	  .offset = AT(printer.mask),
	  .metavar = "PATHS",
	  .help = "only these fields, such as time,source.pod_name; of json only" },
	{ .long_name = "use-default-field-masks",
	  .kind = OPT_BOOL,
	  .offset = AT(printer.default_masks),
	  .help = "no effect: weir never withholds what a format prints" },
	{},
};

static const struct option_row other_options[] = {
	{ .long_name = "input-file",
	  .kind = OPT_STRING,
	  .offset = AT(input_file),
	  .metavar = "FILE",
	  .help = "flows in JSON from a file, gzip'ed or not; - is standard input" },
	{ .short_name = 's',
	  .long_name = "silent-errors",
	  .kind = OPT_BOOL,
	  .offset = AT(printer.is_silent),
	  .help = "neither warnings nor the state of nodes on stderr" },
	{},
};

static const struct option_row observe_options[] = {
	{ .kind = OPT_TABLE, .help = "Selectors", .table = selector_options },
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
	  .help = "Raw filters",
	  .table = filter_raw_options,
	  .offset = AT(filters) },
	{ .kind = OPT_TABLE, .help = "Formatting", .table = output_options },
	{ .kind = OPT_TABLE, .help = "Other options", .table = other_options },
	{},
};

static const struct observe observe_defaults = { .printer = { .names = true,
							      .default_masks = true } };

/* What can be observed. */
static const struct noun {
	const char *word, *method;
} nouns[] = {
	[SUBJECT_FLOWS] = { "flows", "GetFlows" },
	[SUBJECT_AGENT_EVENTS] = { "agent-events", "GetAgentEvents" },
	[SUBJECT_DEBUG_EVENTS] = { "debug-events", "GetDebugEvents" },
};
_Static_assert(ARRAY_SIZE(nouns) == SUBJECT_MAX, "a word for every subject");

static const char *word_at(const struct cli *cli, size_t index)
{
	(void)cli;
	return index < ARRAY_SIZE(nouns) ? nouns[index].word : NULL;
}

/* As tcpdump takes them: weir observe tcp port 80. */
static bool is_expression(int count, char **words, struct buf *ret)
{
	auto_where struct where *where = NULL;
	struct where_error error;

	for (int i = 0; i < count; i++)
		buf_printf(ret, "%s%s", i ? " " : "", words[i]);
	buf_append_char(ret, '\0');
	return !ret->failed && where_compile(&where, buf_bytes(ret), &error) == 0;
}

/* What stands between single quotes in a shell. */
static const char *shell_quote(const char *text, struct buf *ret)
{
	for (; *text; text++)
		buf_append_str(ret, *text == '\'' ? "'\\''" : (char[]){ *text, '\0' });
	buf_append_char(ret, '\0');
	return ret->failed ? "..." : buf_bytes(ret);
}

static int refuse_words(const struct observe *observe, int count, char **words)
{
	auto_buf struct buf text = {}, quoted = {};

	if (is_expression(count, words, &text)) {
		log_err(0, "observe: unknown word \"%s\": did you mean --where '%s'?", words[0],
			shell_quote(buf_bytes(&text), &quoted));
	} else {
		(void)command_refuse_word(&observe->globals, &cmd_observe, words[count - 1]);
	}
	return -EINVAL;
}

/* -EINVAL after a message. */
static int find_subject(const struct observe *observe, int count, char **words,
			enum flow_subject *ret)
{
	for (size_t i = 0; count == 1 && i < ARRAY_SIZE(nouns); i++) {
		if (strcmp(words[0], nouns[i].word) != 0)
			continue;
		*ret = (enum flow_subject)i;
		return 0;
	}
	return count ? refuse_words(observe, count, words) : 0;
}

/* What has come is shown before waiting for more. */
static int print_answer(struct client *client, struct printer *printer)
{
	struct reply reply;
	int r, flushed;

	while ((r = client_next(client, &reply)) > 0) {
		printer_line(printer, reply.line, reply.len);
		if (client_has_line(client))
			continue;
		flushed = printer_flush(printer);
		if (flushed < 0)
			return flushed;
	}
	flushed = printer_end(printer);
	if (r == 0)
		printer_answer_end(printer, reply.line, reply.len);
	return r < 0 ? r : flushed;
}

static int ask_agent(const struct observe *observe, const char *method, const char *params,
		     struct printer *printer)
{
	auto_client struct client *client = NULL;
	int r = client_open(&client, &observe->globals.server);

	if (r < 0 || !client)
		return r;
	client_watch_reader(client, STDOUT_FILENO);
	r = client_request(client, method, params);
	return r < 0 ? r : print_answer(client, printer);
}

/* A file has an end. */
static bool is_file_refused(const struct observe *observe)
{
	if (!observe->input_file || !observe->selectors.follow)
		return false;
	log_err(0, "cannot set both --input-file and --follow: try "
		   "tail -F FILE | weir observe --input-file -");
	return true;
}

/* Events have none of the fields that filters ask for, masks choose and tables count. */
static const char *find_flows_only(const struct observe *observe, const struct raw_filters *filters)
{
	const struct format *format = format_find(observe->printer.output);

	if (buf_len(&filters->whitelist) || buf_len(&filters->blacklist))
		return "filters are";
	if (observe->filters.print_raw)
		return "--print-raw-filters is";
	if (observe->printer.aggregate_by)
		return "--aggregate-by is";
	if (observe->printer.mask.count)
		return "--field-mask is";
	return format->want_process ? "-o wide is" : NULL;
}

static bool is_for_flows_only(const struct observe *observe, const struct raw_filters *filters)
{
	enum flow_subject subject = observe->printer.subject;
	const char *what = subject == SUBJECT_FLOWS ? NULL : find_flows_only(observe, filters);

	if (!what)
		return false;
	log_err(0, "%s: %s for flows", nouns[subject].word, what);
	return true;
}

static int print_raw_filters(const struct raw_filters *filters)
{
	auto_output struct output out = { .fd = STDOUT_FILENO };

	filters_print(filters, &out.buf);
	return output_flush(&out);
}

/* The fields of all --aggregate-by as one list, with a NUL; nothing, if there is none. */
static void join_fields(const struct str_list *lists, struct buf *ret)
{
	for (size_t i = 0; i < lists->count; i++)
		buf_printf(ret, "%s%s", i ? "," : "", lists->items[i]);
	if (lists->count)
		buf_append_char(ret, '\0');
}

static enum cli_result observe_run(void *options, int count, char **words)
{
	struct observe *observe = options;
	enum flow_subject *subject = &observe->printer.subject;
	auto_raw_filters struct raw_filters filters = {};
	auto_buf struct buf params = {}, fields = {};
	auto_printer struct printer printer = {};

	if (find_subject(observe, count, words, subject) < 0)
		return CLI_USAGE;
	join_fields(&observe->aggregate_by, &fields);
	if (fields.failed) {
		log_err(-ENOMEM, "--aggregate-by");
		return CLI_FAILED;
	}
	observe->printer.aggregate_by = buf_len(&fields) ? buf_bytes(&fields) : NULL;
	observe->selectors.is_events = *subject != SUBJECT_FLOWS;
	observe->selectors.is_file = observe->input_file;
	observe->selectors.aggregate_by = observe->printer.aggregate_by;
	observe->selectors.mask = &observe->printer.mask;
	if (is_file_refused(observe) || filters_build(&observe->filters, &filters) < 0 ||
	    is_for_flows_only(observe, &filters) ||
	    flow_request_build(&observe->selectors, &filters, time_realtime_ns(), &params) < 0 ||
	    printer_init(&printer, &observe->printer, observe->input_file,
			 observe->selectors.follow) < 0)
		return CLI_USAGE;
	if (observe->filters.print_raw)
		return output_result(print_raw_filters(&filters));
	buf_append_char(&params, '\0');
	if (params.failed)
		return output_result(log_err(-ENOMEM, "cannot make the request"));
	if (observe->input_file)
		return output_result(
			input_file_print(observe->input_file, buf_bytes(&params), &printer));
	if (cli_find_server(&observe->globals) < 0)
		return CLI_USAGE;
	return output_result(
		ask_agent(observe, nouns[*subject].method, buf_bytes(&params), &printer));
}

const struct command cmd_observe = {
	.name = "observe",
	.words = "[NOUN]",
	.summary = "Show flows and events",
	.about =
		"flows         a line for each change of a connection: its beginning, its answer,\n"
		"              what it moved since, its end. The arrow points away from the side\n"
		"              that began; <> where that is not known\n"
		"agent-events  that the agent has started, which pods, containers and addresses\n"
		"              have come and gone\n"
		"debug-events  for who is used to Hubble: weir has none",
	.examples = "weir observe\n"
		    "weir observe --last 100 --print-node-name\n"
		    "weir observe --follow\n"
		    "weir observe -o wide\n"
		    "weir observe --numeric --time-format RFC3339Milli\n"
		    "weir observe --input-file flows.json.gz --last 100 -o dict\n"
		    "weir observe --since 5m -o json | jq .flow.Summary\n"
		    "weir observe -f --from-process curl --not --to-port 53\n"
		    "weir observe --pod shop/cart --min-rtt 50ms --event close\n"
		    "weir observe --since 1h --aggregate-by pod,port\n"
		    "weir observe agent-events -f",
	.options = observe_options,
	.size = sizeof(struct observe),
	.defaults = &observe_defaults,
	.word_at = word_at,
	.run = observe_run,
};
