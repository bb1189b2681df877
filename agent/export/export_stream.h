/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where records are exported to if it is no file of ours: standard output, as a rule a pipe to
 * another program. Nothing is put aside, locked or mended there, and who reads it may be slow.
 */
#pragma once

struct buf;

/*
 * Writes, for a second at most, and takes out of the buffer what was written, lines or parts of
 * them: 0, with or without a rest. -EAGAIN: for a second nobody read; -EPIPE: nobody ever will.
 */
int export_stream_write(int fd, struct buf *lines);
