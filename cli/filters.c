// SPDX-License-Identifier: BSD-2-Clause
/* All that is asked for, in two lists: by flags, and as JSON. */
#include "filters.h"

#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"
#include "agent/base/json_scan.h"
#include "agent/base/log.h"

#include "filter_raw.h"

int filters_end(void *data)
{
	const struct filters *filters = data;

	if (!filters->is_not)
		return 0;
	log_err(0, "trailing --not found in the arguments");
	return -EINVAL;
}

void filters_done(void *data)
{
	struct filters *filters = data;

	filter_list_done(&filters->allow);
	filter_list_done(&filters->deny);
}

void raw_filters_done(struct raw_filters *lists)
{
	buf_done(&lists->whitelist);
	buf_done(&lists->blacklist);
}

static int write_raw(const char *flag, const struct str_list *texts, struct json_out *out)
{
	char why[FILTER_WHY_SIZE];

	for (size_t i = 0; i < texts->count; i++) {
		if (filter_raw_write(texts->items[i], out, why) == 0)
			continue;
		log_err(0, "invalid --%s flag: failed to decode '%s': %s", flag, texts->items[i],
			why);
		return -EINVAL;
	}
	return 0;
}

/* Those of the flags, then those that are given whole. */
static int build_list(const struct filter_list *list, const char *raw_flag,
		      const struct str_list *raw, struct buf *ret)
{
	struct json_out out = { .buf = ret };
	int r;

	if (!list->count && !raw->count)
		return 0;
	json_array_begin(&out, NULL);
	filter_list_write(list, &out);
	r = write_raw(raw_flag, raw, &out);
	json_array_end(&out);
	if (r < 0)
		return r;
	if (ret->failed)
		return log_err(-ENOMEM, "cannot make the filters");
	if (buf_len(ret) == strlen("[]")) /* texts of blanks only */
		buf_truncate(ret, 0);
	return 0;
}

int filters_build(const struct filters *filters, struct raw_filters *ret)
{
	int r = build_list(&filters->allow, "allowlist", &filters->allowlist, &ret->whitelist);

	if (r < 0)
		return r;
	return build_list(&filters->deny, "denylist", &filters->denylist, &ret->blacklist);
}

/* A string between single quotes, where only they are special. */
static void print_quoted(struct text text, struct buf *out)
{
	buf_append_char(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.bytes[i] == '\'')
			buf_append_char(out, '\'');
		buf_append_char(out, text.bytes[i]);
	}
	buf_append_char(out, '\'');
}

static void print_list(const char *title, const struct buf *list, struct buf *out)
{
	auto_buf struct buf scratch = {};
	struct json_scan scan;

	if (!buf_len(list))
		return;
	buf_printf(out, "%s:\n", title);
	json_scan_init(&scan, (struct text){ buf_bytes(list), buf_len(list) }, &scratch);
	for (json_scan_enter_array(&scan); json_scan_element(&scan);) {
		buf_append_str(out, "    - ");
		print_quoted(json_scan_raw(&scan), out);
		buf_append_char(out, '\n');
	}
}

void filters_print(const struct raw_filters *lists, struct buf *out)
{
	if (!buf_len(&lists->whitelist) && !buf_len(&lists->blacklist))
		buf_append_str(out, "{}\n");
	print_list("allowlist", &lists->whitelist, out);
	print_list("denylist", &lists->blacklist, out);
}
