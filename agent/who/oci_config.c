// SPDX-License-Identifier: BSD-2-Clause
/* containerd's and CRI-O's annotations say the same in other words: rows of a table. */
#include "oci_config.h"

#include <errno.h>

#include "base/cleanup.h"

#include "who/json_walk.h"
#include "who/kube.h"
#include "who/listing.h"

#define LABELS_JSON_MAX 32768

struct config {
	struct listing *listing;
	struct found found; /* its texts only; added at the end, if it is JSON */
	bool has_network;
	bool is_network; /* of the namespace at hand */
	struct text path;
	struct oci_extra extra;
	const char *labels; /* CRI-O: JSON in a string */
};

/* Which annotation is which member. */
static const struct row {
	const char *annotation;
	size_t offset;
} rows[] = {
#define ROW(key, member)                            \
	{                                           \
		key, offsetof(struct found, member) \
	}
	ROW("io.kubernetes.cri.sandbox-id", sandbox_id),
	ROW("io.kubernetes.cri.sandbox-name", pod_name),
	ROW("io.kubernetes.cri.sandbox-namespace", pod_namespace),
	ROW("io.kubernetes.cri.sandbox-uid", pod_uid),
	ROW("io.kubernetes.cri.container-name", name),
	ROW("io.kubernetes.cri.image-name", image),
	ROW("io.kubernetes.cri-o.SandboxID", sandbox_id),
	ROW("io.kubernetes.cri-o.ImageName", image),
	ROW("io.kubernetes.pod.name", pod_name),
	ROW("io.kubernetes.pod.namespace", pod_namespace),
	ROW("io.kubernetes.pod.uid", pod_uid),
	ROW("io.kubernetes.container.name", name),
	ROW("nerdctl/name", name),
#undef ROW
};

static void on_annotation(struct config *config, struct text key, struct text value)
{
	struct found *found = &config->found;
	struct text rest;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (text_is(key, rows[i].annotation))
			*(const char **)(void *)((char *)found + rows[i].offset) =
				listing_text(config->listing, value, FOUND_NAME_MAX);
	}
	if (text_is(key, "io.kubernetes.cri.container-type") ||
	    text_is(key, "io.kubernetes.cri-o.ContainerType"))
		found->is_sandbox = text_is(value, "sandbox");
	else if (text_is(key, "io.kubernetes.cri-o.Labels"))
		config->labels = listing_text(config->listing, value, LABELS_JSON_MAX);
	else if (json_path_under(key, "io.kubernetes.cri-o.IP.", &rest))
		(void)listing_ip(found, value);
	else if (text_is(key, "io.kubernetes.cri-o.HostNetwork"))
		found->net.is_host = text_is(value, "true");
}

static void network_path(struct config *config)
{
	if (config->is_network && config->path.len)
		config->found.net.netns =
			listing_text(config->listing, config->path, FOUND_PATH_MAX);
}

static void on_value(void *ctx, struct text path, enum json_kind kind, struct text value)
{
	struct config *config = ctx;
	struct text rest;

	if (json_path_under(path, "annotations.", &rest) && kind == JSON_STRING) {
		on_annotation(config, rest, value);
	} else if (text_is(path, "hostname")) {
		config->extra.hostname = listing_text(config->listing, value, FOUND_NAME_MAX);
	} else if (text_is(path, "linux.cgroupsPath")) {
		config->extra.cgroups_path = listing_text(config->listing, value, FOUND_PATH_MAX);
	} else if (text_is(path, "linux.namespaces.[]")) {
		config->is_network = false;
		config->path.len = 0;
	} else if (text_is(path, "linux.namespaces.[].type")) {
		config->is_network = text_is(value, "network");
		config->has_network |= config->is_network;
		network_path(config);
	} else if (text_is(path, "linux.namespaces.[].path")) {
		config->path = value;
		network_path(config);
	}
}

static void on_label(void *ctx, struct text path, enum json_kind kind, struct text value)
{
	struct config *config = ctx;
	struct listing *listing = config->listing;

	if (kind == JSON_STRING)
		kube_label(listing, &listing->items[listing->count - 1], path, value);
}

int oci_config(struct listing *listing, struct text id, struct text json, const char *runtime,
	       struct oci_extra *extra)
{
	struct config config = {
		.listing = listing,
		.found = { .name = "",
			   .image = "",
			   .sandbox_id = "",
			   .pod_namespace = "",
			   .pod_name = "",
			   .pod_uid = "" },
		.extra = { .hostname = "", .cgroups_path = "" },
		.labels = "",
	};
	struct found *found;
	int r;

	r = json_walk(json, on_value, &config);
	if (r)
		return r;
	if (extra)
		*extra = config.extra;
	found = listing_add(listing, id);
	if (!found)
		return 0;
	config.found.id = found->id;
	config.found.runtime = runtime;
	config.found.net.is_host |= !config.has_network;
	*found = config.found;
	if (config.labels[0]) {
		found->has_labels = found->is_sandbox;
		(void)json_walk(text_from_str(config.labels), on_label, &config);
	}
	return 0;
}
