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
#include "socket/acceptor.h"
#include "socket/client_buffers.h"
#include "socket/client_io.h"
#include "socket/unix_socket.h"

#define REST_MS	      100
#define WARN_EVERY_NS 60000000000ULL

struct control {
	struct agent *agent;
	struct watch *watch;
	struct watch *rest_timer; /* until clients are accepted again */
	uint64_t warn_ns;	  /* CLOCK_MONOTONIC: nothing is said of them before */
	struct client *clients;
	struct control_stats stats;
	struct client_buffers buffers;
	struct unix_socket own;
	struct acceptor acceptor;
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
	client_buffers_leave(&client->control->buffers, client);
	free(client);
}

/* Waits for what can happen next. */
static int client_arm(struct client *client)
{
	uint32_t events = 0;

	if (buf_len(&client->out) || client->want_pump)
		events |= EPOLLOUT;
	if (client_is_read(client))
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
	struct control *control = client->control;
	int r = 0;

	client->room = client_buffers_room(&control->buffers);
	if (!client->is_squeezed && buf_len(&client->out) < client->room)
		r = client_pump(client);
	if (!r)
		r = client_write(client);
	client_buffers_count(&control->buffers, client);
	client_buffers_squeeze(&control->buffers, control->clients, time_monotonic_ns(),
			       client_wake);
	if (!r && !buf_len(&client->out) && (client->is_closing || client_is_finished(client)))
		r = -ECONNRESET;
	if (!r)
		r = client_arm(client);
	return r;
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

/* Nothing of it is being answered: a follower, say, is never idle. Who was cut short gets no more. */
static bool client_is_idle(const struct client *client, uint64_t now_ns)
{
	return (!client->proto || client->is_cut || !client->proto->is_busy(client)) &&
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

/* Once a minute is enough: whoever asks again and again would fill the log. */
static void warn_rarely(struct control *control, int error, const char *what)
{
	uint64_t now_ns = time_monotonic_ns();

	if (now_ns < control->warn_ns)
		return;
	control->warn_ns = now_ns + WARN_EVERY_NS;
	(void)log_warn(error, "%s", what);
}

static void refuse(struct control *control, int fd, const char *message)
{
	send_last_words(fd, message);
	close(fd);
	control->stats.refused++;
}

static void client_new(struct control *control, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client) {
		refuse(control, fd, "out of memory");
		return;
	}
	client->control = control;
	client->agent = control->agent;
	client->events = EPOLLIN;
	client->active_ns = time_monotonic_ns();
	if (loop_add_fd(agent_loop(control->agent), fd, client->events, client_event, client,
			&client->watch)) {
		free(client);
		refuse(control, fd, "out of memory");
		return;
	}
	client->fd = fd;
	client->next = control->clients;
	control->clients = client;
	control->stats.clients++;
}

/* Also where there is none left somebody who is idle may give his up. */
static void control_take(struct control *control, int fd, bool is_spare)
{
	bool is_full = is_spare || control->stats.clients >= CONTROL_CLIENTS_MAX;

	if (!is_full || control_evict(control)) {
		client_new(control, fd);
		return;
	}
	if (is_spare)
		warn_rarely(control, -EMFILE, "a client is turned away (see LimitNOFILE)");
	refuse(control, fd, is_spare ? "no file descriptor is left" : "too many clients");
}

static int control_accept(void *ctx, uint32_t events)
{
	struct control *control = ctx;
	bool is_spare;
	int fd = acceptor_accept(&control->acceptor, &is_spare);

	(void)events;
	if (fd >= 0) {
		control_take(control, fd, is_spare);
	} else if (fd != -EAGAIN && fd != -ECONNABORTED && fd != -EINTR) {
		/* Who waits is still there: to be told of him at once would keep the loop busy. */
		warn_rarely(control, fd, "cannot accept a client");
		(void)watch_set_events(control->watch, 0);
		(void)watch_set_timer(control->rest_timer, REST_MS, 0);
	}
	acceptor_refill(&control->acceptor);
	return 0;
}

static int control_rested(void *ctx)
{
	struct control *control = ctx;

	acceptor_refill(&control->acceptor);
	return watch_set_events(control->watch, EPOLLIN);
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
	ret->cut_short = control->buffers.cut_short;
	ret->buffers_held = control->buffers.held;
}

int control_new(struct control **ret, struct agent *agent, const struct server *server)
{
	struct control *control = calloc(1, sizeof(*control));
	int r;

	if (!control)
		return -ENOMEM;
	control->agent = agent;
	control->own = (struct unix_socket)UNIX_SOCKET_NONE;
	control->acceptor = (struct acceptor)ACCEPTOR_NONE;
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
	struct loop *loop = agent_loop(control->agent);
	int r = loop_add_timer(loop, 0, 0, control_rested, control, &control->rest_timer);

	acceptor_init(&control->acceptor, control->own.fd);
	return r ? r
		 : loop_add_fd(loop, control->own.fd, EPOLLIN, control_accept, control,
			       &control->watch);
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
	watch_free(&control->rest_timer);
	acceptor_done(&control->acceptor);
	unix_socket_close(&control->own);
	free(control);
}
