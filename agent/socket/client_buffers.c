// SPDX-License-Identifier: BSD-2-Clause
#include "socket/client_buffers.h"

#include <string.h>

#include "base/memory.h"

#define MUCH	  (1U << 20)	/* of what is freed at a time */
#define TAKING_NS 1000000000ULL /* who has taken something since then reads */
/* Output that may always wait: a buffer that grows by doubling has then half a share. */
#define ROOM_LEAST (CLIENT_SHARE / 4)
/* The part of what is left that one client may take. So some is left for the next. */
#define ROOM_PART 8

_Static_assert(CLIENT_READ_AHEAD * 2 + ROOM_LEAST * 2 <= CLIENT_SHARE,
	       "who takes no more than is sure stays within its share");

void client_buffers_count(struct client_buffers *all, struct client *client)
{
	size_t holds = client->in.size + client->out.size + client->request_bytes;
	size_t freed = holds < client->holds ? client->holds - holds : 0;

	all->held += holds - client->holds;
	client->holds = holds;
	/* Else the heap would stay as large as many such clients together have made it. */
	if (freed >= MUCH)
		memory_give_back_heap();
}

void client_buffers_leave(struct client_buffers *all, struct client *client)
{
	buf_done(&client->in);
	buf_done(&client->out);
	client->request_bytes = 0;
	client_buffers_count(all, client);
}

size_t client_buffers_room(const struct client_buffers *all)
{
	size_t left = all->held < CLIENT_BUFFERS_MAX ? CLIENT_BUFFERS_MAX - all->held : 0;
	size_t room = ROOM_LEAST + left / ROOM_PART;

	return room < CONTROL_OUT_HIGH ? room : CONTROL_OUT_HIGH;
}

/* What is empty now has grown for something that has passed. */
static void give_back_empty(struct client_buffers *all, struct client *clients)
{
	for (struct client *client = clients; client; client = client->next) {
		if (client->is_closing || !buf_len(&client->in))
			buf_done(&client->in);
		if (!buf_len(&client->out))
			buf_done(&client->out);
		client_buffers_count(all, client);
	}
}

/* What it holds is mostly output, and gets less. */
static bool is_taking(const struct client *client, uint64_t now_ns)
{
	return client->out.size >= client->in.size && now_ns - client->taken_ns < TAKING_NS;
}

/* The client is the only one that has more than its share. */
static bool may_keep(const struct client *client, bool takes)
{
	return takes || client->in.size + client->out.size <= CLIENT_SHARE;
}

/* The one that holds most, but those who read only if there are no others. NULL: none, or it may. */
static struct client *find_victim(struct client *clients, uint64_t now_ns)
{
	struct client *most = NULL;
	unsigned int count = 0;
	bool most_takes = false;

	for (struct client *client = clients; client; client = client->next) {
		bool takes = is_taking(client, now_ns);

		if (client->holds <= CLIENT_SHARE || client->is_cut)
			continue;
		count++;
		if (!most || takes < most_takes ||
		    (takes == most_takes && client->holds > most->holds)) {
			most = client;
			most_takes = takes;
		}
	}
	return count == 1 && may_keep(most, most_takes) ? NULL : most;
}

/* The rest of the line that the client has a part of; 0 if there is none, or it is too long to wait. */
static size_t begun_line(const struct client *client)
{
	const char *bytes = buf_bytes(&client->out);
	size_t len = buf_len(&client->out);
	const char *newline = client->is_amid_line && len ? memchr(bytes, '\n', len) : NULL;
	size_t begun = newline ? (size_t)(newline - bytes) + 1 : 0;

	return begun <= ROOM_LEAST ? begun : 0;
}

/* What of it takes most is named. */
static void write_reason(struct buf *out, size_t request, size_t answer)
{
	bool is_request = request > answer;

	buf_printf(out,
		   "{\"error\":{\"code\":\"RESOURCE_EXHAUSTED\",\"message\":\"all clients together "
		   "may take %u bytes: %s that takes %zu is given up\"}}\n",
		   CLIENT_BUFFERS_MAX, is_request ? "a request" : "an unread answer",
		   is_request ? request : answer);
}

/* It is hung up on when it has been told why. */
static void cut_short(struct client *client)
{
	size_t request = buf_len(&client->in) + client->request_bytes;
	size_t answer = buf_len(&client->out), begun = begun_line(client);
	bool is_lost = client->is_amid_line && !begun; /* no line can follow what it has */

	if (client->proto && client->proto->stop)
		client->proto->stop(client);
	client->state = NULL;
	client->request_bytes = 0;
	buf_done(&client->in);
	buf_truncate(&client->out, begun);
	buf_trim(&client->out);
	if (!is_lost)
		write_reason(&client->out, request, answer);
	client->is_cut = client->is_closing = true;
}

/* Records may get lost, of which the client is told; other answers may not. */
static bool lose_records(struct client *client)
{
	if (client->in.size > client->out.size || !client->proto || !client->proto->lose_records ||
	    !client->proto->lose_records(client))
		return false;
	buf_trim(&client->out);
	client->is_squeezed = true;
	return true;
}

void client_buffers_squeeze(struct client_buffers *all, struct client *clients, uint64_t now_ns,
			    void (*wake)(struct client *client))
{
	struct client *victim;

	if (all->held <= CLIENT_BUFFERS_MAX)
		return;
	give_back_empty(all, clients);
	while (all->held > CLIENT_BUFFERS_MAX && (victim = find_victim(clients, now_ns))) {
		if (!lose_records(victim)) {
			cut_short(victim);
			all->cut_short++;
			wake(victim);
		}
		client_buffers_count(all, victim);
	}
}
