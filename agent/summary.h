/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Summary of a record: Hubble's own string, and after "; " what Hubble doesn't know.
 */
#pragma once

struct record;

#define SUMMARY_SIZE 256

void summary_of(const struct record *rec, char ret[static SUMMARY_SIZE]);
