// SPDX-License-Identifier: BSD-2-Clause
/*
 * nghttp2 does HTTP/2, between memory and memory; here are the socket, and the five bytes that gRPC
 * puts in front of a message.
 */
#include "grpc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/num.h"

#include "who/call.h"

#define PREFIX_BYTES 5U
#define WINDOW_BYTES (1 << 20)
#define READ_BYTES   16384U
#define NO_STATUS    (-1)

struct grpc {
	struct call *call; /* borrowed */
	int fd;
	nghttp2_session *session;
	int32_t stream;
	bool is_done; /* the stream is closed */
	int http_status, status, error;
	const struct buf *request;
	size_t sent;
	struct buf *answer;
};

static ssize_t read_request(nghttp2_session *session, int32_t stream, uint8_t *bytes, size_t size,
			    uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
	struct grpc *grpc = ctx;
	size_t left = buf_len(grpc->request) - grpc->sent;
	size_t len = left < size ? left : size;

	(void)session;
	(void)stream;
	(void)source;
	memcpy(bytes, buf_bytes(grpc->request) + grpc->sent, len);
	grpc->sent += len;
	if (len == left)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)len;
}

static int parse_code(const uint8_t *value, size_t len)
{
	char digits[8];
	uint64_t code;

	if (len >= sizeof(digits))
		return NO_STATUS;
	memcpy(digits, value, len);
	digits[len] = '\0';
	return num_parse_u64(digits, INT32_MAX, &code) ? NO_STATUS : (int)code;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t len, uint8_t flags, void *ctx)
{
	struct grpc *grpc = ctx;

	(void)session;
	(void)flags;
	if (frame->hd.stream_id != grpc->stream)
		return 0;
	if (name_len == 7 && !memcmp(name, ":status", 7))
		grpc->http_status = parse_code(value, len);
	else if (name_len == 11 && !memcmp(name, "grpc-status", 11))
		grpc->status = parse_code(value, len);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes,
		   size_t len, void *ctx)
{
	struct grpc *grpc = ctx;

	(void)session;
	(void)flags;
	if (stream != grpc->stream)
		return 0;
	if (buf_len(grpc->answer) + len > CALL_BYTES_MAX + PREFIX_BYTES) {
		grpc->error = -EMSGSIZE;
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	buf_append(grpc->answer, bytes, len);
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *ctx)
{
	struct grpc *grpc = ctx;

	(void)session;
	(void)error;
	if (stream == grpc->stream)
		grpc->is_done = true;
	return 0;
}

static int session_new(struct grpc *grpc)
{
	static const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES },
	};
	nghttp2_session_callbacks *callbacks;
	int r;

	if (nghttp2_session_callbacks_new(&callbacks))
		return -ENOMEM;
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	r = nghttp2_session_client_new(&grpc->session, callbacks, grpc);
	nghttp2_session_callbacks_del(callbacks);
	if (!r)
		r = nghttp2_submit_settings(grpc->session, NGHTTP2_FLAG_NONE, settings,
					    ARRAY_SIZE(settings));
	if (!r)
		r = nghttp2_session_set_local_window_size(grpc->session, NGHTTP2_FLAG_NONE, 0,
							  WINDOW_BYTES);
	return r ? -ENOMEM : 0;
}

int grpc_open_fd(struct grpc **ret, struct call *call, int fd)
{
	auto_grpc struct grpc *grpc = calloc(1, sizeof(*grpc));
	int r;

	if (!grpc) {
		close(fd);
		return -ENOMEM;
	}
	grpc->call = call;
	grpc->fd = fd;
	r = session_new(grpc);
	if (r)
		return r;
	*ret = TAKE_PTR(grpc);
	return 0;
}

int grpc_open(struct grpc **ret, struct call *call, const char *path)
{
	int fd, r;

	call_begin(call);
	r = call_connect(call, path, &fd);
	return r ? r : grpc_open_fd(ret, call, fd);
}

void grpc_close(struct grpc **at)
{
	struct grpc *grpc = TAKE_PTR(*at);

	if (!grpc)
		return;
	nghttp2_session_del(grpc->session);
	close(grpc->fd);
	free(grpc);
}

static int send_all(struct grpc *grpc)
{
	for (;;) {
		const uint8_t *bytes;
		ssize_t len = nghttp2_session_mem_send(grpc->session, &bytes);
		int r;

		if (len <= 0)
			return len ? -EPROTO : 0;
		r = call_send(grpc->call, grpc->fd, bytes, (size_t)len);
		if (r)
			return r;
	}
}

static int receive_some(struct grpc *grpc)
{
	uint8_t bytes[READ_BYTES];
	ssize_t len = call_recv(grpc->call, grpc->fd, bytes, sizeof(bytes));

	if (len <= 0)
		return len ? (int)len : -ECONNRESET;
	len = nghttp2_session_mem_recv(grpc->session, bytes, (size_t)len);
	if (grpc->error)
		return grpc->error;
	return len < 0 ? -EPROTO : 0;
}

#define HEADER(key, text)                                                                         \
	{                                                                                         \
		.name = (uint8_t *)(key), .namelen = sizeof(key) - 1, .value = (uint8_t *)(text), \
		.valuelen = strlen(text), .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME,                  \
	}

static int submit(struct grpc *grpc, const char *method)
{
	const nghttp2_nv headers[] = {
		HEADER(":method", "POST"),    HEADER(":scheme", "http"),
		HEADER(":path", method),      HEADER(":authority", "localhost"),
		HEADER("te", "trailers"),     HEADER("content-type", "application/grpc"),
		HEADER("user-agent", "weir"),
	};
	nghttp2_data_provider provider = { .read_callback = read_request };

	grpc->stream = nghttp2_submit_request(grpc->session, NULL, headers, ARRAY_SIZE(headers),
					      &provider, NULL);
	return grpc->stream < 0 ? -EPROTO : 0;
}

/* One message, whole and not compressed, is left in the answer. */
static int check_answer(struct grpc *grpc)
{
	const uint8_t *prefix = (const uint8_t *)buf_bytes(grpc->answer);
	size_t len;

	if (grpc->http_status != 200 || grpc->status == NO_STATUS)
		return -EPROTO;
	if (grpc->status != GRPC_OK)
		return -EREMOTEIO;
	if (grpc->answer->failed)
		return -ENOMEM;
	if (buf_len(grpc->answer) < PREFIX_BYTES || prefix[0])
		return -EPROTO;
	len = (size_t)prefix[1] << 24 | (size_t)prefix[2] << 16 | (size_t)prefix[3] << 8 |
	      prefix[4];
	if (len != buf_len(grpc->answer) - PREFIX_BYTES)
		return -EPROTO;
	buf_consume(grpc->answer, PREFIX_BYTES);
	return 0;
}

int grpc_unary(struct grpc *grpc, const char *method, const void *request, size_t len,
	       struct buf *answer)
{
	const uint8_t prefix[PREFIX_BYTES] = { 0, (uint8_t)(len >> 24), (uint8_t)(len >> 16),
					       (uint8_t)(len >> 8), (uint8_t)len };
	auto_buf struct buf body = { 0 };
	int r;

	buf_append(&body, prefix, sizeof(prefix));
	buf_append(&body, request, len);
	if (body.failed)
		return -ENOMEM;
	buf_truncate(answer, 0);
	grpc->request = &body;
	grpc->sent = 0;
	grpc->answer = answer;
	grpc->http_status = grpc->status = NO_STATUS;
	grpc->error = 0;
	grpc->is_done = false;
	call_begin(grpc->call);
	r = submit(grpc, method);
	if (!r)
		r = send_all(grpc);
	while (!r && !grpc->is_done) {
		r = receive_some(grpc);
		if (!r)
			r = send_all(grpc);
		if (!r && !grpc->is_done && !nghttp2_session_want_read(grpc->session))
			r = -EPROTO; /* nghttp2 has hung up: what came was no HTTP/2 */
	}
	grpc->request = NULL;
	return r ? r : check_answer(grpc);
}

int grpc_status(const struct grpc *grpc)
{
	return grpc->status;
}
