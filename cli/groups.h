/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weir observe --aggregate-by: tables instead of records. The agent makes and sends them; flows of a
 * file are counted here, by the same library.
 */
#pragma once

#include <stdbool.h>

#include "agent/base/options.h"

#include "text.h"

struct buf;
struct groups;
struct json_out;
struct time_text;

struct groups_options {
	const char *fields; /* as the flag has them */
	bool is_json;
	int terminal; /* on it each table takes the place of the one before; -1: there is none */
	struct time_text *times;
};

/* For the option: -EINVAL with the reason. */
int groups_check(const char *fields, char reason[static OPTION_REASON_SIZE]);
/* For the request: the fields as an array. */
void groups_request(const char *fields, struct json_out *out);

/* *options is borrowed. -EINVAL after a message, or -ENOMEM. */
int groups_new(struct groups **ret, const struct groups_options *options);
void groups_free(struct groups **at);
/* A line of the agent with a table or a part of one: false, and nothing is done, if it is another. */
bool groups_table(struct groups *groups, struct text line, struct buf *out);
/* A flow in JSON. */
void groups_add(struct groups *groups, struct text line);
/* Nothing comes any more: flows that were added are told. */
void groups_end(struct groups *groups, struct buf *out);
