/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports by name, out of /etc/services alone: what else the system may ask for names of services
 * (nsswitch.conf) can take seconds, and the agent must not wait. The first question reads the file;
 * who must not wait for that either, or lives longer than a version of it, puts one in place.
 */
#pragma once

#include <stdint.h>

#include "base/text.h"

struct services;
struct spelling;

/* Tests have a file of their own. */
extern const char *services_file;

/* A version of the file. Any thread may load it; then it is only read. -errno. */
int services_load(struct services **ret, const char *path);
void services_free(struct services **at);
/* From now on this one answers, and is taken over; NULL: the file is read at the next question. */
void services_use(struct services *services);

/*
 * The port of a service, by its name or an alias, in whatever case; 0: there is none. Of several the
 * first in the file.
 */
uint16_t services_port(struct text name);
/* Offers all names. */
void services_consider(struct spelling *spelling);
