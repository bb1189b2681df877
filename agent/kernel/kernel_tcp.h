/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel has counted of TCP in this network namespace: /proc/net/snmp and netstat.
 */
#pragma once

#include <stdint.h>

/* OutSegs + RetransSegs: every segment that local TCP has sent. -errno; -EPROTO: not found there. */
int kernel_tcp_sent(uint64_t *ret);
/* RetransSegs alone: the segments that it has sent again. */
int kernel_tcp_resent(uint64_t *ret);
/* TCPRetransFail: those of them that could not be sent. */
int kernel_tcp_failed(uint64_t *ret);
