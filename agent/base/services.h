/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports by name, out of /etc/services alone: what else the system may ask for names of services
 * (nsswitch.conf) can take seconds, and the agent must not wait.
 */
#pragma once

#include <stdint.h>

#include "base/text.h"

struct spelling;

/* Tests have a file of their own. */
extern const char *services_file;

/*
 * The port of a service, by its name or an alias, in whatever case; 0: there is none. Of several the
 * first in the file. The file is read again when it has changed.
 */
uint16_t services_port(struct text name);
/* Offers all names. */
void services_consider(struct spelling *spelling);
