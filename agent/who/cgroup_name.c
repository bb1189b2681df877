// SPDX-License-Identifier: BSD-2-Clause
/*
 * A walk from the leaf up. Each component is looked at as a container's, then as a pod's, and, until
 * one of both was found, as something of systemd.
 */
#include "who/cgroup_name.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "who/cgroup_container.h"
#include "who/part.h"

#define USER_DIGITS 10

struct writer {
	char *text;
	size_t size, used;
};

static const char *const runtime_names[] = {
	[CGROUP_RUNTIME_CONTAINERD] = "containerd",
	[CGROUP_RUNTIME_CRIO] = "cri-o",
	[CGROUP_RUNTIME_DOCKER] = "docker",
	[CGROUP_RUNTIME_PODMAN] = "podman",
	[CGROUP_RUNTIME_BUILDKIT] = "buildkit",
	[CGROUP_RUNTIME_ECS] = "ecs",
	[CGROUP_RUNTIME_LXC] = "lxc",
	[CGROUP_RUNTIME_NSPAWN] = "nspawn",
	[CGROUP_RUNTIME_LIBVIRT] = "libvirt",
};
_Static_assert(ARRAY_SIZE(runtime_names) == CGROUP_RUNTIME_MAX, "every runtime has a name");

static enum cgroup_qos qos_of(struct part part)
{
	if (part_ends(part, "besteffort"))
		return CGROUP_QOS_BESTEFFORT;
	if (part_ends(part, "burstable"))
		return CGROUP_QOS_BURSTABLE;
	return part_ends(part, "kubepods") ? CGROUP_QOS_GUARANTEED : CGROUP_QOS_NONE;
}

/* "pod<uid>", "…-pod<u_i_d>.slice", and the latter before ":cri-containerd:<id>". */
static bool find_pod(const struct cgroup_walk *walk, struct part *ret_uid, enum cgroup_qos *ret_qos)
{
	struct part part = walk->part, level = walk->parent, uid;
	const char *colon = memchr(part.at, ':', part.len);

	if (colon)
		part.len = (size_t)(colon - part.at);
	if (part_ends(part, ".slice"))
		part = part_cut(part, strlen(".slice"));
	uid = part;
	if (part_at_last(part, '-', &level, &uid) && !part_starts(uid, "pod")) {
		uid = part; /* the dashes are the uid's own */
		level = walk->parent;
	}
	if (!part_starts(uid, "pod"))
		return false;
	uid = part_from(uid, strlen("pod"));
	if (!part_is_uuid(uid) && !part_is_hex(uid, PART_HASH_LEN))
		return false;
	*ret_uid = uid;
	*ret_qos = qos_of(level);
	return true;
}

static bool is_unit(struct part part)
{
	static const char *const types[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (part_ends(part, types[i]) && part.len > strlen(types[i]))
			return true;
	}
	return false;
}

static int hex_value(char c)
{
	if (part_digit(c))
		return c - '0';
	return part_hex_digit(c) ? c - 'a' + 10 : -1;
}

/* "\x2d" at the part's beginning: the byte, or -1. A NUL stays as it is written. */
static int escaped_byte(struct part part)
{
	int high, low;

	if (part.len < 4 || part.at[0] != '\\' || part.at[1] != 'x')
		return -1;
	high = hex_value(part.at[2]);
	low = hex_value(part.at[3]);
	return high < 0 || low < 0 || !(high | low) ? -1 : high * 16 + low;
}

enum write_as {
	AS_IS,
	UNESCAPED, /* systemd's \xNN */
	DASHED,	   /* '_' was '-' */
};

static const char *write_part(struct writer *writer, struct part part, enum write_as as)
{
	char *text = writer->text + writer->used, *to = text, *end = writer->text + writer->size;

	if (!part.len)
		return NULL;
	while (part.len && to < end) {
		int byte = as == UNESCAPED ? escaped_byte(part) : -1;

		*to = *part.at;
		if (byte >= 0)
			*to = (char)byte;
		else if (as == DASHED && *to == '_')
			*to = '-';
		to++;
		part = part_from(part, byte >= 0 ? 4 : 1);
	}
	if (to == end)
		return NULL;
	*to++ = '\0';
	writer->used += (size_t)(to - text);
	return text;
}

static void note_user(struct part part, struct cgroup_name *name)
{
	struct part digits;
	uint64_t user = 0;

	if (name->has_user || (!part_between(part, "user-", ".slice", &digits) &&
			       !part_between(part, "user@", ".service", &digits)))
		return;
	if (!part_is_digits(digits) || digits.len > USER_DIGITS)
		return;
	for (size_t i = 0; i < digits.len; i++)
		user = user * 10 + (uint64_t)(digits.at[i] - '0');
	if (user > UINT32_MAX)
		return;
	name->user = (uint32_t)user;
	name->has_user = true;
}

static void note_systemd(struct part part, struct writer *writer, struct cgroup_name *name)
{
	struct part session;

	/* systemd puts '_' before what the kernel could take for a file of its own. */
	if (part.len > 1 && part.at[0] == '_')
		part = part_from(part, 1);
	if (!name->slice && part_ends(part, ".slice"))
		name->slice = write_part(writer, part, UNESCAPED);
	if (name->unit || !is_unit(part))
		return;
	name->unit = write_part(writer, part, UNESCAPED);
	if (part_between(part, "session-", ".scope", &session))
		name->session = write_part(writer, session, UNESCAPED);
}

static void note_task(struct part part, struct writer *writer, struct cgroup_name *name)
{
	static const char prefix[] = "ecstasks-";
	struct part id;

	if (name->task || part.len < sizeof(prefix) ||
	    strncasecmp(part.at, prefix, strlen(prefix)) != 0 ||
	    !part_between(part_from(part, strlen(prefix)), "", ".slice", &id))
		return;
	if (part_is_hex(id, PART_HASH_LEN) || part_is_uuid(id))
		name->task = write_part(writer, id, DASHED);
}

static void note_container(const struct cgroup_container *found, struct writer *writer,
			   struct cgroup_name *name)
{
	enum write_as as = found->is_escaped ? UNESCAPED : AS_IS;

	if (name->container || name->pod) {
		if (!name->outer)
			name->outer = write_part(writer, found->id, as);
		return;
	}
	name->runtime = found->runtime;
	name->container = write_part(writer, found->id, as);
	if (!name->task)
		name->task = write_part(writer, found->task, DASHED);
}

static void note(const struct cgroup_walk *walk, struct writer *writer, struct cgroup_name *name,
		 bool *is_foreign)
{
	struct cgroup_container found;
	enum cgroup_qos qos;
	struct part uid;
	bool is_taken = false;

	if (cgroup_container_find(walk, &found)) {
		is_taken = true;
		name->is_container |= !walk->child.len;
		*is_foreign |= !found.is_in_unit;
		note_container(&found, writer, name);
	}
	if (find_pod(walk, &uid, &qos)) {
		is_taken = *is_foreign = true;
		if (!name->pod) {
			name->pod = write_part(writer, uid, DASHED);
			name->qos = qos;
		}
	}
	if (!is_taken && !*is_foreign)
		note_systemd(walk->part, writer, name);
	note_task(walk->part, writer, name);
	note_user(walk->part, name);
}

size_t cgroup_name_parse(const char *path, char *text, size_t size, struct cgroup_name *ret)
{
	struct writer writer = { .text = text, .size = size };
	struct cgroup_walk walk = { .rest = { path, strlen(path) } };
	bool is_foreign = false; /* what is above belongs to the runtime, not to who runs here */

	*ret = (struct cgroup_name){ .is_root = part_is(walk.rest, "/") };
	if (part_ends(walk.rest, " (deleted)"))
		walk.rest = part_cut(walk.rest, strlen(" (deleted)"));
	walk.part = part_take_leaf(&walk.rest);
	while (walk.part.len) {
		walk.parent = part_take_leaf(&walk.rest);
		note(&walk, &writer, ret, &is_foreign);
		walk.child = walk.part;
		walk.part = walk.parent;
	}
	return writer.used;
}

const char *cgroup_runtime_name(enum cgroup_runtime runtime)
{
	return runtime_names[runtime];
}
