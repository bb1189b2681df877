/* SPDX-License-Identifier: BSD-2-Clause */
/* Between label_selector.c, which parses, and label_match.c: what a selector asks for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum label_operator {
	LABEL_EXISTS,
	LABEL_IN, /* also = and == */
	LABEL_ABOVE,
	LABEL_BELOW,
};

struct requirement {
	struct text source; /* "any": whatever it is */
	struct text key;
	enum label_operator operator;
	bool is_negated;
	struct text *values;
	unsigned int count;
	uint64_t number; /* of LABEL_ABOVE and LABEL_BELOW */
};

/* All of them must hold. */
struct label_selector {
	char *text; /* what all texts are in */
	struct requirement *requirements;
	unsigned int count;
};
