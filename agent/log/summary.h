/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Summary of a record: Hubble's own string, and after "; " what Hubble doesn't know.
 */
#pragma once

struct record;
struct record_more;

#define SUMMARY_SIZE 256

/* more: what only some have; all zeros of most. */
void summary_of(const struct record *rec, const struct record_more *more,
		char ret[static SUMMARY_SIZE]);
