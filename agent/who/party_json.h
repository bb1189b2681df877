/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of a side (who/party_facts.h) in JSON: Hubble's fields of a flow, and ours of its
 * extensions.
 */
#pragma once

#include <stdbool.h>

#include "who/party_facts.h"

struct json_out;

/* Hubble's Endpoint: {"identity":1,"labels":["reserved:host"]} */
void party_json_endpoint(struct json_out *out, const char *key, const struct party_side *side);
/* Its keys alone, in the order of Hubble's fields: identity, namespace, labels, pod_name, workloads. */
void party_json_pod(struct json_out *out, const struct pod *pod);
void party_json_container(struct json_out *out, const struct container *container);
/* is_local: the address is one of this host. */
void party_json_file(struct json_out *out, const struct endpoint_facts *file, bool is_local);
/* "labels":["k8s:app=cart"]; nothing if there is none. */
void party_json_labels(struct json_out *out, const struct party_facts *facts);
/* An array of names; nothing if there is none. */
void party_json_names(struct json_out *out, const char *key, const struct party_side *side);
/* {"name":"db","namespace":"shop"}; nothing if it is none's. */
void party_json_service(struct json_out *out, const char *key, const struct party_side *side);
/* Process, container, and how they are known; nothing if nothing is. */
void party_json_owner(struct json_out *out, const char *key, const struct party_side *side);
