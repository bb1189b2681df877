// SPDX-License-Identifier: BSD-2-Clause
#include "tests/one_file.h"

#include "base/cleanup.h"
#include "tests/harness.h"

static char path[] = "/tmp/weir-test-XXXXXX";

int one_file_begin(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

int one_file_end(void **state)
{
	(void)state;
	return unlink(path);
}

const char *one_file_path(void)
{
	return path;
}

void one_file_write(const char *text, size_t len)
{
	auto_close int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
}
