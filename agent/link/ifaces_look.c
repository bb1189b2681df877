// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whoever has the right may remove what is ours: the qdisc and all filters with it, or a link by force.
 * Of TCX and XDP nobody tells, so they are looked at every ten seconds, on the worker's thread; of what
 * clsact loses rtnetlink tells. What was removed is attached again, but who removes it each time is not
 * fought: the attempts become rare. Who is in front of ours is only told: he may have his reasons.
 */
#include "link/ifaces_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/timefmt.h"

#define LOOK_TICKS   10		     /* seconds between two looks */
#define LOOKS_MAX    2048	     /* hooks a time: the worker needs 15 us for one */
#define REST_NS	     1000000000ULL   /* between the first two attempts; doubles */
#define REST_DOUBLES 8		     /* to some four minutes */
#define PEACE_NS     (600 * REST_NS) /* then all is forgotten */

static const char *const hook_names[] = { [WEIR_INGRESS] = "ingress", [WEIR_EGRESS] = "egress" };

/* ---- attaching again ---- */

static bool is_missing(const struct watched *watched)
{
	return !watched->is_gone && watched->others.removed && !watched_is_whole(watched);
}

static void attach_again(struct ifaces *ifaces, struct watched *watched, uint64_t now_ns)
{
	struct watched_others *others = &watched->others;
	unsigned int doubles = others->attempts < REST_DOUBLES ? others->attempts : REST_DOUBLES;

	others->attempts++;
	others->not_before_ns = now_ns + (REST_NS << doubles);
	ifaces_attach(ifaces, watched, true);
}

/* Those whose time has come. */
static void attach_missing(struct ifaces *ifaces, uint64_t now_ns)
{
	bool has_missing = false;

	for (unsigned int i = 0; i < IFACES_BUCKETS && ifaces->has_missing; i++) {
		for (struct watched *at = ifaces->buckets[i]; at; at = at->next) {
			if (!is_missing(at))
				continue;
			has_missing = true;
			if (!at->job && now_ns >= at->others.not_before_ns)
				attach_again(ifaces, at, now_ns);
		}
	}
	ifaces->has_missing = has_missing;
}

/* ---- what was seen ---- */

static void lose(struct ifaces *ifaces, struct watched *watched, int hook, uint64_t now_ns)
{
	struct attachment gone[WEIR_HOOK_MAX] = { { .link_fd = -1 }, { .link_fd = -1 } };
	struct watched_others *others = &watched->others;

	/* A link is there still, without an interface. */
	gone[hook] = watched->hooks[hook];
	watched->hooks[hook] = (struct attachment){ .link_fd = -1 };
	(void)attacher_detach(ifaces->attacher, 0, gone);
	if (!others->attempts)
		log_warn(0, "%s: somebody has removed weir's program at %s: attached again",
			 watched->info.name, hook_names[hook]);
	snprintf(watched->note, sizeof(watched->note), "no %s: somebody removes weir's program",
		 hook_names[hook]);
	others->ahead[hook] = (struct attach_ahead){ 0 };
	others->removed++;
	others->removed_ns = now_ns;
	ifaces->removed++;
	ifaces->has_missing = true;
}

static void take_in(struct ifaces *ifaces, const struct attach_look *look, uint64_t now_ns)
{
	struct watched *watched = ifaces_of_key(ifaces, look->key_ifindex);
	int hook = look->hook.is_egress ? WEIR_EGRESS : WEIR_INGRESS;

	if (look->error || !watched || watched->is_gone ||
	    watched->hooks[hook].kind != look->hook.kind ||
	    watched->hooks[hook].link_fd != look->hook.link_fd)
		return;
	if (!look->sight.is_there) {
		lose(ifaces, watched, hook, now_ns);
		return;
	}
	watched->others.ahead[hook] = look->sight.ahead;
	if (now_ns - watched->others.removed_ns > PEACE_NS)
		watched->others.attempts = 0;
}

void ifaces_looked(void *ctx, const struct attach_look *looks, unsigned int count)
{
	struct ifaces *ifaces = ctx;
	uint64_t now_ns = time_monotonic_ns();

	ifaces->is_looking = false;
	for (unsigned int i = 0; i < count; i++)
		take_in(ifaces, &looks[i], now_ns);
	attach_missing(ifaces, now_ns);
}

/* ---- looking ---- */

/* Adds the hooks of a bucket's interfaces, if looks is not NULL; how many there are. */
static unsigned int bucket_hooks(const struct watched *watched, struct attach_look *looks)
{
	unsigned int count = 0;

	for (; watched; watched = watched->next) {
		for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
			if (watched->is_gone || !watched->hooks[hook].kind)
				continue;
			if (looks) {
				looks[count].key_ifindex = watched->key_ifindex;
				looks[count].hook = watched->hooks[hook];
			}
			count++;
		}
	}
	return count;
}

/* As many as may be, from where the last look has ended. */
static void look(struct ifaces *ifaces)
{
	struct attach_look *looks = calloc(LOOKS_MAX, sizeof(*looks));
	unsigned int count = 0, i;

	ifaces->must_look = false;
	for (i = 0; looks && i < IFACES_BUCKETS; i++) {
		unsigned int bucket = (ifaces->look_from + i) % IFACES_BUCKETS;

		if (count + bucket_hooks(ifaces->buckets[bucket], NULL) > LOOKS_MAX)
			break;
		count += bucket_hooks(ifaces->buckets[bucket], looks + count);
	}
	ifaces->look_from = (ifaces->look_from + i) % IFACES_BUCKETS;
	if (count)
		ifaces->is_looking = !attacher_look(ifaces->attacher, looks, count);
	else
		free(looks);
}

void ifaces_tick(struct ifaces *ifaces, uint64_t now_ns)
{
	attach_missing(ifaces, now_ns);
	if (!ifaces->is_looking && (ifaces->must_look || ++ifaces->ticks % LOOK_TICKS == 0))
		look(ifaces);
}

void ifaces_tc_removed(struct ifaces *ifaces, uint32_t ifindex)
{
	const struct watched *watched = ifaces_find(ifaces, ifindex);

	for (int hook = 0; watched && hook < WEIR_HOOK_MAX; hook++) {
		if (watched->hooks[hook].kind == ATTACH_CLSACT)
			ifaces->must_look = true;
	}
}
