// SPDX-License-Identifier: BSD-2-Clause
/*
 * containerd, CRI-O and whoever else speaks the Kubernetes container runtime interface. Version 1
 * of it and the older v1alpha2 are the same in what is asked here, but for the name of the service.
 */
#include "runtime_cri.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

#include "cri.pb-c.h"
#include "who/grpc.h"
#include "who/json_walk.h"
#include "who/kube.h"
#include "who/runtime_row.h"

#define UNPACKED_BYTES_MAX (32U << 20)
#define METHOD_SIZE	   64
#define STATE_READY	   0 /* of a sandbox */
#define STATE_RUNNING	   1 /* of a container; 0: created */
#define NETWORK_NODE	   2

struct cri {
	struct runtime_ask *ask;
	struct listing *listing;
	struct grpc *grpc;
	const char *version;
	const char *runtime;
	struct buf request, answer;
};

/* ---- memory of what is unpacked: bounded, because a small answer may make large objects ---- */

struct unpack_budget {
	size_t left;
};

static void *budget_alloc(void *ctx, size_t size)
{
	struct unpack_budget *budget = ctx;

	if (size > budget->left)
		return NULL;
	budget->left -= size;
	return malloc(size);
}

static void budget_free(void *ctx, void *bytes)
{
	(void)ctx;
	free(bytes);
}

#define BUDGET(name)                                               \
	struct unpack_budget name##_left = { UNPACKED_BYTES_MAX }; \
	ProtobufCAllocator name = {                                \
		.alloc = budget_alloc,                             \
		.free = budget_free,                               \
		.allocator_data = &name##_left,                    \
	}

static struct text text_of(const char *str)
{
	return text_from_str(str ? str : "");
}

/* ---- answers ---- */

static void pod_labels(struct listing *listing, struct found *found, const Cri__PodSandbox *item)
{
	found->has_labels = true;
	for (size_t i = 0; i < item->n_labels; i++)
		kube_label(listing, found, text_of(item->labels[i]->key),
			   text_of(item->labels[i]->value));
}

static void tell_sandbox(struct listing *listing, const Cri__PodSandbox *item, const char *runtime)
{
	const Cri__PodSandboxMetadata *meta = item->metadata;
	struct found *found = listing_add(listing, text_of(item->id));

	if (!found)
		return;
	found->is_sandbox = true;
	found->runtime = runtime;
	pod_labels(listing, found, item);
	found->sandbox_id = found->id;
	found->name = "";
	if (!meta)
		return;
	found->pod_namespace = listing_text(listing, text_of(meta->namespace_), FOUND_NAME_MAX);
	found->pod_name = listing_text(listing, text_of(meta->name), FOUND_NAME_MAX);
	found->pod_uid = listing_text(listing, text_of(meta->uid), FOUND_NAME_MAX);
}

int cri_sandboxes(struct listing *listing, struct text answer, const char *runtime, bool want_all)
{
	BUDGET(allocator);
	Cri__ListPodSandboxResponse *list = cri__list_pod_sandbox_response__unpack(
		&allocator, answer.len, (const uint8_t *)answer.bytes);

	if (!list)
		return -EPROTO;
	for (size_t i = 0; i < list->n_items; i++) {
		if (want_all || list->items[i]->state == STATE_READY)
			tell_sandbox(listing, list->items[i], runtime);
	}
	cri__list_pod_sandbox_response__free_unpacked(list, &allocator);
	return 0;
}

static void tell_container(struct listing *listing, const Cri__Container *item, const char *runtime)
{
	struct found *found = listing_add(listing, text_of(item->id));

	if (!found)
		return;
	found->runtime = runtime;
	for (size_t i = 0; i < item->n_labels; i++)
		kube_label(listing, found, text_of(item->labels[i]->key),
			   text_of(item->labels[i]->value));
	found->label_count = 0; /* what is of interest is on the pod */
	if (item->metadata)
		found->name = listing_text(listing, text_of(item->metadata->name), FOUND_NAME_MAX);
	if (item->image)
		found->image = listing_text(listing, text_of(item->image->image), FOUND_NAME_MAX);
	found->sandbox_id = listing_text(listing, text_of(item->pod_sandbox_id), FOUND_ID_MAX);
}

int cri_containers(struct listing *listing, struct text answer, const char *runtime, bool want_all)
{
	BUDGET(allocator);
	Cri__ListContainersResponse *list = cri__list_containers_response__unpack(
		&allocator, answer.len, (const uint8_t *)answer.bytes);

	if (!list)
		return -EPROTO;
	for (size_t i = 0; i < list->n_containers; i++) {
		if (want_all || list->containers[i]->state <= STATE_RUNNING)
			tell_container(listing, list->containers[i], runtime);
	}
	cri__list_containers_response__free_unpacked(list, &allocator);
	return 0;
}

/* The namespace's type comes before its path, or behind: each is kept until its object ends. */
struct status_walk {
	struct listing *listing;
	struct found *found;
	bool is_network;
	struct text path;
};

static void network_path(struct status_walk *walk)
{
	if (walk->is_network && walk->path.len)
		walk->found->net.netns = listing_text(walk->listing, walk->path, FOUND_PATH_MAX);
}

static void on_info(void *ctx, struct text path, enum json_kind kind, struct text value)
{
	struct status_walk *walk = ctx;

	if (text_is(path, "pid") && kind == JSON_NUMBER) {
		walk->found->pid = found_pid(value);
	} else if (text_is(path, "runtimeSpec.linux.namespaces.[]")) {
		walk->is_network = false;
		walk->path.len = 0;
	} else if (text_is(path, "runtimeSpec.linux.namespaces.[].type")) {
		walk->is_network = text_is(value, "network");
		network_path(walk);
	} else if (text_is(path, "runtimeSpec.linux.namespaces.[].path")) {
		walk->path = value;
		network_path(walk);
	}
}

static void tell_status(struct listing *listing, const Cri__PodSandboxStatusResponse *answer)
{
	const Cri__PodSandboxStatus *status = answer->status;
	struct status_walk walk = { .listing = listing };

	if (!status)
		return;
	walk.found = listing_add(listing, text_of(status->id));
	if (!walk.found)
		return;
	walk.found->is_sandbox = true;
	if (status->network) {
		(void)listing_ip(walk.found, text_of(status->network->ip));
		for (size_t i = 0; i < status->network->n_additional_ips; i++)
			(void)listing_ip(walk.found,
					 text_of(status->network->additional_ips[i]->ip));
	}
	walk.found->net.is_host = status->on_linux && status->on_linux->namespaces &&
				  status->on_linux->namespaces->options &&
				  status->on_linux->namespaces->options->network == NETWORK_NODE;
	for (size_t i = 0; i < answer->n_info; i++) {
		/* What is in it each runtime decides: as much as can be read is taken. */
		if (text_is(text_of(answer->info[i]->key), "info"))
			(void)json_walk(text_of(answer->info[i]->value), on_info, &walk);
	}
}

int cri_status(struct listing *listing, struct text answer)
{
	BUDGET(allocator);
	Cri__PodSandboxStatusResponse *status = cri__pod_sandbox_status_response__unpack(
		&allocator, answer.len, (const uint8_t *)answer.bytes);

	if (!status)
		return -EPROTO;
	tell_status(listing, status);
	cri__pod_sandbox_status_response__free_unpacked(status, &allocator);
	return 0;
}

const char *cri_runtime(struct text answer)
{
	static const char *const names[] = { "containerd", "cri-o", "docker" };
	const char *name = "cri";
	BUDGET(allocator);
	Cri__VersionResponse *version = cri__version_response__unpack(
		&allocator, answer.len, (const uint8_t *)answer.bytes);

	if (!version)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (version->runtime_name && !strcmp(version->runtime_name, names[i]))
			name = names[i];
	}
	cri__version_response__free_unpacked(version, &allocator);
	return name;
}

/* ---- questions ---- */

static int call_method(struct cri *cri, const char *method, const ProtobufCMessage *request)
{
	char path[METHOD_SIZE];
	size_t len = protobuf_c_message_get_packed_size(request);

	buf_truncate(&cri->request, 0);
	if (!buf_reserve(&cri->request, len + 1))
		return -ENOMEM;
	len = protobuf_c_message_pack(request, (uint8_t *)cri->request.data);
	snprintf(path, sizeof(path), "/runtime.%s.RuntimeService/%s", cri->version, method);
	return grpc_unary(cri->grpc, path, cri->request.data, len, &cri->answer);
}

static struct text answer_of(const struct cri *cri)
{
	return (struct text){ buf_bytes(&cri->answer), buf_len(&cri->answer) };
}

/* Which version is spoken, and by whom. */
static int ask_version(struct cri *cri)
{
	static const char *const versions[] = { "v1", "v1alpha2" };
	Cri__VersionRequest request = CRI__VERSION_REQUEST__INIT;
	int r = -ENOSYS;

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		cri->version = versions[i];
		r = call_method(cri, "Version", &request.base);
		if (r != -EREMOTEIO || grpc_status(cri->grpc) != GRPC_UNIMPLEMENTED)
			break;
		r = -ENOSYS;
	}
	if (r)
		return r;
	cri->runtime = cri_runtime(answer_of(cri));
	return cri->runtime ? 0 : -EPROTO;
}

static int ask_sandboxes(struct cri *cri, const char *id)
{
	Cri__ListPodSandboxRequest request = CRI__LIST_POD_SANDBOX_REQUEST__INIT;
	Cri__PodSandboxFilter filter = CRI__POD_SANDBOX_FILTER__INIT;
	int r;

	if (id) {
		filter.id = (char *)id;
		request.filter = &filter;
	}
	r = call_method(cri, "ListPodSandbox", &request.base);
	return r ? r : cri_sandboxes(cri->listing, answer_of(cri), cri->runtime, id != NULL);
}

static int ask_containers(struct cri *cri, const char *id)
{
	Cri__ListContainersRequest request = CRI__LIST_CONTAINERS_REQUEST__INIT;
	Cri__ContainerFilter filter = CRI__CONTAINER_FILTER__INIT;
	int r;

	if (id) {
		filter.id = (char *)id;
		request.filter = &filter;
	}
	r = call_method(cri, "ListContainers", &request.base);
	return r ? r : cri_containers(cri->listing, answer_of(cri), cri->runtime, id != NULL);
}

/* It is a container in a sandbox, or a sandbox. */
static int ask_one(struct cri *cri, const char *id)
{
	size_t before = cri->listing->count;
	int r = ask_containers(cri, id);

	if (r)
		return r;
	if (cri->listing->count > before)
		id = cri->listing->items[before].sandbox_id;
	return id && id[0] ? ask_sandboxes(cri, id) : 0;
}

static int ask_status(struct cri *cri, const char *id)
{
	Cri__PodSandboxStatusRequest request = CRI__POD_SANDBOX_STATUS_REQUEST__INIT;
	int r;

	request.pod_sandbox_id = (char *)id;
	request.verbose = true;
	r = call_method(cri, "PodSandboxStatus", &request.base);
	if (r == -EREMOTEIO)
		return 0; /* it is gone by now */
	return r ? r : cri_status(cri->listing, answer_of(cri));
}

static int cri_open(struct cri *cri, struct runtime_ask *ask, struct listing *listing)
{
	int r;

	*cri = (struct cri){ .ask = ask, .listing = listing };
	r = grpc_open(&cri->grpc, &ask->call, ask->path);
	return r ? r : ask_version(cri);
}

static void cri_done(struct cri *cri)
{
	grpc_close(&cri->grpc);
	buf_done(&cri->request);
	buf_done(&cri->answer);
}

static int cri_list(struct runtime_ask *ask, struct listing *listing)
{
	struct cri cri;
	int r = cri_open(&cri, ask, listing);

	/* Sandboxes first: containers name theirs. */
	if (!r && !ask->id_count)
		r = ask_sandboxes(&cri, NULL);
	if (!r && !ask->id_count)
		r = ask_containers(&cri, NULL);
	for (size_t i = 0; !r && i < ask->id_count; i++)
		r = ask_one(&cri, ask->ids[i]);
	cri_done(&cri);
	return r;
}

static int cri_details(struct runtime_ask *ask, struct listing *listing)
{
	struct cri cri;
	int r = cri_open(&cri, ask, listing);

	for (size_t i = 0; !r && i < ask->id_count; i++)
		r = ask_status(&cri, ask->ids[i]);
	cri_done(&cri);
	return r;
}

const struct runtime_row runtime_cri = {
	.name = "cri",
	.rank = 2,
	.has_socket = true,
	.list = cri_list,
	.details = cri_details,
};
