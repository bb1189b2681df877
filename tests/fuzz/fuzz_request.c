// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whatever bytes a client sends as a request line: a request that can be answered, or a code and a
 * message that can be written.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "base/protocol.h"
#include "socket/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_so)
{
	if (!is_so)
		abort();
}

static void check_request(const struct request *request)
{
	check(request->method < REQUEST_METHOD_MAX);
	check(!(request->flows.log.first && request->flows.log.follow));
	check(!request->flows.log.cursor && !request->flows.log.sent && !request->flows.log.lost);
	check(request->for_ns >= VERIFY_FOR_MIN_NS && request->for_ns <= VERIFY_FOR_MAX_NS);
}

static void check_error(const struct request_error *error)
{
	static const char *const codes[] = { "INVALID_ARGUMENT", "UNIMPLEMENTED" };
	auto_buf struct buf buf = { 0 };
	struct json_out out = { .buf = &buf };
	size_t i = 0;

	while (i < ARRAY_SIZE(codes) && strcmp(codes[i], error->code) != 0)
		i++;
	check(i < ARRAY_SIZE(codes));
	check(error->message[0] && strlen(error->message) < sizeof(error->message));
	json_string(&out, NULL, error->message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Without a NUL behind it: the sanitizer sees a byte read too many. */
	auto_free char *line = malloc(size ? size : 1);
	struct request_error error = { 0 };
	struct request request = { 0 };

	if (!line)
		return 0;
	memcpy(line, data, size);
	if (request_parse(line, size, &request, &error))
		check_error(&error);
	else
		check_request(&request);
	request_done(&request);
	return 0;
}
