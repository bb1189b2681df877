/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tables of the agent ask it, and tell it. The context is a struct agent.
 */
#pragma once

struct conn_ops;
struct record;
struct retransmits_ops;

const struct conn_ops *agent_conn_ops(void);
const struct retransmits_ops *agent_retransmits_ops(void);
/* A record goes out of the log: its parties count one less. */
void agent_record_dropped(void *ctx, const struct record *rec);
