/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weir observe --input-file: what was printed or exported as JSON, asked as the agent is.
 */
#pragma once

struct printer;

/*
 * params: a GetFlowsRequest in JSON, as flow_request_build() makes it; number 0: all lines. Prints
 * what it asks for, if it is what the printer is for. 0, -EPIPE, or an error after a message. Lines
 * that are neither flows nor events are told once and left out.
 */
int input_file_print(const char *path, const char *params, struct printer *printer);
