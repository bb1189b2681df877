/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How an interface is attached to, as ServerStatus and Interfaces tell it: keys of an object that the
 * caller has begun.
 */
#pragma once

struct json_out;
struct watched;

void reply_hooks(struct json_out *out, const struct watched *watched);
