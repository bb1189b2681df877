/* SPDX-License-Identifier: BSD-2-Clause */
/* The flags of TCP by the bits of FIELD_FLAGS. */
#pragma once

#include <stdint.h>

struct buf;

/* "SYN+ACK", in either case. 0 or -EINVAL. */
int tcp_flags_parse(const char *text, uint64_t *ret);
/* Appends the same, from the lowest bit on; nothing for none. */
void tcp_flags_append(uint64_t flags, struct buf *out);
