// SPDX-License-Identifier: BSD-2-Clause
/* Gathered output to a file descriptor. */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/base/log.h"

void output_done(struct output *output)
{
	buf_done(&output->buf);
}

int output_flush(struct output *output)
{
	struct buf *buf = &output->buf;

	if (output->error)
		return output->error;
	if (buf->failed)
		return log_err(-ENOMEM, "cannot print");
	while (buf_len(buf)) {
		ssize_t written = write(output->fd, buf_bytes(buf), buf_len(buf));

		if (written >= 0)
			buf_consume(buf, (size_t)written);
		else if (errno == EPIPE)
			return output->error = -EPIPE;
		else if (errno != EINTR)
			return output->error = log_err(-errno, "cannot write");
	}
	return 0;
}

int output_flush_stdout(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	return errno == EPIPE ? -EPIPE : log_err(-errno, "cannot write");
}

enum cli_result output_result(int r)
{
	return r < 0 && r != -EPIPE ? CLI_FAILED : CLI_DONE;
}
