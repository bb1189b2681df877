/* SPDX-License-Identifier: BSD-2-Clause */
/* Colours of the text formats, the same as Hubble's. */
#pragma once

#include <stdbool.h>

struct buf;

/* The words of --color, in this order: auto|always|never. */
enum colour_when {
	COLOUR_AUTO,
	COLOUR_ALWAYS,
	COLOUR_NEVER,
};

enum colour {
	COLOUR_NONE,
	COLOUR_RED,
	COLOUR_GREEN,
	COLOUR_YELLOW,
	COLOUR_MAGENTA,
	COLOUR_CYAN,
	COLOUR_MAX,
};

/* auto: fd is a terminal that is not dumb, and NO_COLOR is empty. */
bool colour_is_wanted(enum colour_when when, int fd);
/* Both do nothing unless on and a colour other than COLOUR_NONE is given. */
void colour_begin(struct buf *out, bool on, enum colour colour);
void colour_end(struct buf *out, bool on, enum colour colour);
