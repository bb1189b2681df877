/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent has to tell beside flows: the last events, each as the JSON that it is told as.
 * There are few of them and they are small, so nothing is gained by making their JSON later; a flood
 * of flows does not push them out. Oldest ones make room for new ones, by number and by bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "log/log_query.h"

struct event_log;

int event_log_new(struct event_log **ret, unsigned int max_events, size_t max_bytes);
void event_log_free(struct event_log **at);

/* A copy of an object. If memory runs out all go, this one too: to readers it counts as lost. */
void event_log_add(struct event_log *log, uint64_t time_ns, struct text json);

/* For log_query.h. NULL is a log in which nothing is ever told. */
struct log_view event_log_view(struct event_log *log);
/* Of one that is there. Borrowed, until the next is added. */
struct text event_log_get(const struct event_log *log, uint64_t seq, uint64_t *ret_time_ns);
