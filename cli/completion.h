/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scripts for shells that complete commands, words, flags and their values: all of it from the
 * tables that the command itself reads. A shell is a row of cmd_completion.c and a file.
 */
#pragma once

#include <stdbool.h>

#include "command.h"

struct buf;

void completion_bash(const struct cli *cli, struct buf *out);
void completion_zsh(const struct cli *cli, struct buf *out);
void completion_fish(const struct cli *cli, struct buf *out);

/* The next row that is worth completing; begins with rows. NULL: no more. */
const struct option_row *completion_option(struct option_walk *walk);
/* The words that may follow the command, blanks between them. */
void completion_words(const struct cli *cli, const struct command *command, struct buf *out);
/* The keys of the configuration file, likewise. */
void completion_keys(const struct cli *cli, struct buf *out);
/* Alternatives as a row has them ("get|set"), with something else between them. */
void completion_join(struct buf *out, const char *words, const char *between);
/* The values that are known of the option, blanks between them; nothing where they are any. */
void completion_values(const struct option_row *row, struct buf *out);
bool completion_is_file(const struct option_row *row);
/* The text with a backslash before each of those characters. */
void completion_escape(struct buf *out, const char *text, const char *special);
