/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the BPF tests have in common: sending, and claims that hold after every packet. A claim
 * that does not hold fails the test that runs.
 */
#pragma once

#include "bpf_env.h"
#include "pkt_build.h"

/* The packet passes, and comes out as it went in. */
void send_packet(struct bpf_env *env, enum bpf_env_prog prog, const struct packet *packet);
void send_desc(struct bpf_env *env, enum bpf_env_prog prog, const struct pkt_desc *desc);

/* 100 bytes of UDP from port 1024 + i of the client to the server. */
struct pkt_desc numbered(unsigned int i);
void send_numbered(struct bpf_env *env, unsigned int i);

/* As many flows wait for an answer as are counted. */
void check_unanswered(const struct bpf_env *env);
/* The same, and sum(flows) + remainders = raw + gso. */
void check_balance(const struct bpf_env *env);
void check_count(const struct weir_count *count, uint64_t packets, uint64_t bytes);
void check_remainder(const struct bpf_env *env, enum weir_remainder remainder, uint64_t packets,
		     uint64_t bytes);
uint64_t counter(const struct bpf_env *env, enum weir_counter which);
/* The only flow there is. */
struct bpf_env_flow the_flow(const struct bpf_env *env);
