// SPDX-License-Identifier: BSD-2-Clause
/* HTTP/1.0, so that nobody answers in chunks. */
#include "http_get.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/num.h"

#include "who/call.h"

#define REQUEST_SIZE 8192
#define READ_BYTES   65536U

/* "HTTP/1.x 200 ...": the number. */
static int parse_status(struct text head, int *ret)
{
	char digits[4] = "";
	uint64_t status;

	if (head.len < sizeof("HTTP/1.0 200") - 1 || memcmp(head.bytes, "HTTP/1.", 7) != 0 ||
	    head.bytes[8] != ' ')
		return -EPROTO;
	memcpy(digits, head.bytes + 9, 3);
	if (num_parse_u64(digits, 999, &status))
		return -EPROTO;
	*ret = (int)status;
	return 0;
}

/* The value of a header, without blanks around it; head has all its lines. False: not there. */
static bool header_get(struct text head, const char *name, struct text *ret)
{
	const char *at = head.bytes, *end = head.bytes + head.len;
	size_t len = strlen(name);

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		const char *stop;

		at++;
		if ((size_t)(end - at) <= len || strncasecmp(at, name, len) != 0 || at[len] != ':')
			continue;
		at += len + 1;
		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		stop = at;
		while (stop < end && *stop != '\r' && *stop != '\n')
			stop++;
		*ret = (struct text){ at, (size_t)(stop - at) };
		return true;
	}
	return false;
}

/* The rest of it is not there. */
static bool is_cut(struct text head, struct text body)
{
	struct text value;
	char digits[24];
	uint64_t len;

	if (!header_get(head, "content-length", &value))
		return false;
	if (value.len >= sizeof(digits))
		return true;
	memcpy(digits, value.bytes, value.len);
	digits[value.len] = '\0';
	return num_parse_u64(digits, UINT64_MAX, &len) || len > body.len;
}

int http_parse(struct text answer, struct text *ret_body, int *ret_status)
{
	const char *end = memmem(answer.bytes, answer.len, "\r\n\r\n", 4);
	struct text head, body, ignored;
	int r, status;

	if (!end)
		return -EPROTO;
	head = (struct text){ answer.bytes, (size_t)(end - answer.bytes) };
	body = (struct text){ end + 4, answer.len - head.len - 4 };
	r = parse_status(head, &status);
	if (r)
		return r;
	if (is_cut(head, body) || header_get(head, "transfer-encoding", &ignored))
		return -EPROTO;
	if (ret_status)
		*ret_status = status;
	if (status != 200)
		return -EREMOTEIO;
	*ret_body = body;
	return 0;
}

static int read_all(const struct call *call, int fd, struct buf *buf)
{
	for (;;) {
		ssize_t n;

		if (buf_len(buf) > CALL_BYTES_MAX)
			return -EMSGSIZE;
		if (!buf_reserve(buf, READ_BYTES))
			return -ENOMEM;
		n = call_recv(call, fd, buf->data + buf->end, READ_BYTES);
		if (n <= 0)
			return (int)n;
		buf->end += (size_t)n;
	}
}

int http_get(const struct call *call, const char *path, const char *target, struct buf *body,
	     int *ret_status)
{
	char request[REQUEST_SIZE];
	auto_close int fd = -1;
	struct text part;
	int len, r;

	len = snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n",
		       target);
	if (len < 0 || (size_t)len >= sizeof(request))
		return -E2BIG;
	r = call_connect(call, path, &fd);
	if (!r)
		r = call_send(call, fd, request, (size_t)len);
	if (!r)
		r = read_all(call, fd, body);
	if (!r)
		r = http_parse((struct text){ buf_bytes(body), buf_len(body) }, &part, ret_status);
	if (r)
		return r;
	buf_consume(body, (size_t)(part.bytes - buf_bytes(body)));
	return 0;
}
