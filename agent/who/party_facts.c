// SPDX-License-Identifier: BSD-2-Clause
#include "who/party_facts.h"

#include <string.h>

#include "who/cgroups.h"
#include "who/containers.h"
#include "who/endpoint_copy.h"
#include "who/labels.h"
#include "who/party.h"
#include "who/processes.h"

struct party_facts party_facts_of(const struct party_side *side)
{
	struct party_facts facts = { .party = parties_at(side->parties, side->number),
				     .is_local = side->is_local };

	facts.process = facts.party->process;
	facts.container = parties_container(side->parties, side->number);
	/* Of a pod whose uid is all that is known yet the container tells more. */
	if (facts.container && facts.container->pod && facts.container->pod->name[0])
		facts.pod = facts.container->pod;
	if (facts.party->file && !facts.pod)
		facts.file = &facts.party->file->facts;
	return facts;
}

/* Who has no name of its own here is host or world, as the address is. */
static bool is_named(const struct party_facts *facts)
{
	return facts->pod || facts->container || (facts->file && facts->file->pod[0]);
}

static const char *container_name(const struct container *container)
{
	return container->name[0] ? container->name : container->id;
}

uint32_t party_identity(const struct party_facts *facts)
{
	if (!is_named(facts))
		return facts->is_local ? IDENTITY_HOST : IDENTITY_WORLD;
	if (facts->pod)
		return identity_of(facts->pod->namespace, facts->pod->name);
	if (facts->container)
		return identity_of(NULL, container_name(facts->container));
	return identity_of(facts->file->namespace, facts->file->pod);
}

const char *party_namespace(const struct party_facts *facts)
{
	if (facts->pod)
		return facts->pod->namespace;
	return facts->file && !facts->container ? facts->file->namespace : "";
}

const char *party_pod_name(const struct party_facts *facts)
{
	if (facts->pod)
		return facts->pod->name;
	return facts->file && !facts->container ? facts->file->pod : "";
}

static bool give_label(enum label_source source, const char *key, const char *value,
		       char text[static LABEL_SIZE], struct text *ret)
{
	*ret = (struct text){ text, label_to_str(source, key, value, text) };
	return true;
}

static bool pod_label(const struct pod *pod, unsigned int index, char text[static LABEL_SIZE],
		      struct text *ret)
{
	if (index < pod->label_count)
		return give_label(LABEL_K8S, pod->labels[index].key, pod->labels[index].value, text,
				  ret);
	return index == pod->label_count && pod->namespace[0] &&
	       give_label(LABEL_K8S, "io.kubernetes.pod.namespace", pod->namespace, text, ret);
}

static bool container_label(const struct container *container, unsigned int index,
			    char text[static LABEL_SIZE], struct text *ret)
{
	const struct label *label;

	if (!index)
		return give_label(LABEL_CONTAINER, "name", container_name(container), text, ret);
	if (index > container->label_count)
		return false;
	label = &container->labels[index - 1];
	return give_label(LABEL_CONTAINER, label->key, label->value, text, ret);
}

static bool list_at(const char *list, unsigned int index, struct text *ret)
{
	for (; *list && index; index--)
		list += strlen(list) + 1;
	*ret = text_from_str(list);
	return *list;
}

bool party_label(const struct party_facts *facts, unsigned int index, char text[static LABEL_SIZE],
		 struct text *ret)
{
	if (facts->pod)
		return pod_label(facts->pod, index, text, ret);
	if (facts->container)
		return container_label(facts->container, index, text, ret);
	if (facts->file && facts->file->labels[0])
		return list_at(facts->file->labels, index, ret);
	*ret = text_from_str(facts->is_local ? LABEL_HOST : LABEL_WORLD);
	return !index && !is_named(facts);
}

bool party_workload(const struct party_facts *facts, const char **ret_name, const char **ret_kind)
{
	if (facts->pod) {
		*ret_name = facts->pod->workload.name;
		*ret_kind = facts->pod->workload.kind ? facts->pod->workload.kind : "";
		return **ret_name;
	}
	if (!facts->file || facts->container)
		return false;
	*ret_name = facts->file->workload;
	*ret_kind = facts->file->workload_kind;
	return **ret_name;
}

bool party_name(const struct party *party, unsigned int index, struct text *ret)
{
	const char *names = party->names;

	for (; names && index; index--) {
		names += strcspn(names, ",");
		names = *names ? names + 1 : NULL;
	}
	if (!names || !*names)
		return false;
	*ret = (struct text){ names, strcspn(names, ",") };
	return true;
}

const struct endpoint_facts *party_service(const struct party *party)
{
	return party->file && party->file->facts.service[0] ? &party->file->facts : NULL;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* Of one that no runtime knows, or not yet, its path tells the id and mostly the runtime. */
bool party_container(const struct party_facts *facts, struct party_container *ret)
{
	const struct cgroup_info *cgroup = facts->process ? facts->process->cgroup : NULL;

	if (!facts->process)
		return false;
	if (facts->container && !facts->container->is_sandbox) {
		*ret = (struct party_container){ facts->container->id, facts->container->name,
						 facts->container->runtime };
		return true;
	}
	if (!cgroup || !cgroup->name.container)
		return false;
	*ret = (struct party_container){ cgroup->name.container, "",
					 or_empty(cgroup_runtime_name(cgroup->name.runtime)) };
	return true;
}

uint64_t party_cgroup_id(const struct party_side *side)
{
	const struct process *process = parties_at(side->parties, side->number)->process;

	return process ? process->cgroup_id : 0;
}
