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
#include "agent/base/timefmt.h"

#include "client.h"
#include "json_in.h"
#include "named.h"
#include "table.h"

#define NS_PER_SECOND 1000000000ULL

struct list_options {
	struct cli_globals globals;
	char *output;
};

enum shown {
	ALWAYS,
	WIDE,	/* in the wide table only */
	NARROW, /* in the other only */
};

struct column {
	const char *title;
	const char *path; /* "": the row itself */
	enum shown shown;
	/* NULL: the number or the text at path. */
	void (*append)(struct buf *out, struct json_object *value);
};

struct noun {
	const char *name, *method, *params;
	const char *array;	      /* an answer's key that has the rows; NULL: it is one */
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
	{ "INDEX", "interface.index", ALWAYS, NULL },
	{ "NAME", "interface.name", ALWAYS, NULL },
	{ "ROLE", "role", ALWAYS, NULL },
	{ "KIND", "kind", ALWAYS, NULL },
	{ "INGRESS", "ingress", ALWAYS, NULL },
	{ "EGRESS", "egress", ALWAYS, NULL },
	{ "PACKETS-IN", "wire.ingress.packets", ALWAYS, NULL },
	{ "BYTES-IN", "wire.ingress.bytes", ALWAYS, NULL },
	{ "PACKETS-OUT", "wire.egress.packets", ALWAYS, NULL },
	{ "BYTES-OUT", "wire.egress.bytes", ALWAYS, NULL },
	{ "RAW-PACKETS-IN", "raw.ingress.packets", WIDE, NULL },
	{ "RAW-BYTES-IN", "raw.ingress.bytes", WIDE, NULL },
	{ "RAW-PACKETS-OUT", "raw.egress.packets", WIDE, NULL },
	{ "RAW-BYTES-OUT", "raw.egress.bytes", WIDE, NULL },
	{ "REMAINDERS", "remainders", WIDE, append_remainders },
	{ "NOTE", "note", WIDE, NULL },
	{},
};

/* With commas between them. */
static void append_list(struct buf *out, struct json_object *value)
{
	for (size_t i = 0; i < json_in_len(value); i++) {
		if (i)
			buf_append_char(out, ',');
		append_value(out, json_in_at(value, i));
	}
}

#define ID_SHOWN 12 /* of a container's, as runtimes show it */

static void append_short_id(struct buf *out, struct json_object *value)
{
	struct text id = json_in_text(value, "");

	if (id.len > ID_SHOWN)
		id.len = ID_SHOWN;
	text_append(out, id);
}

/* What has {"namespace", "name"}: "shop/cart". */
static void append_named(struct buf *out, struct json_object *value)
{
	struct text namespace = json_in_text(value, "namespace");

	text_append(out, namespace);
	if (namespace.len)
		buf_append_char(out, '/');
	text_append(out, json_in_text(value, "name"));
}

/* The name, or where there is none the id. */
static void append_container(struct buf *out, struct json_object *value)
{
	struct json_object *name = json_in_get(value, "name");

	if (name)
		append_value(out, name);
	else
		append_short_id(out, json_in_get(value, "id"));
}

/* Deployment/cart */
static void append_workload(struct buf *out, struct json_object *value)
{
	struct json_object *workload = json_in_at(value, 0);
	struct text kind = json_in_text(workload, "kind");

	text_append(out, kind);
	if (kind.len)
		buf_append_char(out, '/');
	text_append(out, json_in_text(workload, "name"));
}

/* A pod, or a container of none. */
static void append_tenant(struct buf *out, struct json_object *value)
{
	struct json_object *pod = json_in_object(value, "pod");

	if (pod)
		append_named(out, pod);
	else
		append_container(out, json_in_object(value, "container"));
}

/* Those of no name by their number; "host" is the agent's own. */
static void append_netns(struct buf *out, struct json_object *value)
{
	struct json_object *name = json_in_get(value, "netns_name");
	bool is_own = false;

	if (json_in_bool(value, "is_own_netns", &is_own) && is_own)
		buf_append_str(out, "host");
	else
		append_value(out, name ? name : json_in_get(value, "netns"));
}

static void append_netns_name(struct buf *out, struct json_object *value)
{
	bool is_own = false;

	if (json_in_bool(value, "is_own", &is_own) && is_own)
		buf_append_str(out, "host");
	else
		append_value(out, json_in_get(value, "name"));
}

/* NODE_CONNECTED: Connected */
static void append_state(struct buf *out, struct json_object *value)
{
	struct text state = json_in_text(value, "");
	const size_t skip = sizeof("NODE_") - 1;

	if (state.len <= skip || memcmp(state.bytes, "NODE_", skip) != 0) {
		text_append(out, state);
		return;
	}
	text_append(out, (struct text){ state.bytes + skip, 1 });
	for (size_t i = skip + 1; i < state.len; i++) {
		char lower = state.bytes[i];

		if (lower >= 'A' && lower <= 'Z')
			lower |= 0x20;
		text_append(out, (struct text){ &lower, 1 });
	}
}

static void append_age(struct buf *out, struct json_object *value)
{
	char text[DURATION_SIZE];
	uint64_t ns;

	if (!json_in_u64(value, "", &ns))
		return;
	duration_to_go(ns / NS_PER_SECOND * NS_PER_SECOND, text);
	buf_append_str(out, text);
}

static void append_rate(struct buf *out, struct json_object *value)
{
	uint64_t seen, ns;

	if (!json_in_u64(value, "seen_flows", &seen) || !json_in_u64(value, "uptime_ns", &ns) ||
	    !ns)
		return;
	buf_printf(out, "%.2f", (double)seen * (double)NS_PER_SECOND / (double)ns);
}

static void append_fill(struct buf *out, struct json_object *value)
{
	uint64_t used, max;

	if (!json_in_u64(value, "num_flows", &used) || !json_in_u64(value, "max_flows", &max) ||
	    !max)
		return;
	buf_printf(out, "%" PRIu64 "/%" PRIu64 " (%.2f%%)", used, max,
		   (double)used * 100.0 / (double)max);
}

static void append_tls(struct buf *out, struct json_object *value)
{
	bool is_enabled = false;

	json_in_bool(value, "enabled", &is_enabled);
	buf_append_str(out, is_enabled ? "Enabled" : "Disabled");
}

static const struct column endpoint_columns[] = {
	{ "KIND", "kind", ALWAYS, NULL },
	{ "NAMESPACE", "namespace", ALWAYS, NULL },
	{ "NAME", "name", ALWAYS, NULL },
	{ "IPS", "ips", ALWAYS, append_list },
	{ "IDENTITY", "identity", ALWAYS, NULL },
	{ "LABELS", "labels", ALWAYS, append_list },
	{ "WORKLOAD", "workloads", WIDE, append_workload },
	{ "SERVICE", "service", WIDE, append_named },
	{ "NAMES", "names", WIDE, append_list },
	{},
};

static const struct column pod_columns[] = {
	{ "NAMESPACE", "namespace", ALWAYS, NULL },
	{ "NAME", "pod_name", ALWAYS, NULL },
	{ "UID", "uid", ALWAYS, NULL },
	{ "IPS", "ips", ALWAYS, append_list },
	{ "WORKLOAD", "workloads", ALWAYS, append_workload },
	{ "CONTAINERS", "containers", ALWAYS, NULL },
	{ "RUNTIME", "runtime", ALWAYS, NULL },
	{ "IDENTITY", "identity", WIDE, NULL },
	{ "LABELS", "labels", WIDE, append_list },
	{},
};

static const struct column container_columns[] = {
	{ "ID", "id", NARROW, append_short_id }, { "ID", "id", WIDE, NULL },
	{ "NAME", "name", ALWAYS, NULL },	 { "RUNTIME", "runtime", ALWAYS, NULL },
	{ "POD", "pod", ALWAYS, append_named },	 { "PID", "pid", ALWAYS, NULL },
	{ "IMAGE", "image", ALWAYS, NULL },	 {},
};

static const struct column netns_columns[] = {
	{ "NETNS", "netns", ALWAYS, NULL },
	{ "NAME", "", ALWAYS, append_netns_name },
	{ "IPS", "ips", ALWAYS, append_list },
	{ "POD/CONTAINER", "", ALWAYS, append_tenant },
	{ "PIDS", "pids", ALWAYS, append_list },
	{ "NSID", "nsid", WIDE, NULL },
	{},
};

static const struct column listener_columns[] = {
	{ "PROTOCOL", "protocol", ALWAYS, NULL },
	{ "ADDRESS", "address", ALWAYS, NULL },
	{ "PORT", "port", ALWAYS, NULL },
	{ "NETNS", "", ALWAYS, append_netns },
	{ "PID", "owner.pid", ALWAYS, NULL },
	{ "PROCESS", "owner.comm", ALWAYS, NULL },
	{ "UNIT", "owner.unit", ALWAYS, NULL },
	{ "CONTAINER", "owner.container", ALWAYS, append_container },
	{ "POD", "pod", ALWAYS, append_named },
	{ "UID", "owner.uid", WIDE, NULL },
	{ "EXE", "owner.exe", WIDE, NULL },
	{ "CGROUP", "owner.cgroup", WIDE, NULL },
	{ "VIA", "owner.via", WIDE, NULL },
	{},
};

/* These two are Hubble's. */
static const struct column node_columns[] = {
	{ "NAME", "name", ALWAYS, NULL },
	{ "STATUS", "state", ALWAYS, append_state },
	{ "AGE", "uptime_ns", ALWAYS, append_age },
	{ "FLOWS/S", "", ALWAYS, append_rate },
	{ "CURRENT/MAX-FLOWS", "", ALWAYS, append_fill },
	{ "VERSION", "version", WIDE, NULL },
	{ "ADDRESS", "address", WIDE, NULL },
	{ "TLS", "tls", WIDE, append_tls },
	{},
};

static const struct column namespace_columns[] = {
	{ "NAMESPACE", "namespace", ALWAYS, NULL },
	{ "CLUSTER", "cluster", WIDE, NULL },
	{},
};

#define KIND(kind) "{\"extensions\":{\"kind\":\"" kind "\"}}"

static const struct noun nouns[] = {
	{ "interfaces", "Interfaces", "{}", NULL, interface_columns },
	{ "endpoints", "Endpoints", KIND("endpoints"), NULL, endpoint_columns },
	{ "pods", "Endpoints", KIND("pods"), NULL, pod_columns },
	{ "containers", "Endpoints", KIND("containers"), NULL, container_columns },
	{ "listeners", "Endpoints", KIND("listeners"), NULL, listener_columns },
	{ "netns", "Endpoints", KIND("netns"), NULL, netns_columns },
	{ "nodes", "GetNodes", "{}", "nodes", node_columns },
	{ "namespaces", "GetNamespaces", "{}", "namespaces", namespace_columns },
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
	return column->shown == ALWAYS || (column->shown == WIDE) == list->want_wide;
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
	r = client_call(server, noun->method, noun->params, list_line, &call);
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
	.words = "NOUN",
	.summary = "List what the agent knows now",
	.about =
		"interfaces   that are watched; packets and bytes are those on the wire since the agent\n"
		"             is attached; wide adds what the hooks saw (as ip -s link counts) and what\n"
		"             is in no flow\n"
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
	.run = list_run,
};
