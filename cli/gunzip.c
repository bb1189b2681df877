// SPDX-License-Identifier: BSD-2-Clause
/* zlib's inflate: gzread() would wait for a full buffer, and what a pipe has is to be seen at once. */
#include "gunzip.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include <zlib.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"

#define OUT_SIZE    ((size_t)256 << 10)
#define WINDOW_GZIP (MAX_WBITS + 16) /* zlib: a gzip header is expected */

struct gunzip {
	z_stream stream;
	bool is_within; /* an archive */
	int error;	/* to be told once what came before it has been taken */
};

int gunzip_new(struct gunzip **ret)
{
	auto_free struct gunzip *gunzip = calloc(1, sizeof(*gunzip));

	if (!gunzip || inflateInit2(&gunzip->stream, WINDOW_GZIP) != Z_OK)
		return -ENOMEM;
	*ret = TAKE_PTR(gunzip);
	return 0;
}

void gunzip_free(struct gunzip **gunzip)
{
	if (!*gunzip)
		return;
	inflateEnd(&(*gunzip)->stream);
	free(TAKE_PTR(*gunzip));
}

static int inflate_once(struct gunzip *gunzip, struct buf *packed, struct buf *out)
{
	z_stream *stream = &gunzip->stream;
	size_t len = buf_len(packed) < UINT_MAX ? buf_len(packed) : UINT_MAX;
	int result;

	stream->next_in = (Bytef *)(packed->data + packed->start);
	stream->avail_in = (uInt)len;
	stream->next_out = (Bytef *)(out->data + out->end);
	stream->avail_out = (uInt)OUT_SIZE;
	gunzip->is_within = true;
	result = inflate(stream, Z_NO_FLUSH);
	buf_consume(packed, len - stream->avail_in);
	out->end += OUT_SIZE - stream->avail_out;
	if (result == Z_STREAM_END) {
		gunzip->is_within = false;
		result = inflateReset(stream);
	}
	if (result == Z_MEM_ERROR)
		return -ENOMEM;
	return result == Z_OK || result == Z_BUF_ERROR ? 0 : -EBADMSG;
}

int gunzip_some(struct gunzip *gunzip, struct buf *packed, struct buf *out)
{
	size_t before = buf_len(out);

	if (!buf_reserve(out, OUT_SIZE))
		return -ENOMEM;
	while (!gunzip->error && buf_len(packed) && buf_len(out) == before)
		gunzip->error = inflate_once(gunzip, packed, out);
	return buf_len(out) == before ? gunzip->error : 0;
}

bool gunzip_is_whole(const struct gunzip *gunzip)
{
	return !gunzip->is_within;
}
