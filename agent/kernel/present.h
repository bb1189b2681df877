/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the datapath's note of which keys may be in the flow map (weir/present.h): while new flows
 * are refused, each pass of the sweep writes it anew. A pass that begins to note only lets the
 * packet programs note what they make; the next one writes a half, which is asked when it is whole.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "weir/flow.h"

struct present;

/*
 * Words of a half for a map of so many flows: a power of two, two bytes a flow or more. With the map
 * full two of five keys that are not in it have another one's byte, and are looked up.
 */
uint32_t present_words(uint32_t max_flows);
/* map_fd: of the map `present`, which has WEIR_PRESENT_FIRST + 2 * words. */
int present_new(struct present **ret, int map_fd, uint32_t words);
void present_free(struct present **at);

/* A pass over the flow map begins. is_wanted: packets of new flows have been refused lately. */
void present_begin(struct present *present, bool is_wanted);
/* An entry of the pass. */
void present_add(struct present *present, const struct weir_flow_key *key);
/* The pass has ended. is_whole: it has met every entry that was there all the time. */
void present_end(struct present *present, bool is_whole);
