/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the records of an answer or a file go: through a format to stdout and stderr. */
#pragma once

#include "agent/base/options.h"

#include "flow_view.h"
#include "format.h"
#include "output.h"

/* As the flags give it; zero is the default. */
struct printer_options {
	enum flow_subject subject; /* no flag: what is printed */
	char *output, *time_format;
	const char *aggregate_by; /* fields; NULL: records are printed; borrowed */
	int colour;		  /* enum colour_when */
	bool is_local_time;
	bool no_names; /* --numeric */
	bool names;    /* --ip-translation: true by default */
	bool node_name, policy_names, process;
	bool is_silent;
	bool default_masks; /* of no effect: who prints text never lacks a field */
	struct str_list mask;
};

struct printer {
	const struct format *format;
	struct output out, err;
	struct format_target target;
	struct flow_view view;
	struct field_mask *mask;
	bool is_silent;
	bool has_warned_line, has_warned_key;
};

/*
 * is_foreign: the lines are not our agent's. -EINVAL after a message in Hubble's words where the
 * options contradict each other, also as to follow. printer_done() in any case.
 */
int printer_init(struct printer *printer, const struct printer_options *options, bool is_foreign,
		 bool is_followed);
void printer_done(struct printer *printer);

#define auto_printer __attribute__((cleanup(printer_done)))

/* A line of our agent. */
void printer_line(struct printer *printer, const char *line, size_t len);
/* A line that is read already. */
void printer_record(struct printer *printer, const struct format_record *record);
/* What was printed so far is to be seen: 0, -EPIPE, or another error after a message. */
int printer_flush(struct printer *printer);
/* No record comes any more. */
int printer_end(struct printer *printer);
/* The end of our agent's answer: what it could not do as asked is told. */
void printer_answer_end(const struct printer *printer, const char *line, size_t len);
/* So many texts that a filter's regular expressions gave up on: told, unless it is 0. */
void printer_gave_up(const struct printer *printer, uint64_t count);
/* A message to stderr, unless --silent-errors. */
void printer_warn(const struct printer *printer, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
