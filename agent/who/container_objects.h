/* SPDX-License-Identifier: BSD-2-Clause */
/* Making containers and pods of what was told; for the registry only. */
#pragma once

#include "who/containers.h"

/* One reference, the caller's. NULL: out of memory. */
struct container *container_new(const struct found *found, struct pod *pod);
struct pod *pod_new(const struct found *found, bool with_labels);

/* Is it what was told, as far as it can't change? */
bool container_is(const struct container *container, const struct found *found,
		  const struct pod *pod);
/* Takes over what can change and is known. True: something was new. */
bool container_update(struct container *container, const struct found *found);
/* The pod takes the place of one that less was known of: what only that one knows moves over. */
void pod_inherit(struct pod *pod, struct pod *old);
bool pod_update(struct pod *pod, const struct found *found);
