// SPDX-License-Identifier: BSD-2-Clause
/*
 * Makes one list of rows and other tests.
 */
#include "group.h"

#include "base/cleanup.h"
#include "tests/harness.h"

struct bpf_env *env;

static int setup_group(void **state)
{
	(void)state;
	return bpf_env_new(&env, NULL);
}

static int teardown_group(void **state)
{
	(void)state;
	bpf_env_free(&env);
	return 0;
}

static size_t add_rows(struct CMUnitTest *tests, char (*names)[160], const struct group_rows *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const void *row = (const char *)rows->rows + i * rows->size;

		if (rows->wants && !rows->wants(row))
			continue;
		snprintf(names[n], sizeof(names[n]), "%s%s", rows->prefix ? rows->prefix : "",
			 *(const char *const *)row);
		tests[n] = (struct CMUnitTest){ .name = names[n],
						.test_func = rows->test,
						.initial_state = (void *)row };
		n++;
	}
	return n;
}

int group_run(const char *name, const struct group_rows *rows, size_t row_count,
	      const struct CMUnitTest *others, size_t other_count)
{
	auto_free struct CMUnitTest *tests = NULL;
	auto_free char(*names)[160] = NULL;
	size_t max = other_count, n = 0;

	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	for (size_t i = 0; i < row_count; i++)
		max += rows[i].count;
	tests = calloc(max, sizeof(*tests));
	names = calloc(max, sizeof(*names));
	if (!tests || !names)
		return 1;
	for (size_t i = 0; i < row_count; i++)
		n += add_rows(&tests[n], &names[n], &rows[i]);
	if (other_count)
		memcpy(&tests[n], others, other_count * sizeof(*tests));
	n += other_count;
	return _cmocka_run_group_tests(name, tests, n, setup_group, teardown_group);
}
