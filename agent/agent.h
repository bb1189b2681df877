/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent: owns every module and wires them together. Whoever answers a client reads through it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/wall_clock.h"
#include "conn/conn.h"
#include "export/export.h"
#include "kernel/sweep.h"
#include "link/addr_set.h"
#include "link/ifaces.h"
#include "log/record.h"

struct control;
struct datapath;
struct event_log;
struct history;
struct link;
struct listeners;
struct loop;
struct retransmits;
struct sockets;
struct tracing;
struct udp_sockets;
struct watched_file;
struct who;
struct worker;

#define NODE_NAME_MAX 255 /* bytes */

struct agent_options {
	char *server; /* "unix:///run/weir/weir.sock" */
	char *node_name;
	char *endpoints;	  /* path; NULL: none */
	struct str_list runtimes; /* as struct who_options */
	bool dns;		  /* learn names from answers that pass */
	uint64_t max_flows;
	uint64_t max_interfaces;
	uint64_t log_capacity;
	uint64_t ring_bytes;
	uint64_t update_interval_ns;
	struct timeouts timeouts;
	struct ifaces_options ifaces;
	struct export_options export;
	bool debug;
};

struct agent {
	const struct agent_options *options;
	struct loop *loop;
	struct datapath *datapath;
	struct history *history;
	struct event_log *agent_events;
	struct conn_table *conns;
	struct ifaces ifaces;
	struct addr_set addrs;
	struct link *link;
	struct sweep *sweep;
	struct tracing *tracing;
	struct retransmits *retransmits;
	struct sockets *sockets;
	struct worker *who_worker; /* for what it takes a while to find out of processes */
	struct listeners *listeners;
	struct udp_sockets *udp_sockets; /* as they were at the start */
	struct who *who;
	struct watched_file *services; /* by their names, for requests */
	struct control *control;
	struct export *export; /* NULL: there is none */
	struct watch *ring_watch;
	struct watch *rest_timer; /* until the ring is listened to again */
	struct watch *settle_timer;
	struct watch *ready_timer;
	struct watch *farewell_timer;
	uint64_t farewell_ns; /* CLOCK_MONOTONIC: the agent ends by then; 0: nobody asked it to */
	bool has_said_farewell;
	struct watch *signals[3];
	struct record_context context;
	char node_name[NODE_NAME_MAX + 1];
	char netns[24];
	uint32_t netns_inode;
	uint64_t start_ns; /* CLOCK_MONOTONIC */
	struct wall_clock clock;
	uint64_t clock_turn;	 /* of the loop, in which it was looked at */
	uint64_t swept_ns;	 /* when retransmissions were last looked after */
	uint64_t events;	 /* read from the ring */
	uint64_t reader_losses;	 /* records overwritten before a client had read them */
	unsigned int aggregates; /* answers that count flows by groups */
};

/* For --node-name: -EINVAL with the reason. */
int agent_check_node_name(const char *text, char reason[static OPTION_REASON_SIZE]);
int agent_new(struct agent **ret, const struct agent_options *options);
void agent_free(struct agent **at);
/* Until a signal ends it. */
int agent_run(struct agent *agent);
struct loop *agent_loop(const struct agent *agent);
