/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The datapath in the kernel, attached to nothing: packets reach it by test runs, on behalf of
 * interface 1 (lo), which has a slot in `ifaces`. A struct bpf_env owns programs, maps and the
 * events read so far. All functions return 0 or a count, or a negative errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/command.h"
#include "weir/dns.h"
#include "weir/event.h"
#include "weir/iface.h"

struct bpf_env;
struct weir_bpf;

#define BPF_ENV_IFINDEX 1
#define BPF_ENV_NETNS	7
#define BPF_ENV_SLOTS	16 /* of `ifaces` */

enum bpf_env_prog {
	ENV_TC_IN,
	ENV_TC_OUT,
	ENV_L3_IN, /* the same two, and the interface has no Ethernet headers */
	ENV_L3_OUT,
	ENV_XDP,
	ENV_COMMAND,
	ENV_PROG_MAX,
};

struct bpf_env_prog_info {
	const char *name;
	enum weir_hook hook;
	bool has_ethernet, is_xdp;
	uint32_t verdict; /* what it must return */
};

extern const struct bpf_env_prog_info bpf_env_progs[ENV_PROG_MAX];

/* See struct weir_iface: of lo, or of one that has a way in. */
#define BPF_ENV_ECHOES(has_ingress) ((uint8_t)(1 << WEIR_INGRESS | (has_ingress) << WEIR_EGRESS))

struct bpf_env_options {
	uint32_t max_flows;	 /* 0: 256 */
	uint32_t ring_bytes;	 /* 0: 256 KiB */
	uint32_t refuse_jiffies; /* 0: the datapath's own, and so the next */
	uint32_t max_unanswered;
	uint32_t max_answering;
	uint32_t max_one_sided;
	uint32_t knock_places; /* 0: 64; a power of two */
	bool has_no_events;
	bool has_ingress; /* lo is one that has, for what is an echo */
	bool has_dns;	  /* DNS answers are sampled: see bpf_env_dns() */
};

/* May this process load BPF programs? If not, a test program ends in skip_all(). */
bool bpf_env_is_permitted(void);

int bpf_env_new(struct bpf_env **ret, const struct bpf_env_options *options);
void bpf_env_free(struct bpf_env **env);
#define auto_bpf_env __attribute__((cleanup(bpf_env_free)))

/* As new: no flows, no counts, no events, lo in the slot of its own number. */
int bpf_env_reset(struct bpf_env *env);
/* Gives lo another slot, on all CPUs, and clears all; it loses the one that it had. 0: none. */
int bpf_env_place(struct bpf_env *env, uint32_t slot);
/* weir_iface.gso_max of lo, else 65536 of either family. */
int bpf_env_set_gso_max(struct bpf_env *env, const uint32_t gso_max[2]);
int bpf_env_prog_fd(const struct bpf_env *env, enum bpf_env_prog prog);
struct weir_bpf *bpf_env_skel(const struct bpf_env *env);
/* Where the build has put a BPF object, for instance "tests/bpf/wrap.bpf.o". */
int bpf_env_object_path(char *ret, size_t size, const char *name);

struct bpf_env_packet {
	const void *data;
	size_t len;
	uint32_t gso_size, gso_segs; /* TC only */
	uint32_t wire_len;	     /* TC only; 0: len */
	size_t cut_to;		     /* only so many bytes; 0: all */
	uint16_t tag_proto;	     /* TC only, of a VLAN tag in the metadata; 0: none */
	uint16_t tci;
	unsigned int repeat; /* times in a row; 0: once */
};

struct bpf_env_result {
	uint32_t verdict;
	bool is_unchanged; /* the packet */
};

int bpf_env_run(struct bpf_env *env, enum bpf_env_prog prog, const struct bpf_env_packet *packet,
		struct bpf_env_result *ret);

struct bpf_env_flow {
	struct weir_flow_key key;
	struct weir_flow flow;
};

/* The flow map's entries, up to max of them; the count is of all. */
int bpf_env_flows(const struct bpf_env *env, struct bpf_env_flow *ret, size_t max);
int bpf_env_set_flow(const struct bpf_env *env, const struct bpf_env_flow *flow);
int bpf_env_del_flow(const struct bpf_env *env, const struct weir_flow_key *key);
/* The first fragments that are remembered, as above. */
struct bpf_env_fragment {
	struct weir_fragment_key key;
	struct weir_fragment fragment;
};
int bpf_env_fragments(const struct bpf_env *env, struct bpf_env_fragment *ret, size_t max);
int bpf_env_set_fragment(const struct bpf_env *env, const struct bpf_env_fragment *fragment);
/* A slot of `ifaces`, summed over the CPUs. */
int bpf_env_iface(const struct bpf_env *env, uint32_t slot, struct weir_iface *ret);
int bpf_env_counter(const struct bpf_env *env, enum weir_counter counter, uint64_t *ret);
int bpf_env_pressure(const struct bpf_env *env, struct weir_pressure *ret);
/* Places of `knocks` in which something was left. */
int bpf_env_knocks(const struct bpf_env *env);
/* weir_pressure.unanswered; setting it leaves nobody one-sided */
int bpf_env_unanswered(const struct bpf_env *env, uint64_t *ret);
int bpf_env_set_unanswered(const struct bpf_env *env, uint64_t unanswered);
/* Lets inserts be tried again after the map was full. */
int bpf_env_end_refusal(const struct bpf_env *env);

/* Both sides of "sum(flows) + remainders = raw + gso"; flows in a tunnel are in no sum. */
struct bpf_env_sums {
	struct weir_count flows, remainders, raw, gso;
	struct weir_pressure marked; /* flows of all kinds that are marked so */
};
int bpf_env_sums(const struct bpf_env *env, struct bpf_env_sums *ret);

/*
 * The DNS answers that bpf_env_events() came by, the first few of them; returns how many there were,
 * and forgets them.
 */
#define BPF_ENV_DNS_MAX 8
struct bpf_env_dns {
	size_t size; /* of the record */
	union {
		struct weir_dns_event event;
		uint8_t record[sizeof(struct weir_dns_event) + WEIR_DNS_LONG];
	};
};
size_t bpf_env_dns(struct bpf_env *env, const struct bpf_env_dns **ret);

/* Empties the ring; the events are the env's and stay until the next call. */
int bpf_env_events(struct bpf_env *env, const struct weir_event **ret);

/*
 * Runs weir_command on n commands, WEIR_COMMANDS_MAX of which it and we look at; they receive
 * their results. Returns the lower half of the jiffies.
 */
int64_t bpf_env_command(struct bpf_env *env, struct weir_command *commands, size_t n);
