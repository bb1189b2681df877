// SPDX-License-Identifier: BSD-2-Clause
#include "names_text.h"

#include <inttypes.h>

#include "agent/base/buf.h"

#include "text.h"

void names_append(struct buf *out, enum names names, struct enum_value value)
{
	const char *name = names_get(names, value.number);

	if (name)
		buf_append_str(out, name);
	else if (value.name.len)
		text_append(out, value.name);
	else
		buf_printf(out, "%" PRId64, value.number);
}
