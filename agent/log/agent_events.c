// SPDX-License-Identifier: BSD-2-Clause
#include "log/agent_events.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/json_out.h"
#include "flow/names.h"
#include "log/event_log.h"
#include "who/party_facts.h"
#include "who/party_json.h"

static void begin(struct json_out *out, enum agent_event_type type, const char *notification)
{
	json_object_begin(out, NULL);
	json_string(out, "type", names_get(NAMES_AGENT_EVENT_TYPE, type));
	json_object_begin(out, notification);
}

static void end(struct json_out *out, struct event_log *log, uint64_t time_ns)
{
	json_object_end(out);
	json_object_end(out);
	/* What has found no memory is no JSON, and lost. */
	event_log_add(log, time_ns,
		      (struct text){ buf_bytes(out->buf),
				     out->buf->failed ? SIZE_MAX : buf_len(out->buf) });
}

void agent_events_start(struct event_log *log, uint64_t time_ns)
{
	auto_buf struct buf buf = { 0 };
	struct json_out out = { .buf = &buf };

	begin(&out, AGENT_EVENT_STARTED, "agent_start");
	json_time(&out, "time", time_ns);
	end(&out, log, time_ns);
}

/* "": it has none. */
static void put_known(struct json_out *out, const char *key, const char *value)
{
	if (value[0])
		json_string(out, key, value);
}

void agent_events_endpoint(struct event_log *log, uint64_t time_ns, const struct party_facts *facts,
			   bool is_there)
{
	auto_buf struct buf buf = { 0 };
	struct json_out out = { .buf = &buf };

	begin(&out, is_there ? AGENT_EVENT_ENDPOINT_CREATED : AGENT_EVENT_ENDPOINT_DELETED,
	      "endpoint_update");
	json_u64_str(&out, "id", party_identity(facts));
	party_json_labels(&out, facts);
	put_known(&out, "pod_name", party_pod_name(facts));
	put_known(&out, "namespace", party_namespace(facts));
	end(&out, log, time_ns);
}

/* "10.0.0.1/32" */
static void put_cidr(struct json_out *out, const uint8_t addr[static 16])
{
	bool is_ip4 = addr_is_v4(addr);
	char text[ADDR_TEXT_SIZE + sizeof("/128")];
	size_t len = addr_to_str(addr, is_ip4 ? 4 : 6, text);

	snprintf(text + len, sizeof(text) - len, "%s", is_ip4 ? "/32" : "/128");
	json_string(out, "cidr", text);
}

void agent_events_address(struct event_log *log, uint64_t time_ns, const uint8_t addr[static 16],
			  const struct party_facts *facts, bool is_there)
{
	auto_buf struct buf buf = { 0 };
	struct json_out out = { .buf = &buf };

	begin(&out, is_there ? AGENT_EVENT_IPCACHE_UPSERTED : AGENT_EVENT_IPCACHE_DELETED,
	      "ipcache_update");
	put_cidr(&out, addr);
	json_u64(&out, "identity", party_identity(facts));
	put_known(&out, "namespace", party_namespace(facts));
	put_known(&out, "pod_name", party_pod_name(facts));
	end(&out, log, time_ns);
}
