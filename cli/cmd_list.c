// SPDX-License-Identifier: BSD-2-Clause
/* weir list: what the agent knows, as a table. A noun is a row of `nouns`, a column a row of its. */
#include "commands.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"

#include "client.h"
#include "json_in.h"
#include "named.h"
#include "table.h"

struct list_options {
	struct cli_globals globals;
	char *output;
};

struct column {
	const char *title;
	const char *path;
	bool is_wide;
	/* NULL: the number or the text at path. */
	void (*append)(struct buf *out, struct json_object *value);
};

struct noun {
	const char *name, *method;
	const struct column *columns; /* ends with a row without title */
};

static void append_value(struct buf *out, struct json_object *value)
{
	uint64_t number;

	if (json_in_u64(value, "", &number))
		buf_append_u64(out, number);
	else
		text_append(out, json_in_text(value, ""));
}

static void append_remainder(void *context, const char *name, struct json_object *value)
{
	struct buf *out = context;
	uint64_t packets = 0, bytes = 0;

	json_in_u64(value, "packets", &packets);
	json_in_u64(value, "bytes", &bytes);
	if (!packets && !bytes)
		return;
	text_append(out, text_from_str(name));
	buf_printf(out, "=%" PRIu64 "/%" PRIu64 "B ", packets, bytes);
}

/* arp=1/60B no_room=2/3000B */
static void append_remainders(struct buf *out, struct json_object *value)
{
	size_t before = buf_len(out);

	json_in_each(value, append_remainder, out);
	if (buf_len(out) > before)
		buf_truncate(out, buf_len(out) - 1);
}

static const struct column interface_columns[] = {
	{ "INDEX", "interface.index", false, NULL },
	{ "NAME", "interface.name", false, NULL },
	{ "ROLE", "role", false, NULL },
	{ "KIND", "kind", false, NULL },
	{ "INGRESS", "ingress", false, NULL },
	{ "EGRESS", "egress", false, NULL },
	{ "PACKETS-IN", "wire.ingress.packets", false, NULL },
	{ "BYTES-IN", "wire.ingress.bytes", false, NULL },
	{ "PACKETS-OUT", "wire.egress.packets", false, NULL },
	{ "BYTES-OUT", "wire.egress.bytes", false, NULL },
	{ "RAW-PACKETS-IN", "raw.ingress.packets", true, NULL },
	{ "RAW-BYTES-IN", "raw.ingress.bytes", true, NULL },
	{ "RAW-PACKETS-OUT", "raw.egress.packets", true, NULL },
	{ "RAW-BYTES-OUT", "raw.egress.bytes", true, NULL },
	{ "REMAINDERS", "remainders", true, append_remainders },
	{ "NOTE", "note", true, NULL },
	{},
};

static const struct noun nouns[] = {
	{ "interfaces", "Interfaces", interface_columns },
};

struct list {
	const struct noun *noun;
	bool want_wide;
	struct table table;
	struct buf *out;
	bool has_any;
};

static void list_done(struct list *list)
{
	table_done(&list->table);
}

static bool is_shown(const struct list *list, const struct column *column)
{
	return list->want_wide || !column->is_wide;
}

static void begin_table(struct list *list)
{
	const struct column *columns = list->noun->columns;
	size_t count = 0;

	for (const struct column *c = columns; c->title; c++)
		count += is_shown(list, c);
	table_init(&list->table, count);
	for (const struct column *c = columns; c->title; c++) {
		if (is_shown(list, c))
			table_add_str(&list->table, c->title);
	}
}

static void table_row(struct list *list, struct json_object *json)
{
	for (const struct column *c = list->noun->columns; c->title; c++) {
		if (!is_shown(list, c))
			continue;
		(c->append ? c->append : append_value)(&list->table.text,
						       json_in_get(json, c->path));
		table_end_cell(&list->table);
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

static void json_row(struct list *list, struct json_object *json)
{
	const char *text = json_in_pretty(json);

	buf_append_str(list->out, list->has_any ? ",\n  " : "\n  ");
	for (const char *c = text; *c; c++) {
		buf_append_char(list->out, *c);
		if (*c == '\n')
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
	  .check = check_format },
	{},
};

struct call {
	const struct list_format *format;
	struct list list;
};

static int list_line(void *context, const struct reply *reply, struct json_object *json)
{
	struct call *call = context;

	if (reply->is_end)
		return 0;
	call->format->row(&call->list, json);
	call->list.has_any = true;
	return 0;
}

static int list_noun(const struct server *server, const struct noun *noun,
		     const struct list_format *format)
{
	auto_output struct output output = { .fd = STDOUT_FILENO };
	struct call call = {
		.format = format,
		.list = { .noun = noun, .want_wide = format->want_wide, .out = &output.buf },
	};
	int r;

	format->begin(&call.list);
	r = client_call(server, noun->method, "{}", list_line, &call);
	if (r == 0)
		format->end(&call.list);
	list_done(&call.list);
	return r < 0 ? r : output_flush(&output);
}

static const struct noun *find_noun(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(nouns); i++) {
		if (!strcmp(nouns[i].name, name))
			return &nouns[i];
	}
	return NULL;
}

static enum cli_result list_run(void *target, int count, char **words)
{
	const struct list_options *options = target;
	const struct noun *noun = count ? find_noun(words[0]) : NULL;

	if (!count) {
		log_err(0, "list: what? See weir list --help");
		return CLI_USAGE;
	}
	if (!noun || count > 1)
		return command_refuse_word(&cmd_list, words[count - 1]);
	return output_result(
		list_noun(&options->globals.server, noun, named_find(&named, options->output)));
}

const struct command cmd_list = {
	.name = "list",
	.words = "interfaces",
	.summary = "List what the agent watches",
	.about =
		"Packets and bytes are those on the wire, as seen since the agent is attached; wide\n"
		"adds what the hooks saw (as ip -s link counts) and what is in no flow.",
	.examples = "weir list interfaces\n"
		    "weir list interfaces -o wide",
	.options = list_options,
	.size = sizeof(struct list_options),
	.run = list_run,
};
