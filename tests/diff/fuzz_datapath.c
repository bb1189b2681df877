// SPDX-License-Identifier: BSD-2-Clause
/*
 * Random packets, damaged packets and dialogues through the datapath in the kernel and through the
 * reference of tests/reference, until there is a difference, the time is over, or all have run.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/options.h"
#include "fuzz.h"
#include "runner.h"

#include "tests/bpf/bpf_env.h"

#define REPLAY_MAX    (64 << 20)
#define EVERY_SESSION UINT64_MAX

struct fuzz_options {
	uint64_t seed, session, packets, time_ns;
	bool is_whole, help;
	char *replay;
};

#define AT(member) .offset = offsetof(struct fuzz_options, member)

static const struct option_row rows[] = {
	{ .long_name = "seed",
	  .kind = OPT_U64,
	  AT(seed),
	  .metavar = "N",
	  .help = "the sessions of this seed (default: the clock's)" },
	{ .long_name = "session",
	  .kind = OPT_U64,
	  AT(session),
	  .metavar = "N",
	  .help = "only this one of them" },
	{ .long_name = "packets",
	  .kind = OPT_U64,
	  AT(packets),
	  .metavar = "N",
	  .help = "end after so many packets" },
	{ .long_name = "time",
	  .kind = OPT_DURATION,
	  AT(time_ns),
	  .metavar = "DURATION",
	  .help = "end after that time, if no number of packets is given (default: 20s)" },
	{ .long_name = "replay",
	  .kind = OPT_STRING,
	  AT(replay),
	  .metavar = "FILE",
	  .help = "run the session of a file, which is as a difference is printed" },
	{ .long_name = "whole",
	  .kind = OPT_BOOL,
	  AT(is_whole),
	  .help = "do not shorten what shows a difference" },
	{ .short_name = 'h',
	  .long_name = "help",
	  .kind = OPT_BOOL,
	  AT(help),
	  .help = "print this help" },
	{ .kind = OPT_END },
};

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static bool is_over(const struct fuzz_options *options, const struct runner *runner,
		    const struct timespec *start)
{
	if (options->packets)
		return runner_totals(runner)->packets >= options->packets;
	return seconds_since(start) * 1e9 >= (double)options->time_ns;
}

static int run_seed(struct runner *runner, const struct fuzz_options *options)
{
	struct timespec start;
	int r = 0;

	if (options->session != EVERY_SESSION)
		return fuzz_seed(runner, options->seed, options->session, options->is_whole,
				 stdout);
	printf("# seed %" PRIu64 "\n", options->seed);
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint64_t i = 0; !r && !is_over(options, runner, &start); i++)
		r = fuzz_seed(runner, options->seed, i, options->is_whole, stdout);
	fuzz_report(runner_totals(runner), seconds_since(&start), stdout);
	fuzz_missing(runner_totals(runner), stdout);
	return r;
}

static int read_file(const char *path, char **ret)
{
	auto_free char *text = calloc(1, REPLAY_MAX);
	auto_file FILE *file = fopen(path, "re");

	if (!text)
		return -ENOMEM;
	if (!file)
		return -errno;
	if (fread(text, 1, REPLAY_MAX - 1, file) == REPLAY_MAX - 1)
		return -E2BIG;
	*ret = TAKE_PTR(text);
	return 0;
}

static int replay(struct runner *runner, const struct fuzz_options *options)
{
	auto_free char *text = NULL;
	int r = read_file(options->replay, &text);

	if (r)
		return log_err(r, "%s", options->replay);
	return fuzz_text(runner, text, options->is_whole, stdout);
}

static int run(const struct fuzz_options *options)
{
	auto_runner struct runner *runner = NULL;
	int r;

	if (!bpf_env_is_permitted()) {
		puts("fuzz_datapath: skipped: it needs root");
		return 0;
	}
	r = runner_new(&runner);
	if (r)
		return log_err(r, "cannot load the datapath");
	r = options->replay ? replay(runner, options) : run_seed(runner, options);
	return r < 0 ? log_err(r, "cannot go on") : r;
}

int main(int argc, char **argv)
{
	struct fuzz_options options = { .time_ns = UINT64_C(20000000000),
					.seed = (uint64_t)time(NULL),
					.session = EVERY_SESSION };
	struct options into = { .tables = { rows }, .target = &options };
	int r;

	log_init("fuzz_datapath", LOG_LEVEL_INFO);
	r = options_parse(&into, argc, argv);
	if (r) {
		options_done(rows, &options);
		return 2;
	}
	if (options.help) {
		printf("usage: fuzz_datapath [OPTION...]\n");
		options_print(rows, stdout);
	} else {
		r = run(&options);
	}
	options_done(rows, &options);
	return r ? 1 : 0;
}
