/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of every kind, for the tests of what is made of them. Golden lines are in their order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "log/record.h"

struct json_object;

#define RECORD_TIME_NS	   1795294803412345678 /* 2026-11-21T21:00:03.412345678Z */
#define RECORD_AGENT_START 1795290000123456789

struct record_case {
	const char *name;
	const char *initiator, *responder;
	struct record rec;	   /* times and so on are filled in */
	struct record_leg legs[1]; /* further ones */
	struct record_more more;   /* behind them */
	bool legs_are_lost;
};

/* Of all of them; record_parties_begin() fills in who they are. */
extern struct record_context record_cases_context;

size_t record_cases_count(void);
const struct record_case *record_case_at(size_t i);
/* Appends its line, as the agent writes it as its record number i + 1. */
void record_case_write(struct buf *buf, size_t i);
/* The line alone, and what json-c reads there: to be put. */
struct json_object *record_case_read(struct buf *buf, size_t i);

/* For a group of tests: who the parties of the records are. */
int record_parties_begin(void **state);
int record_parties_end(void **state);
