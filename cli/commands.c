// SPDX-License-Identifier: BSD-2-Clause
/* The commands, in the order of --help. */
#include "commands.h"

const struct command *const cli_commands[] = {
	&cmd_observe,	 &cmd_list, &cmd_status,  &cmd_watch, &cmd_config,
	&cmd_completion, &cmd_help, &cmd_version, NULL,
};
