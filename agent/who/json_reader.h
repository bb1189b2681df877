/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a JSON file (RFC 8259) piece by piece: each value with the line that it stands in, and
 * never more than a buffer of it in memory, however long the file is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum json_token {
	JSON_TOKEN_OBJECT, /* { */
	JSON_TOKEN_OBJECT_END,
	JSON_TOKEN_ARRAY, /* [ */
	JSON_TOKEN_ARRAY_END,
	JSON_TOKEN_KEY, /* its value is next */
	JSON_TOKEN_STRING,
	JSON_TOKEN_NUMBER,
	JSON_TOKEN_TRUE,
	JSON_TOKEN_FALSE,
	JSON_TOKEN_NULL,
	JSON_TOKEN_END,	  /* of the file, behind its one value */
	JSON_TOKEN_ERROR, /* see `error`; and from then on nothing else */
};

#define JSON_READER_TEXT  4096 /* longest text, with its NUL */
#define JSON_READER_CHUNK 65536
#define JSON_READER_DEPTH 32

struct json_reader {
	/* Of the token that was returned last. */
	unsigned int line;	     /* where it begins, from 1 */
	size_t len;		     /* of a key, string or number */
	char text[JSON_READER_TEXT]; /* the same: unescaped, valid UTF-8, no NUL inside */
	char error[80];		     /* why it is none */

	/* The reader's own. */
	int fd, read_error;
	unsigned int at_line, depth;
	uint32_t is_array; /* a bit for each depth */
	unsigned int expect;
	size_t at, end;
	unsigned char chunk[JSON_READER_CHUNK];
};

/* The fd stays the caller's. */
void json_reader_init(struct json_reader *reader, int fd);
enum json_token json_reader_next(struct json_reader *reader);
