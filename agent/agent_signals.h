/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a signal asks of the agent: to end, and to say so; or to write into another file.
 */
#pragma once

struct agent;

/* Before anything is made that has to be removed: a signal then waits for the loop. -errno. */
int agent_signals_watch(struct agent *agent);
