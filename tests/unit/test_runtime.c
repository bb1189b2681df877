// SPDX-License-Identifier: BSD-2-Clause
/*
 * When runtimes are asked, and how often: beside a Docker of our own, a thread that answers each
 * connection as it is told to.
 */
#include "who/runtime.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "loop.h"
#include "tests/harness.h"
#include "who/containers.h"

#define MS 1000000ULL

enum mood {
	ANSWERS,
	REFUSES, /* with a status */
	HANGS,
	HANGS_UP,
};

struct fake {
	char path[108];
	pthread_t thread;
	int fd;
	_Atomic enum mood mood;
	_Atomic unsigned int asked;
	_Atomic(const char *) body;
	int hung[64];
	unsigned int hung_count;
};

struct world {
	char dir[64];
	struct loop *loop;
	struct containers *containers;
	struct runtime *runtime;
	struct fake fakes[2];
};

static void answer(struct fake *fake, int fd)
{
	char text[4096], request[8192];
	const char *body = fake->body;
	enum mood mood = fake->mood;

	fake->asked++;
	if (mood == HANGS) {
		assert_true(fake->hung_count < ARRAY_SIZE(fake->hung));
		fake->hung[fake->hung_count++] = fd;
		return;
	}
	if (mood != HANGS_UP) {
		(void)!read(fd, request, sizeof(request));
		snprintf(text, sizeof(text), "HTTP/1.0 %s\r\nContent-Length: %zu\r\n\r\n%s",
			 mood == ANSWERS ? "200 OK" : "500 No", strlen(body), body);
		(void)!write(fd, text, strlen(text));
	}
	close(fd);
}

static void *fake_run(void *ctx)
{
	struct fake *fake = ctx;
	int fd;

	while ((fd = accept(fake->fd, NULL, NULL)) >= 0)
		answer(fake, fd);
	return NULL;
}

static void fake_start(struct fake *fake, const char *path, enum mood mood)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*fake = (struct fake){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	fake->body = "[]";
	fake->mood = mood;
	snprintf(fake->path, sizeof(fake->path), "%s", path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fake->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fake->fd, 16), 0);
	assert_int_equal(pthread_create(&fake->thread, NULL, fake_run, fake), 0);
}

static void fake_stop(struct fake *fake)
{
	if (!fake->path[0])
		return;
	shutdown(fake->fd, SHUT_RDWR);
	pthread_join(fake->thread, NULL);
	close(fake->fd);
	for (unsigned int i = 0; i < fake->hung_count; i++)
		close(fake->hung[i]);
	unlink(fake->path);
	fake->path[0] = '\0';
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	log_set_max_level(LOG_LEVEL_ERR);
	snprintf(world->dir, sizeof(world->dir), "/tmp/weir-unit-XXXXXX");
	assert_non_null(mkdtemp(world->dir));
	assert_int_equal(loop_new(&world->loop), 0);
	assert_int_equal(containers_new(&world->containers, NULL, NULL), 0);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	char command[96];

	runtime_free(&world->runtime);
	containers_free(&world->containers);
	loop_free(&world->loop);
	for (size_t i = 0; i < ARRAY_SIZE(world->fakes); i++)
		fake_stop(&world->fakes[i]);
	snprintf(command, sizeof(command), "rm -rf %s", world->dir);
	(void)!system(command);
	free(world);
	return 0;
}

static char *path_of(struct world *world, const char *name)
{
	static char path[2][108];
	static unsigned int turn;

	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", world->dir, name);
	return path[turn];
}

static void start(struct world *world, const char *first, const char *second)
{
	const char *sockets[] = { first, second };
	struct runtime_options options = { .sockets = sockets,
					   .socket_count = second ? 2 : 1,
					   .no_files = true };

	assert_int_equal(runtime_new(&world->runtime, world->loop, world->containers, &options), 0);
}

/* Runs the loop until it is so, but no longer than that. */
struct until {
	struct world *world;
	bool (*is_so)(struct world *world);
	uint64_t deadline_ns;
	bool was_so;
};

static int on_tick(void *ctx)
{
	struct until *until = ctx;

	until->was_so = until->is_so && until->is_so(until->world);
	if (until->was_so || time_monotonic_ns() > until->deadline_ns)
		loop_stop(until->world->loop, 0);
	return 0;
}

static bool run_until(struct world *world, bool (*is_so)(struct world *), uint64_t ms)
{
	struct until until = { world, is_so, time_monotonic_ns() + ms * MS, false };
	struct watch *tick;

	assert_int_equal(loop_add_timer(world->loop, 1, 5, on_tick, &until, &tick), 0);
	assert_int_equal(loop_run(world->loop), 0);
	watch_free(&tick);
	return until.was_so;
}

static bool has_a1(struct world *world)
{
	return containers_find(world->containers, "a1") != NULL;
}

static bool has_answered(struct world *world)
{
	struct runtime_state states[2];

	return runtime_states(world->runtime, states, 2) && states[0].has_answered;
}

static bool has_given_up(struct world *world)
{
	return runtime_sums(world->runtime).unknown > 0;
}

static void who_is_there_is_asked_at_once(void **state)
{
	struct world *world = *state;

	fake_start(&world->fakes[0], path_of(world, "docker.sock"), ANSWERS);
	world->fakes[0].body = "[{\"Id\":\"a1\",\"Names\":[\"/web\"]}]";
	start(world, world->fakes[0].path, NULL);
	assert_true(run_until(world, has_a1, 2000));
	assert_string_equal(containers_find(world->containers, "a1")->name, "web");
	/* And left alone. */
	run_until(world, NULL, 1300);
	assert_int_equal(world->fakes[0].asked, 1);
}

static void who_comes_later_is_noticed_in_directories_that_come_later_too(void **state)
{
	struct world *world = *state;
	char *path = path_of(world, "run/deep/docker.sock");

	start(world, path, NULL);
	assert_false(run_until(world, has_answered, 150));
	assert_int_equal(mkdir(path_of(world, "run"), 0700), 0);
	run_until(world, NULL, 150);
	assert_int_equal(mkdir(path_of(world, "run/deep"), 0700), 0);
	fake_start(&world->fakes[0], path_of(world, "run/deep/docker.sock"), ANSWERS);
	assert_true(run_until(world, has_answered, 2000));
}

static void who_comes_later_where_links_lead_is_noticed(void **state)
{
	static const struct {
		const char *link, *target;
	} links[] = {
		{ "docker.sock", "later/a/real-docker.sock" }, /* relative, to what is not there */
		{ "later/a/real-docker.sock", "../b/docker.sock" },
	};

	(void)state;
	for (int is_dir = 0; is_dir < 2; is_dir++) {
		struct world *world = *state;

		if (is_dir) { /* a directory on the way is one, and absolute */
			assert_int_equal(symlink(path_of(world, "later/b"), path_of(world, "way")),
					 0);
			start(world, path_of(world, "way/docker.sock"), NULL);
		} else {
			assert_int_equal(symlink(links[0].target, path_of(world, links[0].link)),
					 0);
			start(world, path_of(world, links[0].link), NULL);
		}
		assert_false(run_until(world, has_answered, 150));
		assert_int_equal(mkdir(path_of(world, "later"), 0700), 0);
		run_until(world, NULL, 150);
		assert_int_equal(mkdir(path_of(world, "later/a"), 0700), 0);
		assert_int_equal(mkdir(path_of(world, "later/b"), 0700), 0);
		if (!is_dir)
			assert_int_equal(symlink(links[1].target, path_of(world, links[1].link)),
					 0);
		run_until(world, NULL, 250);
		fake_start(&world->fakes[0], path_of(world, "later/b/docker.sock"), ANSWERS);
		assert_true(run_until(world, has_answered, 2000));
		if (!is_dir) {
			teardown(state);
			setup(state);
		}
	}
}

static void links_in_a_circle_lead_nowhere(void **state)
{
	struct world *world = *state;

	assert_int_equal(symlink("b/docker.sock", path_of(world, "docker.sock")), 0);
	assert_int_equal(symlink(".", path_of(world, "b")), 0);
	start(world, path_of(world, "b/b/b/docker.sock"), NULL);
	assert_false(run_until(world, has_answered, 150));
	assert_int_equal(unlink(path_of(world, "docker.sock")), 0);
	fake_start(&world->fakes[0], path_of(world, "docker.sock"), ANSWERS);
	assert_true(run_until(world, has_answered, 2000));
}

static void who_starts_anew_is_asked_for_everything(void **state)
{
	struct world *world = *state;

	fake_start(&world->fakes[0], path_of(world, "docker.sock"), ANSWERS);
	world->fakes[0].body = "[{\"Id\":\"b2\",\"Names\":[\"/old\"]}]";
	start(world, world->fakes[0].path, NULL);
	assert_true(run_until(world, has_answered, 2000));
	fake_stop(&world->fakes[0]);
	run_until(world, NULL, 300);
	fake_start(&world->fakes[0], path_of(world, "docker.sock"), ANSWERS);
	world->fakes[0].body = "[{\"Id\":\"a1\",\"Names\":[\"/new\"]}]";
	assert_true(run_until(world, has_a1, 3000));
	assert_true(containers_find(world->containers, "b2")->is_gone);
}

static void an_unknown_id_costs_four_questions(void **state)
{
	struct world *world = *state;

	fake_start(&world->fakes[0], path_of(world, "docker.sock"), ANSWERS);
	start(world, world->fakes[0].path, NULL);
	assert_true(run_until(world, has_answered, 2000));
	runtime_want(world->runtime, "nobody");
	runtime_want(world->runtime, "nobody");
	runtime_want(world->runtime, "../etc/passwd");
	runtime_want(world->runtime, "");
	assert_true(run_until(world, has_given_up, 9000));
	assert_int_equal(world->fakes[0].asked, 1 + 4);
	runtime_want(world->runtime, "nobody");
	run_until(world, NULL, 500);
	assert_int_equal(world->fakes[0].asked, 1 + 4);
}

static void many_ids_are_few_questions(void **state)
{
	struct world *world = *state;
	char id[16];

	fake_start(&world->fakes[0], path_of(world, "docker.sock"), ANSWERS);
	start(world, world->fakes[0].path, NULL);
	assert_true(run_until(world, has_answered, 2000));
	for (int i = 0; i < 3 * RUNTIME_WANTS_MAX; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		runtime_want(world->runtime, id);
	}
	assert_int_equal(runtime_sums(world->runtime).refused, 2 * RUNTIME_WANTS_MAX);
	run_until(world, NULL, 1000);
	/* One in 200 ms. */
	assert_in_range(world->fakes[0].asked, 2, 1 + 6);
}

static void an_id_that_goes_is_not_looked_for(void **state)
{
	struct world *world = *state;

	fake_start(&world->fakes[0], path_of(world, "docker.sock"), ANSWERS);
	start(world, world->fakes[0].path, NULL);
	assert_true(run_until(world, has_answered, 2000));
	run_until(world, NULL, 250);
	runtime_want(world->runtime, "short");
	run_until(world, NULL, 50);
	runtime_gone(world->runtime, "short");
	run_until(world, NULL, 500);
	assert_int_equal(world->fakes[0].asked, 1 + 1);
}

static void who_fails_is_left_alone_for_longer_and_longer(void **state)
{
	static const enum mood moods[] = { REFUSES, HANGS_UP };

	for (size_t i = 0; i < ARRAY_SIZE(moods); i++) {
		struct world *world;

		if (i) {
			teardown(state);
			setup(state);
		}
		world = *state;
		fake_start(&world->fakes[0], path_of(world, "docker.sock"), moods[i]);
		start(world, world->fakes[0].path, NULL);
		run_until(world, NULL, 500);
		for (int want = 0; want < 100; want++)
			runtime_want(world->runtime, "nobody");
		run_until(world, NULL, 3000);
		/* At 0, 1 and 3 s. */
		assert_in_range(world->fakes[0].asked, 2, 3);
		world->fakes[0].mood = ANSWERS;
	}
}

static void who_hangs_keeps_nobody_from_answering(void **state)
{
	struct world *world = *state;
	uint64_t before_ns;

	fake_start(&world->fakes[0], path_of(world, "a-docker.sock"), HANGS);
	fake_start(&world->fakes[1], path_of(world, "b-docker.sock"), ANSWERS);
	world->fakes[1].body = "[{\"Id\":\"a1\",\"Names\":[\"/web\"]}]";
	start(world, world->fakes[0].path, world->fakes[1].path);
	assert_true(run_until(world, has_a1, 4000));
	/* And to end while it hangs takes no time. */
	run_until(world, NULL, 1200);
	before_ns = time_monotonic_ns();
	runtime_free(&world->runtime);
	assert_true(time_monotonic_ns() - before_ns < 500 * MS);
}

static void places_are_named_by_kind_or_by_their_own_name(void **state)
{
	static const struct {
		const char *text;
		bool is_fine;
	} rows[] = {
		{ "auto", true },
		{ "none", true },
		{ "Auto", false },
		{ "/run/x/containerd.sock", true },
		{ "cri:/x", true },
		{ "docker:/x", true },
		{ "podman:/run/p.sock", true },
		{ "/docker.sock", true },
		{ "cri:x", false },
		{ "relative.sock", false },
		{ "unix:/x", false },
		{ "", false },
		{ "docker:", false },
	};
	struct world *world = *state;
	const char *sockets[] = { "/x/podman.sock", "/x/docker.sock", "/x/other.sock",
				  "docker:/y" };
	static const char *const kinds[] = { "podman", "docker", "cri", "docker" };
	struct runtime_options options = { .sockets = sockets,
					   .socket_count = 4,
					   .no_files = true };
	struct runtime_state states[8];
	char reason[OPTION_REASON_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row_int(rows[i].text, !runtime_check(rows[i].text, reason), rows[i].is_fine);
	assert_int_equal(runtime_new(&world->runtime, world->loop, world->containers, &options), 0);
	assert_int_equal(runtime_states(world->runtime, states, ARRAY_SIZE(states)), 4);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		assert_row_str(sockets[i], states[i].kind, kinds[i]);
	runtime_free(&world->runtime);
	sockets[1] = "nonsense";
	assert_int_equal(runtime_new(&world->runtime, world->loop, world->containers, &options),
			 -EINVAL);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	/* As the agent: who asks may have gone before he is answered. */
	(void)signal(SIGPIPE, SIG_IGN);
	return RUN_TESTS(STORY(who_is_there_is_asked_at_once),
			 STORY(who_comes_later_is_noticed_in_directories_that_come_later_too),
			 STORY(who_comes_later_where_links_lead_is_noticed),
			 STORY(links_in_a_circle_lead_nowhere),
			 STORY(who_starts_anew_is_asked_for_everything),
			 STORY(an_unknown_id_costs_four_questions),
			 STORY(many_ids_are_few_questions),
			 STORY(an_id_that_goes_is_not_looked_for),
			 STORY(who_fails_is_left_alone_for_longer_and_longer),
			 STORY(who_hangs_keeps_nobody_from_answering),
			 STORY(places_are_named_by_kind_or_by_their_own_name));
}
