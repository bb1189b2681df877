/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of a request line, strictly: what json-c takes and is not JSON (RFC 8259), or takes
 * for another number than the one that is written. How the words stand together is json-c's to say.
 */
#pragma once

#include <stddef.h>

struct request_fault {
	size_t at;	  /* offset of the word, or of an escape in it */
	const char *what; /* "a string in single quotes"; NULL: none was found */
	const char *key;  /* as written, the last one before; NULL: none */
	size_t key_len;
};

/* Finds the first fault among the words that end before len. Fills key even if there is none. */
void request_words_check(const char *line, size_t len, struct request_fault *ret);
