// SPDX-License-Identifier: BSD-2-Clause
/* The command weir: a client of weir-agent. */
#include "agent/base/version.h"

#include "commands.h"

static const struct command *const commands[] = {
	&cmd_observe, &cmd_list, &cmd_status, &cmd_help, &cmd_version, NULL,
};

int main(int argc, char **argv)
{
	const struct cli cli = { .commands = commands, .version = WEIR_VERSION };

	return cli_run(&cli, argc, argv);
}
