// SPDX-License-Identifier: BSD-2-Clause
#include "url.h"

#include <ctype.h>
#include <string.h>

#include "agent/base/buf.h"

static struct text from(struct text text, size_t at)
{
	return (struct text){ text.bytes + at, text.len - at };
}

/* Up to the first of these characters. */
static size_t span(struct text text, const char *chars)
{
	size_t at = 0;

	while (at < text.len && (!text.bytes[at] || !strchr(chars, text.bytes[at])))
		at++;
	return at;
}

/* "http:" and "//host:80" go. */
static struct text skip_host(struct text url)
{
	size_t scheme = span(url, ":/");

	if (scheme && scheme < url.len && url.bytes[scheme] == ':')
		url = from(url, scheme + 1);
	if (url.len >= 2 && !memcmp(url.bytes, "//", 2))
		url = from(url, 2 + span(from(url, 2), "/"));
	return url;
}

static unsigned int hex(char c)
{
	return (unsigned int)(isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

static bool unescape(struct text text, struct buf *out)
{
	for (size_t at = 0; at < text.len; at++) {
		if (text.bytes[at] != '%') {
			buf_append_char(out, text.bytes[at]);
			continue;
		}
		if (text.len - at < 3 || !isxdigit((unsigned char)text.bytes[at + 1]) ||
		    !isxdigit((unsigned char)text.bytes[at + 2]))
			return false;
		buf_append_char(out,
				(char)(hex(text.bytes[at + 1]) << 4 | hex(text.bytes[at + 2])));
		at += 2;
	}
	return !out->failed;
}

bool url_path(struct text url, struct buf *scratch, struct text *ret)
{
	size_t before = buf_len(scratch);
	struct text path;

	url.len = span(url, "?#");
	path = skip_host(url);
	if (!path.len || !memchr(path.bytes, '%', path.len)) {
		*ret = path;
		return true;
	}
	if (!unescape(path, scratch))
		return false;
	*ret = (struct text){ buf_bytes(scratch) + before, buf_len(scratch) - before };
	return true;
}
