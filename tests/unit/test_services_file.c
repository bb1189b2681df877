// SPDX-License-Identifier: BSD-2-Clause
/*
 * /etc/services in the agent: a real loop, a real worker, a file that changes.
 */
#include "socket/services_file.h"

#include "base/services.h"
#include "loop.h"
#include "tests/harness.h"
#include "tests/one_file.h"
#include "who/watched_file.h"
#include "worker.h"

#define DEADLINE_MS 20000

struct bench {
	struct loop *loop;
	struct worker *worker;
	struct watched_file *file;
	struct watch *deadline, *look;
	const char *name; /* that has a port: the loop ends */
	bool is_late;
};

static uint16_t port_of(const char *name)
{
	return services_port(text_from_str(name));
}

static int on_deadline(void *ctx)
{
	struct bench *bench = ctx;

	bench->is_late = true;
	loop_stop(bench->loop, 0);
	return 0;
}

static int on_look(void *ctx)
{
	struct bench *bench = ctx;

	if (port_of(bench->name))
		loop_stop(bench->loop, 0);
	return 0;
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	if (!bench)
		return -1;
	assert_int_equal(loop_new(&bench->loop), 0);
	assert_int_equal(worker_new(&bench->worker, bench->loop), 0);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	watched_file_free(&bench->file);
	watch_free(&bench->deadline);
	watch_free(&bench->look);
	worker_free(&bench->worker);
	loop_free(&bench->loop);
	services_use(NULL);
	free(bench);
	return 0;
}

static void write_text(const char *text)
{
	one_file_write(text, strlen(text));
}

static void watch(struct bench *bench)
{
	services_file = one_file_path();
	assert_int_equal(
		services_file_new(&bench->file, bench->loop, bench->worker, one_file_path()), 0);
}

/* The loop runs until that name has a port. */
static void await(struct bench *bench, const char *name)
{
	bench->name = name;
	assert_int_equal(
		loop_add_timer(bench->loop, DEADLINE_MS, 0, on_deadline, bench, &bench->deadline),
		0);
	assert_int_equal(loop_add_timer(bench->loop, 1, 1, on_look, bench, &bench->look), 0);
	assert_int_equal(loop_run(bench->loop), 0);
	watch_free(&bench->deadline);
	watch_free(&bench->look);
	assert_false(bench->is_late);
}

static void
names_are_there_from_the_start_and_those_of_a_new_version_as_soon_as_it_is_read(void **state)
{
	struct bench *bench = *state;

	write_text("first 1/tcp\n");
	watch(bench);
	assert_int_equal(port_of("first"), 1);
	write_text("second 22/tcp\n");
	/* No question reads it: the loop has not run. */
	assert_int_equal(port_of("second"), 0);
	assert_int_equal(port_of("first"), 1);
	await(bench, "second");
	assert_int_equal(port_of("second"), 22);
	assert_int_equal(port_of("first"), 0);
}

static void a_file_that_is_not_there_at_the_start_is_read_when_it_comes(void **state)
{
	struct bench *bench = *state;

	char aside[64];

	snprintf(aside, sizeof(aside), "%s.aside", one_file_path());
	write_text("late 7/tcp\n");
	assert_int_equal(rename(one_file_path(), aside), 0);
	watch(bench);
	assert_int_equal(port_of("late"), 0);
	assert_int_equal(rename(aside, one_file_path()), 0);
	await(bench, "late");
	assert_int_equal(port_of("late"), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			names_are_there_from_the_start_and_those_of_a_new_version_as_soon_as_it_is_read,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_file_that_is_not_there_at_the_start_is_read_when_it_comes, setup,
			teardown),
	};

	return cmocka_run_group_tests_name("services_file", tests, one_file_begin, one_file_end);
}
