// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hubble's three lines, then what weir knows of itself, a section each: where it is attached,
 * what it lost, what it could not put into a flow, how full its tables are, what this kernel
 * lets it do, what it writes to a file, what it costs. A section whose data the agent did not send is left out.
 */
#include "status.h"

#include <inttypes.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/timefmt.h"

#include "json_in.h"
#include "table.h"

static void append_bytes(struct buf *out, uint64_t bytes)
{
	char text[DURATION_SIZE];

	bytes_to_str(bytes, text);
	buf_append_str(out, text);
}

static void print_agent(const struct status *status, struct buf *out)
{
	struct text node = json_in_text(status->extensions, "node_name");
	char uptime[DURATION_SIZE];
	uint64_t pid;

	buf_append_str(out, "Agent: ");
	text_append(out, status->version.len ? status->version : text_from_str("unknown version"));
	if (node.len) {
		buf_append_str(out, " on ");
		text_append(out, node);
	}
	if (json_in_u64(status->extensions, "pid", &pid))
		buf_printf(out, ", pid %" PRIu64, pid);
	duration_to_str(status->uptime_ns, uptime);
	buf_printf(out, ", up %s\n", uptime);
}

static const char *const attachment_titles[] = { "INTERFACE", "ROLE", "INGRESS", "EGRESS", "NOTE" };
static const char *const attachment_paths[] = { "interface.name", "role", "ingress", "egress",
						"note" };

/* How many there are, unless that is all: the egress is attached to last. */
static void append_attached(struct json_object *list, struct buf *out)
{
	size_t count = json_in_len(list), attached = 0;

	for (size_t row = 0; row < count; row++)
		attached += !text_is(json_in_text(json_in_at(list, row), "egress"), "none");
	if (attached < count)
		buf_printf(out, " %zu of %zu", attached, count);
	buf_append_char(out, '\n');
}

static void print_attachments(struct json_object *list, struct buf *out)
{
	auto_table struct table table = {};

	if (!json_in_len(list)) {
		buf_append_str(out, " none\n");
		return;
	}
	append_attached(list, out);
	table_init(&table, ARRAY_SIZE(attachment_titles));
	for (size_t i = 0; i < ARRAY_SIZE(attachment_titles); i++)
		table_add_str(&table, attachment_titles[i]);
	for (size_t row = 0; row < json_in_len(list); row++) {
		for (size_t i = 0; i < ARRAY_SIZE(attachment_paths); i++)
			table_add(&table, json_in_text(json_in_at(list, row), attachment_paths[i]));
	}
	table_print(&table, "  ", out);
}

/* Lines of a section that says "none" on its title's line if there are none. */
struct lines {
	struct buf *out;
	bool has_any;
};

static void begin_line(struct lines *lines, const char *name)
{
	if (!lines->has_any)
		buf_append_char(lines->out, '\n');
	lines->has_any = true;
	buf_append_str(lines->out, "  ");
	text_append(lines->out, text_from_str(name));
	buf_append_str(lines->out, ": ");
}

static void end_lines(const struct lines *lines)
{
	if (!lines->has_any)
		buf_append_str(lines->out, " none\n");
}

static void print_loss(void *context, const char *name, struct json_object *value)
{
	struct lines *lines = context;
	uint64_t count = 0;

	if (!json_in_u64(value, "", &count) || !count)
		return;
	begin_line(lines, name);
	text_append_grouped(lines->out, count);
	buf_append_char(lines->out, '\n');
}

static void print_losses(struct json_object *losses, struct buf *out)
{
	struct lines lines = { .out = out };

	json_in_each(losses, print_loss, &lines);
	end_lines(&lines);
}

static void print_remainder(void *context, const char *name, struct json_object *value)
{
	struct lines *lines = context;
	uint64_t packets = 0, bytes = 0;

	json_in_u64(value, "packets", &packets);
	json_in_u64(value, "bytes", &bytes);
	if (!packets && !bytes)
		return;
	begin_line(lines, name);
	text_append_grouped(lines->out, packets);
	buf_append_str(lines->out, " packets, ");
	text_append_grouped(lines->out, bytes);
	buf_append_str(lines->out, " bytes\n");
}

static void print_remainders(struct json_object *remainders, struct buf *out)
{
	struct lines lines = { .out = out };

	json_in_each(remainders, print_remainder, &lines);
	end_lines(&lines);
}

static void print_fill_row(struct json_object *row, struct buf *out)
{
	bool is_bytes = text_is(json_in_text(row, "unit"), "bytes");
	void (*append)(struct buf *, uint64_t) = is_bytes ? append_bytes : text_append_grouped;
	uint64_t used = 0, capacity = 0;

	json_in_u64(row, "used", &used);
	json_in_u64(row, "capacity", &capacity);
	buf_append_str(out, "  ");
	text_append(out, json_in_text(row, "name"));
	buf_append_str(out, ": ");
	append(out, used);
	buf_append_char(out, '/');
	append(out, capacity);
	status_append_percent(out, used, capacity);
	buf_append_char(out, '\n');
}

static void print_fill(struct json_object *list, struct buf *out)
{
	buf_append_char(out, '\n');
	for (size_t i = 0; i < json_in_len(list); i++)
		print_fill_row(json_in_at(list, i), out);
}

static void print_capability(struct json_object *row, struct buf *out)
{
	struct text detail = json_in_text(row, "detail");
	bool available = false;

	json_in_bool(row, "available", &available);
	buf_append_str(out, "  ");
	text_append(out, json_in_text(row, "name"));
	buf_append_str(out, available ? ": yes" : ": no");
	if (detail.len) {
		buf_append_str(out, " (");
		text_append(out, detail);
		buf_append_char(out, ')');
	}
	buf_append_char(out, '\n');
}

static void print_capabilities(struct json_object *list, struct buf *out)
{
	buf_append_char(out, '\n');
	for (size_t i = 0; i < json_in_len(list); i++)
		print_capability(json_in_at(list, i), out);
}

/* On the title's line: there is one export. */
static void print_export(struct json_object *export, struct buf *out)
{
	struct text error = json_in_text(export, "error");
	uint64_t records = 0, rotations = 0;

	json_in_u64(export, "records", &records);
	json_in_u64(export, "rotations", &rotations);
	buf_append_char(out, ' ');
	text_append(out, json_in_text(export, "file"));
	buf_append_str(out, ": ");
	text_append_grouped(out, records);
	buf_append_str(out, " records, ");
	text_append_grouped(out, rotations);
	buf_append_str(out, rotations == 1 ? " rotation" : " rotations");
	if (error.len) {
		buf_append_str(out, "; cannot be written: ");
		text_append(out, error);
	}
	buf_append_char(out, '\n');
}

static void print_memory(struct json_object *memory, struct buf *out)
{
	static const struct {
		const char *key, *title;
	} rows[] = {
		{ "resident_bytes", "agent resident" },
		{ "kernel_maps_bytes", "kernel maps" },
	};

	buf_append_char(out, '\n');
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t bytes;

		if (!json_in_u64(memory, rows[i].key, &bytes))
			continue;
		buf_printf(out, "  %s: ", rows[i].title);
		append_bytes(out, bytes);
		buf_append_char(out, '\n');
	}
}

/* print goes on after "TITLE:" on the same line or on the next ones. */
static const struct section {
	const char *title, *path;
	void (*print)(struct json_object *value, struct buf *out);
} sections[] = {
	{ "Attachments:", "attachments", print_attachments },
	{ "Losses:", "losses", print_losses },
	{ "Remainders:", "remainders", print_remainders },
	{ "Fill:", "fill", print_fill },
	{ "Capabilities:", "capabilities", print_capabilities },
	{ "Export:", "export", print_export },
	{ "Memory:", "memory", print_memory },
};

void status_print_compact(const struct status *status, struct buf *out)
{
	buf_printf(out, "Healthcheck (via %s): Ok\nCurrent/Max Flows: ", status->address);
	text_append_grouped(out, status->num_flows);
	buf_append_char(out, '/');
	text_append_grouped(out, status->max_flows);
	status_append_percent(out, status->num_flows, status->max_flows);
	buf_append_str(out, "\nFlows/s: ");
	status_append_rate(out, status);
	buf_append_char(out, '\n');
	if (status->extensions)
		print_agent(status, out);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		struct json_object *value = json_in_get(status->extensions, sections[i].path);

		if (!value)
			continue;
		buf_append_str(out, sections[i].title);
		sections[i].print(value, out);
	}
}
