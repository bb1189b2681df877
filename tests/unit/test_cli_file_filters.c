// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every filter flag of weir observe on Hubble's sample flows: the lines that Hubble's own command
 * lets through. And what a filter says that is none.
 */
#include <sys/mman.h>

#include "agent/base/cleanup.h"
#include "cli/commands.h"
#include "tests/harness.h"

#define WORDS_MAX 16
#define INPUT	  "tests/golden/hubble/hubble-flows.jsonl"
#define EXPECTED  "tests/golden/hubble/hubble-flows.json"
#define NOT_FLOW  14U /* the node state: it goes to stderr */

static const struct command *const commands[] = { &cmd_observe, NULL };
static const struct cli cli = { .commands = commands, .version = "0.0.0" };

struct run {
	enum cli_result result;
	char out[65536], err[8192];
};

static void read_back(int fd, char *text, size_t size)
{
	ssize_t len = pread(fd, text, size - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	close(fd);
}

static void run_words(struct run *run, int count, char **words)
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	int out_was, err_was;

	fflush(stdout);
	fflush(stderr);
	out_was = dup(STDOUT_FILENO);
	err_was = dup(STDERR_FILENO);
	assert_true(out >= 0 && err >= 0 && out_was >= 0 && err_was >= 0);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	run->result = cli_run(&cli, count, words);
	fflush(stdout);
	fflush(stderr);
	dup2(out_was, STDOUT_FILENO);
	dup2(err_was, STDERR_FILENO);
	close(out_was);
	close(err_was);
	read_back(out, run->out, sizeof(run->out));
	read_back(err, run->err, sizeof(run->err));
}

/* The flags as a shell would cut them at blanks. */
static void run_flags(struct run *run, const char *flags)
{
	auto_free char *copy = NULL;
	char *words[WORDS_MAX + 1] = { NULL };
	int count = 0;

	assert_true(asprintf(&copy, "weir observe -o json --input-file " INPUT " %s", flags) > 0);
	for (char *save, *word = strtok_r(copy, " ", &save); word && count < WORDS_MAX;
	     word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	run_words(run, count, words);
}

/* The numbers of the lines that were printed, in order: "1 2 10". */
static void find_numbers(const char *flags, const struct run *run, char *text, size_t size)
{
	auto_file FILE *golden = fopen(EXPECTED, "re");
	static char line[4096];
	const char *at = run->out;
	size_t len = 0;

	assert_non_null(golden);
	text[0] = '\0';
	for (unsigned int number = 1; fgets(line, sizeof(line), golden); number++) {
		if (strncmp(at, line, strlen(line)) != 0)
			continue;
		at += strlen(line);
		len += (size_t)snprintf(text + len, size - len, "%s%u", len ? " " : "", number);
	}
	assert_row_str(flags, at, "");
	if (!*run->err)
		return;
	assert_row(flags, strstr(run->err, "{\"node_status\":") == run->err);
	snprintf(text + len, size - len, "%s%u", len ? " " : "", NOT_FLOW);
}

static void each_filter_lets_through_what_hubbles_does(void **state)
{
	static const struct {
		const char *flags, *lines;
	} cases[] = {
		{ "--verdict DROPPED", "3" },
		{ "--drop-reason-desc POLICY_DENIED", "3" },
		{ "--type drop:133", "3" },
		{ "--port 53", "3 4 5" },
		{ "--to-port 443", "1 10 11" },
		{ "--ip 10.0.0.1 --port 53", "3" },
		{ "--ip 10.0.0.2", "1 2 6 7" },
		{ "--from-ip 10.0.0.0/24", "1 2 3 4 5 6 7 11" },
		{ "-6", "9 10" },
		{ "--ip-version none", "8" },
		{ "--protocol dns", "4 5" },
		{ "--protocol icmp", "9" },
		{ "--tcp-flags SYN", "1 2" },
		{ "--tcp-flags SYN,ACK", "2" },
		{ "--tcp-flags SYN --tcp-flags PSH", "1 2 10" },
		{ "--type l7", "4 5 6 7" },
		{ "--type trace", "1 2 8 10" },
		{ "--type trace:to-endpoint", "2" },
		{ "--traffic-direction egress", "1 4 9" },
		{ "--interface eth0", "1" },
		{ "--label reserved:host", "1" },
		{ "--fqdn *.example.com", "2" },
		{ "--namespace web", "2" },
		{ "--pod web/ng", "2" },
		{ "--from-identity world --to-port 53", "3" },
		{ "--http-path ^/index", "6 7" },
		{ "--http-status 2+", "7" },
		{ "--allowlist {\"reply\":[true]}", "2 5 7" },
		{ "--not --port 53", "1 2 6 7 8 9 10 11 12 13 14" },
		{ "--not --port 53 --not --from-ip 10.0.0.2", "1 2 3 4 5 6 7 8 9 10 11 12 13 14" },
		{ "--not --verdict FORWARDED", "3 11 12 13 14" },
		{ "--since 2024-05-06T07:08:10Z", "10 11 12 13 14" },
		{ "--until 2024-05-06T07:08:09.2Z", "1 2" },
		{ "--first 2", "1 2" },
		{ "--last 3", "12 13 14" },
	};
	static struct run run;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char lines[64];

		run_flags(&run, cases[i].flags);
		assert_row_int(cases[i].flags, run.result, CLI_DONE);
		find_numbers(cases[i].flags, &run, lines, sizeof(lines));
		assert_row_str(cases[i].flags, lines, cases[i].lines);
	}
}

/* Hubble chooses, then counts. */
static void filters_come_before_the_number(void **state)
{
	static const struct {
		const char *flags, *lines;
	} cases[] = {
		{ "--type l7 --last 2", "6 7" },
		{ "--type l7 --first 3", "4 5 6" },
		{ "--not --verdict FORWARDED --last 3", "12 13 14" },
		{ "--protocol udp --since 2024-05-06T07:08:09.4Z", "4 5" },
	};
	static struct run run;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char lines[64];

		run_flags(&run, cases[i].flags);
		find_numbers(cases[i].flags, &run, lines, sizeof(lines));
		assert_row_str(cases[i].flags, lines, cases[i].lines);
	}
}

static void a_filter_that_is_none_is_refused_before_the_first_flow(void **state)
{
	static const struct {
		const char *flags, *message;
	} cases[] = {
		{ "--ip foo",
		  "weir: invalid IP address \"foo\" in filter: ParseAddr(\"foo\"): unable to parse "
		  "IP\n" },
		{ "--protocol foo", "weir: invalid protocol filter: unknown protocol: \"foo\"\n" },
		{ "--http-status 600",
		  "weir: invalid http status code filter: invalid status code prefix: \"600\"\n" },
	};
	static struct run run;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		run_flags(&run, cases[i].flags);
		assert_row_int(cases[i].flags, run.result, CLI_FAILED);
		assert_row_str(cases[i].flags, run.out, "");
		assert_row_str(cases[i].flags, run.err, cases[i].message);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(each_filter_lets_through_what_hubbles_does),
			 TEST(filters_come_before_the_number),
			 TEST(a_filter_that_is_none_is_refused_before_the_first_flow));
}
