/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From where on the times of a log run on. When the clock is set back they begin anew: what was told
 * before keeps the time that it was told with.
 */
#pragma once

#include <stdint.h>

struct log_order {
	uint64_t latest_ns; /* of what comes from there on */
	uint64_t from;	    /* that number; 0: from the beginning on */
};

/* An entry of that time is told. If that is a step back it is those from `seq` on that run on. */
void log_order_note(struct log_order *order, uint64_t seq, uint64_t time_ns);
