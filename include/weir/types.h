/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What every shared header needs: the fixed-width types, and assertions that pin the layout of a
 * struct for gcc and for clang's BPF back end alike. Headers in this folder hold no logic.
 */
#pragma once

#include <linux/types.h>

#define WEIR_ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), "size of " #type)
#define WEIR_ASSERT_OFFSET(type, member, offset) \
	_Static_assert(__builtin_offsetof(type, member) == (offset), "offset of " #type "." #member)
