// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attaches to every interface but masters (their ports are attached to) and what is no network: TCX
 * links, else clsact; XDP at the ingress of those named for it. Loopback is seen at its egress alone,
 * where every packet passes once, and so are VRFs.
 */
#include "link/ifaces.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "kernel/datapath.h"
#include "link/ifaces_private.h"

static struct watched **bucket_of(struct ifaces *ifaces, uint32_t ifindex)
{
	return &ifaces->buckets[ifindex % IFACES_BUCKETS];
}

struct watched *ifaces_find(const struct ifaces *ifaces, uint32_t ifindex)
{
	struct watched *watched = ifaces->buckets[ifindex % IFACES_BUCKETS];

	while (watched && (watched->info.ifindex != ifindex || watched->is_gone))
		watched = watched->next;
	return watched;
}

struct watched *ifaces_of_key(const struct ifaces *ifaces, uint32_t key_ifindex)
{
	struct watched *watched = ifaces->buckets[key_ifindex % IFACES_BUCKETS];

	while (watched && watched->key_ifindex != key_ifindex)
		watched = watched->next;
	return watched;
}

/* The ifindex, unless flows of another one that had it may be there; in the same bucket. */
static uint32_t choose_key(struct ifaces *ifaces, uint32_t ifindex)
{
	uint32_t key_ifindex = ifindex;

	while (ifaces_of_key(ifaces, key_ifindex))
		key_ifindex = WEIR_KEY_IFINDEX_OWN | ifaces->keys_made++ * IFACES_BUCKETS |
			      ifindex % IFACES_BUCKETS;
	return key_ifindex;
}

/* Has one that has gone a slot by this ifindex? The datapath finds slots by it. */
static bool is_slot_held(const struct ifaces *ifaces, uint32_t ifindex)
{
	const struct watched *watched = ifaces->buckets[ifindex % IFACES_BUCKETS];

	while (watched && !(watched->info.ifindex == ifindex && watched->is_gone && watched->slot))
		watched = watched->next;
	return watched;
}

void ifaces_each(const struct ifaces *ifaces, void (*fn)(void *ctx, struct watched *watched),
		 void *ctx)
{
	for (unsigned int i = 0; i < IFACES_BUCKETS; i++) {
		struct watched *next;

		for (struct watched *at = ifaces->buckets[i]; at; at = next) {
			next = at->next;
			fn(ctx, at);
		}
	}
}

static bool is_in(const struct str_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!fnmatch(list->items[i], name, 0))
			return true;
	}
	return false;
}

static void note(struct watched *watched, const char *what, int error)
{
	snprintf(watched->note, sizeof(watched->note), "%s: %s", what, strerror(-error));
}

void ifaces_attach(struct ifaces *ifaces, struct watched *watched, bool is_again)
{
	const struct attachment *hooks = watched->hooks;
	bool has_ingress = iface_has_ingress(&watched->info);
	struct attach_result want = { .ifindex = watched->info.ifindex,
				      .key_ifindex = watched->key_ifindex,
				      .takes_super = iface_takes_super(&watched->info),
				      .has_ingress = has_ingress,
				      .want_ingress = has_ingress && !hooks[WEIR_INGRESS].kind,
				      .want_egress = !hooks[WEIR_EGRESS].kind,
				      .want_xdp = is_in(&ifaces->options.xdp, watched->info.name),
				      .is_again = is_again };

	memcpy(want.name, watched->info.name, sizeof(want.name));
	watched->job = attacher_attach(ifaces->attacher, &want);
	if (!watched->job)
		log_err(-ENOMEM, "%s is not attached to", watched->info.name);
}

/* A place for its counters. 0, -errno. */
static int take_slot(const struct ifaces *ifaces, struct watched *watched)
{
	const struct datapath_iface iface = { .ifindex = watched->info.ifindex,
					      .key_ifindex = watched->key_ifindex,
					      .has_ethernet = iface_has_ethernet(&watched->info),
					      .has_ingress = iface_has_ingress(&watched->info),
					      .gso_max = { watched->info.gso_max[0],
							   watched->info.gso_max[1] } };
	int slot = datapath_iface_add(ifaces->datapath, &iface);

	if (slot < 0)
		return slot;
	watched->slot = slot;
	watched->note[0] = '\0';
	return 0;
}

static void watch(struct ifaces *ifaces, struct watched *watched)
{
	int r = take_slot(ifaces, watched);

	watched->lacks_room = r < 0;
	if (!r) {
		ifaces_attach(ifaces, watched, false);
		return;
	}
	ifaces->has_lacking = true;
	ifaces->attach_errors++;
	note(watched, "no counters", r);
	log_warn(r, "%s: no counters for it (see --max-interfaces)", watched->info.name);
}

/* True: it is tried again, and may find all that it lacks. */
static bool watch_again(struct ifaces *ifaces, struct watched *watched)
{
	if (watched->job || (!watched->slot && take_slot(ifaces, watched)))
		return false;
	watched->lacks_room = false;
	ifaces_attach(ifaces, watched, true);
	return true;
}

/* One has gone: somebody else may have what it had. */
static void give_room(struct ifaces *ifaces)
{
	bool is_given = false, has_lacking = false;

	for (unsigned int i = 0; i < IFACES_BUCKETS && ifaces->has_lacking; i++) {
		for (struct watched *at = ifaces->buckets[i]; at; at = at->next) {
			if (at->is_gone || !at->lacks_room)
				continue;
			is_given = is_given || watch_again(ifaces, at);
			has_lacking = has_lacking || at->lacks_room;
		}
	}
	ifaces->has_lacking = has_lacking;
}

/* No packet counts there any more. Who has come with the same ifindex may have a slot now. */
static void give_slot_back(struct ifaces *ifaces, struct watched *watched)
{
	struct watched *next = ifaces_find(ifaces, watched->info.ifindex);

	if (watched->slot)
		datapath_iface_remove(ifaces->datapath, (uint32_t)watched->slot);
	watched->slot = 0;
	watched->flows_seen = 1; /* as above: it may have counted until now */
	if (next && next->is_waiting) {
		next->is_waiting = false;
		watch(ifaces, next);
	}
	give_room(ifaces);
}

/*
 * It has gone. What it was attached to may be there still, in another namespace; and a job that has
 * begun is going to attach, of which attached() is told.
 */
static void unwatch(struct ifaces *ifaces, struct watched *watched)
{
	if (watched->job && !attacher_forget(ifaces->attacher, watched->job))
		return;
	watched->job = NULL;
	if (!attacher_detach(ifaces->attacher, watched->key_ifindex, watched->hooks))
		give_slot_back(ifaces, watched);
}

/* The worker has attached. If the interface has gone meanwhile that is undone. */
static void attached(void *ctx, const struct attach_result *result)
{
	struct ifaces *ifaces = ctx;
	struct watched *watched = ifaces_of_key(ifaces, result->key_ifindex);

	if (!result->is_again)
		ifaces->attach_errors += result->errors;
	watched->job = NULL;
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		if (result->hooks[hook].kind != ATTACH_NONE)
			watched->hooks[hook] = result->hooks[hook];
	}
	memcpy(watched->note, result->note, sizeof(watched->note));
	watched->lacks_room = result->lacks_room && !watched->is_gone && !watched_is_whole(watched);
	ifaces->has_lacking = ifaces->has_lacking || watched->lacks_room;
	if (watched->is_gone)
		unwatch(ifaces, watched);
}

static void detached(void *ctx, uint32_t key_ifindex)
{
	struct ifaces *ifaces = ctx;

	give_slot_back(ifaces, ifaces_of_key(ifaces, key_ifindex));
}

static bool is_wanted(const struct ifaces *ifaces, const struct iface_info *info)
{
	if (iface_is_master(info) || !iface_is_network(info))
		return false;
	return !ifaces->options.only.count || is_in(&ifaces->options.only, info->name);
}

/* NULL: no memory. */
static struct watched *watched_new(struct ifaces *ifaces, const struct iface_info *info)
{
	struct watched *watched = calloc(1, sizeof(*watched));

	if (!watched)
		return NULL;
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++)
		watched->hooks[hook].link_fd = -1;
	watched->info = *info;
	watched->key_ifindex = choose_key(ifaces, info->ifindex);
	watched->is_waiting = is_slot_held(ifaces, info->ifindex);
	watched->next = *bucket_of(ifaces, info->ifindex);
	*bucket_of(ifaces, info->ifindex) = watched;
	ifaces->count++;
	return watched;
}

bool ifaces_set(struct ifaces *ifaces, const struct iface_info *info)
{
	struct watched *watched = ifaces_find(ifaces, info->ifindex);
	bool is_new = !watched;

	if (!is_wanted(ifaces, info)) {
		ifaces_gone(ifaces, info->ifindex);
		return is_new;
	}
	if (is_new)
		watched = watched_new(ifaces, info);
	if (!watched) {
		log_err(-ENOMEM, "%s is not watched", info->name);
		return true;
	}
	watched->info = *info;
	watched->role = iface_role_of(info);
	if (is_new && !watched->is_waiting)
		watch(ifaces, watched);
	return true;
}

void ifaces_gone(struct ifaces *ifaces, uint32_t ifindex)
{
	struct watched *watched = ifaces_find(ifaces, ifindex);

	if (!watched)
		return;
	watched->is_gone = true;
	watched->gone_ns = time_monotonic_ns();
	watched->is_waiting = false;
	watched->flows_seen = 1; /* the sweep that runs may have passed its flows by */
	watched->lacks_room = false;
	ifaces->count--;
	unwatch(ifaces, watched);
}

bool watched_is_whole(const struct watched *watched)
{
	return watched->hooks[WEIR_EGRESS].kind != ATTACH_NONE &&
	       (!iface_has_ingress(&watched->info) ||
		watched->hooks[WEIR_INGRESS].kind != ATTACH_NONE);
}

uint32_t ifaces_attached(const struct ifaces *ifaces)
{
	uint32_t count = 0;

	for (unsigned int i = 0; i < IFACES_BUCKETS; i++) {
		for (const struct watched *at = ifaces->buckets[i]; at; at = at->next)
			count += !at->is_gone && watched_is_whole(at);
	}
	return count;
}

bool watched_is_stacked(const struct watched *watched)
{
	static const char *const kinds[] = { "vlan", "macvlan", "macvtap", "ipvlan", "ipvtap" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i], watched->info.kind))
			return true;
	}
	return false;
}

void ifaces_sweep_done(struct ifaces *ifaces)
{
	for (unsigned int i = 0; i < IFACES_BUCKETS; i++) {
		struct watched **at = &ifaces->buckets[i];

		while (*at) {
			struct watched *watched = *at;

			if (!watched->is_gone || watched->flows_seen || watched->slot) {
				watched->flows_seen = 0;
				at = &watched->next;
				continue;
			}
			*at = watched->next;
			free(watched);
		}
	}
}

int ifaces_init(struct ifaces *ifaces, struct loop *loop, struct datapath *datapath,
		const struct ifaces_options *options)
{
	const struct attacher_options attacher = {
		.mode = options->mode,
		.attached = attached,
		.detached = detached,
		.looked = ifaces_looked,
		.ctx = ifaces,
	};

	ifaces->datapath = datapath;
	ifaces->options = *options;
	return attacher_new(&ifaces->attacher, loop, datapath, &attacher);
}

static void let_go(void *ctx, struct watched *watched)
{
	if (!watched->is_gone)
		ifaces_gone(ctx, watched->info.ifindex);
}

void ifaces_done(struct ifaces *ifaces)
{
	if (ifaces->attacher)
		ifaces_each(ifaces, let_go, ifaces);
	attacher_free(&ifaces->attacher);
	for (unsigned int i = 0; i < IFACES_BUCKETS; i++) {
		while (ifaces->buckets[i]) {
			struct watched *watched = ifaces->buckets[i];

			ifaces->buckets[i] = watched->next;
			free(watched);
		}
	}
}
