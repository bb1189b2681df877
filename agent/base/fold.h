/* SPDX-License-Identifier: BSD-2-Clause */
/* Text for people, broken between words where a line is full. */
#pragma once

#include <stdio.h>

#define FOLD_WIDTH 100 /* and no more than that */

/* What COLUMNS says, or the terminal has; FOLD_WIDTH where neither does, or leaves no room for words. */
int fold_width(FILE *out);
/* From that column on, where the output stands already, and in it below; ends the line. */
void fold_print(const char *text, int column, int width, FILE *out);
