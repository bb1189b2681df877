/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a BPF map takes.
 */
#pragma once

#include <stdint.h>

/* Bytes of kernel memory, as far as the kernel tells; 0 for what is no map. */
uint64_t map_bytes(int fd);
