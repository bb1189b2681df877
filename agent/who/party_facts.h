/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What there is to tell of a side of a connection, put together of all that is known of it: what a
 * record's JSON says, and what filters ask for. Texts are as they were told, not escaped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "who/identity.h"

struct container;
struct endpoint_facts;
struct parties;
struct party;
struct pod;
struct process;

struct party_side {
	const struct parties *parties;
	uint32_t number;
	bool is_local; /* its address is one of this host */
};

/*
 * All that may say who it is; NULL: it says nothing. Of pod, container and file the first one that
 * is there tells the endpoint.
 */
struct party_facts {
	const struct party *party;
	const struct process *process;
	const struct container *container;
	const struct pod *pod;
	const struct endpoint_facts *file;
	bool is_local;
};

/* Good for as long as the side's number is held. */
struct party_facts party_facts_of(const struct party_side *side);

/* Hubble's Endpoint. */
uint32_t party_identity(const struct party_facts *facts);
/* "": none. */
const char *party_namespace(const struct party_facts *facts);
const char *party_pod_name(const struct party_facts *facts);
/* "k8s:app=cart", in text or elsewhere. False: there are not so many. */
bool party_label(const struct party_facts *facts, unsigned int index, char text[static LABEL_SIZE],
		 struct text *ret);
/* False: it has none. *ret_kind may be "". */
bool party_workload(const struct party_facts *facts, const char **ret_name, const char **ret_kind);

/* Names of the DNS. False: there are not so many. */
bool party_name(const struct party *party, unsigned int index, struct text *ret);
/* NULL: it is none's. */
const struct endpoint_facts *party_service(const struct party *party);

/* The container that its process is in. "": not known. */
struct party_container {
	const char *id, *name, *runtime;
};

/*
 * False: in none, or nobody knows: of a namespace that several containers share nobody can say which
 * of them it was.
 */
bool party_container(const struct party_facts *facts, struct party_container *ret);
/* The cgroup of its process; 0: unknown. */
uint64_t party_cgroup_id(const struct party_side *side);
