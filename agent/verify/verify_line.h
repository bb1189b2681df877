/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of Verify's answer.
 */
#pragma once

#include <stdint.h>

struct buf;

enum verify_result {
	VERIFY_FAILED,
	VERIFY_UNKNOWN, /* not comparable */
	VERIFY_OK,
};

#define VERIFY_NOTE_SIZE 192

struct verify_line {
	uint64_t weir, kernel;
	enum verify_result result;
	char note[VERIFY_NOTE_SIZE]; /* how they agree, or why they cannot be compared; "" */
};

/* Of the lines. */
struct verify_summary {
	unsigned int failed;
	unsigned int not_comparable; /* the kernel does not tell enough */
};

/* Where lines go, and how many of each kind there were. */
struct verify_report {
	struct buf *out;
	struct verify_summary summary;
};

void verify_report_line(struct verify_report *report, const char *what,
			const struct verify_line *line);

/* A number that must lie between two, or be the one where both are the same. */
struct verify_bounds {
	uint64_t weir, low, high;
	uint64_t
		failed; /* of the kernel's, TCP could not send: weir may not have them, or not yet */
	uint64_t failed_before; /* before it all began: weir may have them only since */
};

enum verify_result verify_between(const struct verify_bounds *bounds);
void verify_report_between(struct verify_report *report, const char *what,
			   const struct verify_bounds *bounds);
/* The kernel's number could not be read: -errno. */
void verify_report_error(struct verify_report *report, const char *what, uint64_t weir, int error);
