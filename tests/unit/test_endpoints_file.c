// SPDX-License-Identifier: BSD-2-Clause
/*
 * Files that change while they are watched, in every way in which people and programs change them:
 * a real loop, a real worker, a directory of each test's own.
 */
#include "who/endpoints_file.h"

#include <sys/stat.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "loop.h"
#include "tests/harness.h"
#include "who/hosts.h"
#include "worker.h"

#define DEADLINE_MS 20000
#define QUIET_MS    300 /* in which nothing is to happen */

struct bench {
	char dir[32];
	struct loop *loop;
	struct worker *worker;
	struct endpoints_file *file;
	struct hosts *hosts;
	struct watch *deadline;
	bool is_late;
	unsigned int changes;
	const char *wanted; /* pod of 10.0.0.1, or name, until which the loop runs */
};

static int on_deadline(void *ctx)
{
	struct bench *bench = ctx;

	bench->is_late = true;
	loop_stop(bench->loop, 0);
	return 0;
}

static const uint8_t addr_1[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 };

/* What 10.0.0.1 is called now. */
static const char *name_now(const struct bench *bench)
{
	struct endpoint_facts facts;
	const char *names = bench->hosts ? hosts_find(bench->hosts, addr_1) : NULL;

	if (names)
		return names;
	if (bench->file && endpoints_file_find(bench->file, addr_1, &facts))
		return facts.pod;
	return "";
}

static void on_change(void *ctx)
{
	struct bench *bench = ctx;

	bench->changes++;
	if (bench->wanted && !strcmp(name_now(bench), bench->wanted))
		loop_stop(bench->loop, 0);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	if (!bench)
		return -1;
	snprintf(bench->dir, sizeof(bench->dir), "/tmp/weir-watched-XXXXXX");
	assert_non_null(mkdtemp(bench->dir));
	assert_int_equal(loop_new(&bench->loop), 0);
	assert_int_equal(worker_new(&bench->worker, bench->loop), 0);
	assert_int_equal(loop_add_timer(bench->loop, 0, 0, on_deadline, bench, &bench->deadline),
			 0);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	char command[64];

	endpoints_file_free(&bench->file);
	hosts_free(&bench->hosts);
	watch_free(&bench->deadline);
	worker_free(&bench->worker);
	loop_free(&bench->loop);
	snprintf(command, sizeof(command), "rm -rf %s", bench->dir);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
	free(bench);
	return 0;
}

static const char *path_of(const struct bench *bench, const char *name)
{
	static char paths[4][128];
	static unsigned int next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", bench->dir, name);
	return path;
}

static void write_text(const struct bench *bench, const char *name, const char *text)
{
	auto_close int fd =
		open(path_of(bench, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void write_pod(const struct bench *bench, const char *name, const char *pod)
{
	char text[128];

	snprintf(text, sizeof(text), "{\"10.0.0.1\": {\"namespace\": \"a\", \"pod\": \"%s\"}}",
		 pod);
	write_text(bench, name, text);
}

static void watch(struct bench *bench, const char *name)
{
	assert_int_equal(endpoints_file_new(&bench->file, bench->loop, bench->worker,
					    path_of(bench, name), on_change, bench),
			 0);
}

static void await(struct bench *bench, const char *wanted)
{
	bench->wanted = wanted;
	bench->is_late = false;
	watch_set_timer(bench->deadline, DEADLINE_MS, 0);
	if (strcmp(name_now(bench), wanted) != 0)
		assert_int_equal(loop_run(bench->loop), 0);
	bench->wanted = NULL;
	assert_false(bench->is_late);
	assert_string_equal(name_now(bench), wanted);
}

/* So long. */
static void wait_a_while(struct bench *bench)
{
	bench->is_late = false;
	watch_set_timer(bench->deadline, QUIET_MS, 0);
	assert_int_equal(loop_run(bench->loop), 0);
}

/* Until so many versions were refused. */
static void await_refused(struct bench *bench, uint64_t refused)
{
	struct watched_file_stats stats;

	for (int i = 0; i < DEADLINE_MS / QUIET_MS; i++) {
		endpoints_file_get_stats(bench->file, &stats);
		if (stats.refused >= refused)
			return;
		wait_a_while(bench);
	}
	fail();
}

static void a_file_written_in_place_is_read_anew(void **state)
{
	struct bench *bench = *state;

	write_pod(bench, "e.json", "one");
	watch(bench, "e.json");
	await(bench, "one");
	write_pod(bench, "e.json", "two");
	await(bench, "two");
	write_pod(bench, "e.json", "three");
	await(bench, "three");
}

static void a_file_replaced_by_a_rename_is_read_anew(void **state)
{
	struct bench *bench = *state;

	write_pod(bench, "e.json", "one");
	watch(bench, "e.json");
	await(bench, "one");
	for (int i = 0; i < 5; i++) {
		const char *pod = i % 2 ? "odd" : "even";

		write_pod(bench, "e.json.new", pod);
		assert_int_equal(rename(path_of(bench, "e.json.new"), path_of(bench, "e.json")), 0);
		await(bench, pod);
	}
	/* As some editors do: away with the old one, then the new one. */
	assert_int_equal(rename(path_of(bench, "e.json"), path_of(bench, "e.json~")), 0);
	write_pod(bench, "e.json", "anew");
	await(bench, "anew");
}

/* e.json -> ..data/e.json, ..data -> ..1, and then ..data -> ..2, by a rename. */
static void a_config_map_is_followed(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(mkdir(path_of(bench, "..1"), 0755), 0);
	assert_int_equal(mkdir(path_of(bench, "..2"), 0755), 0);
	write_pod(bench, "..1/e.json", "one");
	write_pod(bench, "..2/e.json", "two");
	assert_int_equal(symlink("..1", path_of(bench, "..data")), 0);
	assert_int_equal(symlink("..data/e.json", path_of(bench, "e.json")), 0);
	watch(bench, "e.json");
	await(bench, "one");
	for (int i = 0; i < 4; i++) {
		assert_int_equal(symlink(i % 2 ? "..1" : "..2", path_of(bench, "..data_tmp")), 0);
		assert_int_equal(rename(path_of(bench, "..data_tmp"), path_of(bench, "..data")), 0);
		await(bench, i % 2 ? "one" : "two");
	}
	/* Behind the links, in place. */
	write_pod(bench, "..1/e.json", "in place");
	await(bench, "in place");
}

static void a_link_to_elsewhere_is_followed(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(mkdir(path_of(bench, "real"), 0755), 0);
	write_pod(bench, "real/e.json", "one");
	assert_int_equal(symlink("real/e.json", path_of(bench, "link.json")), 0);
	watch(bench, "link.json");
	await(bench, "one");
	write_pod(bench, "real/new", "two");
	assert_int_equal(rename(path_of(bench, "real/new"), path_of(bench, "real/e.json")), 0);
	await(bench, "two");
}

static void a_file_that_comes_later_is_read_then(void **state)
{
	struct bench *bench = *state;
	struct captured captured;
	const char *said;

	capture_begin(&captured);
	watch(bench, "e.json");
	await_refused(bench, 1);
	said = capture_end(&captured);
	assert_non_null(strstr(said, "e.json: No such file or directory\n"));
	assert_string_equal(name_now(bench), "");
	write_pod(bench, "e.json", "late");
	await(bench, "late");
}

static void a_broken_file_leaves_the_last_good_one_and_is_told_once(void **state)
{
	struct bench *bench = *state;
	struct watched_file_stats stats;
	uint32_t version;
	struct captured captured;
	const char *said;

	write_pod(bench, "e.json", "good");
	watch(bench, "e.json");
	await(bench, "good");
	capture_begin(&captured);
	for (int i = 0; i < 3; i++) {
		write_text(bench, "e.json",
			   "{\"10.0.0.1\": {\n\"namespace\": \"a\",\n\"pod\": 7}}");
		await_refused(bench, (uint64_t)i + 1);
	}
	said = capture_end(&captured);
	said = strstr(said, "e.json:3: pod: must be a string; what it said before stays in use\n");
	assert_non_null(said);
	assert_null(strstr(strchr(said, '\n'), "must be"));
	assert_string_equal(name_now(bench), "good");
	endpoints_file_get_stats(bench->file, &stats);
	assert_true(stats.is_stale);
	assert_int_equal(stats.refused, 3);
	assert_int_equal(endpoints_count(endpoints_file_now(bench->file, &version)), 1);
	capture_begin(&captured);
	assert_int_equal(unlink(path_of(bench, "e.json")), 0);
	await_refused(bench, 4);
	said = capture_end(&captured);
	assert_non_null(strstr(said, "No such file or directory; what it said before stays"));
	assert_string_equal(name_now(bench), "good");
	write_pod(bench, "e.json", "better");
	await(bench, "better");
	endpoints_file_get_stats(bench->file, &stats);
	assert_false(stats.is_stale);
}

static void what_others_do_in_the_directory_is_no_reason_to_read(void **state)
{
	struct bench *bench = *state;
	unsigned int changes;

	write_pod(bench, "e.json", "one");
	watch(bench, "e.json");
	await(bench, "one");
	changes = bench->changes;
	for (int i = 0; i < 100; i++)
		write_pod(bench, i % 2 ? "other.json" : "e.json2", "other");
	wait_a_while(bench);
	assert_int_equal(bench->changes, changes);
	assert_string_equal(name_now(bench), "one");
}

static void it_can_be_freed_while_it_loads(void **state)
{
	struct bench *bench = *state;

	write_pod(bench, "e.json", "one");
	for (int i = 0; i < 20; i++) {
		watch(bench, "e.json");
		endpoints_file_free(&bench->file);
	}
	watch(bench, "e.json");
	await(bench, "one");
}

static void hosts_are_watched_alike(void **state)
{
	struct bench *bench = *state;
	struct hosts_stats stats;
	struct captured captured;

	capture_begin(&captured);
	assert_int_equal(hosts_new(&bench->hosts, bench->loop, bench->worker,
				   path_of(bench, "hosts"), on_change, bench),
			 0);
	wait_a_while(bench);
	assert_string_equal(capture_end(&captured),
			    ""); /* that there is none is nothing to be told */
	write_text(bench, "hosts", "10.0.0.1 one.example one\n");
	await(bench, "one.example");
	write_text(bench, "hosts.new", "10.0.0.2 two.example\n10.0.0.1\ttwo\n");
	assert_int_equal(rename(path_of(bench, "hosts.new"), path_of(bench, "hosts")), 0);
	await(bench, "two");
	hosts_get_stats(bench->hosts, &stats);
	assert_int_equal(stats.addresses, 2);
	assert_int_equal(stats.refused, 0);
	assert_int_equal(stats.file.loaded, 2);
}

#define WATCH_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	return RUN_TESTS(
		WATCH_TEST(a_file_written_in_place_is_read_anew),
		WATCH_TEST(a_file_replaced_by_a_rename_is_read_anew),
		WATCH_TEST(a_config_map_is_followed), WATCH_TEST(a_link_to_elsewhere_is_followed),
		WATCH_TEST(a_file_that_comes_later_is_read_then),
		WATCH_TEST(a_broken_file_leaves_the_last_good_one_and_is_told_once),
		WATCH_TEST(what_others_do_in_the_directory_is_no_reason_to_read),
		WATCH_TEST(it_can_be_freed_while_it_loads), WATCH_TEST(hosts_are_watched_alike));
}
