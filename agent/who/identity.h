/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identity numbers and the texts of labels, as Hubble's clients expect them. Pure functions.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Those that are not a hash have Hubble's own numbers. */
enum identity {
	IDENTITY_UNKNOWN = 0,
	IDENTITY_HOST = 1,	  /* this machine */
	IDENTITY_WORLD = 2,	  /* anybody else */
	IDENTITY_NAMED = 1 << 24, /* and 24 bits of a hash */
};

/*
 * Of a pod, a container, or an endpoint that a file names: the same on every machine and in every
 * version. A container of no pod has no namespace (NULL or ""). Two may share a number: it is for
 * filters, and never what tells endpoints apart.
 */
uint32_t identity_of(const char *namespace, const char *name);

enum label_source {
	LABEL_K8S,	 /* of a pod */
	LABEL_CONTAINER, /* of a container of no pod */
	LABEL_RESERVED,
	LABEL_SOURCE_MAX,
};

/* A key with its prefix (253 + 1 + 63) and a value (63) of Kubernetes are 380; others are cut. */
#define LABEL_SIZE 1024

/*
 * "k8s:key=value", without "=" where there is no value (NULL or ""). Valid UTF-8 whatever the texts
 * are; too long ones are cut and end in U+2026. Returns the length.
 */
size_t label_to_str(enum label_source source, const char *key, const char *value,
		    char text[static LABEL_SIZE]);

/* The whole text of the only label that these two have. */
#define LABEL_HOST  "reserved:host"
#define LABEL_WORLD "reserved:world"
