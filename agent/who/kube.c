// SPDX-License-Identifier: BSD-2-Clause
/*
 * Names of pods, namespaces and containers are domain names: there is no '_' in them, so it can part
 * them.
 */
#include "kube.h"

#include <string.h>

#include "base/cleanup.h"

#include "who/listing.h"

#define ID_LEN 64

static struct text part(struct text text, size_t from, size_t to)
{
	return (struct text){ text.bytes + from, to - from };
}

/* The part up to the separator, which goes too; all of it if there is none. */
static struct text take_part(struct text *text, char separator)
{
	const char *at = text->len ? memchr(text->bytes, separator, text->len) : NULL;
	size_t len = at ? (size_t)(at - text->bytes) : text->len;
	struct text first = part(*text, 0, len);

	*text = part(*text, at ? len + 1 : len, text->len);
	return first;
}

void kube_label(struct listing *listing, struct found *found, struct text key, struct text value)
{
	const struct {
		const char *key;
		const char **at;
	} rows[] = {
		{ "io.kubernetes.pod.name", &found->pod_name },
		{ "io.kubernetes.pod.namespace", &found->pod_namespace },
		{ "io.kubernetes.pod.uid", &found->pod_uid },
		{ "io.kubernetes.container.name", &found->name },
		{ "io.kubernetes.sandbox.id", &found->sandbox_id },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (text_is(key, rows[i].key)) {
			*rows[i].at = listing_text(listing, value, FOUND_NAME_MAX);
			return;
		}
	}
	if (text_is(key, "io.kubernetes.docker.type"))
		found->is_sandbox = text_is(value, "podsandbox");
	else
		listing_label(listing, found, key, value);
}

bool kube_docker_name(struct listing *listing, struct found *found, struct text name)
{
	struct text parts[6];

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i] = take_part(&name, '_');
	if (!text_is(parts[0], "k8s") || !parts[1].len || !parts[2].len || !parts[3].len ||
	    !parts[4].len)
		return false;
	found->is_sandbox = text_is(parts[1], "POD");
	found->name = listing_text(listing, parts[1], FOUND_NAME_MAX);
	found->pod_name = listing_text(listing, parts[2], FOUND_NAME_MAX);
	found->pod_namespace = listing_text(listing, parts[3], FOUND_NAME_MAX);
	found->pod_uid = listing_text(listing, parts[4], FOUND_NAME_MAX);
	return true;
}

/* NAMESPACE_POD_UID in a path: its third part, if the others are what the link says. */
static struct text uid_of(struct text target, struct text namespace, struct text pod)
{
	while (target.len) {
		struct text dir = take_part(&target, '/');
		struct text first = take_part(&dir, '_'), second = take_part(&dir, '_');

		if (first.len == namespace.len && second.len == pod.len && dir.len &&
		    !memcmp(first.bytes, namespace.bytes, first.len) &&
		    !memcmp(second.bytes, pod.bytes, second.len))
			return dir;
	}
	return (struct text){ "", 0 };
}

bool kube_log_link(struct listing *listing, struct text link, struct text target)
{
	static const char end[] = ".log";
	size_t tail = ID_LEN + sizeof(end) - 1;
	struct text pod, namespace, id;
	struct found *found;

	if (link.len <= tail + 1 || memcmp(link.bytes + link.len - 4, end, 4) != 0 ||
	    link.bytes[link.len - tail - 1] != '-')
		return false;
	id = part(link, link.len - tail, link.len - 4);
	link = part(link, 0, link.len - tail - 1);
	pod = take_part(&link, '_');
	namespace = take_part(&link, '_');
	if (!pod.len || !namespace.len || !link.len)
		return false;
	found = listing_add(listing, id);
	if (!found)
		return false;
	found->name = listing_text(listing, link, FOUND_NAME_MAX);
	found->pod_name = listing_text(listing, pod, FOUND_NAME_MAX);
	found->pod_namespace = listing_text(listing, namespace, FOUND_NAME_MAX);
	found->pod_uid = listing_text(listing, uid_of(target, namespace, pod), FOUND_NAME_MAX);
	return true;
}
