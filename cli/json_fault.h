/* SPDX-License-Identifier: BSD-2-Clause */
/* Is it JSON? If not, what is wrong with it, in the words of Go's encoding/json, which Hubble passes on. */
#pragma once

#include <stddef.h>

/*
 * Looks at the value that text begins with, blanks before it apart. 0 and its end in *ret_end;
 * -ENODATA if there are blanks only; -EBADMSG and why: "invalid character 'x' after array element".
 */
int json_fault_find(const char *text, const char **ret_end, char *why, size_t why_size);
