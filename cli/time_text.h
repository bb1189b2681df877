/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times as --time-format and --local-time want them shown. Flows come many to the second, so what a
 * second looks like is kept until another one comes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/options.h"

struct buf;
struct time_style;

/* NULL: the default, StampMilli. NULL if there is no such style. */
const struct time_style *time_style_find(const char *name);
/* For the option: -EINVAL with the reason. */
int time_style_check(const char *name, char reason[static OPTION_REASON_SIZE]);

#define TIME_TEXT_SIZE 40 /* of any style up to its fraction, by its longest: RFC1123Z */
#define TIME_ZONE_SIZE sizeof("+01:00")

struct time_text {
	const struct time_style *style;
	bool is_local; /* else UTC */
	/* What second looks like, before and behind its fraction. */
	bool is_kept;
	uint64_t second;
	char text[TIME_TEXT_SIZE];
	size_t len;
	char zone[TIME_ZONE_SIZE];
};

void time_text_init(struct time_text *times, const struct time_style *style, bool is_local);
/* ns since 1970. */
void time_text_append(struct time_text *times, uint64_t ns, struct buf *out);
