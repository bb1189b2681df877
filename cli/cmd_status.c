// SPDX-License-Identifier: BSD-2-Clause
/* weir status: how the agent fares, and whether its numbers are the kernel's. */
#include "commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/log.h"
#include "agent/base/protocol.h"

#include "client.h"
#include "status.h"
#include "verify.h"

struct status_options {
	struct cli_globals globals;
	char *output;
	bool verify;
	uint64_t for_ns;
};

#define AT(member) offsetof(struct status_options, member)

static const struct option_row status_options[] = {
	{ .short_name = 'o',
	  .long_name = "output",
	  .kind = OPT_STRING,
	  .offset = AT(output),
	  .metavar = "FORMAT",
	  .help = "compact (default), json, dict or table",
	  .check = status_format_check,
	  .is_told_alone = true },
	{ .long_name = "verify",
	  .kind = OPT_BOOL,
	  .offset = AT(verify),
	  .help = "hold weir's counters against the kernel's and print both (as a table, or -o json)" },
	{ .long_name = "for",
	  .kind = OPT_DURATION,
	  .offset = AT(for_ns),
	  .metavar = "DURATION",
	  .help = "how long --verify counts (default 5s)",
	  .min = VERIFY_FOR_MIN_NS,
	  .max = VERIFY_FOR_MAX_NS },
	{},
};

static const struct status_options status_defaults = { .for_ns = VERIFY_FOR_DEFAULT_NS };

struct answer {
	const struct status_options *options;
	const struct status_format *format;
	struct output *output;
	bool has_come;
};

static int print_status(void *context, const struct reply *reply, struct json_object *json)
{
	struct answer *answer = context;
	struct status status;

	if (reply->is_end || answer->has_come)
		return 0;
	answer->has_come = true;
	status_parse(&status, answer->options->globals.server.text,
		     (struct text){ reply->line, reply->len }, json);
	answer->format->print(&status, &answer->output->buf);
	return output_flush(answer->output);
}

static enum cli_result show_status(const struct status_options *options,
				   const struct status_format *format, struct output *output)
{
	struct answer answer = { options, format, output, false };
	int r = client_call(&options->globals.server, "ServerStatus", "{}", print_status, &answer);

	if (r == 0 && !answer.has_come) {
		log_err(0, "the agent at %s sent no status", options->globals.server.text);
		return CLI_FAILED;
	}
	return output_result(r);
}

static enum cli_result verify(const struct status_options *options, struct output *output)
{
	bool want_json = options->output && !strcmp(options->output, "json");
	bool ok = false;
	int r = verify_run(&options->globals.server, options->for_ns, want_json, output, &ok);

	return r == 0 && !ok ? CLI_FAILED : output_result(r);
}

static enum cli_result status_run(void *target, int count, char **words)
{
	struct status_options *options = target;
	const struct status_format *format = status_format_find(options->output);
	auto_output struct output output = { .fd = STDOUT_FILENO };

	if (count)
		return command_refuse_word(&options->globals, &cmd_status, words[0]);
	/* The environment may say it for other times. */
	if (!options->verify && options_place_of(options->globals.options, "for") == 1) {
		log_err(0, "--for goes with --verify");
		return CLI_USAGE;
	}
	if (cli_find_server(&options->globals) < 0)
		return CLI_USAGE;
	return options->verify ? verify(options, &output) : show_status(options, format, &output);
}

const struct command cmd_status = {
	.name = "status",
	.summary = "Show how the agent fares: fill, losses, capabilities, memory",
	.about = "Losses are told by name; only those that happened are listed, all of them with\n"
		 "-o json. With --verify the exit status is 1 if any comparison fails.",
	.examples = "weir status\n"
		    "weir status -o json | jq .extensions.losses\n"
		    "weir status --verify --for 10s",
	.options = status_options,
	.size = sizeof(struct status_options),
	.defaults = &status_defaults,
	.run = status_run,
};
