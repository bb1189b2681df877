/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration file of the command: its keys are the long names of all flags that the
 * environment may set too. A command takes those it has; the others it passes over.
 */
#pragma once

#include <stddef.h>

#include "agent/base/options.h"

struct cli;
struct config_file;

/*
 * The file to use: --config, else $XDG_CONFIG_HOME/weir/config.yaml, else
 * ~/.config/weir/config.yaml. The caller's; NULL after a message.
 */
char *config_path(const char *given);

/*
 * What the file says, as the place behind flags and environment; options is of a command, whose
 * target begins with struct cli_globals. A file that was named must be there. -errno after a
 * message, which names file, line, key and value.
 */
int config_load(struct options *options);
/* The same, of a file that was read already. */
int config_apply(const struct config_file *file, const char *path, struct options *options,
		 const struct cli *cli);

/* The rows of that name, one after another: of all commands, and of every one. NULL: no more. */
struct config_walk {
	size_t table;
	struct option_walk walk;
};
const struct option_row *config_next(const struct cli *cli, struct config_walk *walk);
/* NULL: no command has such a key. */
const struct option_row *config_find(const struct cli *cli, const char *key);
