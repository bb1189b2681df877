/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damages packets: bits, lengths, cuts, and pieces of others.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "random.h"

/*
 * Changes the packet in place, one to three times; other is one to take pieces from. Returns its new
 * length, from SESSION_FRAME_MIN to max.
 */
size_t mutate(struct random *random, uint8_t *bytes, size_t len, size_t max, const uint8_t *other,
	      size_t other_len);
