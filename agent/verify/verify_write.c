// SPDX-License-Identifier: BSD-2-Clause
/* The lines of the answer. */
#include "verify/verify_private.h"

#include <stdio.h>

#include "agent.h"
#include "base/cleanup.h"
#include "verify/verify_judge.h"
#include "verify/verify_line.h"
#include "verify/verify_unwatched.h"

static void write_hook(const struct verify_check *check, int index, struct verify_report *report)
{
	const struct verify_hook *hook = &check->hooks[index];
	const char *name = index == WEIR_INGRESS ? "ingress" : "egress";
	struct verify_judgement judgement;
	struct verify_line *lines[] = { &judgement.packets, &judgement.bytes };
	static const char *const units[] = { "packets", "bytes" };
	char what[64];

	verify_judge(hook, &judgement);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (lines[i]->result == VERIFY_OK && !lines[i]->note[0] &&
		    !(hook->first.is_quiet && hook->second.is_quiet))
			snprintf(lines[i]->note, sizeof(lines[i]->note), "read while it moved");
		snprintf(what, sizeof(what), "%s %s %s", check->name, name, units[i]);
		verify_report_line(report, what, lines[i]);
	}
}

/* weir against itself: all flows and remainders are what the interface's counters say. */
static void write_sum(const struct verify_check *check, struct verify_report *report)
{
	const struct verify_scan *scan = &check->scans[1];
	const struct verify_bounds packets = { .weir = scan->flows.packets,
					       .low = scan->before.packets,
					       .high = scan->after.packets };
	const struct verify_bounds bytes = { .weir = scan->flows.bytes,
					     .low = scan->before.bytes,
					     .high = scan->after.bytes };
	char what[64];

	snprintf(what, sizeof(what), "%s sum of flows, packets", check->name);
	verify_report_between(report, what, &packets);
	snprintf(what, sizeof(what), "%s sum of flows, bytes", check->name);
	verify_report_between(report, what, &bytes);
}

void verify_write(struct verify *verify, struct buf *out, struct verify_summary *ret)
{
	struct verify_report report = { .out = out };

	for (unsigned int i = 0; i < verify->count; i++) {
		struct verify_check *check = &verify->checks[i];

		if (check->is_gone)
			continue;
		verify_conclude(check);
		for (int hook = verify_first_hook(check); hook < WEIR_HOOK_MAX; hook++)
			write_hook(check, hook, &report);
		write_sum(check, &report);
	}
	unwatched_write(&verify->agent->ifaces, &report);
	verify_tcp_write(&verify->tcp, &report);
	resent_write(verify->agent->tracing, &verify->resent, &report);
	*ret = report.summary;
}
