/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process that runs for long may do without. */
#pragma once

#include <stddef.h>

/*
 * Gives back what only the start has needed: free pages of the heap, and pages of program text. Of
 * those what is wanted again comes back by itself, out of the page cache.
 */
void memory_give_back(void);
/* The former alone: much was freed, and other pieces lie between. */
void memory_give_back_heap(void);
/*
 * Bytes that malloc() has given out and not got back, of all threads: what something takes is the
 * difference, unless another thread is at work meanwhile. Takes as long as there are free pieces.
 */
size_t memory_in_use(void);
