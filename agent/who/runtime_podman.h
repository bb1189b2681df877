/* SPDX-License-Identifier: BSD-2-Clause */
/* Podman's list of containers, and that of its storage. */
#pragma once

#include "base/text.h"

struct listing;
struct runtime_ask;

/* GET /libpod/containers/json. 0 or -EBADMSG, -ENOMEM. */
int podman_containers(struct listing *listing, struct text json);
/* overlay-containers/containers.json in the directory dir, where the bundles are too. */
int podman_storage(struct runtime_ask *ask, struct listing *listing, const char *dir,
		   struct text json);
