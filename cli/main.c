// SPDX-License-Identifier: BSD-2-Clause
/* The command weir: a client of weir-agent. */
#include "agent/base/std_fds.h"
#include "agent/base/version.h"

#include "commands.h"

int main(int argc, char **argv)
{
	const struct cli cli = { .commands = cli_commands, .version = WEIR_VERSION };

	std_fds_take();
	return cli_run(&cli, argc, argv);
}
