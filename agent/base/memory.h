/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process that runs for long may do without. */
#pragma once

/*
 * Gives back what only the start has needed: free pages of the heap, and pages of program text. Of
 * those what is wanted again comes back by itself, out of the page cache.
 */
void memory_give_back(void);
