// SPDX-License-Identifier: BSD-2-Clause
/* Fields of who a side of a record is: who/party_facts.h, one by one. */
#include <string.h>

#include "log/record_fields.h"
#include "who/cgroups.h"
#include "who/endpoints.h"
#include "who/party.h"
#include "who/processes.h"

static bool text(struct field_value *ret, const char *value)
{
	ret->text = value ? value : "";
	ret->len = strlen(ret->text);
	return ret->len;
}

static bool is_text(struct field_value *ret, bool is_there, const struct text *value)
{
	if (!is_there)
		return false;
	ret->text = value->bytes;
	ret->len = value->len;
	return true;
}

static bool number(struct field_value *ret, bool is_there, uint64_t value)
{
	ret->number = value;
	return is_there;
}

/* What there are several of. */
static bool get_list(struct record_reader *reader, const struct party_facts *facts,
		     enum field source_field, unsigned int index, struct field_value *ret)
{
	const char *name, *kind;
	struct text value;
	bool is_there;

	switch ((int)source_field) {
	case FIELD_SOURCE_LABEL:
		is_there = party_label(facts, index, reader->text, &value);
		return is_text(ret, is_there, &value);
	case FIELD_SOURCE_NAME:
		is_there = party_name(facts->party, index, &value);
		return is_text(ret, is_there, &value);
	case FIELD_SOURCE_WORKLOAD:
		return !index && party_workload(facts, &name, &kind) && text(ret, name);
	case FIELD_SOURCE_WORKLOAD_KIND:
		/* As many as there are names, though it be "". */
		is_there = !index && party_workload(facts, &name, &kind);
		return is_there && (text(ret, kind) || true);
	default:
		return false;
	}
}

static bool get_endpoint(const struct party_facts *facts, enum field source_field,
			 struct field_value *ret)
{
	const struct endpoint_facts *service;

	switch ((int)source_field) {
	case FIELD_SOURCE_IDENTITY:
		return number(ret, true, party_identity(facts));
	case FIELD_SOURCE_NAMESPACE:
		return text(ret, party_namespace(facts));
	case FIELD_SOURCE_POD:
		return text(ret, party_pod_name(facts));
	case FIELD_SOURCE_SERVICE:
		service = party_service(facts->party);
		return service && text(ret, service->service);
	case FIELD_SOURCE_SERVICE_NAMESPACE:
		service = party_service(facts->party);
		return service && text(ret, service->service_namespace);
	default:
		return false;
	}
}

static bool get_container(const struct party_facts *facts, enum field source_field,
			  struct field_value *ret)
{
	struct party_container container;

	return party_container(facts, &container) &&
	       text(ret, source_field == FIELD_SOURCE_CONTAINER ? container.name : container.id);
}

static bool get_process(const struct process *process, enum field source_field,
			struct field_value *ret)
{
	const struct cgroup_info *cgroup = process->cgroup;

	switch ((int)source_field) {
	case FIELD_SOURCE_PID:
		return number(ret, true, process->pid);
	case FIELD_SOURCE_PROCESS:
		return text(ret, process->comm);
	case FIELD_SOURCE_EXE:
		return text(ret, process->exe);
	case FIELD_SOURCE_UID:
		return number(ret, process->uid != PROCESS_UID_UNKNOWN, process->uid);
	case FIELD_SOURCE_NETNS:
		return number(ret, process->netns, process->netns);
	case FIELD_SOURCE_CGROUP:
		return cgroup && text(ret, cgroup->path);
	case FIELD_SOURCE_UNIT:
		return cgroup && text(ret, cgroup->name.unit);
	default:
		return false;
	}
}

/* The owner: whoever it is must be known in some way. */
static bool get_owner(const struct party_facts *facts, enum field source_field,
		      struct field_value *ret)
{
	const char *via = party_via_to_str(facts->party->via);

	if (!via)
		return false;
	if (source_field == FIELD_SOURCE_VIA)
		return text(ret, via);
	if (source_field == FIELD_SOURCE_CONTAINER || source_field == FIELD_SOURCE_CONTAINER_ID)
		return get_container(facts, source_field, ret);
	return facts->process && get_process(facts->process, source_field, ret);
}

bool record_party_field(struct record_reader *reader, enum field field, unsigned int index,
			struct field_value *ret)
{
	unsigned int end = field_row(field)->is_destination;
	enum field source_field = field - end;
	const struct party_facts *facts;

	if (!field_row(source_field)->is_source)
		return false;
	facts = record_reader_facts(reader, end);
	if (get_list(reader, facts, source_field, index, ret))
		return true;
	if (index)
		return false;
	return get_endpoint(facts, source_field, ret) || get_owner(facts, source_field, ret);
}
