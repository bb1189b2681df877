/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one file that a program's tests write and what they test reads.
 */
#pragma once

#include <stddef.h>

/* For a group of tests: the file is there, empty, and gone again. */
int one_file_begin(void **state);
int one_file_end(void **state);

const char *one_file_path(void);
/* What it says from now on. */
void one_file_write(const char *text, size_t len);
