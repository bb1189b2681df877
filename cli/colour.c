// SPDX-License-Identifier: BSD-2-Clause
/* Colours of the text formats. */
#include "colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"

static const char *const sequences[] = {
	[COLOUR_NONE] = "",	      [COLOUR_RED] = "\033[31m",     [COLOUR_GREEN] = "\033[32m",
	[COLOUR_YELLOW] = "\033[33m", [COLOUR_MAGENTA] = "\033[35m", [COLOUR_CYAN] = "\033[36m",
};
_Static_assert(ARRAY_SIZE(sequences) == COLOUR_MAX, "a sequence for every colour");

bool colour_is_wanted(enum colour_when when, int fd)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (when != COLOUR_AUTO)
		return when == COLOUR_ALWAYS;
	if ((no_color && *no_color) || (term && !strcmp(term, "dumb")))
		return false;
	return isatty(fd);
}

void colour_begin(struct buf *out, bool on, enum colour colour)
{
	if (on && colour != COLOUR_NONE)
		buf_append_str(out, sequences[colour]);
}

void colour_end(struct buf *out, bool on, enum colour colour)
{
	if (on && colour != COLOUR_NONE)
		buf_append_str(out, "\033[0m");
}
