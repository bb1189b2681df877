// SPDX-License-Identifier: BSD-2-Clause
/*
 * Traffic of which it is known who makes it: for each end of each connection a line
 *
 *	PROTO OWN_ADDRESS OWN_PORT PEER_ADDRESS PEER_PORT PID [PID]
 *
 * with the process that uses the socket, and the one that made it if that is another. One write() a
 * line, so that many processes can share stdout.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] =
	"usage: who MODE tcp|udp ADDRESS PORT NUMBER FIRST_PORT [TEXT]\n"
	"  serve     NUMBER processes share one socket (FIRST_PORT 0), or have one each (1)\n"
	"  quiet     listens and accepts, never reads; a line for each\n"
	"  connect   NUMBER exchanges by this process\n"
	"  sendto    the same by sockets that are not connected, from address TEXT\n"
	"  spawn     NUMBER processes that exec(), and make one exchange each\n"
	"  refused   NUMBER tries that must fail, from address TEXT\n"
	"  timeout   NUMBER tries that nobody answers, given up after some ms\n"
	"  pass      NUMBER connections that this process makes and another one uses\n"
	"  oneway    NUMBER sockets that send twice, and wait for nothing\n"
	"  talk      one connection: what stdin says\n"
	"  hold      NUMBER connections; an exchange in each for a line of stdin\n"
	"  cgroups   NUMBER exchanges by processes in cgroups TEXT-PORT that live as long\n"
	"  named     one exchange by a thread and process called TEXT\n";

union endpoint {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct job {
	union endpoint to;
	socklen_t len;
	const char *proto, *address, *port, *text;
	unsigned int number, first;
	bool is_udp;
};

/* Ends the process: a test without its traffic has failed. */
static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "who: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void check(bool is_fine, const char *what)
{
	if (!is_fine)
		fail(what);
}

static bool job_init(struct job *job, char **argv)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *info;

	job->proto = argv[2];
	job->address = argv[3];
	job->port = argv[4];
	job->number = (unsigned int)strtoul(argv[5], NULL, 10);
	job->first = (unsigned int)strtoul(argv[6], NULL, 10);
	job->text = argv[7];
	job->is_udp = !strcmp(job->proto, "udp");
	if (getaddrinfo(job->address, job->port, &hints, &info))
		return false;
	memcpy(&job->to, info->ai_addr, info->ai_addrlen);
	job->len = info->ai_addrlen;
	freeaddrinfo(info);
	return true;
}

/* ---- what is told ---- */

static int end_to_str(const union endpoint *end, char *ret, size_t size)
{
	char text[INET6_ADDRSTRLEN];
	bool is_v4 = end->any.sa_family == AF_INET;

	inet_ntop(end->any.sa_family,
		  is_v4 ? (const void *)&end->v4.sin_addr : (const void *)&end->v6.sin6_addr, text,
		  sizeof(text));
	return snprintf(ret, size, " %s %u", text,
			ntohs(is_v4 ? end->v4.sin_port : end->v6.sin6_port));
}

static void tell(const struct job *job, const union endpoint *own, const union endpoint *peer,
		 pid_t creator)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "%s", job->proto);

	n += end_to_str(own, line + n, sizeof(line) - (size_t)n);
	n += end_to_str(peer, line + n, sizeof(line) - (size_t)n);
	n += snprintf(line + n, sizeof(line) - (size_t)n, " %d", getpid());
	if (creator)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %d", creator);
	line[n++] = '\n';
	check(write(STDOUT_FILENO, line, (size_t)n) == n, "cannot tell");
}

static void tell_socket(const struct job *job, int fd, const union endpoint *peer, pid_t creator)
{
	union endpoint own = { .any.sa_family = AF_UNSPEC };
	socklen_t len = sizeof(own);

	check(!getsockname(fd, &own.any, &len), "no address");
	tell(job, &own, peer, creator);
}

static void tell_ready(void)
{
	check(write(STDOUT_FILENO, "ready\n", 6) == 6, "cannot tell");
}

/* ---- sockets ---- */

static int make_socket(const struct job *job)
{
	int type = job->is_udp ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(job->to.any.sa_family, type | SOCK_CLOEXEC, 0), one = 1;

	check(fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)),
	      "cannot make a socket");
	return fd;
}

/* At the port, of any address. */
static int make_bound(const struct job *job, unsigned int port)
{
	union endpoint own = { .any.sa_family = job->to.any.sa_family };
	int fd = make_socket(job);

	if (own.any.sa_family == AF_INET)
		own.v4.sin_port = htons((uint16_t)port);
	else
		own.v6.sin6_port = htons((uint16_t)port);
	check(!bind(fd, &own.any, job->len), "cannot bind");
	return fd;
}

static int make_connected(const struct job *job, unsigned int port)
{
	int fd = make_bound(job, port);

	check(!connect(fd, &job->to.any, job->len), "cannot connect");
	return fd;
}

static void exchange(int fd)
{
	char byte = 'x';

	check(send(fd, &byte, 1, MSG_NOSIGNAL) == 1 && recv(fd, &byte, 1, 0) == 1,
	      "an exchange went otherwise");
}

static int make_server(const struct job *job, bool is_shared)
{
	int fd = make_socket(job), one = 1;

	check(!is_shared || !setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)),
	      "cannot share a port");
	check(!bind(fd, &job->to.any, job->len), "cannot bind");
	check(job->is_udp || !listen(fd, 1024), "cannot listen");
	return fd;
}

/* ---- servers ---- */

/* Answers all that comes until the peer has had enough. */
static _Noreturn void work_tcp(const struct job *job, int listener, pid_t creator)
{
	for (;;) {
		union endpoint peer = { .any.sa_family = AF_UNSPEC };
		socklen_t len = sizeof(peer);
		int fd = accept4(listener, &peer.any, &len, SOCK_CLOEXEC);
		char byte;

		check(fd >= 0, "cannot accept");
		tell_socket(job, fd, &peer, creator);
		while (recv(fd, &byte, 1, 0) == 1)
			check(send(fd, &byte, 1, MSG_NOSIGNAL) == 1, "cannot answer");
		close(fd);
	}
}

/* One that holds many: reads from all of them. */
static _Noreturn void work_many(const struct job *job, int listener, pid_t creator)
{
	static struct pollfd fds[1025];
	nfds_t count = 1;

	fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (;;) {
		check(poll(fds, count, -1) > 0, "cannot wait");
		for (nfds_t i = 1; i < count; i++) {
			char byte;

			if (!fds[i].revents)
				continue;
			if (recv(fds[i].fd, &byte, 1, 0) == 1) {
				check(send(fds[i].fd, &byte, 1, MSG_NOSIGNAL) == 1,
				      "cannot answer");
				continue;
			}
			close(fds[i].fd);
			fds[i--] = fds[--count];
		}
		if (fds[0].revents && count < sizeof(fds) / sizeof(fds[0])) {
			union endpoint peer = { .any.sa_family = AF_UNSPEC };
			socklen_t len = sizeof(peer);
			int fd = accept4(listener, &peer.any, &len, SOCK_CLOEXEC);

			check(fd >= 0, "cannot accept");
			tell_socket(job, fd, &peer, creator);
			fds[count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
		}
	}
}

static _Noreturn void work_udp(const struct job *job, int fd, pid_t creator)
{
	for (;;) {
		union endpoint peer = { .any.sa_family = AF_UNSPEC };
		socklen_t len = sizeof(peer);
		char byte;

		check(recvfrom(fd, &byte, 1, 0, &peer.any, &len) == 1, "cannot receive");
		tell(job, &job->to, &peer, creator);
		check(sendto(fd, &byte, 1, 0, &peer.any, len) == 1, "cannot answer");
	}
}

static _Noreturn void work(const struct job *job, int fd, pid_t creator)
{
	if (job->is_udp)
		work_udp(job, fd, creator);
	else if (job->number == 1)
		work_many(job, fd, creator);
	else
		work_tcp(job, fd, creator);
}

static void serve(const struct job *job)
{
	bool has_own = job->first;
	int fd = has_own ? -1 : make_server(job, false);
	pid_t master = getpid();

	for (unsigned int i = 0; i < job->number; i++) {
		int ready[2];
		char byte;
		pid_t pid;

		check(!pipe2(ready, O_CLOEXEC), "no pipe");
		pid = job->number == 1 ? 0 : fork();
		check(pid >= 0, "cannot fork");
		if (pid) {
			check(read(ready[0], &byte, 1) == 1, "a worker has ended");
			close(ready[0]);
			close(ready[1]);
			continue;
		}
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (has_own)
			fd = make_server(job, true);
		check(write(ready[1], "r", 1) == 1, "no pipe");
		if (job->number == 1)
			tell_ready();
		work(job, fd, has_own || job->number == 1 ? 0 : master);
	}
	tell_ready();
	for (;;)
		pause();
}

static void quiet(const struct job *job)
{
	int listener = make_server(job, false);

	tell_ready();
	for (;;) {
		union endpoint peer = { .any.sa_family = AF_UNSPEC };
		socklen_t len = sizeof(peer);
		int fd = accept4(listener, &peer.any, &len, SOCK_CLOEXEC);

		check(fd >= 0, "cannot accept");
		tell_socket(job, fd, &peer, 0);
	}
}

/* ---- clients ---- */

static void connect_one(const struct job *job, unsigned int port)
{
	int fd = make_connected(job, port);

	exchange(fd);
	tell_socket(job, fd, &job->to, 0);
	close(fd);
}

static void connect_all(const struct job *job)
{
	for (unsigned int i = 0; i < job->number; i++)
		connect_one(job, job->first + i);
}

/* Of a socket that is not connected any more, or never was, the address is TEXT. */
static void tell_unconnected(const struct job *job, int fd)
{
	union endpoint own = { .any.sa_family = job->to.any.sa_family };
	bool is_v4 = own.any.sa_family == AF_INET;
	socklen_t len = sizeof(own);

	check(!getsockname(fd, &own.any, &len) && job->text &&
		      inet_pton(own.any.sa_family, job->text,
				is_v4 ? (void *)&own.v4.sin_addr : (void *)&own.v6.sin6_addr) == 1,
	      "no address");
	tell(job, &own, &job->to, 0);
}

static void sendto_all(const struct job *job)
{
	for (unsigned int i = 0; i < job->number; i++) {
		int fd = make_bound(job, job->first + i);
		char byte = 'x';

		check(sendto(fd, &byte, 1, 0, &job->to.any, job->len) == 1 &&
			      recv(fd, &byte, 1, 0) == 1,
		      "an exchange went otherwise");
		tell_unconnected(job, fd);
		close(fd);
	}
}

static void await_child(pid_t pid)
{
	int status;

	check(waitpid(pid, &status, 0) == pid && !status, "a process has failed");
}

static void spawn_all(const struct job *job)
{
	char self[4096] = { 0 };

	check(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0, "who am I?");
	for (unsigned int i = 0; i < job->number; i++) {
		char port[16];
		const char *const argv[] = { "short",	"connect", job->proto, job->address,
					     job->port, "1",	   port,       NULL };
		pid_t pid;

		snprintf(port, sizeof(port), "%u", job->first + i);
		check(!posix_spawn(&pid, self, NULL, NULL, (char *const *)argv, environ),
		      "cannot start a process");
		await_child(pid);
	}
}

static void refused(const struct job *job)
{
	for (unsigned int i = 0; i < job->number; i++) {
		int fd = make_bound(job, job->first + i);

		check(connect(fd, &job->to.any, job->len) && errno == ECONNREFUSED,
		      "it was not refused");
		tell_unconnected(job, fd);
		close(fd);
	}
}

static void timed_out(const struct job *job)
{
	for (unsigned int i = 0; i < job->number; i++) {
		int fd = make_bound(job, job->first + i);

		check(!fcntl(fd, F_SETFL, O_NONBLOCK), "cannot but block");
		check(connect(fd, &job->to.any, job->len) && errno == EINPROGRESS,
		      "it does not wait");
		tell_socket(job, fd, &job->to, 0);
		check(poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, 20) == 0,
		      "somebody answers");
		close(fd);
	}
}

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static void pass_fd(int to, int fd)
{
	union control control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
					      .cmsg_level = SOL_SOCKET,
					      .cmsg_type = SCM_RIGHTS } };
	char byte = 'x';
	struct iovec bytes = { .iov_base = &byte, .iov_len = 1 };
	const struct msghdr message = { .msg_iov = &bytes,
					.msg_iovlen = 1,
					.msg_control = &control,
					.msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	check(sendmsg(to, &message, 0) == 1, "cannot pass a socket");
}

static int take_fd(int from)
{
	union control control;
	char byte;
	struct iovec bytes = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &bytes,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd;

	check(recvmsg(from, &message, 0) == 1 && CMSG_FIRSTHDR(&message), "no socket comes");
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

static void pass(const struct job *job)
{
	pid_t creator = getpid(), pid;
	int pair[2];

	check(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), "no pair");
	pid = fork();
	check(pid >= 0, "cannot fork");
	for (unsigned int i = 0; i < job->number; i++) {
		char byte = 'x';
		int fd;

		if (pid) {
			fd = make_connected(job, job->first + i);
			pass_fd(pair[0], fd);
			check(recv(pair[0], &byte, 1, 0) == 1, "it does not answer");
		} else {
			fd = take_fd(pair[1]);
			exchange(fd);
			tell_socket(job, fd, &job->to, creator);
			check(send(pair[1], &byte, 1, 0) == 1, "it does not listen");
		}
		close(fd);
	}
	if (!pid)
		exit(0);
	await_child(pid);
}

static void hold(const struct job *job)
{
	int *fds = calloc(job->number, sizeof(*fds));
	char line[64];

	check(fds != NULL, "no memory");
	for (unsigned int i = 0; i < job->number; i++) {
		fds[i] = make_connected(job, job->first + i);
		tell_socket(job, fds[i], &job->to, 0);
	}
	tell_ready();
	while (fgets(line, sizeof(line), stdin)) {
		for (unsigned int i = 0; i < job->number; i++)
			exchange(fds[i]);
		tell_ready();
	}
	free(fds);
}

static void oneway(const struct job *job)
{
	for (unsigned int i = 0; i < 2 * job->number; i++) {
		int fd = make_connected(job, job->first + i % job->number);

		check(send(fd, "x", 1, 0) == 1, "cannot send");
		if (i < job->number)
			tell_socket(job, fd, &job->to, 0);
		close(fd);
		if (i == job->number - 1)
			usleep(200000);
	}
}

static void talk(const struct job *job)
{
	int fd = make_connected(job, job->first);
	char line[64];

	tell_socket(job, fd, &job->to, 0);
	while (fgets(line, sizeof(line), stdin))
		exchange(fd);
	close(fd);
}

static void enter_cgroup(const char *path)
{
	char file[512];
	int fd;

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	check(fd >= 0 && write(fd, "0", 1) == 1, "cannot enter a cgroup");
	close(fd);
}

static void cgroups(const struct job *job)
{
	for (unsigned int i = 0; i < job->number; i++) {
		char path[480];
		pid_t pid;

		snprintf(path, sizeof(path), "%s-%u", job->text, job->first + i);
		check(!mkdir(path, 0755), "cannot make a cgroup");
		pid = fork();
		check(pid >= 0, "cannot fork");
		if (!pid) {
			enter_cgroup(path);
			connect_one(job, job->first + i);
			exit(0);
		}
		await_child(pid);
		check(!rmdir(path), "cannot remove a cgroup");
	}
}

static void named(const struct job *job)
{
	check(job->text && !prctl(PR_SET_NAME, job->text), "no name");
	connect_one(job, job->first);
}

static const struct mode {
	const char *name;
	void (*run)(const struct job *job);
} modes[] = {
	{ "serve", serve },	  { "quiet", quiet },	  { "connect", connect_all },
	{ "sendto", sendto_all }, { "spawn", spawn_all }, { "refused", refused },
	{ "timeout", timed_out }, { "pass", pass },	  { "hold", hold },
	{ "talk", talk },	  { "oneway", oneway },	  { "cgroups", cgroups },
	{ "named", named },
};

int main(int argc, char **argv)
{
	struct job job = { 0 };

	if (argc < 7 || argc > 8 || !job_init(&job, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].name, argv[1]) != 0)
			continue;
		modes[i].run(&job);
		return 0;
	}
	fputs(usage, stderr);
	return 2;
}
