// SPDX-License-Identifier: BSD-2-Clause
/* Names of flags. */
#include "filter/tcp_flags.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"

static const char names[][4] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS" };

int tcp_flags_parse(const char *text, uint64_t *ret)
{
	uint64_t flags = 0;
	size_t len;

	for (;; text += len + 1) {
		unsigned int bit = 0;

		len = strcspn(text, "+");
		while (bit < ARRAY_SIZE(names) &&
		       (strlen(names[bit]) != len || strncasecmp(names[bit], text, len) != 0))
			bit++;
		if (bit == ARRAY_SIZE(names))
			return -EINVAL;
		flags |= 1ULL << bit;
		if (!text[len])
			break;
	}
	*ret = flags;
	return 0;
}

void tcp_flags_append(uint64_t flags, struct buf *out)
{
	const char *separator = "";

	for (unsigned int bit = 0; bit < ARRAY_SIZE(names); bit++) {
		if (!(flags & 1ULL << bit))
			continue;
		buf_append_str(out, separator);
		buf_append_str(out, names[bit]);
		separator = "+";
	}
}
