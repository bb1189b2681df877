// SPDX-License-Identifier: BSD-2-Clause
/* --where: the agent compiles it, but where it is wrong is shown here, under the expression. */
#include <errno.h>

#include "agent/base/buf.h"
#include "agent/base/json_out.h"
#include "agent/filter/where.h"

#include "filter_value.h"

FILTER_WRITE(where)
{
	auto_where struct where *where = NULL;
	auto_buf struct buf shown = {};
	struct where_error error;
	int r = where_compile(&where, value, &error);

	if (r == -ENOMEM) {
		snprintf(reason, OPTION_REASON_SIZE, "out of memory");
		return -EINVAL;
	}
	if (r == 0) {
		json_string(out, NULL, value);
		return 0;
	}
	where_error_show(&error, value, &shown);
	snprintf(reason, OPTION_REASON_SIZE, "byte %zu: %s\n%.*s", error.at, error.message,
		 shown.failed || !buf_len(&shown) ? 0 : (int)buf_len(&shown) - 1,
		 buf_bytes(&shown));
	return -EINVAL;
}
