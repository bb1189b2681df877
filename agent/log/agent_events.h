/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hubble's AgentEvent: what the agent tells of itself and of who is on this machine, into the log of
 * such events. Times are since 1970.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct event_log;
struct party_facts;

/* Those of all pods that the registry has room for, and their addresses, are there at a time. */
#define AGENT_EVENTS_MAX       4096
#define AGENT_EVENTS_BYTES_MAX (1U << 20)

/* AGENT_STARTED, at time_ns. */
void agent_events_start(struct event_log *log, uint64_t time_ns);
/* ENDPOINT_CREATED or ENDPOINT_DELETED: a pod, or a container of no pod. */
void agent_events_endpoint(struct event_log *log, uint64_t time_ns, const struct party_facts *facts,
			   bool is_there);
/* IPCACHE_UPSERTED or IPCACHE_DELETED: the address is that endpoint's, or this host's. */
void agent_events_address(struct event_log *log, uint64_t time_ns, const uint8_t addr[static 16],
			  const struct party_facts *facts, bool is_there);
