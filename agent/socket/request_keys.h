/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys that an object of a request has twice. json-c takes the last one without a word; proto3's JSON
 * refuses them, because who reads the request otherwise may take the first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct request_key {
	const char *name; /* as written, without its quotes */
	size_t len;
	size_t at; /* offset of its opening quote */
};

/* Of len bytes that json-c has read as one value. False: there is none. */
bool request_keys_find_twice(const char *line, size_t len, struct request_key *ret);
