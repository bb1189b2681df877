/* SPDX-License-Identifier: BSD-2-Clause */
/* What a filter flag stands for: the data of its option row. */
#pragma once

#include <stdbool.h>

#include "filter_key.h"

/* --X of either side makes two filters, one for the source and one for the destination. */
enum filter_form {
	FILTER_FORM_PLAIN,
	FILTER_FORM_EITHER, /* --X */
	FILTER_FORM_FROM,   /* --from-X */
	FILTER_FORM_TO,	    /* --to-X */
};

struct filter_flag {
	enum filter_form form;
	enum filter_key source, destination; /* both the same of a plain flag */
	bool is_list;			     /* values are parted by commas */
	bool is_free;			     /* --X and --from-X may stand together */
	const char *value;		     /* of a flag that takes none; NULL: it takes one */
};
