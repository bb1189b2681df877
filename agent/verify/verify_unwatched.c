// SPDX-License-Identifier: BSD-2-Clause
#include "verify/verify_unwatched.h"

#include <stdio.h>

#include "link/ifaces.h"
#include "verify/verify_line.h"

static void write_one(void *ctx, struct watched *watched)
{
	struct verify_line line = { .kernel = 1 + (uint64_t)iface_has_ingress(&watched->info),
				    .result = VERIFY_FAILED };
	char what[64];

	if (watched->is_gone || watched->job || watched_is_whole(watched))
		return;
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++)
		line.weir += watched->hooks[hook].kind != ATTACH_NONE;
	snprintf(what, sizeof(what), "%s hooks attached to", watched->info.name);
	snprintf(line.note, sizeof(line.note), "%s", watched->note);
	verify_report_line(ctx, what, &line);
}

void unwatched_write(const struct ifaces *ifaces, struct verify_report *report)
{
	ifaces_each(ifaces, write_one, report);
}
