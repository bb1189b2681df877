// SPDX-License-Identifier: BSD-2-Clause
#include "who_world.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/timefmt.h"
#include "tests/at_once.h"
#include "tests/harness.h"
#include "who/cgroup2.h"

#define WAIT_NS	   5000000000ULL
#define APART_UID  4000 /* and more */
#define START_AT   22
#define TICK_NS	   WEIR_START_TICK_NS
#define PATIENCE_S 60 /* a person who is stuck */

static struct person *people; /* shared memory */
static unsigned int people_count;
static int cgroup_root = -1;

uint64_t who_own_netns(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
	return st.st_ino;
}

static void lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
}

/* What the kernel lacks is a reason to skip the tests, that it refuses what others take is none. */
static bool has_programs(void)
{
	const struct datapath_options small = { .max_flows = 64,
						.max_ifaces = 16,
						.ring_bytes = 4096 };
	struct datapath *datapath = NULL;
	struct tracing *tracing = NULL;
	struct datapath_maps maps;
	bool has;

	if (datapath_new(&datapath, &small))
		exit(1);
	datapath_maps(datapath, &maps);
	if (tracing_new(&tracing,
			&(struct tracing_options){ .cgroup = cgroup_root, .maps = &maps }))
		exit(1);
	has = tracing_has(tracing, TRACING_USERS);
	if (!has && !strncmp(tracing_note(tracing, TRACING_USERS), "this kernel", 11))
		printf("1..0 # SKIP %s\n", tracing_note(tracing, TRACING_USERS));
	else if (!has)
		exit(1);
	tracing_free(&tracing);
	datapath_free(&datapath);
	return has;
}

bool who_can_run(bool is_plain)
{
	if (geteuid() || unshare(CLONE_NEWNET)) {
		skip_all("needs root");
		return false;
	}
	cgroup_root = cgroup2_open();
	if (cgroup_root < 0) {
		skip_all("this kernel has no cgroup v2");
		return false;
	}
	lo_up();
	people = mmap(NULL, WHO_PEOPLE_MAX * sizeof(*people), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return people != MAP_FAILED && (is_plain || has_programs());
}

static struct who *begin(int cgroup, bool is_plain)
{
	const struct datapath_options options = { .max_flows = 4096,
						  .max_ifaces = 64,
						  .ring_bytes = 1 << 20 };
	struct who *who = calloc(1, sizeof(*who));
	struct datapath_maps maps;
	struct tracing_options tracing = { .cgroup = cgroup, .maps = is_plain ? NULL : &maps };
	struct sockets_parts sockets = { .maps = &maps, .cgroup = cgroup };

	assert_non_null(who);
	assert_int_equal(datapath_new(&who->datapath, &options), 0);
	datapath_maps(who->datapath, &maps);
	assert_int_equal(tracing_new(&who->tracing, &tracing), 0);
	sockets.tracing = who->tracing;
	assert_int_equal(sockets_new(&who->sockets, &sockets), 0);
	assert_true(sockets_is_seeded(who->sockets));
	who->netns[0] = who_own_netns();
	return who;
}

struct who *who_begin_in(int cgroup)
{
	return begin(cgroup, false);
}

struct who *who_begin_plain(void)
{
	return begin(cgroup_root, true);
}

struct who *who_begin(void)
{
	return begin(cgroup_root, false);
}

void who_end(struct who **at)
{
	struct who *who = TAKE_PTR(*at);

	if (!who)
		return;
	for (unsigned int i = 0; i < who->attachment_count; i++)
		attach_detach(&who->attachments[i]);
	sockets_free(&who->sockets);
	tracing_free(&who->tracing);
	datapath_free(&who->datapath);
	free(who);
	people_count = 0;
}

void who_attach(struct who *who, const char *ifname, bool is_egress)
{
	const struct datapath_iface iface = { .ifindex = if_nametoindex(ifname),
					      .has_ethernet = true };
	struct attachment *at = &who->attachments[who->attachment_count++];
	int prog = datapath_prog_fd(who->datapath, is_egress ? DATAPATH_TC_OUT : DATAPATH_TC_IN);

	assert_true(who->attachment_count <= ARRAY_SIZE(who->attachments));
	*at = (struct attachment){ .link_fd = -1 };
	(void)datapath_iface_add(who->datapath, &iface); /* for the other direction it is there */
	if (attach_tcx(at, prog, iface.ifindex, is_egress))
		assert_int_equal(attach_clsact(at, prog, iface.ifindex, is_egress), 0);
}

static void keep_flow(void *ctx, const struct weir_event *event)
{
	struct who *who = ctx;

	assert_true(who->flow_count < WHO_EVENTS_MAX);
	who->flows[who->flow_count++] = *event;
}

static void keep_user(void *ctx, const struct weir_user_event *event)
{
	struct who *who = ctx;

	assert_true(event->owner.netns);
	if (event->owner.netns != who->netns[0] && event->owner.netns != who->netns[1])
		return;
	assert_true(who->user_count < WHO_EVENTS_MAX);
	who->users[who->user_count++] = *event;
}

static void keep_cgroup(void *ctx, const struct weir_cgroup_event *event)
{
	struct who *who = ctx;

	assert_true(who->cgroup_count < WHO_EVENTS_MAX);
	who->cgroups[who->cgroup_count++] = *event;
}

void who_read(struct who *who)
{
	static const struct datapath_readers readers = { .flow = keep_flow,
							 .user = keep_user,
							 .cgroup = keep_cgroup };

	(void)datapath_ring_drain(who->datapath, UINT32_MAX, &readers, who);
	assert_int_equal(datapath_bad_events(who->datapath), 0);
}

static const struct weir_event *find_flow(const struct who *who, enum weir_event_type type,
					  uint16_t from, uint16_t to)
{
	for (unsigned int i = who->flow_count; i-- > 0;) {
		const struct weir_event *event = &who->flows[i];
		int dir = event->hdr.dir;

		if (event->hdr.type == type && event->key.port[dir] == htons(from) &&
		    event->key.port[!dir] == htons(to))
			return event;
	}
	return NULL;
}

const struct weir_event *who_flow(struct who *who, enum weir_event_type type, uint16_t from,
				  uint16_t to)
{
	uint64_t deadline = time_monotonic_ns() + WAIT_NS;
	const struct weir_event *event;

	do {
		who_read(who);
		event = find_flow(who, type, from, to);
		if (!event)
			usleep(1000);
	} while (!event && time_monotonic_ns() < deadline);
	return event;
}

const struct weir_user_event *who_user(struct who *who, uint64_t cookie)
{
	who_read(who);
	for (unsigned int i = who->user_count; i-- > 0;)
		if (who->users[i].owner.cookie == cookie)
			return &who->users[i];
	return NULL;
}

unsigned int who_users(struct who *who, uint64_t cookie)
{
	unsigned int count = 0;

	who_read(who);
	for (unsigned int i = 0; i < who->user_count; i++)
		count += who->users[i].owner.cookie == cookie;
	return count;
}

/* What /proc says of the calling process. */
static uint64_t own_start(void)
{
	auto_file FILE *file = fopen("/proc/self/stat", "re");
	char text[1024], *at, *field;

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	field = strrchr(text, ')');
	assert_non_null(field);
	field = strtok_r(field ? field + 1 : text, " ", &at);
	for (int i = 3; field && i < START_AT; i++)
		field = strtok_r(NULL, " ", &at);
	assert_non_null(field);
	return field ? strtoull(field, NULL, 10) * 100 / (uint64_t)sysconf(_SC_CLK_TCK) : 0;
}

static uint64_t own_cgroup(void)
{
	auto_file FILE *file = fopen("/proc/self/cgroup", "re");
	char line[512];
	struct stat st;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", strlen("0::/")) != 0)
			continue;
		assert_int_equal(fstatat(cgroup_root, line[4] ? line + 4 : ".", &st, 0), 0);
		return st.st_ino;
	}
	fail_msg("no cgroup v2");
	return 0;
}

void person_describe(struct person *me)
{
	me->pid = getpid();
	me->uid = getuid();
	me->start_ticks = own_start();
	me->cgroup_id = own_cgroup();
	me->netns = who_own_netns();
	assert_int_equal(prctl(PR_GET_NAME, me->name), 0);
}

static void cgroup_name(char *ret, size_t size, pid_t pid)
{
	snprintf(ret, size, "weir-test-%d", pid);
}

static void live_apart(unsigned int number)
{
	char name[64], pid[16];
	int dir, procs;

	cgroup_name(name, sizeof(name), getpid());
	assert_int_equal(mkdirat(cgroup_root, name, 0755), 0);
	dir = openat(cgroup_root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	procs = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	snprintf(pid, sizeof(pid), "%d", getpid());
	assert_int_equal(write(procs, pid, strlen(pid)), strlen(pid));
	close(procs);
	close(dir);
	assert_int_equal(setresuid(APART_UID + number, (uid_t)-1, (uid_t)-1), 0);
}

void who_unshare(struct person *me)
{
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	lo_up();
	me->netns = who_own_netns();
}

struct person *person_new(const char *name, bool is_apart, person_fn fn, void *ctx)
{
	unsigned int number = people_count++;
	struct person *person = &people[number];
	pid_t pid;

	assert_true(people_count <= WHO_PEOPLE_MAX);
	memset(person, 0, sizeof(*person));
	assert_int_equal(pipe2(person->to_person, O_CLOEXEC), 0);
	assert_int_equal(pipe2(person->from_person, O_CLOEXEC), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid) {
		person->pid = pid;
		close(person->to_person[0]);
		close(person->from_person[1]);
		return person;
	}
	alarm(PATIENCE_S);
	assert_int_equal(setenv("CMOCKA_TEST_ABORT", "1", 1), 0); /* not on with the tests */
	assert_int_equal(prctl(PR_SET_NAME, name), 0);
	if (is_apart)
		live_apart(number);
	person_describe(person);
	fn(person, ctx);
	_exit(0);
}

void person_wait(struct person *person)
{
	char cgroup[64];
	int status = -1;

	assert_int_equal(waitpid(person->pid, &status, 0), person->pid);
	cgroup_name(cgroup, sizeof(cgroup), person->pid);
	(void)unlinkat(cgroup_root, cgroup, AT_REMOVEDIR);
	close(person->to_person[1]);
	close(person->from_person[0]);
	assert_row_int(person->name, status, 0);
}

static void put(int fd)
{
	assert_int_equal(write(fd, "", 1), 1);
}

static void get(int fd)
{
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
}

void person_say(const struct person *me)
{
	put(me->from_person[1]);
}

void person_await(const struct person *me)
{
	get(me->to_person[0]);
}

void person_tell(const struct person *person)
{
	put(person->to_person[1]);
}

void person_hear(const struct person *person)
{
	get(person->from_person[0]);
}

void assert_owner(const char *name, const struct weir_owner *is, const struct owner_want *want)
{
	const struct person *person = want->person;
	const struct person *creator = want->creator ? want->creator : person;

	assert_row_int(name, is->via, want->via);
	assert_row_int(name, is->tgid, person->pid);
	assert_row_int(name, is->creator, creator->pid);
	assert_row_int(name, is->uid, person->uid);
	assert_row_int(name, is->start_ns / TICK_NS, person->start_ticks);
	assert_row_int(name, is->cgroup_id, person->cgroup_id);
	assert_row_int(name, is->cookie, want->cookie);
	assert_row_int(name, is->netns, person->netns);
	assert_row_int(name, is->flags & ~WEIR_OWNER_LISTENER, WEIR_OWNER_COMM_LEADER);
	assert_row_str(name, is->comm, person->name);
}

void assert_nobody(const char *name, const struct weir_owner *is)
{
	assert_row_int(name, is->via, WEIR_VIA_NONE);
	assert_row_int(name, is->tgid, 0);
	assert_row_int(name, is->creator, 0);
	assert_row_str(name, is->comm, "");
}

uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
	return cookie;
}

uint16_t port_of(int fd)
{
	struct sockaddr_in6 in6 = { 0 }; /* where an IPv4 address has its port too */
	socklen_t len = sizeof(in6);

	assert_int_equal(getsockname(fd, (void *)&in6, &len), 0);
	return ntohs(in6.sin6_port);
}

static socklen_t loopback(struct sockaddr_storage *ss, int family, uint16_t port)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		in->sin_port = htons(port);
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	in6->sin6_addr = in6addr_loopback;
	return sizeof(*in6);
}

int socket_bound(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	struct sockaddr_storage ss;
	socklen_t len = loopback(&ss, family, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (void *)&ss, len), 0);
	return fd;
}

int socket_listening(int family)
{
	int fd = socket_bound(family, SOCK_STREAM);

	assert_int_equal(listen(fd, 64), 0);
	return fd;
}

int connect_to(int fd, int family, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = loopback(&ss, family, port);

	return connect(fd, (void *)&ss, len) ? -errno : 0;
}

void send_fd(int channel, int fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .space = { 0 } };
	struct iovec iov = { .iov_base = (char[]){ 0 }, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = &control.align;

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	assert_int_equal(sendmsg(channel, &msg, 0), 1);
}

int receive_fd(int channel)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int fd;

	assert_int_equal(recvmsg(channel, &msg, MSG_CMSG_CLOEXEC), 1);
	assert_int_equal(msg.msg_controllen, sizeof(control));
	memcpy(&fd, CMSG_DATA(&control.align), sizeof(int));
	return fd;
}
