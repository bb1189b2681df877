// SPDX-License-Identifier: BSD-2-Clause
/*
 * Field by field, so that a difference has a name.
 */
#include "compare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

struct field {
	const char *name;
	size_t offset, size;
	bool is_time;
};

#define FIELD(type, member)                                        \
	{                                                          \
		.name = #member, .offset = offsetof(type, member), \
		.size = sizeof(((const type *)NULL)->member)       \
	}
#define TIME(type, member)                                                                    \
	{                                                                                     \
		.name = #member, .offset = offsetof(type, member), .size = 8, .is_time = true \
	}

static const struct field flow_fields[] = {
	FIELD(struct weir_flow, lock),	    FIELD(struct weir_flow, state),
	FIELD(struct weir_flow, initiator), FIELD(struct weir_flow, close_reason),
	FIELD(struct weir_flow, flags),	    TIME(struct weir_flow, start_ns),
	TIME(struct weir_flow, reply_ns),   TIME(struct weir_flow, established_ns),
};

static const struct field dir_fields[] = {
	FIELD(struct weir_dir, packets),      FIELD(struct weir_dir, bytes),
	FIELD(struct weir_dir, flags),	      FIELD(struct weir_dir, hooks),
	FIELD(struct weir_dir, zero_windows), FIELD(struct weir_dir, isn),
	FIELD(struct weir_dir, next_seq),     FIELD(struct weir_dir, base_packets),
	FIELD(struct weir_dir, base_bytes),   TIME(struct weir_dir, end_ns),
	FIELD(struct weir_dir, resent),	      FIELD(struct weir_dir, fragments),
};

static const struct field hdr_fields[] = {
	FIELD(struct weir_event_hdr, len),     FIELD(struct weir_event_hdr, type),
	FIELD(struct weir_event_hdr, version), FIELD(struct weir_event_hdr, hook),
	FIELD(struct weir_event_hdr, dir),     FIELD(struct weir_event_hdr, tcp_flags),
	FIELD(struct weir_event_hdr, pad),     TIME(struct weir_event_hdr, time_ns),
};

static const struct field event_fields[] = {
	FIELD(struct weir_event, icmp_type),
	FIELD(struct weir_event, icmp_code),
	FIELD(struct weir_event, pad),
};

void compare_say(struct compare *compare, const char *format, ...)
{
	size_t left = sizeof(compare->text) - compare->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(compare->text + compare->len, left, format, args);
	va_end(args);
	if (n > 0)
		compare->len += (size_t)n < left ? (size_t)n : left - 1;
}

static uint64_t field_read(const struct field *field, const void *from)
{
	uint64_t value = 0;

	/* On a machine of the other byte order the low bytes come last. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	memcpy((uint8_t *)&value + 8 - field->size, (const uint8_t *)from + field->offset,
	       field->size);
#else
	memcpy(&value, (const uint8_t *)from + field->offset, field->size);
#endif
	return value;
}

static void compare_fields(struct compare *compare, const char *where, const struct field *fields,
			   size_t len, const void *kernel, const void *ref)
{
	for (size_t i = 0; i < len; i++) {
		uint64_t is = field_read(&fields[i], kernel), other = field_read(&fields[i], ref);

		if (fields[i].is_time && is && other) {
			const struct compare_window *window = &compare->windows[other];

			if (is >= window->from_ns && is <= window->to_ns)
				continue;
		} else if (is == other) {
			continue;
		}
		compare_say(compare, "  %s%s: kernel %llu, reference %llu\n", where, fields[i].name,
			    (unsigned long long)is, (unsigned long long)other);
	}
}

void compare_value(struct compare *compare, const struct weir_flow *kernel,
		   const struct weir_flow *ref)
{
	static const char *const names[2] = { "dir[0].", "dir[1]." };

	compare_fields(compare, "", flow_fields, ARRAY_SIZE(flow_fields), kernel, ref);
	for (size_t d = 0; d < 2; d++)
		compare_fields(compare, names[d], dir_fields, ARRAY_SIZE(dir_fields),
			       &kernel->dir[d], &ref->dir[d]);
}

static void say_key(struct compare *compare, const char *what, const struct weir_flow_key *key)
{
	char addr[2][INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, key->addr[0], addr[0], sizeof(addr[0]));
	inet_ntop(AF_INET6, key->addr[1], addr[1], sizeof(addr[1]));
	compare_say(compare,
		    "%s: IPv%u protocol %u, %s port %u and %s port %u, if %u, vlan %04x, "
		    "vni %02x%02x%02x, netns %u\n",
		    what, key->family, key->proto, addr[0], ntohs(key->port[0]), addr[1],
		    ntohs(key->port[1]), key->ifindex, key->vlan, key->vni[0], key->vni[1],
		    key->vni[2], key->netns);
}

static void compare_count(struct compare *compare, const char *name, size_t number,
			  const struct weir_count *kernel, const struct weir_count *ref)
{
	if (kernel->packets == ref->packets && kernel->bytes == ref->bytes)
		return;
	compare_say(compare, "%s[%zu]: kernel %llu packets, %lld bytes; reference %llu, %lld\n",
		    name, number, (unsigned long long)kernel->packets, (long long)kernel->bytes,
		    (unsigned long long)ref->packets, (long long)ref->bytes);
}

int compare_iface(struct compare *compare)
{
	const struct weir_iface *ref = &compare->ref->iface;
	struct weir_iface kernel;
	int r = kernel_iface(compare->kernel, &kernel);

	if (r)
		return r;
	for (size_t i = 0; i < WEIR_HOOK_MAX; i++) {
		compare_count(compare, "raw", i, &kernel.raw[i], &ref->raw[i]);
		compare_count(compare, "gso", i, &kernel.gso[i], &ref->gso[i]);
	}
	compare_count(compare, "cut", 0, &kernel.cut, &ref->cut);
	for (size_t i = 0; i < WEIR_REM_MAX; i++)
		compare_count(compare, "remainder", i, &kernel.remainder[i], &ref->remainder[i]);
	return 0;
}

static void compare_event(struct compare *compare, size_t number, const struct weir_event *kernel,
			  const struct weir_event *ref)
{
	size_t len = compare->len;

	if (memcmp(&kernel->key, &ref->key, sizeof(kernel->key)) != 0) {
		say_key(compare, "  key in the kernel", &kernel->key);
		say_key(compare, "  key of the reference", &ref->key);
	}
	if (memcmp(kernel->eth_dst, ref->eth_dst, 12) != 0)
		compare_say(compare, "  Ethernet addresses are not the same\n");
	compare_fields(compare, "hdr.", hdr_fields, ARRAY_SIZE(hdr_fields), &kernel->hdr,
		       &ref->hdr);
	compare_fields(compare, "", event_fields, ARRAY_SIZE(event_fields), kernel, ref);
	compare_value(compare, &kernel->flow, &ref->flow);
	if (compare->len != len)
		compare_say(compare, "  in event %zu of this reading\n", number);
}

int compare_events(struct compare *compare)
{
	const struct reference *ref = compare->ref;
	const struct weir_event *events;
	int n = kernel_events(compare->kernel, &events);

	if (n < 0)
		return n;
	if ((size_t)n != ref->events_len) {
		compare_say(compare, "events: kernel %d, reference %zu\n", n, ref->events_len);
		for (int i = 0; i < n; i++)
			compare_say(compare, "  the kernel's are of type %u\n", events[i].hdr.type);
		for (size_t i = 0; i < ref->events_len; i++)
			compare_say(compare, "  the reference's are of type %u\n",
				    ref->events[i].hdr.type);
		return 0;
	}
	for (size_t i = 0; i < ref->events_len; i++)
		compare_event(compare, i, &events[i], &ref->events[i]);
	return 0;
}

static void compare_entry(struct compare *compare, const struct weir_flow_key *key,
			  const struct weir_flow *kernel, const struct ref_entry *entry)
{
	size_t len = compare->len;

	if (!kernel != !entry) {
		compare_say(compare, "  only the %s has the flow\n",
			    kernel ? "kernel" : "reference");
	} else if (kernel) {
		compare_value(compare, kernel, &entry->flow);
	}
	if (compare->len != len)
		say_key(compare, "  of the flow", key);
}

int compare_flow(struct compare *compare, const struct weir_flow_key *key)
{
	struct weir_flow flow;
	int r = kernel_flow(compare->kernel, key, &flow);

	if (r && r != -ENOENT)
		return r;
	compare_entry(compare, key, r ? NULL : &flow, reference_find(compare->ref, key));
	return 0;
}

static int compare_flows(struct compare *compare)
{
	const struct weir_flow_key *keys;
	const struct weir_flow *flows;
	int n = kernel_flows(compare->kernel, &keys, &flows);

	for (int i = 0; i < n; i++)
		compare_entry(compare, &keys[i], &flows[i], reference_find(compare->ref, &keys[i]));
	if (n >= 0 && (size_t)n != compare->ref->flows)
		compare_say(compare, "flows: kernel %d, reference %zu\n", n, compare->ref->flows);
	return n < 0 ? n : 0;
}

static int compare_fragments(struct compare *compare)
{
	struct weir_fragment_key keys[KERNEL_FRAGMENTS];
	int n = kernel_fragment_keys(compare->kernel, keys, KERNEL_FRAGMENTS);

	for (int i = 0; i < n; i++) {
		const struct ref_fragment *ref = reference_find_fragment(compare->ref, &keys[i]);
		struct weir_fragment first;
		int r = kernel_fragment(compare->kernel, &keys[i], &first);

		if (r)
			return r;
		if (!ref) {
			compare_say(compare, "fragment: id %08x is not known\n", keys[i].id);
			continue;
		}
		if ((first.owed == 0) != reference_is_whole(ref))
			compare_say(compare, "fragment: id %08x owes %08x\n", keys[i].id,
				    first.owed);
		first.seconds = first.owed = 0;
		if (memcmp(&first, &ref->first, sizeof(first)) != 0)
			compare_say(compare, "fragment: id %08x, protocol %u differs\n", keys[i].id,
				    keys[i].proto);
	}
	if (n >= 0 && (size_t)n != compare->ref->fragments_len)
		compare_say(compare, "fragments: kernel %d, reference %zu\n", n,
			    compare->ref->fragments_len);
	return n < 0 ? n : 0;
}

int compare_whole(struct compare *compare)
{
	uint64_t counters[WEIR_COUNTER_MAX];
	struct weir_pressure pressure;
	int r = compare_flows(compare);

	if (!r)
		r = compare_fragments(compare);
	if (!r)
		r = kernel_counters(compare->kernel, counters);
	if (!r)
		r = kernel_pressure(compare->kernel, &pressure);
	if (r)
		return r;
	for (size_t i = 0; i < WEIR_COUNTER_MAX; i++) {
		if (counters[i] == compare->ref->counters[i])
			continue;
		compare_say(compare, "counter %zu: kernel %llu, reference %llu\n", i,
			    (unsigned long long)counters[i],
			    (unsigned long long)compare->ref->counters[i]);
	}
	if (pressure.unanswered != compare->ref->unanswered ||
	    pressure.answering != compare->ref->answering ||
	    pressure.one_sided != compare->ref->one_sided) {
		compare_say(compare,
			    "unanswered, answering, one-sided: kernel %lld, %lld, %lld, "
			    "reference %lld, %lld, %lld\n",
			    (long long)pressure.unanswered, (long long)pressure.answering,
			    (long long)pressure.one_sided, (long long)compare->ref->unanswered,
			    (long long)compare->ref->answering, (long long)compare->ref->one_sided);
	}
	return 0;
}
