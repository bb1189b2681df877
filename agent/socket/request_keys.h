/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys that can't be meant. Of one that an object has twice json-c takes the last without a word;
 * proto3's JSON refuses it, because who reads the request otherwise may take the first. And what
 * stands behind a NUL in a key json-c cuts off.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct request_key {
	const char *name; /* as written, without its quotes */
	size_t len;
	size_t at;	   /* offset of its opening quote */
	const char *fault; /* "stands twice" */
};

/* Of len bytes that json-c has read as one value. True: there is such a key, the first is told. */
bool request_keys_check(const char *line, size_t len, struct request_key *ret);
