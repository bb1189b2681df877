// SPDX-License-Identifier: BSD-2-Clause
/*
 * Numbers are strings, as 64-bit numbers in proto3's JSON are.
 */
#include "verify_line.h"

#include "base/buf.h"
#include "base/json_out.h"

bool verify_line(struct buf *buf, const char *what, uint64_t weir, uint64_t kernel, bool ok,
		 const char *note)
{
	struct json_out out = { .buf = buf };

	json_object_begin(&out, NULL);
	json_string(&out, "check", what);
	json_u64_str(&out, "weir", weir);
	json_u64_str(&out, "kernel", kernel);
	json_bool(&out, "ok", ok);
	if (note[0])
		json_string(&out, "note", note);
	json_object_end(&out);
	buf_append_char(buf, '\n');
	return ok;
}
