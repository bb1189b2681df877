/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of the things known of an endpoint names it best, for a line that has room for one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* In the order of preference. */
enum best_name {
	BEST_NAME_POD,	     /* namespace/pod */
	BEST_NAME_SERVICE,   /* namespace/service */
	BEST_NAME_CONTAINER, /* of no pod */
	BEST_NAME_UNIT,	     /* nginx.service */
	BEST_NAME_COMM,	     /* curl */
	BEST_NAME_DNS,	     /* the first of its names */
	BEST_NAME_ADDRESS,   /* nothing is known */
	BEST_NAME_MAX,
};

/* Is it known? The unit as a text of unit_len bytes, or NULL. */
struct best_name_facts {
	bool has_pod, has_service, has_container, has_comm, has_dns;
	const char *unit;
	size_t unit_len;
};

enum best_name best_name_pick(const struct best_name_facts *facts);
