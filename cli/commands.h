/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands, each in its cmd_<name>.c. */
#pragma once

#include "command.h"

extern const struct command cmd_completion;
extern const struct command cmd_config;
extern const struct command cmd_help;
extern const struct command cmd_list;
extern const struct command cmd_observe;
extern const struct command cmd_status;
extern const struct command cmd_version;
extern const struct command cmd_watch;

/* All of them; ends with NULL. */
extern const struct command *const cli_commands[];
