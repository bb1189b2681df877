/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tables of the agent ask it, and tell it. The context is a struct agent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct agent;
struct conn_ops;
struct endpoint_watch_ops;
struct link_ops;
struct record;
struct retransmits_ops;

const struct conn_ops *agent_conn_ops(void);
const struct retransmits_ops *agent_retransmits_ops(void);
const struct endpoint_watch_ops *agent_endpoint_ops(void);
const struct link_ops *agent_link_ops(void);
/* A record goes out of the log: its parties count one less. */
void agent_record_dropped(void *ctx, const struct record *rec);
