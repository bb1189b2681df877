/* SPDX-License-Identifier: BSD-2-Clause */
/* Of requests that are being read: between request.c, request_params.c and request_compile.c. */
#pragma once

#include "filter/filter.h"
#include "socket/request.h"

struct json_object;

/* What is being read: the request, and what can only be told when all of it has been seen. */
struct reading {
	struct request request;
	struct filter_lists filters;	  /* of the line's JSON */
	struct json_object *aggregate_by; /* a reference of its own */
	const char *field_mask;		  /* of the line's JSON, as the next */
	const char *experimental_mask;	  /* where it was before it had a place of its own */
};

/* The method of that name, of len bytes; -ENOENT. */
int request_params_find(const char *name, size_t len, enum request_method *ret);
/* What is asked of the method. -EINVAL with *error filled. */
int request_params_read(enum request_method method, struct json_object *params,
			struct reading *reading, struct request_error *error);
/* What was only noted, into the request. -EINVAL with *error filled. */
int request_compile(struct reading *reading, struct request_error *error);
/* Fills *error: -EINVAL. */
int request_refuse(struct request_error *error, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
