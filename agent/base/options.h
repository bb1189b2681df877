/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options from a table: flags, environment, configuration file. Usage text, --help and
 * completion come from the same table; nothing is typed twice. A value that is refused is named
 * with its option and with the place it comes from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {
	OPT_END,    /* the row that ends a table */
	OPT_BOOL,   /* bool; --name, --name=true, =1, =T and what else Go's ParseBool takes */
	OPT_STRING, /* char *, owned by the struct (strdup'ed), freed by options_done */
	OPT_LIST, /* struct str_list; repeatable, each value may hold commas only if OPT_LIST_RAW */
	OPT_LIST_RAW, /* as OPT_LIST, values are not split at commas */
	OPT_U64,      /* uint64_t, decimal, min..max */
	OPT_SIZE,     /* uint64_t bytes; "8M"; min..max */
	OPT_DURATION, /* uint64_t ns; "5s"; min..max */
	OPT_CHOICE,   /* int: index into the words of `metavar`, "auto|tcx|clsact" */
	OPT_CALL, /* the member is handed to call(), for each value, in the order of the command line */
	OPT_TABLE, /* the rows of `table`, whose offsets count from this one; `help` is their title */
};

struct str_list {
	char **items;
	size_t count;
};

#define OPTION_REASON_SIZE 1024

struct option_row;

/*
 * Is this text a value? 0, or -EINVAL with the reason for the end of a message ("not an address").
 */
typedef int (*option_check_fn)(const char *value, char reason[static OPTION_REASON_SIZE]);
/* Takes one value. 0, or -EINVAL with the reason. */
typedef int (*option_call_fn)(void *member, const struct option_row *row, const char *value,
			      char reason[static OPTION_REASON_SIZE]);

/* In the order in which a row is read: NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct option_row {
	char short_name; /* 0: none */
	const char *long_name;
	enum option_kind kind;
	size_t offset;	     /* of the member in the struct that is filled */
	const char *metavar; /* "N", "FILE"; NULL: takes no value; OPT_CHOICE: its words */
	const char *help;    /* one line; the default is part of the text */
	uint64_t min, max;   /* max 0: no bound */
	bool is_power_of_two;
	bool is_flag_only;     /* neither from the environment nor from a file */
	const char *other_env; /* asked where WEIR_<LONG_NAME> is not set; NULL: none */
	/*
	 * Cannot both be given: that of the weaker place is dropped. other was given, into what its
	 * offset counts from. NULL: it can beside any.
	 */
	bool (*excludes)(const struct option_row *row, const struct option_row *other,
			 const void *target);
	option_check_fn check; /* of texts; NULL: every one will do */
	bool takes_empty; /* a text or list: no value is one, too; else it is what is left of "$UNSET" */
	bool is_told_alone;   /* of a flag, the reason is the whole message: Hubble's words */
	const char *words;    /* some values, for completion: "ingress|egress"; NULL: none */
	const char *shown_as; /* in --help, for long_name; NULL: as long_name */
	bool is_hidden;	      /* --help leaves it out: another row's shown_as tells of it */
	bool is_refused; /* known for the sake of the reason only: neither shown nor suggested */
	/* OPT_CALL. One that takes no value is called if it is given, unless as --name=false. */
	option_call_fn call;
	const void *data; /* what call() may want to know of the row */
	/* OPT_TABLE. It holds no further tables. */
	const struct option_row *table;
	/* Behind the last flag, what only the whole can tell: 0, or -EINVAL after a message. */
	int (*end)(void *member);
	void (*done)(void *member); /* frees what OPT_CALL has made; both may be NULL */
};

/* All rows in order, those of included tables among them. Begins with rows, the rest zero. */
struct option_walk {
	const struct option_row *rows, *inner;
};

/* NULL behind the last one. *ret_base: what the row's offset counts from, in the target. */
const struct option_row *option_next(struct option_walk *walk, size_t *ret_base);
/* Neither wants nor needs a value. */
bool option_is_switch(const struct option_row *row);

#define OPTIONS_GIVEN_MAX 256

/*
 * What options are read into, from the strongest place to the weakest: options_parse, then
 * options_from_env, then options_from_file. What one place gives the next ones leave alone, lists
 * included, and what it excludes; within one place the last value counts, and a list adds up. Begins with tables (the
 * second may be NULL) and target, the rest zero.
 */
struct options {
	const struct option_row *tables[2];
	void *target;
	struct option_given {
		const struct option_row *row;
		unsigned int place;
		const void *target; /* what the row's offset counts from */
	} given[OPTIONS_GIVEN_MAX];
	size_t given_count;
	unsigned int place; /* the one being read: 1 is the strongest */
};

/*
 * Parses argv[1..]. Long and short flags, values after '=' or as the next word, bundled short
 * flags, "--" ends the flags. Words that are no flags are left in order in argv[1..], and their
 * number returned. -EINVAL after a message naming the flag and the value ("--ring-size 8X: not a
 * size such as ..."; of OPT_CALL in Hubble's words: "invalid argument "x" for "-t, --type" flag: ").
 */
int options_parse(struct options *options, int argc, char **argv);
/*
 * For each row WEIR_<LONG_NAME> (capitals, - to _) from the environment; empty is unset. A
 * variable whose flag is given is not looked at: it may be meant for another command. -EINVAL
 * after a message naming the variable.
 */
int options_from_env(struct options *options);
/*
 * `key = value` a line, # comments (at the start of a line or after a blank), keys are long names.
 * All of it is checked, also what a stronger place has given. -EINVAL after a message with file and
 * line; -ENOENT (silent) where there is no file.
 */
int options_from_file(struct options *options, const char *path);
/*
 * A place of another form, weaker than those before: options_next_place(), then what it says, a
 * value at a time. -ENOENT: no row that a file may set has this name; -EINVAL with the reason.
 */
void options_next_place(struct options *options);
int options_give(struct options *options, const char *key, const char *value,
		 char reason[static OPTION_REASON_SIZE]);
/* The place that gives it, 1 being the strongest; 0: it has its default. */
unsigned int options_place_of(struct options *options, const char *long_name);
/*
 * For who judges a value only when he needs it: says why it is none, as if its place had been
 * refused; file: the name of the weakest place.
 */
void options_refuse(struct options *options, const char *long_name, const char *value,
		    const char *reason, const char *file);
/* What ParseBool of Go takes: 1, t, T, true, TRUE, True and the six of false. -EINVAL otherwise. */
int option_parse_bool(const char *text, bool *ret);
/* What the environment says of a row; NULL: nothing. */
const char *options_variable(const struct option_row *row);
/* Frees strings and lists. */
void options_done(const struct option_row *rows, void *target);
/* The lines of --help for the rows; included tables under their titles. */
void options_print(const struct option_row *rows, FILE *out);
