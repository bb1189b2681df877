// SPDX-License-Identifier: BSD-2-Clause
/* Outside of strings only blanks are to go, so nothing need be known of the structure. */
#include "json_copy.h"

#include <string.h>

#include "base/buf.h"
#include "base/json_out.h"
#include "base/json_unescape.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* at: behind the quote. The quote that ends the string, or the end. */
static const char *find_quote(const char *at, const char *end)
{
	while (at < end && *at != '"')
		at += *at == '\\' && at + 1 < end ? 2 : 1;
	return at;
}

static void copy_string(struct buf *out, struct text quoted, struct buf *scratch)
{
	struct json_out json = { .buf = out };
	struct text text = quoted;

	buf_truncate(scratch, 0);
	if (memchr(quoted.bytes, '\\', quoted.len) && !json_unescape(scratch, quoted, &text))
		out->failed |= scratch->failed;
	json_slice(&json, NULL, text);
}

void json_copy(struct buf *out, struct text json, struct buf *scratch)
{
	const char *at = json.bytes, *end = json.bytes + json.len;

	while (at < end) {
		const char *from = at;

		if (*at == '"') {
			at = find_quote(from + 1, end);
			copy_string(out, (struct text){ from + 1, (size_t)(at - from) - 1 },
				    scratch);
			at += at < end;
			continue;
		}
		while (at < end && *at != '"' && !is_blank(*at))
			at++;
		buf_append(out, from, (size_t)(at - from));
		while (at < end && is_blank(*at))
			at++;
	}
}
