/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options from a table: flags, environment, configuration file. Usage text, --help and
 * completion come from the same table; nothing is typed twice.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {
	OPT_END,    /* the row that ends a table */
	OPT_BOOL,   /* bool; --name, --name=true|false, --no-name is not a thing */
	OPT_STRING, /* char *, owned by the struct (strdup'ed), freed by options_done */
	OPT_LIST, /* struct str_list; repeatable, each value may hold commas only if OPT_LIST_RAW */
	OPT_LIST_RAW, /* as OPT_LIST, values are not split at commas */
	OPT_U64,      /* uint64_t, decimal, min..max */
	OPT_SIZE,     /* uint64_t bytes; "8M"; min..max */
	OPT_DURATION, /* uint64_t ns; "5s"; min..max */
	OPT_CHOICE,   /* int: index into the words of `metavar`, "auto|tcx|clsact" */
};

struct str_list {
	char **items;
	size_t count;
};

/* In the order in which a row is read: NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct option_row {
	char short_name; /* 0: none */
	const char *long_name;
	enum option_kind kind;
	size_t offset;	     /* of the member in the struct that is filled */
	const char *metavar; /* "N", "FILE"; NULL for OPT_BOOL; OPT_CHOICE: its words */
	const char *help;    /* one line; the default is part of the text */
	uint64_t min, max;   /* max 0: no bound */
	size_t set_offset;   /* of a bool that tells the option was given; 0: none */
};

/*
 * Parses argv[1..] into *target by one or two tables (extra may be NULL). Long and short flags,
 * values after '=' or as the next word, bundled short flags, "--" ends the flags. Words that are no
 * flags are left in order in argv[1..], and their number returned. -EINVAL after a message through
 * log_err naming the flag and the value ("--ring-size 8X: not a size such as 8M").
 */
int options_parse(const struct option_row *rows, const struct option_row *extra, void *target,
		  int argc, char **argv);
/*
 * For each row WEIR_<LONG_NAME> (capitals, - to _) from the environment; empty is unset. Call
 * before options_parse: flags win. -EINVAL after a message.
 */
int options_from_env(const struct option_row *rows, void *target);
/*
 * `key = value` a line, # comments (at the start of a line or after a blank), keys are long names;
 * repeatable ones may repeat. -EINVAL after a message with file and line; -ENOENT (silent) where
 * there is no file. Call before options_parse: flags win. A list given by a flag replaces the
 * file's.
 */
int options_from_file(const struct option_row *rows, void *target, const char *path);
/* Frees strings and lists. */
void options_done(const struct option_row *rows, void *target);
/* The lines of --help for the rows. */
void options_print(const struct option_row *rows, FILE *out);
