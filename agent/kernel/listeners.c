// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sockets in LISTEN only: the kernel then doesn't look at others. What came is sorted by port, for who
 * asks.
 */
#include "kernel/listeners.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/timefmt.h"
#include "kernel/socket_diag.h"

#define ASK_NS 1000000000ULL

struct list {
	struct socket_place *items;
	size_t count, room;
};

struct listeners {
	struct socket_diag diag;
	struct list list;
	uint64_t asked_ns;
	int error;
};

static int list_add(struct list *list, const struct socket_place *item)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 32;
		struct socket_place *items;

		if (room > LISTENERS_MAX)
			return -ENOSPC;
		items = realloc(list->items, room * sizeof(*items));
		if (!items)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = *item;
	return 0;
}

static void on_listener(void *ctx, const struct socket_told *told)
{
	(void)list_add(ctx, &told->place); /* who finds no room is not known: the ports decide */
}

static int by_port(const void *a, const void *b)
{
	const struct socket_place *left = a, *right = b;

	return (left->port > right->port) - (left->port < right->port);
}

static void ask_all(struct listeners *listeners)
{
	struct list list = { 0 };
	int r = socket_diag_ask(&listeners->diag, IPPROTO_TCP, 1U << TCP_LISTEN, on_listener,
				&list);

	if (r && r != listeners->error)
		log_debug("the kernel doesn't tell who listens: %s", strerror(-r));
	listeners->error = r;
	if (r) {
		free(list.items);
		return;
	}
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), by_port);
	free(listeners->list.items);
	listeners->list = list;
}

void listeners_refresh(struct listeners *listeners, uint64_t now_ns)
{
	if (!listeners->diag.mnl || now_ns - listeners->asked_ns < ASK_NS)
		return;
	listeners->asked_ns = now_ns;
	ask_all(listeners);
}

bool listeners_has(const struct listeners *listeners, const uint8_t addr[static 16], uint16_t port)
{
	const struct list *list = &listeners->list;
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->items[middle].port < port)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < list->count && list->items[low].port == port; low++) {
		if (socket_place_has(&list->items[low], addr))
			return true;
	}
	return false;
}

int listeners_error(const struct listeners *listeners)
{
	return listeners->error;
}

int listeners_new(struct listeners **ret)
{
	struct listeners *listeners = calloc(1, sizeof(*listeners));

	if (!listeners)
		return -ENOMEM;
	listeners->error = socket_diag_open(&listeners->diag);
	if (!listeners->error)
		listeners_refresh(listeners, time_monotonic_ns());
	*ret = listeners;
	return 0;
}

void listeners_free(struct listeners **at)
{
	struct listeners *listeners = TAKE_PTR(*at);

	if (!listeners)
		return;
	socket_diag_close(&listeners->diag);
	free(listeners->list.items);
	free(listeners);
}
