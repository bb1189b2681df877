// SPDX-License-Identifier: BSD-2-Clause
/* weir list: what the agent knows, as a table or as JSON. */
#include "commands.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/log.h"

#include "client.h"
#include "json_in.h"
#include "list.h"
#include "named.h"
#include "table.h"

struct list_options {
	struct cli_globals globals;
	char *output;
};

struct list {
	const struct list_noun *noun;
	bool want_wide;
	struct table table;
	struct buf *out;
	bool has_any;
};

static void list_done(struct list *list)
{
	table_done(&list->table);
}

static bool is_shown(const struct list *list, const struct list_column *column)
{
	return column->shown == LIST_ALWAYS || (column->shown == LIST_WIDE) == list->want_wide;
}

static void begin_table(struct list *list)
{
	const struct list_column *columns = list->noun->columns;
	size_t count = 0;

	for (const struct list_column *c = columns; c->title; c++)
		count += is_shown(list, c);
	table_init(&list->table, count);
	for (const struct list_column *c = columns; c->title; c++) {
		if (is_shown(list, c))
			table_add_str(&list->table, c->title);
	}
}

static void table_row(struct list *list, struct json_object *json)
{
	for (const struct list_column *c = list->noun->columns; c->title; c++) {
		if (!is_shown(list, c))
			continue;
		(c->append ? c->append : list_append_value)(&list->table.text,
							    json_in_get(json, c->path));
		table_end_cell_or(&list->table, c->empty ? c->empty : "-");
	}
}

static void end_table(struct list *list)
{
	table_print(&list->table, "", list->out);
}

/* Hubble's form: an indented array. */
static void begin_json(struct list *list)
{
	buf_append_char(list->out, '[');
}

/* What follows a newline that json-c puts into an empty object and Go does not; else the newline. */
static const char *skip_empty(const char *newline)
{
	const char *next = newline + strspn(newline, " \n");

	return *next == '}' || *next == ']' ? next : newline;
}

static void json_row(struct list *list, struct json_object *json)
{
	const char *text = json_in_pretty(json);

	buf_append_str(list->out, list->has_any ? ",\n  " : "\n  ");
	for (const char *c = text; *c; c++) {
		buf_append_char(list->out, *c);
		if ((*c == '{' || *c == '[') && c[1] == '\n')
			c = skip_empty(c + 1) - 1;
		else if (*c == '\n')
			buf_append_str(list->out, "  ");
	}
}

static void end_json(struct list *list)
{
	buf_append_str(list->out, list->has_any ? "\n]\n" : "]\n");
}

static const struct list_format {
	const char *name;
	bool want_wide;
	void (*begin)(struct list *list);
	void (*row)(struct list *list, struct json_object *json);
	void (*end)(struct list *list);
} formats[] = {
	{ "table", false, begin_table, table_row, end_table },
	{ "wide", true, begin_table, table_row, end_table },
	{ "json", false, begin_json, json_row, end_json },
};

static const struct named named = NAMED(formats);

static int check_format(const char *name, char reason[static OPTION_REASON_SIZE])
{
	return named_check(&named, "output format", name, reason);
}

static const struct option_row list_options[] = {
	{ .short_name = 'o',
	  .long_name = "output",
	  .kind = OPT_STRING,
	  .offset = offsetof(struct list_options, output),
	  .metavar = "FORMAT",
	  .help = "table (default), wide or json",
	  .check = check_format,
	  .is_told_alone = true },
	{},
};

struct call {
	const struct list_format *format;
	struct list list;
};

static void list_row(struct call *call, struct json_object *json)
{
	call->format->row(&call->list, json);
	call->list.has_any = true;
}

/* What the agent could not tell. */
static void list_end(struct json_object *end)
{
	uint64_t count;

	if (json_in_u64(end, "left_out", &count))
		log_warn(0, "list: %" PRIu64 " found no room and are not listed", count);
	if (json_in_u64(end, "netns_unread", &count))
		log_warn(0, "list: of %" PRIu64 " network namespaces not all could be read", count);
}

static int list_line(void *context, const struct reply *reply, struct json_object *json)
{
	struct call *call = context;
	struct json_object *rows;

	if (reply->is_end) {
		list_end(json_in_object(json, "end"));
		return 0;
	}
	if (!call->list.noun->array) {
		list_row(call, json);
		return 0;
	}
	rows = json_in_array(json, call->list.noun->array);
	for (size_t i = 0; i < json_in_len(rows); i++)
		list_row(call, json_in_at(rows, i));
	return 0;
}

static int list_noun(const struct server *server, const struct list_noun *noun,
		     const struct list_format *format)
{
	auto_output struct output output = { .fd = STDOUT_FILENO };
	struct call call = {
		.format = format,
		.list = { .noun = noun, .want_wide = format->want_wide, .out = &output.buf },
	};
	int r;

	format->begin(&call.list);
	r = client_call(server, noun->method, noun->params, list_line, &call);
	if (r == 0)
		format->end(&call.list);
	list_done(&call.list);
	return r < 0 ? r : output_flush(&output);
}

static const char *word_at(const struct cli *cli, size_t index)
{
	(void)cli;
	return list_noun_name(index);
}

static enum cli_result list_run(void *target, int count, char **words)
{
	struct list_options *options = target;
	const struct list_noun *noun = count ? list_noun_find(words[0]) : NULL;

	if (!count) {
		log_err(0, "list: what? See weir list --help");
		return CLI_USAGE;
	}
	if (!noun || count > 1)
		return command_refuse_word(&options->globals, &cmd_list, words[count - 1]);
	if (cli_find_server(&options->globals) < 0)
		return CLI_USAGE;
	return output_result(
		list_noun(&options->globals.server, noun, named_find(&named, options->output)));
}

const struct command cmd_list = {
	.name = "list",
	.words = "NOUN",
	.summary = "List what the agent knows now",
	.about =
		"interfaces   that are watched; packets and bytes are those on the wire since the\n"
		"             agent is attached; wide adds what the hooks saw (as ip -s link\n"
		"             counts) and what is in no flow\n"
		"endpoints    who has a name: pods, containers of none, this host, and what the\n"
		"             endpoints file tells\n"
		"pods         of this machine's container runtimes\n"
		"containers   likewise; wide has the whole id\n"
		"listeners    sockets that wait for anybody, TCP and UDP, and whose they are\n"
		"netns        network namespaces\n"
		"nodes        the agent that answers\n"
		"namespaces   of pods (netns are others)",
	.examples = "weir list interfaces -o wide\n"
		    "weir list listeners\n"
		    "weir list pods -o json",
	.options = list_options,
	.size = sizeof(struct list_options),
	.word_at = word_at,
	.run = list_run,
};
