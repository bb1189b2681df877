// SPDX-License-Identifier: BSD-2-Clause
/*
 * HTTP, of which there is nothing here: whoever asks, a browser or curl --unix-socket, is told so in
 * its own words.
 */
#include <string.h>

#include "base/cleanup.h"
#include "socket/control.h"

static const char body[] = "weir-agent answers requests in JSON, one a line\n";

static const char *const methods[] = { "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS " };

static enum sniff http_sniff(const char *head, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		size_t whole = strlen(methods[i]);

		if (!memcmp(head, methods[i], len < whole ? len : whole))
			return len < whole ? SNIFF_MORE : SNIFF_YES;
	}
	return SNIFF_NO;
}

/* Said at once: what else is asked for makes no difference. */
static int http_input(struct client *client)
{
	buf_printf(&client->out,
		   "HTTP/1.1 404 Not Found\r\n"
		   "Content-Type: text/plain\r\n"
		   "Content-Length: %zu\r\n"
		   "Connection: close\r\n"
		   "\r\n"
		   "%s",
		   sizeof(body) - 1, body);
	return -1;
}

static bool http_is_busy(const struct client *client)
{
	(void)client;
	return false;
}

static int http_pump(struct client *client)
{
	(void)client;
	return 0;
}

const struct control_proto *control_http(void)
{
	static const struct control_proto proto = {
		.name = "http",
		.sniff = http_sniff,
		.input = http_input,
		.is_busy = http_is_busy,
		.pump = http_pump,
	};

	return &proto;
}
