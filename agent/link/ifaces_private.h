/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of ifaces.h's module share: ifaces.c, and ifaces_look.c, which notices what others have
 * done to what was attached.
 */
#pragma once

#include "link/ifaces.h"

/* Whatever is not attached to yet. is_again: what has been before, and is not to be told once more. */
void ifaces_attach(struct ifaces *ifaces, struct watched *watched, bool is_again);
/* attacher_options.looked */
void ifaces_looked(void *ctx, const struct attach_look *looks, unsigned int count);
