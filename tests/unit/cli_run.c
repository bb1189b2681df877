// SPDX-License-Identifier: BSD-2-Clause
#include "cli_run.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/server.h"
#include "cli/commands.h"
#include "tests/harness.h"

#define WORDS_MAX 12

const struct cli run_cli = { .commands = cli_commands, .version = "0.0.0" };

static void *serve(void *data)
{
	struct run *run = data;
	int fd = accept4(run->listener, NULL, NULL, SOCK_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return NULL;
	len = read(fd, run->request, sizeof(run->request) - 1);
	run->request[len > 0 ? len : 0] = '\0';
	(void)send(fd, run->answer, strlen(run->answer), MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

void run_start_agent(struct run *run)
{
	char reason[OPTION_REASON_SIZE];
	struct server server;

	snprintf(run->address, sizeof(run->address), "unix-abstract:weir-test-%d", getpid());
	assert_int_equal(server_parse(&server, run->address, reason), 0);
	run->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(run->listener, (const struct sockaddr *)&server.address, server.address_len),
		0);
	assert_int_equal(listen(run->listener, 1), 0);
	assert_int_equal(pthread_create(&run->agent, NULL, serve, run), 0);
}

void run_stop_agent(struct run *run)
{
	/* Wakes an accept() that nobody has answered. */
	shutdown(run->listener, SHUT_RDWR);
	assert_int_equal(pthread_join(run->agent, NULL), 0);
	close(run->listener);
}

static void read_back(int fd, char *text, size_t size)
{
	ssize_t len = pread(fd, text, size - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	close(fd);
}

void run_words(struct run *run, int count, char **words)
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	int out_was, err_was;

	/* Not that of whoever runs the test. */
	setenv("XDG_CONFIG_HOME", "/nonexistent", 0);
	fflush(stdout);
	fflush(stderr);
	out_was = dup(STDOUT_FILENO);
	err_was = dup(STDERR_FILENO);
	assert_true(out >= 0 && err >= 0 && out_was >= 0 && err_was >= 0);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	run->result = cli_run(&run_cli, count, words);
	fflush(stdout);
	fflush(stderr);
	dup2(out_was, STDOUT_FILENO);
	dup2(err_was, STDERR_FILENO);
	close(out_was);
	close(err_was);
	read_back(out, run->out, sizeof(run->out));
	read_back(err, run->err, sizeof(run->err));
}

void run_line(struct run *run, const char *line)
{
	auto_free char *copy = strdup(line);
	char *words[WORDS_MAX + 1] = { NULL };
	int count = 0;

	assert_non_null(copy);
	for (char *save, *word = strtok_r(copy, " ", &save); word && count < WORDS_MAX;
	     word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	if (run->answer) {
		run_start_agent(run);
		setenv("WEIR_SERVER", run->address, 1);
	}
	run_words(run, count, words);
	if (run->answer) {
		run_stop_agent(run);
		unsetenv("WEIR_SERVER");
	}
}

void run_forget_variables(void)
{
	static const char *const variables[] = { "WEIR_SERVER", "HUBBLE_SERVER", "WEIR_OUTPUT",
						 "WEIR_SINCE",	"WEIR_UNTIL",	 "COLUMNS" };

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		unsetenv(variables[i]);
}
