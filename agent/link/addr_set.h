/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses of this host: 16 bytes each, IPv4 mapped. An address on two interfaces is held
 * twice.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ADDR_SET_BUCKETS 256

struct addr_set {
	struct addr_item *buckets[ADDR_SET_BUCKETS];
};

int addr_set_add(struct addr_set *set, uint32_t ifindex, const uint8_t addr[static 16]);
void addr_set_remove(struct addr_set *set, uint32_t ifindex, const uint8_t addr[static 16]);
/* 127.0.0.0/8 is always local. */
bool addr_set_has(const struct addr_set *set, const uint8_t addr[static 16]);
/* In no order; an address on two interfaces twice. */
void addr_set_each(const struct addr_set *set, void (*fn)(void *ctx, const uint8_t addr[static 16]),
		   void *ctx);
void addr_set_done(struct addr_set *set);
