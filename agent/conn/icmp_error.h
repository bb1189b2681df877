/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors in plain words, for people.
 */
#pragma once

#include <stdint.h>

struct record;

#define ICMP_ERROR_SIZE	 64
#define ICMP_QUOTED_SIZE 128

/* "port unreachable". family: enum weir_family, of the packet that the error quotes. */
void icmp_error_to_str(int family, uint8_t type, uint8_t code, char ret[static ICMP_ERROR_SIZE]);
/* "10.0.0.1:40000 -> 10.0.0.2:80 TCP": a packet of the record's connection that side (0: the initiator) sent. */
void icmp_quoted_to_str(const struct record *rec, int side, char ret[static ICMP_QUOTED_SIZE]);
