/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a command prints is gathered and written in one piece. A reader that is gone is no error:
 * output_result() turns it into a quiet success.
 */
#pragma once

#include "agent/base/buf.h"

/* The answer of a command's run(): the exit status. */
enum cli_result {
	CLI_DONE,
	CLI_FAILED,
	CLI_USAGE,
};

struct output {
	int fd;
	struct buf buf;
	int error; /* of the first write that failed: told once, and none is tried again */
};

void output_done(struct output *output);

#define auto_output __attribute__((cleanup(output_done)))

/* Writes all of it. 0, -EPIPE (the reader is gone) or another error, after a message. */
int output_flush(struct output *output);
/* The same for what was printed to stdout by stdio. */
int output_flush_stdout(void);
/* A result as the exit status: -EPIPE is done, other errors have failed. */
enum cli_result output_result(int r);
