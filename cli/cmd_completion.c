// SPDX-License-Identifier: BSD-2-Clause
/* weir completion: a script for the shell. */
#include "commands.h"

#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"

#include "completion.h"

static const struct shell {
	const char *name;
	void (*print)(const struct cli *cli, struct buf *out);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

static const char *word_at(const struct cli *cli, size_t index)
{
	(void)cli;
	return index < ARRAY_SIZE(shells) ? shells[index].name : NULL;
}

static const struct shell *find_shell(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (!strcmp(shells[i].name, name))
			return &shells[i];
	}
	return NULL;
}

static enum cli_result completion_run(void *target, int count, char **words)
{
	const struct cli_globals *globals = target;
	const struct shell *shell = count ? find_shell(words[0]) : NULL;
	auto_output struct output output = { .fd = STDOUT_FILENO };

	if (!count) {
		log_err(0, "completion: of which shell? See weir completion --help");
		return CLI_USAGE;
	}
	if (!shell || count > 1)
		return command_refuse_word(globals, &cmd_completion, words[count - 1]);
	shell->print(globals->cli, &output.buf);
	return output_result(output_flush(&output));
}

const struct command cmd_completion = {
	.name = "completion",
	.words = "bash|zsh|fish",
	.summary = "Print a script by which the shell completes this command",
	.about = "Commands, their words, flags, and the values of flags that have few.",
	.examples = "source <(weir completion bash)\n"
		    "weir completion bash >/usr/share/bash-completion/completions/weir\n"
		    "weir completion zsh >/usr/share/zsh/vendor-completions/_weir\n"
		    "weir completion fish >~/.config/fish/completions/weir.fish",
	.size = sizeof(struct cli_globals),
	.is_local = true,
	.word_at = word_at,
	.run = completion_run,
};
