// SPDX-License-Identifier: BSD-2-Clause
#include "socket/client_io.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/timefmt.h"
#include "socket/client_buffers.h"
#include "socket/control.h"
#include "socket/control_sniff.h"

#define READ_MAX 65536

bool client_is_read(const struct client *client)
{
	size_t len = buf_len(&client->in);

	if (client->is_closing || client->is_eof)
		return false;
	if (len < CLIENT_READ_AHEAD)
		return true;
	return len <= CONTROL_LINE_MAX && (!client->proto || !client->proto->is_busy(client));
}

/* As much again as is there, as the buffer grows. */
static size_t read_size(const struct client *client)
{
	size_t size = buf_len(&client->in);

	if (size < CLIENT_READ_AHEAD)
		return CLIENT_READ_AHEAD;
	return size < READ_MAX ? size : READ_MAX;
}

int client_read(struct client *client)
{
	size_t size = read_size(client);
	ssize_t n;

	if (!buf_reserve(&client->in, size))
		return -ENOMEM;
	n = recv(client->fd, client->in.data + client->in.end, size, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	client->is_eof = !n;
	client->in.end += (size_t)n;
	if (!client->proto)
		control_sniff(client);
	if (n && client->proto && client->proto->input(client) < 0)
		client->is_closing = true;
	return 0;
}

int client_write(struct client *client)
{
	while (buf_len(&client->out)) {
		const char *bytes = buf_bytes(&client->out);
		ssize_t n =
			send(client->fd, bytes, buf_len(&client->out), MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (n > 0)
			client->is_amid_line = bytes[n - 1] != '\n';
		client->is_squeezed = false;
		client->taken_ns = time_monotonic_ns();
		buf_consume(&client->out, (size_t)n);
	}
	return 0;
}
