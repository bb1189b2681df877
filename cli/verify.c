// SPDX-License-Identifier: BSD-2-Clause
/* Verify's answer as a table, or as it comes. */
#include "verify.h"

#include <errno.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"
#include "agent/base/log.h"
#include "agent/base/server.h"
#include "agent/base/timefmt.h"

#include "client.h"
#include "json_in.h"
#include "output.h"
#include "table.h"

static const char *const titles[] = { "CHECK", "WEIR", "KERNEL", "RESULT" };

struct verify {
	struct output *output;
	bool want_json;
	struct table table;
	size_t checks;
	bool ok;
};

static void verify_done(struct verify *verify)
{
	table_done(&verify->table);
}

/* A number, or the text that stands for one. */
static void add_number(struct table *table, struct json_object *json, const char *key)
{
	uint64_t number;

	if (json_in_u64(json, key, &number))
		text_append_grouped(&table->text, number);
	else
		text_append(&table->text, json_in_text(json, key));
	table_end_cell(table);
}

static void add_result(struct table *table, struct json_object *json, const char *result)
{
	struct text note = json_in_text(json, "note");

	buf_append_str(&table->text, result);
	if (note.len) {
		buf_append_str(&table->text, ": ");
		text_append(&table->text, note);
	}
	table_end_cell(table);
}

static int add_check(void *context, const struct reply *reply, struct json_object *json)
{
	struct verify *verify = context;
	bool ok = reply->is_end, is_comparable = true;

	json_in_bool(json, reply->is_end ? "end.ok" : "ok", &ok);
	json_in_bool(json, "comparable", &is_comparable);
	verify->ok = verify->ok && (ok || !is_comparable);
	if (reply->is_end)
		return 0;
	verify->checks++;
	if (verify->want_json) {
		buf_append(&verify->output->buf, reply->line, reply->len);
		buf_append_char(&verify->output->buf, '\n');
		return output_flush(verify->output);
	}
	table_add(&verify->table, json_in_text(json, "check"));
	add_number(&verify->table, json, "weir");
	add_number(&verify->table, json, "kernel");
	if (is_comparable)
		add_result(&verify->table, json, ok ? "ok" : "FAILED");
	else
		add_result(&verify->table, json, "not comparable");
	return 0;
}

static void make_params(struct buf *params, uint64_t for_ns)
{
	struct json_out out = { .buf = params };
	char text[DURATION_SIZE];

	duration_to_go(for_ns, text);
	json_object_begin(&out, NULL);
	json_string(&out, "for", text);
	json_object_end(&out);
	buf_append_char(params, '\0');
}

int verify_run(const struct server *server, uint64_t for_ns, bool want_json, struct output *output,
	       bool *ret_ok)
{
	__attribute__((cleanup(verify_done))) struct verify verify = {
		.output = output,
		.want_json = want_json,
		.ok = true,
	};
	auto_buf struct buf params = {};
	struct server patient = *server;
	int r;

	if (patient.answer_ns)
		patient.answer_ns += for_ns;
	make_params(&params, for_ns);
	if (params.failed)
		return log_err(-ENOMEM, "cannot make the request");
	table_init(&verify.table, ARRAY_SIZE(titles));
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		table_add_str(&verify.table, titles[i]);
	r = client_call(&patient, "Verify", buf_bytes(&params), add_check, &verify);
	if (r < 0)
		return r;
	if (!verify.checks)
		log_warn(0, "the agent had nothing to compare");
	else if (!want_json)
		table_print(&verify.table, "", &output->buf);
	*ret_ok = verify.ok && verify.checks;
	return output_flush(output);
}
