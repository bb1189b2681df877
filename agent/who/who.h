/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the ends of connections: asks all modules of this folder, and makes one party of what
 * they know.
 */
#pragma once

#include <stdint.h>

struct conn_side;
struct parties;
struct who;

/* -errno. */
int who_new(struct who **ret);
void who_free(struct who **at);

/* As struct conn_ops has it. */
uint32_t who_party(struct who *who, const struct conn_side *side);
struct parties *who_parties(const struct who *who);
