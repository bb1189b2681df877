/* SPDX-License-Identifier: BSD-2-Clause */
/* --allowlist and --denylist: filters as they are sent, FlowFilter objects in proto3 JSON. */
#pragma once

struct json_out;

#define FILTER_WHY_SIZE 256

/*
 * Writes the objects of the text, any number of them, into an array, each with its keys in the
 * order and spelling of the filters that flags make; their values are the agent's to check.
 * -EINVAL and why, in Hubble's words.
 */
int filter_raw_write(const char *text, struct json_out *out, char why[static FILTER_WHY_SIZE]);
