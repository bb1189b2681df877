// SPDX-License-Identifier: BSD-2-Clause
/*
 * An object and its texts are one block, so that thousands of them cost few bytes; what may be told
 * later is apart.
 */
#include "container_objects.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const struct found_net no_net;
static const struct label no_labels[1]; /* told that there are none */

static size_t str_size(const char *str)
{
	return str[0] ? strlen(str) + 1 : 0;
}

static const char *put_str(char **at, const char *str)
{
	size_t size = str_size(str);
	char *copy = *at;

	if (!size)
		return "";
	memcpy(copy, str, size);
	*at += size;
	return copy;
}

static size_t labels_size(const struct found *found)
{
	size_t size = found->label_count * sizeof(struct label);

	for (unsigned int i = 0; i < found->label_count; i++)
		size += strlen(found->labels[i].key) + strlen(found->labels[i].value) + 2;
	return size;
}

/* The array at `labels`, the texts at *at. */
static void put_labels(struct label *labels, char **at, const struct found *found)
{
	for (unsigned int i = 0; i < found->label_count; i++) {
		const struct label *label = &found->labels[i];
		size_t key = strlen(label->key) + 1, value = strlen(label->value) + 1;

		labels[i] = (struct label){ .key = *at, .value = *at + key };
		memcpy(*at, label->key, key);
		memcpy(*at + key, label->value, value);
		*at += key + value;
	}
}

/* An owned string in place of another. False: it is the same, or nothing is known. */
static bool replace_str(char **at, const char *str)
{
	char *copy;

	if (!str || !str[0] || (*at && !strcmp(*at, str)))
		return false;
	copy = strdup(str);
	if (!copy)
		return false;
	free(*at);
	*at = copy;
	return true;
}

static bool net_update(struct found_net *net, const struct found_net *told)
{
	char *netns = (char *)net->netns;
	bool is_new = false;

	if (told->is_host && !net->is_host) {
		net->is_host = true;
		is_new = true;
		free(TAKE_PTR(netns));
	}
	/* On the host's network the sandbox's namespace is named too: it is the host's. */
	if (!net->is_host)
		is_new |= replace_str(&netns, told->netns);
	net->netns = netns;
	if (told->ip_count && (net->ip_count != told->ip_count ||
			       memcmp(net->ips, told->ips, sizeof(net->ips)) != 0)) {
		memcpy(net->ips, told->ips, sizeof(net->ips));
		net->ip_count = told->ip_count;
		is_new = true;
	}
	return is_new;
}

/* ---- containers ---- */

struct container *container_new(const struct found *found, struct pod *pod)
{
	bool with_labels = !pod && found->label_count;
	size_t labels = with_labels ? found->label_count * sizeof(struct label) : 0;
	size_t size = sizeof(struct container) + (with_labels ? labels_size(found) : 0) +
		      str_size(found->id) + str_size(found->name) + str_size(found->image);
	struct container *container = calloc(1, size);
	char *at;

	if (!container)
		return NULL;
	at = (char *)(container + 1) + labels;
	if (with_labels) {
		struct label *array = (struct label *)(void *)(container + 1);

		put_labels(array, &at, found);
		container->labels = array;
		container->label_count = found->label_count;
	}
	container->refs = 1;
	container->bytes = size;
	container->is_sandbox = found->is_sandbox;
	container->id = put_str(&at, found->id);
	container->name = put_str(&at, found->name);
	container->image = put_str(&at, found->image);
	container->runtime = found->runtime;
	container->pod = pod_ref(pod);
	container_update(container, found);
	return container;
}

bool container_is(const struct container *container, const struct found *found,
		  const struct pod *pod)
{
	return container->pod == pod && container->is_sandbox == found->is_sandbox &&
	       !strcmp(container->name, found->name) && !strcmp(container->image, found->image) &&
	       !strcmp(container->runtime, found->runtime);
}

bool container_update(struct container *container, const struct found *found)
{
	bool is_new = false;

	if (found->pid && found->pid != container->pid) {
		container->pid = found->pid;
		is_new = true;
	}
	if (!container->pod && net_update(&container->net, &found->net))
		is_new = true;
	return is_new;
}

struct container *container_ref(struct container *container)
{
	if (container)
		container->refs++;
	return container;
}

void container_unref(struct container **at)
{
	struct container *container = TAKE_PTR(*at);

	if (!container || --container->refs)
		return;
	pod_unref(&container->pod);
	free((char *)container->net.netns);
	free(container);
}

/* ---- pods ---- */

struct pod *pod_new(const struct found *found, bool with_labels)
{
	size_t labels = with_labels ? found->label_count * sizeof(struct label) : 0;
	size_t size = sizeof(struct pod) + (with_labels ? labels_size(found) : 0) +
		      str_size(found->pod_namespace) + str_size(found->pod_name) +
		      str_size(found->pod_uid);
	struct pod *pod = calloc(1, size);
	char *at;

	if (!pod)
		return NULL;
	at = (char *)(pod + 1) + labels;
	if (with_labels) {
		struct label *array = (struct label *)(void *)(pod + 1);

		put_labels(array, &at, found);
		pod->labels = found->label_count ? array : no_labels;
		pod->label_count = found->label_count;
		pod->has_labels = found->has_labels;
	}
	pod->refs = 1;
	pod->bytes = size;
	pod->namespace = put_str(&at, found->pod_namespace);
	pod->name = put_str(&at, found->pod_name);
	pod->uid = put_str(&at, found->pod_uid);
	pod->runtime = found->runtime;
	workload_of(&pod->workload, pod->name, pod->has_labels ? pod->labels : NULL,
		    pod->label_count);
	pod_update(pod, found);
	return pod;
}

bool pod_update(struct pod *pod, const struct found *found)
{
	const char *sandbox = found->is_sandbox ? found->id : found->sandbox_id;
	bool is_new = false;

	/* The sandbox itself knows best; a pod that got another one has another network. */
	if (found->is_sandbox && pod->sandbox_id && strcmp(pod->sandbox_id, sandbox) != 0) {
		free((char *)pod->net.netns);
		pod->net = no_net;
		pod->has_details = false;
		pod->asked = 0;
		pod->pid = 0;
	}
	if ((found->is_sandbox || !pod->sandbox_id) && replace_str(&pod->sandbox_id, sandbox))
		is_new = true;
	if (found->is_sandbox && found->pid && found->pid != pod->pid) {
		pod->pid = found->pid;
		is_new = true;
	}
	return net_update(&pod->net, &found->net) || is_new;
}

void pod_inherit(struct pod *pod, struct pod *old)
{
	if (!pod->sandbox_id)
		pod->sandbox_id = TAKE_PTR(old->sandbox_id);
	if (!pod->net.netns)
		pod->net.netns = TAKE_PTR(old->net.netns);
	if (!pod->net.ip_count) {
		memcpy(pod->net.ips, old->net.ips, sizeof(pod->net.ips));
		pod->net.ip_count = old->net.ip_count;
	}
	pod->net.is_host |= old->net.is_host;
	pod->told = old->told;
	if (!pod->pid)
		pod->pid = old->pid;
	pod->asked = old->asked;
	pod->has_details = old->has_details;
}

struct pod *pod_ref(struct pod *pod)
{
	if (pod)
		pod->refs++;
	return pod;
}

void pod_unref(struct pod **at)
{
	struct pod *pod = TAKE_PTR(*at);

	if (!pod || --pod->refs)
		return;
	free((char *)pod->net.netns);
	free(pod->sandbox_id);
	free(pod);
}
