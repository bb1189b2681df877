/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of a side, in JSON: Hubble's fields of a flow, and ours of its extensions.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct container;
struct endpoint_facts;
struct json_out;
struct parties;
struct pod;

struct party_side {
	const struct parties *parties;
	uint32_t number;
	bool is_local; /* its address is one of this host */
};

/* Hubble's Endpoint: {"identity":1,"labels":["reserved:host"]} */
void party_json_endpoint(struct json_out *out, const char *key, const struct party_side *side);
/* Its keys alone, in the order of Hubble's fields: identity, namespace, labels, pod_name, workloads. */
void party_json_pod(struct json_out *out, const struct pod *pod);
void party_json_container(struct json_out *out, const struct container *container);
/* is_local: the address is one of this host. */
void party_json_file(struct json_out *out, const struct endpoint_facts *file, bool is_local);
/* An array of names; nothing if there is none. */
void party_json_names(struct json_out *out, const char *key, const struct party_side *side);
/* {"name":"db","namespace":"shop"}; nothing if it is none's. */
void party_json_service(struct json_out *out, const char *key, const struct party_side *side);
/* Process, container, and how they are known; nothing if nothing is. */
void party_json_owner(struct json_out *out, const char *key, const struct party_side *side);
/* The cgroup of its process; 0: unknown. */
uint64_t party_cgroup_id(const struct party_side *side);
