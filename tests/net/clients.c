// SPDX-License-Identifier: BSD-2-Clause
/*
 * Clients of the agent's socket that no program of good manners would be: "say" sends all of its
 * input, whatever the agent thinks of it, and prints what comes back until the agent hangs up;
 * "many" holds so many connections at once, asks on each of them and counts the answers by their
 * first key; "hold" sends its input on each of so many, and waits until that is answered if it is a
 * whole line, says "ready", keeps them until SIGTERM, and then prints how many of them the agent has
 * hung up on, and how many of those with a reason; "crowd" is the same, but nobody waits for an answer
 * or comes again; "endless" sends, on each of so many, a request that has no end, begins anew when the
 * agent hangs up, says "ready" when that has happened as often as there are connections, and at SIGTERM
 * prints how often it was, and how often with a reason; "drop" sends its input and is gone.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MANY_MAX 1000

static const char usage[] = "usage: clients SOCKET say|drop\n"
			    "       clients SOCKET many|hold|crowd|endless COUNT\n";
static char buffer[1U << 20];

static int open_client(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror("clients");
		exit(1);
	}
	return fd;
}

/* All of the input is read, also when the agent has hung up. */
static void send_input(int fd)
{
	ssize_t n;

	while ((n = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0) {
		for (ssize_t sent = 0, at = 0; sent >= 0 && at < n; at += sent)
			sent = send(fd, buffer + at, (size_t)(n - at), MSG_NOSIGNAL);
	}
}

static int say(int fd)
{
	ssize_t n;

	send_input(fd);
	shutdown(fd, SHUT_WR);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		if (fwrite(buffer, 1, (size_t)n, stdout) != (size_t)n)
			return 1;
	}
	return 0;
}

static bool read_line(int fd, char *line, size_t size)
{
	FILE *file = fdopen(dup(fd), "r");
	bool has_line = file && fgets(line, (int)size, file);

	if (file)
		fclose(file);
	return has_line;
}

static int many(const char *path, unsigned int count)
{
	static const char question[] = "{\"method\":\"ServerStatus\"}\n";
	unsigned int answered = 0, refused = 0;
	int fds[MANY_MAX];

	for (unsigned int i = 0; i < count; i++)
		fds[i] = open_client(path);
	for (unsigned int i = 0; i < count; i++) {
		(void)!send(fds[i], question, sizeof(question) - 1, MSG_NOSIGNAL);
		if (!read_line(fds[i], buffer, sizeof(buffer)))
			continue;
		answered += !strncmp(buffer, "{\"num_flows\"", 12);
		refused += strstr(buffer, "RESOURCE_EXHAUSTED") != NULL;
	}
	printf("%u %u\n", answered, refused);
	return 0;
}

/* Reads what has come. True: the agent has hung up; *ret_told: and said that places were short. */
static bool has_ended(int fd, bool *ret_told)
{
	ssize_t n;

	*ret_told = false;
	while ((n = recv(fd, buffer, sizeof(buffer) - 1, MSG_DONTWAIT)) > 0) {
		buffer[n] = '\0';
		*ret_told = strstr(buffer, "RESOURCE_EXHAUSTED");
	}
	return !n || errno != EAGAIN;
}

/* Sends the question. One that is complete is to be answered: who is refused tries again. */
static int open_served(const char *path, const char *question, size_t len)
{
	char answer[256];
	int fd;

	for (;;) {
		fd = open_client(path);
		(void)!send(fd, question, len, MSG_NOSIGNAL);
		if (!len || question[len - 1] != '\n')
			return fd;
		if (read_line(fd, answer, sizeof(answer)) && !strstr(answer, "RESOURCE_EXHAUSTED"))
			return fd;
		close(fd);
		usleep(20000);
	}
}

/* Until SIGTERM; then prints how many were hung up on, and told why. */
static int keep(const int *fds, unsigned int count, const sigset_t *term)
{
	unsigned int ended = 0, told = 0;
	bool was_told;
	int signo;

	puts("ready");
	fflush(stdout);
	sigwait(term, &signo);
	for (unsigned int i = 0; i < count; i++) {
		if (!has_ended(fds[i], &was_told))
			continue;
		ended++;
		told += was_told;
	}
	printf("%u %u\n", ended, told);
	return 0;
}

static void block_term(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigprocmask(SIG_BLOCK, ret, NULL);
}

static int hold(const char *path, unsigned int count)
{
	char question[256];
	size_t len = fread(question, 1, sizeof(question), stdin);
	int fds[MANY_MAX];
	sigset_t term;

	block_term(&term);
	for (unsigned int i = 0; i < count; i++)
		fds[i] = open_served(path, question, len);
	return keep(fds, count, &term);
}

static int crowd(const char *path, unsigned int count)
{
	size_t len = fread(buffer, 1, sizeof(buffer), stdin);
	int fds[MANY_MAX];
	sigset_t term;

	block_term(&term);
	for (unsigned int i = 0; i < count; i++) {
		fds[i] = open_client(path);
		(void)!send(fds[i], buffer, len, MSG_NOSIGNAL);
	}
	return keep(fds, count, &term);
}

/* Sends what the socket takes. False: the agent has hung up. */
static bool send_letters(int fd, bool is_first)
{
	static const char begin[] = "{\"method\":\"";
	static char letters[65536];
	ssize_t n;

	memset(letters, 'x', sizeof(letters));
	if (is_first)
		(void)!send(fd, begin, sizeof(begin) - 1, MSG_NOSIGNAL);
	do
		n = send(fd, letters, sizeof(letters), MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n > 0);
	return errno == EAGAIN;
}

static int endless(const char *path, unsigned int count)
{
	unsigned int ended = 0, told = 0;
	struct pollfd fds[MANY_MAX];
	struct timespec now = { 0 };
	bool was_told;
	sigset_t term;

	block_term(&term);
	for (unsigned int i = 0; i < count; i++) {
		fds[i] = (struct pollfd){ .fd = open_client(path), .events = POLLOUT };
		(void)send_letters(fds[i].fd, true);
	}
	while (sigtimedwait(&term, NULL, &now) < 0) {
		if (poll(fds, count, 100) < 0)
			return 1;
		for (unsigned int i = 0; i < count; i++) {
			if (!fds[i].revents || send_letters(fds[i].fd, false))
				continue;
			(void)has_ended(fds[i].fd, &was_told);
			told += was_told;
			close(fds[i].fd);
			fds[i].fd = open_client(path);
			(void)send_letters(fds[i].fd, true);
			if (++ended == count) {
				puts("ready");
				fflush(stdout);
			}
		}
	}
	printf("%u %u\n", ended, told);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const char *path, unsigned int count);
} modes[] = {
	{ "many", many },
	{ "hold", hold },
	{ "crowd", crowd },
	{ "endless", endless },
};

int main(int argc, char **argv)
{
	unsigned long count = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (argc == 4 && !strcmp(argv[2], modes[i].name) && count <= MANY_MAX)
			return modes[i].run(argv[1], (unsigned int)count);
	}
	if (argc != 3) {
		fputs(usage, stderr);
		return 2;
	}
	fd = open_client(argv[1]);
	if (!strcmp(argv[2], "say"))
		return say(fd);
	send_input(fd);
	return 0;
}
