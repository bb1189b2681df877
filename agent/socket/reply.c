// SPDX-License-Identifier: BSD-2-Clause
/*
 * ServerStatus and Interfaces.
 */
#include "socket/reply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "base/num.h"
#include "base/timefmt.h"
#include "base/version.h"
#include "export/export.h"
#include "kernel/datapath.h"
#include "kernel/listeners.h"
#include "kernel/remainders.h"
#include "kernel/retransmits.h"
#include "kernel/tracing.h"
#include "log/history.h"
#include "socket/client_buffers.h"
#include "socket/control.h"
#include "socket/reply_hooks.h"
#include "who/sockets.h"
#include "who/translations.h"
#include "who/who.h"

#define RATE_WINDOW_NS (60 * 1000000000ULL)

static const char *const counter_names[] = {
	[WEIR_EVENTS_LOST] = "events_lost",	[WEIR_FLOWS_CREATED] = "flows_created",
	[WEIR_FLOWS_REFUSED] = "flows_refused", [WEIR_UNANSWERED_REFUSED] = "unanswered_refused",
	[WEIR_FLOWS_REVIVED] = "flows_revived", [WEIR_DNS_SKIPPED] = "dns_answers_skipped",
};
_Static_assert(ARRAY_SIZE(counter_names) == WEIR_COUNTER_MAX, "a name for each counter");

static void json_count(struct json_out *out, const char *key, const struct weir_count *count)
{
	json_object_begin(out, key);
	json_u64_str(out, "packets", count->packets);
	json_u64_str(out, "bytes", count->bytes);
	json_object_end(out);
}

static void json_remainders(struct json_out *out, const struct weir_count counts[WEIR_REM_MAX])
{
	json_object_begin(out, "remainders");
	for (unsigned int i = 0; i < WEIR_REM_MAX; i++)
		json_count(out, remainder_name(i), &counts[i]);
	json_object_end(out);
}

static void json_identity(struct json_out *out, const struct watched *watched)
{
	json_object_begin(out, "interface");
	json_u64(out, "index", watched->info.ifindex);
	json_string(out, "name", watched->info.name);
	json_object_end(out);
	json_string(out, "role", iface_role_to_str(watched->role));
}

struct collect {
	const struct agent *agent;
	struct json_out *out;
	struct weir_count remainders[WEIR_REM_MAX];
};

static void status_attachment(void *ctx, struct watched *watched)
{
	struct collect *collect = ctx;
	struct weir_iface iface;

	if (watched->is_gone)
		return;
	json_object_begin(collect->out, NULL);
	json_identity(collect->out, watched);
	reply_hooks(collect->out, watched);
	json_object_end(collect->out);
	if (!watched->slot ||
	    datapath_iface_read(collect->agent->datapath, (uint32_t)watched->slot, &iface))
		return;
	for (unsigned int i = 0; i < WEIR_REM_MAX; i++) {
		collect->remainders[i].packets += iface.remainder[i].packets;
		collect->remainders[i].bytes += iface.remainder[i].bytes;
	}
}

/* Packets of interfaces without a slot are counted in slot 0. */
static void status_remainders(struct collect *collect)
{
	struct weir_iface iface;

	if (!datapath_iface_read(collect->agent->datapath, 0, &iface))
		collect->remainders[WEIR_REM_UNKNOWN_INTERFACE] =
			iface.remainder[WEIR_REM_UNKNOWN_INTERFACE];
	json_remainders(collect->out, collect->remainders);
}

static void who_loss(void *ctx, const char *name, uint64_t count)
{
	json_u64_str(ctx, name, count);
}

static void status_losses(struct json_out *out, const struct agent *agent)
{
	uint64_t counters[WEIR_COUNTER_MAX] = { 0 };
	struct retransmits_stats retransmits;
	struct control_stats control;
	struct who_nat_status nat;
	struct conn_stats conns;

	conn_get_stats(agent->conns, &conns);
	(void)datapath_counters(agent->datapath, counters);
	json_object_begin(out, "losses");
	json_u64_str(out, counter_names[WEIR_EVENTS_LOST], counters[WEIR_EVENTS_LOST]);
	json_u64_str(out, counter_names[WEIR_FLOWS_REFUSED], counters[WEIR_FLOWS_REFUSED]);
	json_u64_str(out, counter_names[WEIR_UNANSWERED_REFUSED],
		     counters[WEIR_UNANSWERED_REFUSED]);
	json_u64_str(out, counter_names[WEIR_DNS_SKIPPED], counters[WEIR_DNS_SKIPPED]);
	json_u64_str(out, "events_malformed", datapath_bad_events(agent->datapath));
	json_u64_str(out, "connections_without_room", conns.no_room);
	json_u64_str(out, "records_lost_by_readers", agent->reader_losses);
	control_get_stats(agent->control, &control);
	json_u64_str(out, "answers_cut_short", control.cut_short);
	json_u64_str(out, "records_lost_by_export", export_lost(agent->export));
	json_u64_str(out, "interfaces_not_attached", agent->ifaces.attach_errors);
	json_u64_str(out, "retransmits_refused", tracing_retransmit_sums(agent->tracing)->refused);
	retransmits_get_stats(agent->retransmits, &retransmits);
	json_u64_str(out, "resending_sockets_without_room", retransmits.no_room);
	who_nat_get_status(agent->who, &nat);
	json_u64_str(out, "translations_refused", nat.refused);
	json_u64_str(out, "translations_not_asked", nat.unasked);
	who_losses(agent->who, who_loss, out);
	json_object_end(out);
	json_object_begin(out, "counters");
	json_u64_str(out, counter_names[WEIR_FLOWS_CREATED], counters[WEIR_FLOWS_CREATED]);
	json_u64_str(out, counter_names[WEIR_FLOWS_REVIVED], counters[WEIR_FLOWS_REVIVED]);
	json_u64_str(out, "events_read", agent->events);
	json_u64_str(out, "changes_found_by_sweep", conns.made_up);
	json_u64_str(out, "connections", conns.connections);
	json_u64_str(out, "legs", conns.legs);
	json_u64_str(out, "hooks_removed", agent->ifaces.removed);
	json_u64_str(out, "clients", control.clients);
	json_u64_str(out, "clients_refused", control.refused);
	json_u64_str(out, "clients_evicted", control.evicted);
	json_object_end(out);
}

static void json_fill(struct json_out *out, const char *name, uint64_t used, uint64_t capacity,
		      const char *unit)
{
	json_object_begin(out, NULL);
	json_string(out, "name", name);
	json_u64_str(out, "used", used);
	json_u64_str(out, "capacity", capacity);
	json_string(out, "unit", unit);
	json_object_end(out);
}

static uint64_t log_used(const struct agent *agent)
{
	return history_count(agent->history);
}

static void status_fill(struct json_out *out, const struct agent *agent)
{
	struct control_stats control;
	struct who_nat_status nat;
	struct conn_stats conns;

	conn_get_stats(agent->conns, &conns);
	who_nat_get_status(agent->who, &nat);
	control_get_stats(agent->control, &control);
	json_array_begin(out, "fill");
	json_fill(out, "flow map", conns.legs, agent->options->max_flows, "flows");
	json_fill(out, "event ring", datapath_ring_used(agent->datapath),
		  agent->options->ring_bytes, "bytes");
	json_fill(out, "flow log", log_used(agent), history_capacity(agent->history), "records");
	json_fill(out, "client buffers", control.buffers_held, CLIENT_BUFFERS_MAX, "bytes");
	json_fill(out, "translations", nat.held, TRANSLATIONS_MAX, "kinds");
	json_array_end(out);
}

static void json_capability(struct json_out *out, const char *name, bool available,
			    const char *detail)
{
	json_object_begin(out, NULL);
	json_string(out, "name", name);
	json_bool(out, "available", available);
	json_string(out, "detail", detail);
	json_object_end(out);
}

static const char *listeners_detail(int error)
{
	if (error == -ENOENT)
		return "this kernel lacks inet_diag for TCP, its module tcp_diag";
	return error ? strerror(-error) : "inet_diag tells";
}

static void who_capability(void *ctx, const char *name, bool is_available, const char *detail)
{
	json_capability(ctx, name, is_available, detail);
}

static void status_capabilities(struct json_out *out, const struct agent *agent)
{
	static const char *const tcx[] = {
		[ATTACH_TCX_UNTRIED] = "not tried",
		[ATTACH_TCX_ABSENT] =
			"not in this kernel, nor in any before Linux 6.6: clsact filters take its place",
		[ATTACH_TCX_PRESENT] = "attached beside other programs by links of its own",
	};
	enum attach_tcx state = attacher_tcx(agent->ifaces.attacher);
	int listener_error = listeners_error(agent->listeners);
	struct who_nat_status nat;

	json_array_begin(out, "capabilities");
	json_capability(out, "tcx", state == ATTACH_TCX_PRESENT, tcx[state]);
	json_capability(out, "retransmissions", tracing_has(agent->tracing, TRACING_RETRANSMITS),
			tracing_note(agent->tracing, TRACING_RETRANSMITS));
	json_capability(out, "listeners", !listener_error, listeners_detail(listener_error));
	sockets_capabilities(agent->sockets, who_capability, out);
	who_capabilities(agent->who, who_capability, out);
	who_nat_get_status(agent->who, &nat);
	json_capability(out, "translations", nat.is_available, nat.detail);
	json_array_end(out);
}

/* Field 2 of statm, in pages. 0: there is no /proc. */
static uint64_t resident_bytes(void)
{
	auto_file FILE *file = fopen("/proc/self/statm", "re");
	char line[128], *at, *value = NULL;
	uint64_t resident;

	if (file && fgets(line, sizeof(line), file) && strtok_r(line, " \n", &at))
		value = strtok_r(NULL, " \n", &at);
	if (!value || num_parse_u64(value, UINT64_MAX, &resident))
		return 0;
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What is not known, because there is no /proc, is left out. */
static void status_memory(struct json_out *out, const struct agent *agent)
{
	uint64_t maps = datapath_map_bytes(agent->datapath) + tracing_map_bytes(agent->tracing) +
			sockets_map_bytes(agent->sockets);
	uint64_t resident = resident_bytes();

	if (!maps && !resident)
		return;
	json_object_begin(out, "memory");
	if (resident)
		json_u64_str(out, "resident_bytes", resident);
	if (maps)
		json_u64_str(out, "kernel_maps_bytes", maps);
	json_object_end(out);
}

/* Records a second over the last minute, or since the oldest one, or since the clock was set back. */
static double flows_rate(const struct agent *agent)
{
	uint64_t now = time_realtime_ns(), next = history_next(agent->history);
	uint64_t oldest = history_oldest(agent->history), high = next, low, age;
	const struct record_leg *legs;

	if (oldest < history_orderly(agent->history))
		oldest = history_orderly(agent->history);
	low = oldest;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (history_get(agent->history, middle, &legs)->time_ns + RATE_WINDOW_NS < now)
			low = middle + 1;
		else
			high = middle;
	}
	if (low >= next)
		return 0;
	age = now - history_get(agent->history, low, &legs)->time_ns;
	if (low > oldest || age > RATE_WINDOW_NS)
		age = RATE_WINDOW_NS;
	if (age < 1000000000ULL)
		age = 1000000000ULL;
	return (double)(next - low) * 1e9 / (double)age;
}

static void status_extensions(struct json_out *out, const struct agent *agent)
{
	struct collect collect = { .agent = agent, .out = out };

	json_object_begin(out, "extensions");
	json_string(out, "node_name", agent->node_name);
	json_u64(out, "pid", (uint64_t)getpid());
	json_array_begin(out, "attachments");
	ifaces_each(&agent->ifaces, status_attachment, &collect);
	json_array_end(out);
	status_losses(out, agent);
	status_remainders(&collect);
	status_fill(out, agent);
	status_capabilities(out, agent);
	export_status(agent->export, out);
	status_memory(out, agent);
	json_object_end(out);
}

void reply_status(const struct agent *agent, struct buf *buf)
{
	struct json_out out = { .buf = buf };

	json_object_begin(&out, NULL);
	json_u64_str(&out, "num_flows", log_used(agent));
	json_u64_str(&out, "max_flows", history_capacity(agent->history));
	json_u64_str(&out, "seen_flows", history_seen(agent->history));
	json_u64_str(&out, "uptime_ns", time_monotonic_ns() - agent->start_ns);
	json_string(&out, "version", "weir v" WEIR_VERSION);
	json_double(&out, "flows_rate", flows_rate(agent), 4);
	status_extensions(&out, agent);
	json_object_end(&out);
	buf_append_char(buf, '\n');
}

static void reply_interface(void *ctx, struct watched *watched)
{
	static const char *const hooks[] = { [WEIR_INGRESS] = "ingress", [WEIR_EGRESS] = "egress" };
	struct collect *collect = ctx;
	struct json_out out = { .buf = collect->out->buf };
	struct weir_iface iface = { 0 };

	if (watched->is_gone)
		return;
	if (watched->slot)
		(void)datapath_iface_read(collect->agent->datapath, (uint32_t)watched->slot,
					  &iface);
	json_object_begin(&out, NULL);
	json_identity(&out, watched);
	json_string(&out, "kind", watched->info.kind);
	reply_hooks(&out, watched);
	json_object_begin(&out, "wire");
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		struct weir_count wire = { iface.raw[hook].packets + iface.gso[hook].packets,
					   iface.raw[hook].bytes + iface.gso[hook].bytes };

		json_count(&out, hooks[hook], &wire);
	}
	json_object_end(&out);
	json_object_begin(&out, "raw");
	for (int hook = 0; hook < WEIR_HOOK_MAX; hook++)
		json_count(&out, hooks[hook], &iface.raw[hook]);
	json_object_end(&out);
	json_remainders(&out, iface.remainder);
	json_object_end(&out);
	buf_append_char(out.buf, '\n');
}

void reply_interfaces(const struct agent *agent, struct buf *buf)
{
	struct json_out out = { .buf = buf };
	struct collect collect = { .agent = agent, .out = &out };

	ifaces_each(&agent->ifaces, reply_interface, &collect);
}
