/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow log, followed into a file: what a client with `follow` would get, a line each. The
 * records are read here, a few at a time; writing, compressing and waiting for the disk is a
 * worker's. While it is behind, or the file cannot be written, records wait in the log as they do
 * for a slow client; those that are overwritten there are counted, and the file says how many.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"

struct agent;
struct export;
struct json_out;

struct export_options {
	char *file;	    /* path, or EXPORT_STDOUT; NULL: nothing is exported */
	uint64_t max_bytes; /* of the file; 0: it is never put aside */
	uint64_t max_backups;
	bool compress;
	struct str_list allow, deny; /* FlowFilters, see export_filter.h */
	struct str_list mask;	     /* see export_mask.h */
};

#define EXPORT_STDOUT "stdout"
bool export_is_stdout(const struct export_options *options);
/* For the row of the option: standard output must be there if it is asked for. */
int export_check_file(const char *text, char reason[static OPTION_REASON_SIZE]);

#define EXPORT_MAX_BYTES_LEAST ((uint64_t)64 << 10)
/* For the row of the option: 0, or EXPORT_MAX_BYTES_LEAST and more. */
int export_check_size(const char *text, char reason[static OPTION_REASON_SIZE]);

/* A file that cannot be written now is no error: it is said, and tried again. -errno. */
int export_new(struct export **ret, struct agent *agent, const struct export_options *options);
/* Waits for what is on its way to the file. */
void export_free(struct export **at);
/* There may be new records in the log. Of NULL nothing. */
void export_records(struct export *export);
/* Somebody has moved the file: goes on in a new one of its name. */
void export_reopen(struct export *export);
/* Has the file got all that there was for it, or can it not? */
bool export_is_drained(const struct export *export);
/* What ServerStatus says of it, under "export". */
void export_status(const struct export *export, struct json_out *out);
/* Records that were overwritten before they were in the file. */
uint64_t export_lost(const struct export *export);
