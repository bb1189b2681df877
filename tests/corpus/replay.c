// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each capture file through the datapath in the kernel and through the reference, packet by packet,
 * in every way that frames come to weir. They must agree on everything; each packet must be in one
 * flow or remainder; and what becomes of a packet must not depend on the way.
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
#include "capture.h"
#include "tests/bpf/bpf_env.h"
#include "tests/diff/fuzz.h"
#include "told.h"

struct replay_options {
	char *tell;
	bool help;
};

#define AT(member) .offset = offsetof(struct replay_options, member)

static const struct option_row rows[] = {
	{ .long_name = "tell",
	  .kind = OPT_STRING,
	  AT(tell),
	  .metavar = "DIR",
	  .help = "write there all frames, and what became of each (dump.h, told.h)" },
	{ .short_name = 'h',
	  .long_name = "help",
	  .kind = OPT_BOOL,
	  AT(help),
	  .help = "print this help" },
	{ .kind = OPT_END },
};

static const struct way ways[] = {
	{ "TC ingress", SESSION_TC_IN, false },
	{ "TC egress", SESSION_TC_OUT, false },
	{ "XDP", SESSION_XDP, false },
	{ "TC ingress, tags in the metadata", SESSION_TC_IN, true },
};

struct replay {
	struct runner *runner;
	struct dump dump;
	size_t files, foreign, differences;
	size_t frames[ARRAY_SIZE(ways)], left_out[ARRAY_SIZE(ways)];
};

/* What one file came to by its first way, for the others to be compared with. */
struct outcome {
	char *text;
	size_t left_out;
};

/* 1: it is told in *text; 0: there was a difference, which has been printed. */
static int run_session(struct replay *replay, struct session *session, char **text)
{
	struct told told = { 0 };
	size_t len;
	int r;

	told.to = open_memstream(text, &len);
	if (!told.to)
		return -errno;
	told_watch(&told, replay->runner);
	r = fuzz_session(replay->runner, session, false, stdout);
	if (fclose(told.to))
		return -ENOMEM;
	if (r)
		return r < 0 ? r : 0;
	if (told.left.packets || told.left.bytes) {
		printf("flows and remainders lack %" PRId64 " packets, %" PRId64 " bytes\n",
		       (int64_t)told.left.packets, (int64_t)told.left.bytes);
		return 0;
	}
	return told.result ? told.result : 1;
}

static void print_difference(const char *is, const char *first)
{
	while (*is && strcspn(is, "\n") == strcspn(first, "\n") &&
	       !strncmp(is, first, strcspn(is, "\n") + 1)) {
		is += strcspn(is, "\n") + 1;
		first += strcspn(first, "\n") + 1;
	}
	printf("%.*s\nand by %s\n%.*s\n", (int)strcspn(is, "\n"), is, ways[0].name,
	       (int)strcspn(first, "\n"), first);
}

/* The same as `first`, unless one of them had fewer frames; or *first is set. */
static bool is_same(struct outcome *first, struct outcome *outcome)
{
	if (!first->text) {
		*first = *outcome;
		outcome->text = NULL;
		return true;
	}
	if (outcome->left_out != first->left_out || !strcmp(outcome->text, first->text))
		return true;
	print_difference(outcome->text, first->text);
	return false;
}

static int run_way(struct replay *replay, const char *path, size_t way, struct outcome *first)
{
	auto_capture struct capture capture = { 0 };
	struct dump *dump = replay->dump.dir && !way ? &replay->dump : NULL;
	auto_free char *text = NULL;
	struct outcome outcome;
	int r = capture_read(&capture, path, &ways[way], dump);

	if (*capture.why && !way)
		printf("# %s: %s\n", path, capture.why);
	if (r <= 0) {
		replay->foreign += !r && !way;
		return r;
	}
	replay->frames[way] += capture.frames;
	replay->left_out[way] += capture.left_out;
	r = run_session(replay, &capture.session, &text);
	if (r < 0)
		return r;
	if (r && dump)
		dump_tell(capture.dump, path, capture.header, capture.frames, text);
	outcome = (struct outcome){ TAKE_PTR(text), capture.left_out };
	if (!r || !is_same(first, &outcome)) {
		printf("that was %s of %s\n", ways[way].name, path);
		replay->differences++;
	}
	free(outcome.text);
	return 0;
}

static int run_file(struct replay *replay, const char *path)
{
	struct outcome first = { 0 };
	int r = 0;

	replay->files++;
	for (size_t way = 0; !r && way < ARRAY_SIZE(ways); way++)
		r = run_way(replay, path, way, &first);
	free(first.text);
	return r < 0 ? log_err(r, "%s", path) : r;
}

static void report(const struct replay *replay, double seconds)
{
	printf("# %zu files, %zu of them with frames of no interface of weir's\n", replay->files,
	       replay->foreign);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		printf("# %zu frames to %s, %zu of them too short or too long for it\n",
		       replay->frames[i], ways[i].name, replay->left_out[i]);
	fuzz_report(runner_totals(replay->runner), seconds, stdout);
}

static double now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run(const struct replay_options *options, char **paths, size_t len)
{
	auto_runner struct runner *runner = NULL;
	struct replay replay = { .dump.dir = options->tell };
	double start = now();
	int r;

	if (!bpf_env_is_permitted())
		return log_err(-EPERM, "cannot run programs in the kernel");
	r = runner_new(&runner);
	if (r)
		return log_err(r, "cannot load the datapath");
	replay.runner = runner;
	for (size_t i = 0; !r && i < len; i++)
		r = run_file(&replay, paths[i]);
	if (dump_close(&replay.dump))
		r = log_err(-EIO, "%s", options->tell);
	report(&replay, now() - start);
	return r ? r : (int)replay.differences;
}

int main(int argc, char **argv)
{
	struct replay_options options = { 0 };
	struct options into = { .tables = { rows }, .target = &options };
	int r;

	log_init("replay", LOG_LEVEL_INFO);
	r = options_parse(&into, argc, argv);
	if (r < 0) {
		options_done(rows, &options);
		return 2;
	}
	if (options.help) {
		printf("usage: replay [OPTION...] FILE...\n");
		options_print(rows, stdout);
		r = 0;
	} else {
		r = run(&options, argv + 1, (size_t)r);
	}
	options_done(rows, &options);
	return r ? 1 : 0;
}
