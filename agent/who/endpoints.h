/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the file of --endpoints says of addresses and networks (weir-endpoints(5)). Loaded as a
 * whole, by any thread, and then only read; a file that is not right in all of it is refused, with
 * the place that is wrong.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "who/prefix_table.h"
#include "who/string_pool.h"

#define ENDPOINTS_MAX	     131072	/* addresses and networks in a file */
#define ENDPOINTS_FILE_MAX   (64 << 20) /* bytes of it */
#define ENDPOINTS_TEXT_BYTES (16 << 20) /* of all names and labels, each counted once */
#define ENDPOINTS_NAME_MAX   253	/* bytes of a name */
#define ENDPOINTS_LABEL_MAX  511	/* of a label with its prefix */
#define ENDPOINTS_LABELS     64		/* of one endpoint */
#define ENDPOINTS_NAMES	     16

/*
 * Of one endpoint; all of it belongs to the struct endpoints. "" is what the file does not say.
 * A list is strings one behind the other, and an empty one at its end.
 */
struct endpoint_facts {
	const char *namespace, *pod;
	const char *service, *service_namespace;
	const char *workload, *workload_kind; /* "cart", "Deployment" */
	const char *labels;		      /* a list: "k8s:app=cart" */
	const char *names;		      /* a list: "db.example.org" */
};

struct endpoints;

/*
 * -errno, and a line for people that names file, line and field (message, of size bytes):
 * "endpoints.json:12: pod: must be a string".
 */
int endpoints_load(struct endpoints **ret, const char *path, char *message, size_t size);
void endpoints_free(struct endpoints **at);
/* The longest prefix that holds the address. False: none, or it names nobody. endpoints may be NULL. */
bool endpoints_find(const struct endpoints *endpoints, const uint8_t addr[static 16],
		    struct endpoint_facts *ret);
/*
 * The network at index, below the count, in the order of addresses; of an IPv4 one ret_len is 96
 * longer.
 */
void endpoints_at(const struct endpoints *endpoints, uint32_t index, uint8_t ret_addr[static 16],
		  unsigned int *ret_len, struct endpoint_facts *ret);
uint32_t endpoints_count(const struct endpoints *endpoints);
/* Of memory; for the test that it is bounded. */
size_t endpoints_bytes(const struct endpoints *endpoints);
