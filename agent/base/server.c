// SPDX-License-Identifier: BSD-2-Clause
/* Address forms of Unix sockets, the same as Hubble's. */
#include "server.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"

/* The first that fits wins. */
static const struct form {
	const char *prefix;
	size_t skip; /* what is not part of the name */
	bool is_abstract;
} forms[] = {
	{ "unix:///", sizeof("unix://") - 1, false },
	{ "unix:", sizeof("unix:") - 1, false },
	{ "unix-abstract:", sizeof("unix-abstract:") - 1, true },
};

static const struct form *find_form(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (!strncmp(text, forms[i].prefix, strlen(forms[i].prefix)))
			return &forms[i];
	}
	return NULL;
}

int server_parse(struct server *ret, const char *text, char reason[static OPTION_REASON_SIZE])
{
	const struct form *form = find_form(text);
	const char *name = form ? text + form->skip : "";
	size_t len = strlen(name);
	struct server server = { .text = text, .address.sun_family = AF_UNIX };

	if (!len || !strncmp(name, "//", 2)) {
		snprintf(reason, OPTION_REASON_SIZE,
			 "no address of a Unix socket: unix:///path, unix:path or "
			 "unix-abstract:name");
		return -EINVAL;
	}
	/* A path ends with a NUL, an abstract name begins with one: the room is the same. */
	if (len + 1 > sizeof(server.address.sun_path)) {
		snprintf(reason, OPTION_REASON_SIZE, "longer than the %zu bytes of a socket's name",
			 sizeof(server.address.sun_path) - 1);
		return -EINVAL;
	}
	memcpy(server.address.sun_path + form->is_abstract, name, len);
	server.address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	*ret = server;
	return 0;
}

int server_check(const char *text, char reason[static OPTION_REASON_SIZE])
{
	struct server server;

	return server_parse(&server, text, reason);
}

const char *server_path(const struct server *server)
{
	return server->address.sun_path[0] ? server->address.sun_path : NULL;
}
