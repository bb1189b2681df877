// SPDX-License-Identifier: BSD-2-Clause
/* weir version: what Hubble's command says of itself. --version says less. */
#include "commands.h"

#include <stdio.h>
#include <sys/utsname.h>

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static enum cli_result version_run(void *options, int count, char **words)
{
	const struct cli_globals *globals = options;
	struct utsname host;

	if (count)
		return command_refuse_word(options, &cmd_version, words[0]);
	printf("weir v%s compiled with " COMPILER " on linux/%s\n", globals->cli->version,
	       uname(&host) ? "unknown" : host.machine);
	return output_result(output_flush_stdout());
}

const struct command cmd_version = {
	.name = "version",
	.summary = "Print the version",
	.about = "That of this command; weir status tells the agent's.",
	.examples = "weir version",
	.size = sizeof(struct cli_globals),
	.is_local = true,
	.run = version_run,
};
