/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The config.json of an OCI bundle, which every runtime writes for runc or crun: its annotations
 * tell the pod, its namespaces where the container is in the network.
 */
#pragma once

#include "base/text.h"

struct listing;

/* Adds one container. 0 or -EBADMSG (not JSON, nothing is added), -ENOMEM. */
int oci_config(struct listing *listing, struct text id, struct text json, const char *runtime);
