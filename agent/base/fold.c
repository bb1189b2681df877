// SPDX-License-Identifier: BSD-2-Clause
#include "fold.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "num.h"

#define WIDTH_LEAST 60

int fold_width(FILE *out)
{
	const char *text = getenv("COLUMNS");
	struct winsize size = { .ws_col = 0 };
	uint64_t columns;

	if (!text || num_parse_u64(text, UINT16_MAX, &columns) < 0)
		columns = ioctl(fileno(out), TIOCGWINSZ, &size) < 0 ? 0 : size.ws_col;
	return columns < WIDTH_LEAST || columns > FOLD_WIDTH ? FOLD_WIDTH : (int)columns;
}

void fold_print(const char *text, int column, int width, FILE *out)
{
	int at = column;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (at > column && at + 1 + len > width) {
			fprintf(out, "\n%*s", column, "");
			at = column;
		}
		if (at > column)
			at += fprintf(out, " ");
		at += fprintf(out, "%.*s", len, text);
		text += len + (text[len] == ' ');
	}
	fputc('\n', out);
}
