// SPDX-License-Identifier: BSD-2-Clause
#include "who/party_json.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/json_out.h"
#include "who/cgroups.h"
#include "who/containers.h"
#include "who/endpoint_copy.h"
#include "who/identity.h"
#include "who/party.h"
#include "who/processes.h"

#define NAME_SIZE 1024

/* All that may say who it is; NULL: it says nothing. */
struct facts {
	const struct party *party;
	const struct process *process;
	const struct container *container;
	const struct pod *pod;
	const struct endpoint_facts *file;
};

static struct facts facts_of(const struct party_side *side)
{
	struct facts facts = { .party = parties_at(side->parties, side->number) };

	facts.process = facts.party->process;
	facts.container = parties_container(side->parties, side->number);
	/* Of a pod whose uid is all that is known yet the container tells more. */
	if (facts.container && facts.container->pod && facts.container->pod->name[0])
		facts.pod = facts.container->pod;
	if (facts.party->file && !facts.pod)
		facts.file = &facts.party->file->facts;
	return facts;
}

static void json_label(struct json_out *out, enum label_source source, const char *key,
		       const char *value)
{
	char text[LABEL_SIZE];

	(void)label_to_str(source, key, value, text);
	json_string(out, NULL, text);
}

static void json_labels(struct json_out *out, enum label_source source, const struct label *labels,
			unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		json_label(out, source, labels[i].key, labels[i].value);
}

static void json_list(struct json_out *out, const char *list)
{
	for (; *list; list += strlen(list) + 1)
		json_string(out, NULL, list);
}

static void json_workload(struct json_out *out, const char *name, const char *kind)
{
	if (!name[0])
		return;
	json_array_begin(out, "workloads");
	json_object_begin(out, NULL);
	json_string(out, "name", name);
	if (kind && kind[0])
		json_string(out, "kind", kind);
	json_object_end(out);
	json_array_end(out);
}

void party_json_pod(struct json_out *out, const struct pod *pod)
{
	json_u64(out, "identity", identity_of(pod->namespace, pod->name));
	if (pod->namespace[0])
		json_string(out, "namespace", pod->namespace);
	if (pod->label_count || pod->namespace[0]) {
		json_array_begin(out, "labels");
		json_labels(out, LABEL_K8S, pod->labels, pod->label_count);
		if (pod->namespace[0])
			json_label(out, LABEL_K8S, "io.kubernetes.pod.namespace", pod->namespace);
		json_array_end(out);
	}
	json_string(out, "pod_name", pod->name);
	json_workload(out, pod->workload.name, pod->workload.kind);
}

void party_json_container(struct json_out *out, const struct container *container)
{
	const char *name = container->name[0] ? container->name : container->id;

	json_u64(out, "identity", identity_of(NULL, name));
	json_array_begin(out, "labels");
	json_label(out, LABEL_CONTAINER, "name", name);
	json_labels(out, LABEL_CONTAINER, container->labels, container->label_count);
	json_array_end(out);
}

/* Who is no pod and no container: host or world, as the address is. */
static uint32_t identity_of_other(bool is_local)
{
	return is_local ? IDENTITY_HOST : IDENTITY_WORLD;
}

static const char *label_of_other(bool is_local)
{
	return is_local ? LABEL_HOST : LABEL_WORLD;
}

void party_json_file(struct json_out *out, const struct endpoint_facts *file, bool is_local)
{
	bool is_pod = file->pod[0];

	json_u64(out, "identity",
		 is_pod ? identity_of(file->namespace, file->pod) : identity_of_other(is_local));
	if (file->namespace[0])
		json_string(out, "namespace", file->namespace);
	if (file->labels[0] || !is_pod) {
		json_array_begin(out, "labels");
		json_list(out, file->labels);
		if (!file->labels[0])
			json_string(out, NULL, label_of_other(is_local));
		json_array_end(out);
	}
	if (is_pod)
		json_string(out, "pod_name", file->pod);
	json_workload(out, file->workload, file->workload_kind);
}

static void json_other(struct json_out *out, bool is_local)
{
	json_u64(out, "identity", identity_of_other(is_local));
	json_array_begin(out, "labels");
	json_string(out, NULL, label_of_other(is_local));
	json_array_end(out);
}

void party_json_endpoint(struct json_out *out, const char *key, const struct party_side *side)
{
	struct facts facts = facts_of(side);

	json_object_begin(out, key);
	if (facts.pod)
		party_json_pod(out, facts.pod);
	else if (facts.container)
		party_json_container(out, facts.container);
	else if (facts.file)
		party_json_file(out, facts.file, side->is_local);
	else
		json_other(out, side->is_local);
	json_object_end(out);
}

void party_json_names(struct json_out *out, const char *key, const struct party_side *side)
{
	const char *names = parties_at(side->parties, side->number)->names;
	char name[NAME_SIZE];

	if (!names)
		return;
	json_array_begin(out, key);
	while (*names) {
		size_t len = strcspn(names, ",");
		size_t copied = len < sizeof(name) ? len : sizeof(name) - 1;

		memcpy(name, names, copied);
		name[copied] = '\0';
		json_string(out, NULL, name);
		names += len + (names[len] == ',');
	}
	json_array_end(out);
}

void party_json_service(struct json_out *out, const char *key, const struct party_side *side)
{
	const struct endpoint_copy *file = parties_at(side->parties, side->number)->file;

	if (!file || !file->facts.service[0])
		return;
	json_object_begin(out, key);
	json_string(out, "name", file->facts.service);
	if (file->facts.service_namespace[0])
		json_string(out, "namespace", file->facts.service_namespace);
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

/* Of one that no runtime knows, or not yet, its path tells the id and mostly the runtime. */
static void json_container_of(struct json_out *out, const struct facts *facts)
{
	const struct cgroup_info *cgroup = facts->process ? facts->process->cgroup : NULL;
	const char *id = NULL, *name = NULL, *runtime = NULL;

	if (facts->container && !facts->container->is_sandbox) {
		id = facts->container->id;
		name = facts->container->name;
		runtime = facts->container->runtime;
	} else if (cgroup) {
		id = cgroup->name.container;
		runtime = cgroup_runtime_name(cgroup->name.runtime);
	}
	if (!id)
		return;
	json_object_begin(out, "container");
	json_string(out, "id", id);
	if (name && name[0])
		json_string(out, "name", name);
	if (runtime && runtime[0])
		json_string(out, "runtime", runtime);
	json_object_end(out);
}

void party_json_owner(struct json_out *out, const char *key, const struct party_side *side)
{
	struct facts facts = facts_of(side);
	const char *via = party_via_to_str(facts.party->via);

	if (!via)
		return;
	json_object_begin(out, key);
	if (facts.process)
		json_process(out, facts.party);
	/* Of a namespace that several containers share nobody knows which one it was. */
	if (facts.process)
		json_container_of(out, &facts);
	json_string(out, "via", via);
	json_object_end(out);
}

uint64_t party_cgroup_id(const struct party_side *side)
{
	const struct process *process = parties_at(side->parties, side->number)->process;

	return process ? process->cgroup_id : 0;
}
