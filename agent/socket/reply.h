/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers that are made at once: what each writes is one or more JSON lines; the line that ends
 * the answer is the caller's.
 */
#pragma once

struct agent;
struct buf;

void reply_status(const struct agent *agent, struct buf *buf);
void reply_interfaces(const struct agent *agent, struct buf *buf);
