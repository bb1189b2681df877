// SPDX-License-Identifier: BSD-2-Clause
/*
 * What has a name beside pods and containers: the host, the rows of the endpoints file, Kubernetes'
 * namespaces (those of its pods and of the file's), the node.
 */
#include "socket/reply_who_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "base/buf.h"
#include "base/json_out.h"
#include "base/timefmt.h"
#include "base/version.h"
#include "log/history.h"
#include "who/containers.h"
#include "who/endpoints_file.h"
#include "who/who_private.h"
#include "who/who_rows.h"

#define NAMES_MAX    4096 /* of Kubernetes' namespaces */
#define NAMES_A_LINE 256  /* at most 253 bytes each, so a line stays below 1 MiB */

/* ---- the host, and the endpoints file ---- */

int reply_who_begin_one(struct reply_who *reply)
{
	reply->count = 1;
	return 0;
}

int reply_who_row_host(struct reply_who *reply, struct buf *out)
{
	reply->at++;
	reply->left_out += who_row_endpoint_host(reply->who, reply->agent->node_name, out);
	return 0;
}

static const struct endpoints *file_now(const struct reply_who *reply, uint32_t *ret_version)
{
	*ret_version = 0;
	return reply->who->endpoints ? endpoints_file_now(reply->who->endpoints, ret_version)
				     : NULL;
}

int reply_who_begin_file(struct reply_who *reply)
{
	const struct endpoints *endpoints = file_now(reply, &reply->file_version);

	reply->count = endpoints ? endpoints_count(endpoints) : 0;
	return 0;
}

/* Of the version that the answer began with. */
static int file_at(struct reply_who *reply, uint8_t addr[static 16], unsigned int *len,
		   struct endpoint_facts *facts)
{
	uint32_t version;
	const struct endpoints *endpoints = file_now(reply, &version);

	if (!endpoints || version != reply->file_version)
		return -EAGAIN;
	endpoints_at(endpoints, (uint32_t)reply->at++, addr, len, facts);
	return 0;
}

int reply_who_row_file(struct reply_who *reply, struct buf *out)
{
	struct endpoint_facts facts;
	unsigned int len;
	uint8_t addr[16];
	int r = file_at(reply, addr, &len, &facts);

	if (!r)
		who_row_endpoint_file(reply->who, addr, len, &facts, out);
	return r;
}

/* ---- Kubernetes' namespaces ---- */

static int names_add(struct reply_who *reply, const char *name)
{
	struct names *names = &reply->names;
	size_t low = 0, high = names->count;
	char *copy;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(names->at[middle], name);

		if (!order)
			return 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (names->count == NAMES_MAX) {
		reply->left_out++;
		return 0;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	memmove(names->at + low + 1, names->at + low, (names->count - low) * sizeof(*names->at));
	names->at[low] = copy;
	names->count++;
	return 0;
}

int reply_who_begin_names(struct reply_who *reply)
{
	reply->names.at = calloc(NAMES_MAX, sizeof(*reply->names.at));
	return reply->names.at ? reply_who_collect_pods(reply) : -ENOMEM;
}

int reply_who_name_of_pod(struct reply_who *reply, struct buf *out)
{
	const struct pod *pod = reply->pods[reply->at++];

	(void)out;
	return pod->namespace[0] ? names_add(reply, pod->namespace) : 0;
}

int reply_who_name_of_file(struct reply_who *reply, struct buf *out)
{
	struct endpoint_facts facts;
	unsigned int len;
	uint8_t addr[16];
	int r = file_at(reply, addr, &len, &facts);

	(void)out;
	return !r && facts.pod[0] && facts.namespace[0] ? names_add(reply, facts.namespace) : r;
}

/* There is a line even if there is none of them. */
int reply_who_begin_namespaces(struct reply_who *reply)
{
	reply->count = reply->names.count ? reply->names.count : 1;
	return 0;
}

int reply_who_row_namespaces(struct reply_who *reply, struct buf *buf)
{
	struct json_out out = { .buf = buf };

	json_object_begin(&out, NULL);
	json_array_begin(&out, "namespaces");
	for (size_t i = 0; i < NAMES_A_LINE && reply->at < reply->names.count; i++) {
		json_object_begin(&out, NULL);
		json_string(&out, "namespace", reply->names.at[reply->at++]);
		json_object_end(&out);
	}
	if (!reply->names.count)
		reply->at++;
	json_array_end(&out);
	json_object_end(&out);
	buf_append_char(buf, '\n');
	return 0;
}

/* ---- the node ---- */

int reply_who_row_node(struct reply_who *reply, struct buf *buf)
{
	const struct agent *agent = reply->agent;
	struct json_out out = { .buf = buf };

	reply->at++;
	json_object_begin(&out, NULL);
	json_array_begin(&out, "nodes");
	json_object_begin(&out, NULL);
	json_string(&out, "name", agent->node_name);
	json_string(&out, "version", "weir v" WEIR_VERSION);
	json_string(&out, "address", agent->options->server);
	json_string(&out, "state", "NODE_CONNECTED");
	json_object_begin(&out, "tls");
	json_object_end(&out);
	json_u64_str(&out, "uptime_ns", time_monotonic_ns() - agent->start_ns);
	json_u64_str(&out, "num_flows", history_count(agent->history));
	json_u64_str(&out, "max_flows", history_capacity(agent->history));
	json_u64_str(&out, "seen_flows", history_seen(agent->history));
	json_object_end(&out);
	json_array_end(&out);
	json_object_end(&out);
	buf_append_char(buf, '\n');
	return 0;
}
