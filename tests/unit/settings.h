/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of every kind, in two tables, for the tests of what fills them.
 */
#pragma once

#include "base/options.h"
#include "tests/harness.h"

enum attach {
	ATTACH_AUTO,
	ATTACH_TCX,
	ATTACH_CLSACT,
};

struct settings {
	bool follow, quiet;
	char *server, *colour;
	struct str_list interfaces, where;
	uint64_t last, ring_bytes, update_ns;
	int attach;
};

extern const struct option_row settings_rows[], settings_extra[];

void settings_done(struct settings *settings);
#define auto_settings __attribute__((cleanup(settings_done)))

/* A command line in words split at '|', "weir" first; returns what options_parse() returns. */
struct line {
	char text[256];
	char *argv[17];
	int argc;
};

int settings_parse_flags(struct options *options, struct line *line, const char *words);
/* The same, of both tables. */
int settings_parse(struct settings *settings, struct line *line, const char *words);
/* joined: by '|' */
void assert_settings_list(const struct str_list *list, const char *joined);
/* Only what is ours: cmocka and the sanitizers have variables, too. */
void settings_forget_environment(void);
