/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ownership that can be checked inside one function: a local that owns something carries auto_*
 * and is initialised where it is declared; TAKE_PTR and TAKE_FD hand it over.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define TAKE_PTR(ptr)                              \
	({                                         \
		typeof(ptr) *take_at = &(ptr);     \
		typeof(ptr) take_value = *take_at; \
		*take_at = NULL;                   \
		take_value;                        \
	})

#define TAKE_FD(fd)                        \
	({                                 \
		int *take_at = &(fd);      \
		int take_value = *take_at; \
		*take_at = -1;             \
		take_value;                \
	})

static inline void cleanup_free(void *ptr)
{
	free(*(void **)ptr);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define auto_free  __attribute__((cleanup(cleanup_free)))
#define auto_close __attribute__((cleanup(cleanup_close)))
#define auto_file  __attribute__((cleanup(cleanup_file)))
