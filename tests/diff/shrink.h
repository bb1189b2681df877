/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes a session that shows a difference as short as it can: fewer steps, shorter packets, zeros.
 * The difference it shows at the end may be another one than at the start.
 */
#pragma once

#include "runner.h"
#include "session.h"

/* Returns 0 or a negative errno; *session shows *difference in any case. */
int shrink(struct runner *runner, struct session *session, struct runner_difference *difference);
