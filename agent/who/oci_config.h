/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The config.json of an OCI bundle, which every runtime writes for runc or crun: its annotations
 * tell the pod, its namespaces where the container is in the network.
 */
#pragma once

#include "base/text.h"

struct listing;

/* What is the container's, but tells no more than a runtime's own habits make of it. */
struct oci_extra {
	const char *hostname, *cgroups_path; /* as long as the listing; "" where there is none */
};

/* Adds one container. extra may be NULL. 0 or -EBADMSG (not JSON, nothing is added), -ENOMEM. */
int oci_config(struct listing *listing, struct text id, struct text json, const char *runtime,
	       struct oci_extra *extra);
