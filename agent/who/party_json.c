// SPDX-License-Identifier: BSD-2-Clause
#include "who/party_json.h"

#include <string.h>

#include "base/json_out.h"
#include "who/cgroups.h"
#include "who/containers.h"
#include "who/endpoints.h"
#include "who/party.h"
#include "who/processes.h"

#define NAME_SIZE 1024

/* What is not known is left out. */
static void json_known(struct json_out *out, const char *key, const char *value)
{
	if (value && value[0])
		json_string(out, key, value);
}

/* Nothing of it is longer than NAME_SIZE. */
static void json_text(struct json_out *out, struct text text)
{
	char copy[NAME_SIZE];
	size_t len = text.len < sizeof(copy) ? text.len : sizeof(copy) - 1;

	memcpy(copy, text.bytes, len);
	copy[len] = '\0';
	json_string(out, NULL, copy);
}

void party_json_labels(struct json_out *out, const struct party_facts *facts)
{
	char text[LABEL_SIZE];
	unsigned int i = 0;
	struct text label;

	for (; party_label(facts, i, text, &label); i++) {
		if (!i)
			json_array_begin(out, "labels");
		json_text(out, label);
	}
	if (i)
		json_array_end(out);
}

static void json_workloads(struct json_out *out, const struct party_facts *facts)
{
	const char *name, *kind;

	if (!party_workload(facts, &name, &kind))
		return;
	json_array_begin(out, "workloads");
	json_object_begin(out, NULL);
	json_string(out, "name", name);
	json_known(out, "kind", kind);
	json_object_end(out);
	json_array_end(out);
}

static void json_endpoint(struct json_out *out, const struct party_facts *facts)
{
	json_u64(out, "identity", party_identity(facts));
	json_known(out, "namespace", party_namespace(facts));
	party_json_labels(out, facts);
	json_known(out, "pod_name", party_pod_name(facts));
	json_workloads(out, facts);
}

void party_json_pod(struct json_out *out, const struct pod *pod)
{
	json_endpoint(out, &(struct party_facts){ .pod = pod });
}

void party_json_container(struct json_out *out, const struct container *container)
{
	json_endpoint(out, &(struct party_facts){ .container = container });
}

void party_json_file(struct json_out *out, const struct endpoint_facts *file, bool is_local)
{
	json_endpoint(out, &(struct party_facts){ .file = file, .is_local = is_local });
}

void party_json_endpoint(struct json_out *out, const char *key, const struct party_side *side)
{
	struct party_facts facts = party_facts_of(side);

	json_object_begin(out, key);
	json_endpoint(out, &facts);
	json_object_end(out);
}

void party_json_names(struct json_out *out, const char *key, const struct party_side *side)
{
	const struct party *party = parties_at(side->parties, side->number);
	unsigned int i = 0;
	struct text name;

	for (; party_name(party, i, &name); i++) {
		if (!i)
			json_array_begin(out, key);
		json_text(out, name);
	}
	if (i)
		json_array_end(out);
}

void party_json_service(struct json_out *out, const char *key, const struct party_side *side)
{
	const struct endpoint_facts *file = party_service(parties_at(side->parties, side->number));

	if (!file)
		return;
	json_object_begin(out, key);
	json_string(out, "name", file->service);
	json_known(out, "namespace", file->service_namespace);
	json_object_end(out);
}

/* Of one that was gone before it could be read its socket tells the namespace. */
static void json_process(struct json_out *out, const struct party *party)
{
	const struct process *process = party->process;
	uint32_t netns = process->netns ? process->netns : party->netns;

	json_u64(out, "pid", process->pid);
	json_string(out, "comm", process->comm);
	if (process->exe)
		json_string(out, "exe", process->exe);
	if (process->uid != PROCESS_UID_UNKNOWN)
		json_u64(out, "uid", process->uid);
	if (netns)
		json_u64_str(out, "netns", netns);
	if (!process->cgroup)
		return;
	json_string(out, "cgroup", process->cgroup->path);
	if (process->cgroup->name.unit)
		json_string(out, "unit", process->cgroup->name.unit);
}

static void json_container_of(struct json_out *out, const struct party_facts *facts)
{
	struct party_container container;

	if (!party_container(facts, &container))
		return;
	json_object_begin(out, "container");
	json_string(out, "id", container.id);
	json_known(out, "name", container.name);
	json_known(out, "runtime", container.runtime);
	json_object_end(out);
}

void party_json_owner(struct json_out *out, const char *key, const struct party_side *side)
{
	struct party_facts facts = party_facts_of(side);
	const char *via = party_via_to_str(facts.party->via);

	if (!via)
		return;
	json_object_begin(out, key);
	/* Of a namespace that several containers share nobody knows which one it was. */
	if (facts.process) {
		json_process(out, facts.party);
		json_container_of(out, &facts);
	}
	json_string(out, "via", via);
	json_object_end(out);
}
