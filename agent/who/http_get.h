/* SPDX-License-Identifier: BSD-2-Clause */
/* A GET request of HTTP/1.0 over a Unix socket: one answer, then the other side hangs up. */
#pragma once

#include "base/text.h"

struct buf;
struct call;

/*
 * The body goes to the end of body. target: "/containers/json", no blanks. -EPROTO: not HTTP, or
 * not whole; -EREMOTEIO: an answer other than 200 (*ret_status, if it is not NULL, tells which);
 * -EMSGSIZE: too long; and what who/call.h says.
 */
int http_get(const struct call *call, const char *path, const char *target, struct buf *body,
	     int *ret_status);
/* An answer as it came -> its body. */
int http_parse(struct text answer, struct text *ret_body, int *ret_status);
