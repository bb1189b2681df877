/* SPDX-License-Identifier: BSD-2-Clause */
/* Standard input, output and error of a program that was started without some of them. */
#pragma once

/*
 * Called first of all: takes the places of those that are closed, so that no socket or file that is
 * opened later is mistaken for one of them. Reading from such a place and writing to it fails with
 * EBADF, as if it were closed.
 */
void std_fds_take(void);
