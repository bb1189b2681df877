/* SPDX-License-Identifier: BSD-2-Clause */
/* Between filter_compile.c and filter.c: a filter as it is asked. */
#pragma once

#include "filter/filter_pause.h"
#include "filter/filter_term.h"

/* A FlowFilter: all terms must hold. */
struct filter_object {
	struct filter_term *terms; /* the cheap ones first */
	unsigned int count;
};

struct filter_list {
	struct filter_object *objects;
	unsigned int count;
};

struct filter {
	struct filter_list allow, deny, either;
	unsigned int objects, values, memos; /* of all lists */
	struct filter_pause pause;
};
