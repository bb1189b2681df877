/* SPDX-License-Identifier: BSD-2-Clause */
/* Which protocol a client speaks, by its first bytes. */
#pragma once

struct client;

/*
 * Sets its protocol, or tells it that it speaks none, and that it is hung up on; or waits for more of
 * its bytes.
 */
void control_sniff(struct client *client);
