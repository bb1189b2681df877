/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fields of a flow that can be asked for, by the names that --where and --aggregate-by use: one
 * table, whether a flow is a record of the agent's log or a line of JSON. A field has any number of
 * values: none where it is not known or does not apply, several where it is a list.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
	FIELD_BOOL,
	FIELD_NUMBER,
	FIELD_DURATION, /* ns */
	FIELD_TIME,	/* ns since 1970 */
	FIELD_FLAGS, /* of TCP: bit 0 FIN, 1 SYN, 2 RST, 3 PSH, 4 ACK, 5 URG, 6 ECE, 7 CWR, 8 NS */
	FIELD_TEXT,
	FIELD_ADDR,
	FIELD_KIND_MAX,
};

/*
 * Of the two of a side the source's comes first. "source.pod" and "destination.pod" are such a pair;
 * "pod" is either of the two.
 *
 * A new one needs its row in field.c, what gives it to records (agent/log/record_fields.c), its place
 * in JSON (cli/flow_reader_places.c) and rows in tests/unit/test_cli_flow_reader.c.
 */
enum field {
	/* Hubble's. */
	FIELD_AT, /* "time" */
	FIELD_UUID,
	FIELD_VERDICT,	 /* "FORWARDED" */
	FIELD_TYPE,	 /* event_type.type */
	FIELD_SUB_TYPE,	 /* absent: 0 */
	FIELD_DIRECTION, /* "ingress", "egress" */
	FIELD_POINT,	 /* trace_observation_point: "TO_STACK" */
	FIELD_REPLY,
	FIELD_INTERFACE,
	FIELD_INTERFACE_INDEX,
	FIELD_NODE,
	FIELD_NODE_LABEL, /* a list */
	FIELD_PROTOCOL, /* "tcp", "udp", "icmpv4", "icmpv6", "sctp", "vrrp", "igmp"; L7: "dns", "http", "kafka" as well */
	FIELD_IP_VERSION, /* 0 (no IP), 4, 6 */
	FIELD_ENCRYPTED,
	FIELD_TCP_FLAGS,
	FIELD_ICMP_TYPE,
	FIELD_ICMP_CODE,
	FIELD_DROP_REASON,	/* the number */
	FIELD_DROP_REASON_DESC, /* "POLICY_DENIED" */
	FIELD_SUMMARY,
	FIELD_TRACE_ID,
	FIELD_IP_TRACE_ID,
	FIELD_DNS_QUERY,
	FIELD_HTTP_METHOD,
	FIELD_HTTP_URL,
	FIELD_HTTP_PATH,
	FIELD_HTTP_STATUS,
	FIELD_HTTP_HEADER, /* a list: "Key:Value" */
	FIELD_SOCKET_COOKIE,
	FIELD_CGROUP_ID,

	FIELD_SOURCE_IP,
	FIELD_DESTINATION_IP,
	FIELD_SOURCE_IP_XLATED, /* the source alone has one */
	FIELD_DESTINATION_IP_XLATED,
	FIELD_SOURCE_PORT, /* of TCP, UDP and SCTP; never 0 */
	FIELD_DESTINATION_PORT,
	FIELD_SOURCE_MAC,
	FIELD_DESTINATION_MAC,
	FIELD_SOURCE_IDENTITY,
	FIELD_DESTINATION_IDENTITY,
	FIELD_SOURCE_NAMESPACE,
	FIELD_DESTINATION_NAMESPACE,
	FIELD_SOURCE_POD, /* its name, without the namespace */
	FIELD_DESTINATION_POD,
	FIELD_SOURCE_LABEL, /* a list: "k8s:app=cart" */
	FIELD_DESTINATION_LABEL,
	FIELD_SOURCE_WORKLOAD, /* a list: names */
	FIELD_DESTINATION_WORKLOAD,
	FIELD_SOURCE_WORKLOAD_KIND, /* a list, of as many: "Deployment", "" */
	FIELD_DESTINATION_WORKLOAD_KIND,
	FIELD_SOURCE_SERVICE, /* its name */
	FIELD_DESTINATION_SERVICE,
	FIELD_SOURCE_SERVICE_NAMESPACE,
	FIELD_DESTINATION_SERVICE_NAMESPACE,
	FIELD_SOURCE_NAME, /* a list: DNS names */
	FIELD_DESTINATION_NAME,
	FIELD_SOURCE_CLUSTER,
	FIELD_DESTINATION_CLUSTER,

	/* Ours, in flow.extensions. */
	FIELD_EVENT,   /* "open", "established", "update", "close" */
	FIELD_CONN_ID, /* 16 hex digits */
	FIELD_COMMUNITY_ID,
	FIELD_START,
	FIELD_DURATION_NS, /* "duration" */
	FIELD_CLOSE_REASON,
	FIELD_INITIATOR,    /* "source", "destination" */
	FIELD_INITIATOR_BY, /* "syn" */
	FIELD_RTT,
	FIELD_RTT_SERVER,
	FIELD_RTT_CLIENT,
	FIELD_BYTES, /* both ways */
	FIELD_PACKETS,
	FIELD_RETRANSMITS,
	FIELD_FORWARD_BYTES, /* from the initiator */
	FIELD_FORWARD_PACKETS,
	FIELD_FORWARD_RETRANSMITS,
	FIELD_REVERSE_BYTES,
	FIELD_REVERSE_PACKETS,
	FIELD_REVERSE_RETRANSMITS,
	FIELD_IP_PROTO,
	FIELD_VLAN,
	FIELD_VNI,
	FIELD_ICMP_ID,
	FIELD_NAT_ROLE, /* "original", "translated" */
	FIELD_NAT_TWIN, /* 1: there is a connection of the other half, too */

	FIELD_SOURCE_PID,
	FIELD_DESTINATION_PID,
	FIELD_SOURCE_PROCESS, /* comm */
	FIELD_DESTINATION_PROCESS,
	FIELD_SOURCE_EXE,
	FIELD_DESTINATION_EXE,
	FIELD_SOURCE_UID,
	FIELD_DESTINATION_UID,
	FIELD_SOURCE_CGROUP, /* its path */
	FIELD_DESTINATION_CGROUP,
	FIELD_SOURCE_UNIT,
	FIELD_DESTINATION_UNIT,
	FIELD_SOURCE_CONTAINER, /* its name */
	FIELD_DESTINATION_CONTAINER,
	FIELD_SOURCE_CONTAINER_ID,
	FIELD_DESTINATION_CONTAINER_ID,
	FIELD_SOURCE_NETNS, /* the inode of the owner's network namespace */
	FIELD_DESTINATION_NETNS,
	FIELD_SOURCE_VIA, /* how it is known: "user" */
	FIELD_DESTINATION_VIA,
	FIELD_MAX,
};

struct field_row {
	const char *name;  /* "rtt"; of a pair without its side: "pod" */
	const char *about; /* a few words for help */
	uint64_t max;	   /* of a number: there is none that is larger; 0: of 64 bits */
	uint8_t kind;	   /* enum field_kind */
	bool is_source, is_destination;
};

/* Of a field below FIELD_MAX. */
const struct field_row *field_row(enum field field);
/*
 * "rtt", "source.pod", "pod". The field, and how many of them follow each other: 2 where a name
 * stands for either side, else 1. 0: there is no such name.
 */
unsigned int field_find(const char *name, size_t len, enum field *ret);
/* Is it of who a side is, and not of where it is: its address, port, or MAC? */
bool field_is_who(enum field field);
/* "source.pod" */
#define FIELD_NAME_SIZE 48
void field_to_str(enum field field, char text[static FIELD_NAME_SIZE]);

struct filter_pause;

struct field_value {
	uint64_t number;  /* of every kind but text and address */
	const char *text; /* not terminated; good until the reader is asked again */
	size_t len;
	const uint8_t
		*addr; /* 16 bytes in network order, IPv4 as ::ffff:a.b.c.d; good as text is */
};

/* One flow. Who offers flows embeds it, and finds itself by it. */
struct field_reader {
	/* The value at index, from 0; false: there are not so many. Only what its kind says is filled. */
	bool (*get)(struct field_reader *reader, enum field field, unsigned int index,
		    struct field_value *ret);
	/*
	 * Who a side is, as a number of 63 bits: flows for which it is the same have the same values
	 * in all fields of that side that field_is_who(). 0: ask for them. NULL: always 0.
	 */
	uint64_t (*who)(struct field_reader *reader, bool is_destination);
	/* Where a filter that asks notes how far it got; NULL: it goes on until it knows. */
	struct filter_pause *pause;
};
