// SPDX-License-Identifier: BSD-2-Clause
/*
 * The readings: the kernel's counters, the flow map (which the scan hands over entry by entry), the
 * kernel's counters.
 */
#include "verify/verify_tcp.h"

#include "agent.h"
#include "kernel/kernel_tcp.h"
#include "kernel/tracing.h"

static const char what[] = "TcpOutSegs + TcpRetransSegs";

/* A SYN-ACK that is sent again is in both counters (tcp_make_synack(), tcp_rtx_synack()). */
static int read_sent(const struct agent *agent, uint64_t *ret)
{
	uint64_t sent;
	int r = kernel_tcp_sent(&sent);

	if (!r)
		*ret = sent - tracing_retransmit_sums(agent->tracing)->synacks;
	return r;
}

void verify_tcp_begin(struct verify_tcp *tcp, const struct agent *agent)
{
	tcp->reading = (struct tcp_reading){ .weir = *sweep_tcp_retired(agent->sweep) };
	if (!tcp->error)
		tcp->error = read_sent(agent, &tcp->reading.before);
}

void verify_tcp_add(struct verify_tcp *tcp, const struct agent *agent,
		    const struct weir_flow_key *key, const struct weir_flow *flow)
{
	tcp_sent_add(&tcp->reading.weir, &agent->ifaces, &agent->addrs, key, flow);
}

/* Keeps the line that tells most so far. */
static void compare(struct verify_tcp *tcp)
{
	for (unsigned int i = 0; i < tcp->n_firsts; i++) {
		struct verify_line line;

		verify_tcp_judge(&tcp->firsts[i], &tcp->reading, &line);
		if (tcp->has_line && line.result <= tcp->line.result)
			continue;
		tcp->line = line;
		tcp->has_line = true;
	}
}

bool verify_tcp_end(struct verify_tcp *tcp, const struct agent *agent, bool is_second)
{
	if (!tcp->error)
		tcp->error = read_sent(agent, &tcp->reading.after);
	if (!tcp->error)
		tcp->error = kernel_tcp_failed(&tcp->reading.failed);
	verify_elsewhere_read(agent, &tcp->reading.elsewhere);
	if (tcp->error)
		return true;
	if (is_second) {
		compare(tcp);
		return tcp->line.result == VERIFY_OK;
	}
	tcp->firsts[tcp->n_firsts++] = tcp->reading;
	return tcp->n_firsts == VERIFY_FIRSTS_MAX;
}

void verify_tcp_write(const struct verify_tcp *tcp, struct verify_report *report)
{
	if (tcp->error)
		verify_report_error(report, what, 0, tcp->error);
	else
		verify_report_line(report, what, &tcp->line);
}
