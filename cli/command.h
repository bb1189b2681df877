/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command is one file and one row. run() gets the struct its options were read into, never
 * flags; that struct begins with struct cli_globals.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/options.h"
#include "agent/base/server.h"

#include "output.h"

struct cli;

struct cli_globals {
	char *server_text, *config;
	uint64_t timeout_ns, request_timeout_ns;
	bool debug, help, version;
	char *not_a_value; /* of Hubble's options that none of ours takes */
	bool not_a_switch;
	/* Not options: filled before run(), the server by cli_find_server(). */
	struct server server;
	const struct cli *cli;
	struct options *options; /* that have filled this */
};

struct command {
	const char *name, *alias; /* alias NULL: none */
	const char *words;	  /* that may follow, as usage shows them: "[flows]"; NULL: none */
	const char *summary;
	const char *about;		  /* a paragraph for --help; NULL: none */
	const char *examples;		  /* a line each */
	const struct option_row *options; /* NULL: none */
	size_t size;			  /* of the struct the options fill */
	const void *defaults;		  /* such a struct; NULL: zeros */
	bool is_local;			  /* does not speak to the agent */
	bool is_hidden;			  /* from lists of all commands, as Hubble hides it */
	/* The first word that may follow, for completion; NULL behind the last. NULL: none. */
	const char *(*word_at)(const struct cli *cli, size_t index);
	const char *words_with_key; /* of those words: a key of the file follows: "get|set" */
	/* words: what was given that is no flag, without the command's name. */
	enum cli_result (*run)(void *options, int count, char **words);
};

struct cli {
	const struct command *const *commands; /* ends with NULL */
	const char *version;
};

/* Finds the command in argv, reads its options, runs it. Returns the exit status. */
enum cli_result cli_run(const struct cli *cli, int argc, char **argv);

/*
 * The address of the agent, from its option: for who is about to connect, and nobody else has to
 * care whether it is one. -EINVAL after a message.
 */
int cli_find_server(struct cli_globals *globals);

/* NULL if there is none. */
const struct command *command_find(const struct cli *cli, const char *name);
/* The next command that is not hidden; *index: 0 at first. NULL: no more. */
const struct command *cli_next_command(const struct cli *cli, size_t *index);
/* The closest name, or NULL if none is close. */
const struct command *command_nearest(const struct cli *cli, const char *name);
/* Usage errors: a word that does not belong there, with the nearest that does; a command that does not exist. */
enum cli_result command_refuse_word(const struct cli_globals *globals,
				    const struct command *command, const char *word);
enum cli_result cli_refuse_command(const struct cli *cli, const char *name);
enum cli_result cli_print_version(const struct cli *cli);

/* The text of --help: of a command, of all. */
int help_print_command(const struct command *command);
int help_print_all(const struct cli *cli);
/* The rows every command accepts. */
const struct option_row *cli_global_options(void);
