// SPDX-License-Identifier: BSD-2-Clause
/*
 * Accepts clients and moves their bytes. What the bytes mean is a control_proto's business.
 */
#include "socket/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "agent.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "loop.h"
#include "socket/unix_socket.h"

#define READ_CHUNK 65536

struct control {
	struct agent *agent;
	struct watch *watch;
	struct client *clients;
	struct control_stats stats;
	struct unix_socket own;
};

static void client_free(struct client *client)
{
	struct client **at = &client->control->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	client->control->stats.clients--;
	if (client->proto && client->proto->stop)
		client->proto->stop(client);
	watch_free(&client->watch);
	close(client->fd);
	buf_done(&client->in);
	buf_done(&client->out);
	free(client);
}

/* Writes what the socket takes. < 0: the client has gone. */
static int client_write(struct client *client)
{
	while (buf_len(&client->out)) {
		ssize_t n = send(client->fd, buf_bytes(&client->out), buf_len(&client->out),
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		buf_consume(&client->out, (size_t)n);
	}
	return 0;
}

/* Waits for what can happen next. A client whose line is complete is not read from meanwhile. */
static int client_arm(struct client *client)
{
	uint32_t events = 0;

	if (buf_len(&client->out) || client->want_pump)
		events |= EPOLLOUT;
	if (buf_len(&client->in) <= CONTROL_LINE_MAX && !client->is_closing && !client->is_eof)
		events |= EPOLLIN;
	/* Never none: then not even EPOLLHUP, the end of both directions, would be told. */
	events |= EPOLLPRI;
	if (events == client->events)
		return 0;
	client->events = events;
	return watch_set_events(client->watch, events);
}

static int client_pump(struct client *client)
{
	int r;

	client->want_pump = false;
	if (!client->proto || client->is_closing)
		return 0;
	r = client->proto->pump(client);
	if (r < 0)
		client->is_closing = true;
	return client->out.failed ? -ENOMEM : 0;
}

/* It has said all it had to say, and got every answer. */
static bool client_is_finished(const struct client *client)
{
	return client->is_eof && !client->want_pump &&
	       (!client->proto || !client->proto->is_busy(client));
}

/* Everything that an event at a client leads to. < 0: hang up. */
static int client_serve(struct client *client)
{
	int r = 0;

	if (buf_len(&client->out) < CONTROL_OUT_HIGH)
		r = client_pump(client);
	if (!r)
		r = client_write(client);
	if (!r && !buf_len(&client->out) && (client->is_closing || client_is_finished(client)))
		r = -ECONNRESET;
	if (!r)
		r = client_arm(client);
	return r;
}

static const struct control_proto *client_sniff(const struct client *client, bool *ret_more)
{
	const struct control_proto *protos[] = { control_json() };

	*ret_more = false;
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
		switch (protos[i]->sniff(buf_bytes(&client->in), buf_len(&client->in))) {
		case SNIFF_YES:
			return protos[i];
		case SNIFF_MORE:
			*ret_more = true;
			break;
		case SNIFF_NO:
			break;
		}
	}
	return NULL;
}

static int client_read(struct client *client)
{
	bool more;
	ssize_t n;

	if (!buf_reserve(&client->in, READ_CHUNK))
		return -ENOMEM;
	n = recv(client->fd, client->in.data + client->in.end, READ_CHUNK, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!n) {
		client->is_eof = true;
		return 0;
	}
	client->in.end += (size_t)n;
	if (!client->proto) {
		client->proto = client_sniff(client, &more);
		if (!client->proto)
			return more ? 0 : -EPROTO;
	}
	if (client->proto->input(client) < 0)
		client->is_closing = true;
	return 0;
}

static int client_event(void *ctx, uint32_t events)
{
	struct client *client = ctx;
	int r = 0;

	client->active_ns = time_monotonic_ns();
	if (events & (EPOLLERR | EPOLLHUP))
		r = -ECONNRESET;
	if (!r && events & EPOLLIN)
		r = client_read(client);
	if (!r)
		r = client_serve(client);
	if (r)
		client_free(client);
	return 0;
}

void client_wake(struct client *client)
{
	client->want_pump = true;
	(void)client_arm(client);
}

static void send_last_words(int fd, const char *message)
{
	char line[128];
	int len = snprintf(line, sizeof(line),
			   "{\"error\":{\"code\":\"RESOURCE_EXHAUSTED\",\"message\":\"%s\"}}\n",
			   message);

	(void)!send(fd, line, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Nothing of it is being answered: a follower, say, is never idle. */
static bool client_is_idle(const struct client *client, uint64_t now_ns)
{
	return (!client->proto || !client->proto->is_busy(client)) &&
	       now_ns - client->active_ns >= CONTROL_IDLE_NS;
}

/* The one that is idle longest gives up its place. False: none is. */
static bool control_evict(struct control *control)
{
	uint64_t now_ns = time_monotonic_ns();
	struct client *idlest = NULL;

	for (struct client *client = control->clients; client; client = client->next) {
		if (client_is_idle(client, now_ns) &&
		    (!idlest || client->active_ns < idlest->active_ns))
			idlest = client;
	}
	if (!idlest)
		return false;
	if (!buf_len(&idlest->out)) /* else it would stand in the middle of a line */
		send_last_words(idlest->fd, "idle, and all places were taken");
	client_free(idlest);
	control->stats.evicted++;
	return true;
}

static int control_accept(void *ctx, uint32_t events)
{
	struct control *control = ctx;
	auto_close int fd = accept4(control->own.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client;

	(void)events;
	if (fd < 0) {
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
			(void)log_warn(-errno, "cannot accept a client");
		return 0;
	}
	if (control->stats.clients >= CONTROL_CLIENTS_MAX && !control_evict(control)) {
		send_last_words(fd, "too many clients");
		control->stats.refused++;
		return 0;
	}
	client = calloc(1, sizeof(*client));
	if (!client)
		return 0;
	client->control = control;
	client->agent = control->agent;
	client->events = EPOLLIN;
	client->active_ns = time_monotonic_ns();
	if (loop_add_fd(agent_loop(control->agent), fd, client->events, client_event, client,
			&client->watch)) {
		free(client);
		return 0;
	}
	client->fd = TAKE_FD(fd);
	client->next = control->clients;
	control->clients = client;
	control->stats.clients++;
	return 0;
}

void control_records(struct control *control)
{
	struct client *next;

	for (struct client *client = control->clients; client; client = next) {
		next = client->next;
		if (client->proto && client_serve(client))
			client_free(client);
	}
}

bool control_is_busy(const struct control *control)
{
	for (const struct client *client = control->clients; client; client = client->next) {
		if (client->proto && client->proto->is_busy(client))
			return true;
	}
	return false;
}

bool control_is_drained(const struct control *control)
{
	for (const struct client *client = control->clients; client; client = client->next) {
		if (client->want_pump || buf_len(&client->out))
			return false;
	}
	return true;
}

void control_get_stats(const struct control *control, struct control_stats *ret)
{
	*ret = control->stats;
}

int control_new(struct control **ret, struct agent *agent, const struct server *server)
{
	struct control *control = calloc(1, sizeof(*control));
	int r;

	if (!control)
		return -ENOMEM;
	control->agent = agent;
	control->own = (struct unix_socket)UNIX_SOCKET_NONE;
	r = unix_socket_open(&control->own, server);
	if (r) {
		control_free(&control);
		return r;
	}
	*ret = control;
	return 0;
}

int control_start(struct control *control)
{
	return loop_add_fd(agent_loop(control->agent), control->own.fd, EPOLLIN, control_accept,
			   control, &control->watch);
}

/* As far as the socket takes it: nobody is waited for. */
static void say_farewell(struct client *client)
{
	if (client->proto && !client->is_closing && client->proto->is_busy(client)) {
		client->proto->farewell(client);
		(void)client_write(client);
	}
}

void control_free(struct control **at)
{
	struct control *control = TAKE_PTR(*at);

	if (!control)
		return;
	while (control->clients) {
		say_farewell(control->clients);
		client_free(control->clients);
	}
	watch_free(&control->watch);
	unix_socket_close(&control->own);
	free(control);
}
