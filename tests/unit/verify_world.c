// SPDX-License-Identifier: BSD-2-Clause
#include "verify_world.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/harness.h"

struct verify_hook verify_world_hook(const struct verify_world *world)
{
	struct verify_hook hook = {
		.hook = world->is_ingress ? WEIR_INGRESS : WEIR_EGRESS,
		.is_loopback = world->is_loopback,
		.may_skip_header = world->may_skip_header,
		.may_repeat_header = world->may_repeat_header,
		.is_resized = world->is_resized,
		.has_tags = world->has_tags,
		.tagged = world->tagged,
		.is_mixed = world->is_mixed,
		.joins = world->joins,
		.has_others = world->has_others,
		.takes_others = world->takes_others,
		.has_macvlans = world->has_macvlans,
		.has_tunnels = world->has_tunnels,
		.longest = 65536,
		.first = { .raw = { 1000, 100000 },
			   .kernel = { 500, 70000 },
			   .kernel_dropped = 3,
			   .guessed = UINT32_MAX - 1,
			   .cut_tags = { 4, 64 },
			   .clsact = { .handle = 0xffff0000, .kind = "clsact", .dropped = 7 } },
	};
	struct verify_reading *first = &hook.first, *second = &hook.second;

	if (world->qdisc) {
		first->root = (struct link_qdisc){ .handle = 1,
						   .packets = 400,
						   .bytes = 60000,
						   .dropped = UINT32_MAX - 1000,
						   .queued = 100,
						   .queued_bytes = 10000 };
		snprintf(first->root.kind, sizeof(first->root.kind), "%s", world->qdisc);
	}
	first->root.duplicates = world->duplicates;
	*second = *first;
	second->raw.packets += world->raw.packets;
	second->raw.bytes += world->raw.bytes;
	second->gso = world->gso;
	second->cut = world->cut;
	second->guessed += world->guessed;
	second->kernel.packets += world->kernel.packets;
	second->kernel.bytes += world->kernel.bytes;
	second->cut_tags.packets += world->cut_tags.packets;
	second->cut_tags.bytes += world->cut_tags.bytes;
	second->kernel_dropped += world->dropped_by_device;
	second->clsact.dropped += world->dropped_by_clsact;
	second->root.packets += world->out.packets;
	second->root.bytes += world->out.bytes;
	second->root.dropped += world->dropped;
	second->root.queued += (uint32_t)world->queued;
	second->root.queued_bytes += (uint32_t)world->queued_bytes;
	return hook;
}

void assert_judged(const struct verdict_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct verify_hook hook = verify_world_hook(&cases[i].world);
		struct verify_judgement judgement;

		verify_judge(&hook, &judgement);
		assert_row_int(cases[i].name, judgement.packets.result, cases[i].packets);
		assert_row_int(cases[i].name, judgement.bytes.result, cases[i].bytes);
		if (cases[i].note[0])
			assert_row(cases[i].name, strstr(judgement.bytes.note, cases[i].note));
		else
			assert_row_str(cases[i].name, judgement.bytes.note, "");
		/* What agrees is shown as the same. */
		if (judgement.packets.result == VERIFY_OK)
			assert_row(cases[i].name,
				   judgement.packets.weir == judgement.packets.kernel);
		if (judgement.bytes.result == VERIFY_OK)
			assert_row(cases[i].name, judgement.bytes.weir == judgement.bytes.kernel);
	}
}
