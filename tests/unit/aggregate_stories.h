/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of filter/aggregate.h: what is told of flows that are written down as text. */
#pragma once

#include <stddef.h>

struct aggregate;
struct aggregate_limits;

#define HEAD(fields) "{\"aggregate\":{\"fields\":[" fields "],\"groups\":["
#define PODS	     HEAD("\"source.pod\",\"destination.pod\"")
#define TAIL	     "]}}\n"
#define COUNTS(flows, records, bytes, packets, drops)                               \
	"\"flows\":\"" #flows "\",\"records\":\"" #records "\",\"bytes\":\"" #bytes \
	"\",\"packets\":\"" #packets "\",\"drops\":\"" #drops "\""

struct story {
	const char *name;
	const char *fields;
	const char *flows[8];
	const char *expect; /* the groups and what follows */
};

/* limits: NULL for the usual ones. */
void aggregate_of(struct aggregate **ret, const char *fields,
		  const struct aggregate_limits *limits);
/* One of flow_fields.h. */
void aggregate_add_flow(struct aggregate *aggregate, const char *flow);
/* All lines of JSON as one text. */
void assert_aggregate(struct aggregate *aggregate, const char *name, const char *expect);
void assert_stories(const struct story *stories, size_t count);
