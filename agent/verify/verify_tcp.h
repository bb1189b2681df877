/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verify, of what TCP has sent: the flow map's segments against TcpOutSegs + TcpRetransSegs of the
 * agent's namespace.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "link/tcp_sent.h"
#include "verify/verify_elsewhere.h"
#include "verify/verify_line.h"
#include "verify/verify_pair.h"

struct agent;
struct verify_report;
struct weir_flow;
struct weir_flow_key;

struct tcp_reading {
	struct tcp_sent weir;
	uint64_t before, after; /* the kernel's: the flow map takes a while to read */
	uint64_t failed;	/* of them, of those that were sent again: TCPRetransFail */
	struct verify_elsewhere elsewhere;
};

/* As of a hook: several first readings, of which one will do. See verify_pair.h. */
struct verify_tcp {
	struct tcp_reading reading; /* that is taken */
	struct tcp_reading firsts[VERIFY_FIRSTS_MAX];
	unsigned int n_firsts;
	struct verify_line line; /* the best so far */
	bool has_line;
	int error; /* -errno: the kernel's could not be read */
};

/* Around a scan of the flow map. */
void verify_tcp_begin(struct verify_tcp *tcp, const struct agent *agent);
void verify_tcp_add(struct verify_tcp *tcp, const struct agent *agent,
		    const struct weir_flow_key *key, const struct weir_flow *flow);
/* True: there are enough of these readings, or no better is to be had. */
bool verify_tcp_end(struct verify_tcp *tcp, const struct agent *agent, bool is_second);

void verify_tcp_write(const struct verify_tcp *tcp, struct verify_report *report);

/* Two readings, compared. Which segments had to be added to the own ones the note says. */
void verify_tcp_judge(const struct tcp_reading *first, const struct tcp_reading *second,
		      struct verify_line *ret);
