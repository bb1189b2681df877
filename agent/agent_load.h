/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is there before the first packet is counted: the programs, the tables, who watches the
 * interfaces.
 */
#pragma once

struct agent;

/* The loop and the clients' socket must be there. -errno, which has been logged. */
int agent_load(struct agent *agent);
