/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many file descriptors the agent may have. Each link to a hook takes one for good, so that on a
 * machine with many interfaces they are what runs out; some are kept for all the others, clients above all.
 */
#pragma once

#include <stdbool.h>

/* As many as the hard limit allows: the soft one is for programs that use select(). */
void descriptors_raise(void);
/* Are only those left that are not for links? */
bool descriptors_are_scarce(void);
