/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets of several pieces, of which BPF programs can read only the first one directly: a packet
 * socket makes them of long frames, and they pass two programs at the egress of lo, the second of
 * which takes them away. Functions return 0 or a negative errno.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct pieces;

int pieces_new(struct pieces **ret, int enter_fd, int leave_fd);
void pieces_free(struct pieces **pieces);
#define auto_pieces __attribute__((cleanup(pieces_free)))

int pieces_send(struct pieces *pieces, const uint8_t *bytes, size_t len, uint16_t linear,
		uint16_t protocol);

/* A mapped array of one value. */
int pieces_map(int map_fd, size_t size, void **ret);
void pieces_unmap(void *map, size_t size);
