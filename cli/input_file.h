/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * weir observe --input-file: flows that were printed or exported as JSON, asked as the agent is.
 */
#pragma once

struct printer;

/*
 * params: a GetFlowsRequest in JSON, as flow_request_build() makes it; number 0: all lines. Prints
 * what it asks for. 0, -EPIPE, or an error after a message. Lines that are no flows are told once
 * and left out.
 */
int input_file_print(const char *path, const char *params, struct printer *printer);
