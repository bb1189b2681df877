/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does each value of a line fit its field? Formats and filters take what does not as absent, which
 * is right of an agent's answer; of a file it would be another flow than the one that stands there.
 */
#pragma once

#include "text.h"

struct buf;

#define FLOW_CHECK_FIELD_SIZE 128

struct flow_fault {
	char field[FLOW_CHECK_FIELD_SIZE]; /* "flow.source.labels[1]" */
	struct text value;		   /* as it stands there */
	const char *expected;		   /* "a string" */
};

/*
 * The first value of a GetFlowsResponse that its field can't have; keys that Hubble does not know
 * may have any. 0; -EBADMSG with *ret filled; what is no JSON is not looked at any further. scratch
 * is overwritten.
 */
int flow_check(struct text line, struct buf *scratch, struct flow_fault *ret);
