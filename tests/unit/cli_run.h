/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a whole command, with a thread for an agent: it notes the request and sends a prepared
 * answer.
 */
#pragma once

#include <pthread.h>

#include "cli/output.h"

#define END "{\"end\":{}}\n"

/* One run of the command. */
struct run {
	const char *answer; /* what the agent says; NULL: nobody is asked */
	char request[512];
	char out[65536], err[8192];
	int listener;
	char address[64];
	pthread_t agent;
	enum cli_result result;
};

/* What the environment says of weir is not for the tests. */
void run_forget_variables(void);
/* The words as a shell would cut them at blanks. */
void run_line(struct run *run, const char *line);
/* cli_run() with its output in files. */
void run_words(struct run *run, int count, char **words);

/* The parts of run_line(), for a test that has more to do between them. */
extern const struct cli run_cli;
void run_start_agent(struct run *run);
void run_stop_agent(struct run *run);
