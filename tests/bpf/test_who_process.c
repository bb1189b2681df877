// SPDX-License-Identifier: BSD-2-Clause
/*
 * Processes and cgroups that have gone before anybody looks, or have become something else; and what
 * the programs leave behind.
 */
#include "who_world.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "tests/harness.h"
#include "who/cgroup2.h"
#include "who/execs.h"

static void run_program(struct person *me, void *ctx)
{
	char *const arguments[] = { (char *)ctx, NULL };

	(void)me;
	execv(ctx, arguments);
	_exit(1);
}

static struct weir_owner owner_of(const struct person *person)
{
	return (struct weir_owner){ .tgid = (uint32_t)person->pid,
				    .start_ns = person->start_ticks * WEIR_START_TICK_NS };
}

static void programs_of_processes_that_have_gone_are_known(void **state)
{
	char script[] = "/tmp/weir-test-script.XXXXXX";
	auto_who struct who *who = who_begin();
	const char *text = "#!/bin/sh\nexit 0\n";
	int fd = mkstemp(script);
	/* of a script it is the interpreter, as in /proc */
	const char *const programs[][2] = { { "/bin/true", "/bin/true" }, { script, "/bin/sh" } };

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, 0755), 0);
	close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct person *person =
			person_new("runs", false, run_program, (void *)(uintptr_t)programs[i][0]);
		struct weir_owner owner;
		struct weir_exec exec;

		person_wait(person);
		owner = owner_of(person);
		assert_int_equal(sockets_exec(who->sockets, &owner, &exec), 0);
		assert_string_equal(exec.path, programs[i][1]);
		assert_int_not_equal(exec.program, 0);
		owner.start_ns += WEIR_START_TICK_NS; /* another process with that number */
		assert_int_equal(sockets_exec(who->sockets, &owner, &exec), -ENOENT);
	}
	unlink(script);
}

static void do_nothing(struct person *me, void *ctx)
{
	(void)me;
	(void)ctx;
}

/* We are older than the programs, and so was told of at the start. */
static void who_was_forked_is_made_of_what_its_parent_is(void **state)
{
	auto_who struct who *who = who_begin();
	struct person *person = person_new("forked", false, do_nothing, NULL);
	char own[WEIR_EXEC_PATH] = "";
	struct weir_owner owner;
	struct weir_exec exec;

	(void)state;
	assert_true(readlink("/proc/self/exe", own, sizeof(own) - 1) > 0);
	person_wait(person);
	owner = owner_of(person);
	assert_int_equal(sockets_exec(who->sockets, &owner, &exec), 0);
	assert_string_equal(exec.path, own);
}

/* A socket that its process uses, and uses again when it is another program. */
struct chain {
	uint16_t port; /* of a server */
	bool is_used;  /* by the later program, too */
};

static void use_and_exec(struct person *me, void *ctx)
{
	const struct chain *chain = ctx;
	int fd = socket(AF_INET, SOCK_STREAM, 0), kept = 9; /* of one digit, for the shell */
	const char *script = chain->is_used ? "printf hello >&9; read -r go" : "read -r go";

	me->cookie = cookie_of(fd);
	assert_int_equal(connect_to(fd, AF_INET, chain->port), 0);
	me->port = port_of(fd);
	assert_int_equal(write(fd, "hello", 5), 5);
	person_say(me);
	person_await(me);
	assert_int_equal(dup2(me->to_person[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(dup2(fd, kept), kept);
	assert_int_equal(close(fd), 0);
	execl("/bin/sh", "sh", "-c", script, NULL);
	_exit(1);
}

static struct weir_exec exec_of(const struct who *who, const struct person *person)
{
	const struct weir_owner owner = owner_of(person);
	struct weir_exec exec;

	assert_int_equal(sockets_exec(who->sockets, &owner, &exec), 0);
	return exec;
}

/* What was told of the socket when it connected: who made it, as what program. */
static uint32_t program_begun(struct who *who, const struct person *person, uint16_t port)
{
	const struct owner_want want = { .person = person,
					 .via = WEIR_VIA_CREATOR,
					 .cookie = person->cookie };
	const struct weir_event *event = who_flow(who, WEIR_EVENT_OPEN, person->port, port);

	assert_non_null(event);
	assert_owner("open", &event->owner, &want);
	assert_int_not_equal(event->owner.program, 0);
	return event->owner.program;
}

static void a_socket_that_is_used_after_an_exec_is_the_later_programs(void **state)
{
	auto_who struct who *who = who_begin();
	auto_close int server = socket_listening(AF_INET), fd = -1;
	struct chain chain = { .port = port_of(server), .is_used = true };
	struct person *person, later;
	struct owner_want want = { .person = &later, .via = WEIR_VIA_USER };
	uint32_t program;
	char text[10];

	(void)state;
	who_attach(who, "lo", true);
	person = person_new("earlier", false, use_and_exec, &chain);
	fd = accept(server, NULL, NULL);
	person_hear(person);
	program = program_begun(who, person, chain.port);
	assert_int_equal(exec_of(who, person).program, program);
	assert_int_equal(who_users(who, person->cookie), 0);
	person_tell(person);
	assert_int_equal(recv(fd, text, sizeof(text), MSG_WAITALL), sizeof(text));
	later = *person;
	(void)snprintf(later.name, sizeof(later.name), "sh");
	want.cookie = person->cookie;
	assert_int_equal(who_users(who, person->cookie), 1);
	assert_owner("user", &who_user(who, person->cookie)->owner, &want);
	assert_int_equal(who_user(who, person->cookie)->owner.program, program + 1);
	assert_int_equal(exec_of(who, person).program, program + 1);
	assert_string_equal(exec_of(who, person).path, "/bin/sh");
	assert_int_equal(write(person->to_person[1], "\n", 1), 1);
	person_wait(person);
}

/* The packet that ends it goes when the process is long the later program. */
static void a_socket_that_is_not_used_after_an_exec_is_the_earlier_programs(void **state)
{
	auto_who struct who *who = who_begin();
	auto_close int server = socket_listening(AF_INET), fd = -1;
	struct chain chain = { .port = port_of(server) };
	struct person *person;
	struct owner_want want = { .via = WEIR_VIA_CREATOR };
	const struct weir_event *event;
	uint32_t program;

	(void)state;
	who_attach(who, "lo", true);
	person = person_new("earlier", false, use_and_exec, &chain);
	fd = accept(server, NULL, NULL);
	person_hear(person);
	program = program_begun(who, person, chain.port);
	assert_int_equal(write(fd, "hello", 5), 5); /* never read: it will end with a reset */
	person_tell(person);
	assert_int_equal(write(person->to_person[1], "\n", 1), 1);
	person_wait(person);
	assert_int_equal(exec_of(who, person).program, program + 1);
	event = who_flow(who, WEIR_EVENT_CLOSE, person->port, chain.port);
	assert_non_null(event);
	want.person = person;
	want.cookie = person->cookie;
	assert_owner("close", &event->owner, &want);
	assert_int_equal(event->owner.program, program);
	assert_int_equal(who_users(who, person->cookie), 0);
}

/* Of the test's own that is told of first; NULL: of none. */
static const struct weir_cgroup_event *told_of(const struct who *who, uint64_t id,
					       enum weir_event_type type)
{
	for (unsigned int i = 0; i < who->cgroup_count; i++) {
		if (who->cgroups[i].id == id && who->cgroups[i].hdr.type == type)
			return &who->cgroups[i];
	}
	return NULL;
}

static void a_cgroup_is_told_when_it_is_made_and_removed(void **state)
{
	auto_close int root = cgroup2_open();
	auto_who struct who *who = who_begin();
	char names[2][64], path[160];
	struct stat st[2];

	(void)state;
	snprintf(names[0], sizeof(names[0]), "weir-test-%d", getpid());
	snprintf(names[1], sizeof(names[1]), "weir-test-%d/in it", getpid());
	for (int i = 0; i < 2; i++) {
		assert_int_equal(mkdirat(root, names[i], 0755), 0);
		assert_int_equal(fstatat(root, names[i], &st[i], 0), 0);
	}
	assert_int_equal(unlinkat(root, names[1], AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(root, names[0], AT_REMOVEDIR), 0);
	who_read(who);
	for (int i = 0; i < 2; i++) {
		const struct weir_cgroup_event *made, *gone;

		snprintf(path, sizeof(path), "/%s", names[i]);
		made = told_of(who, st[i].st_ino, WEIR_EVENT_CGROUP);
		gone = told_of(who, st[i].st_ino, WEIR_EVENT_CGROUP_GONE);
		assert_non_null(made);
		assert_string_equal(made->path, path);
		assert_non_null(gone);
		assert_string_equal(gone->path, path);
		assert_true(made < gone);
	}
}

static unsigned int attached(int cgroup, enum bpf_attach_type type)
{
	uint32_t ids[64], count = ARRAY_SIZE(ids);

	assert_int_equal(bpf_prog_query(cgroup, type, 0, NULL, ids, &count), 0);
	return count;
}

/* In a cgroup of their own: at the root there may be others. */
static void several_stand_side_by_side_and_leave_nothing(void **state)
{
	static const enum bpf_attach_type types[] = { BPF_CGROUP_INET_SOCK_CREATE,
						      BPF_CGROUP_INET4_CONNECT,
						      BPF_CGROUP_INET6_CONNECT };
	auto_close int root = cgroup2_open(), cgroup = -1;
	struct who *one, *two;
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "weir-test-%d", getpid());
	assert_int_equal(mkdirat(root, name, 0755), 0);
	cgroup = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	one = who_begin_in(cgroup);
	two = who_begin_in(cgroup);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(attached(cgroup, types[i]), 2);
	who_end(&one);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(attached(cgroup, types[i]), 1);
	who_end(&two);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(attached(cgroup, types[i]), 0);
	assert_int_equal(unlinkat(root, name, AT_REMOVEDIR), 0);
}

int main(void)
{
	if (!who_can_run(false))
		return 0;
	return RUN_TESTS(TEST(programs_of_processes_that_have_gone_are_known),
			 TEST(who_was_forked_is_made_of_what_its_parent_is),
			 TEST(a_socket_that_is_used_after_an_exec_is_the_later_programs),
			 TEST(a_socket_that_is_not_used_after_an_exec_is_the_earlier_programs),
			 TEST(a_cgroup_is_told_when_it_is_made_and_removed),
			 TEST(several_stand_side_by_side_and_leave_nothing));
}
