/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells the service manager how we are, by the protocol of sd_notify(3): one datagram to the
 * Unix socket that NOTIFY_SOCKET names. Each returns 1 when it was sent, 0 where nobody asked
 * (no NOTIFY_SOCKET), or -errno, which is nothing to stop for.
 */
#pragma once

int notify_ready(void);
int notify_stopping(void);
