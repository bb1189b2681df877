// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sockets in the three namespaces, and the words of conntrack.
 */
#include "tests/unit/nat_talk.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

const struct peer_case nat_peers[NAT_PEERS] = {
	{ .name = "no translation", "10.2.0.2", 7000, .server = "10.2.0.2", .server_port = 7000 },
	{ .name = "no translation, IPv6",
	  "fd02::2",
	  7000,
	  .server = "fd02::2",
	  .server_port = 7000 },
	{ .name = "dnat", "10.9.9.9", 80, true, .server = "10.2.0.2", .server_port = 8080 },
	{ .name = "dnat, IPv6", "fd09::9", 80, true, .server = "fd02::2", .server_port = 8080 },
	{ .name = "dnat, local",
	  "10.9.9.8",
	  80,
	  true,
	  .is_local = true,
	  .server = "10.2.0.2",
	  .server_port = 8082 },
	{ .name = "masquerade", "10.2.0.2", 9000, true, .server = "10.2.0.2", .server_port = 9000 },
	{ .name = "masquerade, IPv6",
	  "fd02::2",
	  9000,
	  true,
	  .server = "fd02::2",
	  .server_port = 9000 },
	{ .name = "snat", "10.2.0.2", 9001, true, .server = "10.2.0.2", .server_port = 9001 },
	{ .name = "snat, IPv6", "fd02::2", 9002, true, .server = "fd02::2", .server_port = 9002 },
	{ .name = "redirect",
	  "10.2.0.2",
	  81,
	  true,
	  .is_served_here = true,
	  .server = "0.0.0.0",
	  .server_port = 8081 },
	{ .name = "redirect, IPv6",
	  "fd02::2",
	  81,
	  true,
	  .is_served_here = true,
	  .server = "::",
	  .server_port = 8081 },
};

socklen_t sockaddr_of(const char *text, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *v6 = (void *)ret;
	struct sockaddr_in *v4 = (void *)ret;

	memset(ret, 0, sizeof(*ret));
	if (strchr(text, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	assert_int_equal(inet_pton(AF_INET, text, &v4->sin_addr), 1);
	return sizeof(*v4);
}

/* Its port. */
uint16_t take_addr(const struct sockaddr_storage *from, uint8_t ret[static 16])
{
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	if (from->ss_family == AF_INET6) {
		memcpy(&v6, from, sizeof(v6));
		memcpy(ret, &v6.sin6_addr, 16);
		return ntohs(v6.sin6_port);
	}
	memcpy(&v4, from, sizeof(v4));
	memset(ret, 0, 16);
	ret[10] = ret[11] = 0xff;
	memcpy(ret + 12, &v4.sin_addr, 4);
	return ntohs(v4.sin_port);
}

int socket_there(const struct netns *ns, int family, int type, int proto)
{
	int fd;

	netns_enter(ns);
	fd = socket(family, type | SOCK_CLOEXEC, proto);
	netns_enter(NULL);
	assert_true(fd >= 0);
	return fd;
}

void tuple_of(int fd, uint8_t proto, struct nat_tuple *ret)
{
	struct sockaddr_storage self = {}, peer = {};
	socklen_t len = sizeof(self);

	assert_int_equal(getsockname(fd, (void *)&self, &len), 0);
	len = sizeof(peer);
	assert_int_equal(getpeername(fd, (void *)&peer, &len), 0);
	*ret = (struct nat_tuple){ .family = self.ss_family == AF_INET ? 4 : 6, .proto = proto };
	ret->source_port = take_addr(&self, ret->source);
	ret->destination_port = take_addr(&peer, ret->destination);
}

void talk_end(struct talk *talk)
{
	close(talk->client);
	close(talk->server);
}

void talk_begin(const struct nat_world *world, const struct peer_case *row, uint8_t proto,
		struct talk *ret)
{
	int type = proto == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, one = 1;
	struct sockaddr_storage to, at;
	socklen_t to_len = sockaddr_of(row->address, row->port, &to);
	socklen_t at_len = sockaddr_of(row->server, row->server_port, &at);

	ret->server = socket_there(row->is_served_here ? NULL : &world->server, at.ss_family, type,
				   proto);
	ret->client =
		socket_there(row->is_local ? NULL : &world->client, to.ss_family, type, proto);
	setsockopt(ret->server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (at.ss_family == AF_INET6)
		setsockopt(ret->server, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	assert_row_int(row->name, bind(ret->server, (void *)&at, at_len), 0);
	if (proto == IPPROTO_TCP)
		assert_row_int(row->name, listen(ret->server, 5), 0);
	assert_row_int(row->name, connect(ret->client, (void *)&to, to_len), 0);
	if (proto == IPPROTO_UDP) {
		char byte;

		assert_row_int(row->name, send(ret->client, "x", 1, 0), 1);
		assert_row_int(row->name, recv(ret->server, &byte, 1, 0), 1);
	}
	tuple_of(ret->client, proto, &ret->tuple);
}

void begin_to_listen(struct nat_world *world)
{
	struct talk talk;

	talk_begin(world, &nat_peers[0], IPPROTO_UDP, &talk);
	nat_world_await(world, &talk.tuple);
	assert_false(nat_world_is_translated(world, &talk.tuple, 0));
	talk_end(&talk);
}

/* ---- the truth ---- */

static bool take_word(const char *line, const char *key, unsigned int nth, char ret[64])
{
	const char *at = line;

	for (unsigned int i = 0; at && i <= nth; i++) {
		at = strstr(at, key);
		at = at ? at + strlen(key) : NULL;
	}
	return at && sscanf(at, "%63[^ \n]", ret) == 1;
}

static void read_side(const char *line, unsigned int nth, struct nat_tuple *ret)
{
	char word[64];
	int family;

	assert_true(take_word(line, " src=", nth, word));
	assert_int_equal(addr_parse(word, ret->source, &family), 0);
	assert_true(take_word(line, " dst=", nth, word));
	assert_int_equal(addr_parse(word, ret->destination, &family), 0);
	ret->family = (uint8_t)family;
	if (take_word(line, " sport=", nth, word))
		ret->source_port = (uint16_t)atoi(word); /* NOLINT(cert-err34-c) */
	if (take_word(line, " dport=", nth, word))
		ret->destination_port = (uint16_t)atoi(word); /* NOLINT(cert-err34-c) */
	if (take_word(line, " id=", nth, word))
		ret->source_port = ret->destination_port =
			(uint16_t)atoi(word); /* NOLINT(cert-err34-c) */
	if (take_word(line, " type=", nth, word))
		ret->icmp_type = (uint8_t)atoi(word); /* NOLINT(cert-err34-c) */
}

/* The entry whose original tuple this is, as conntrack -L has it. */
static void read_truth(const struct nat_tuple *original, struct conntrack_entry *ret)
{
	char command[128], line[512];
	FILE *pipe;
	bool is_found = false;

	snprintf(command, sizeof(command), "conntrack -L -f %s -p %d 2>/dev/null",
		 original->family == 4 ? "ipv4" : "ipv6", original->proto);
	pipe = popen(command, "r"); /* NOLINT(cert-env33-c): a test's own words */
	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		struct conntrack_entry entry = {};

		read_side(line, 0, &entry.original);
		read_side(line, 1, &entry.reply);
		entry.original.proto = entry.reply.proto = original->proto;
		if (!nat_tuple_is_equal(&entry.original, original))
			continue;
		*ret = entry;
		is_found = true;
	}
	pclose(pipe);
	assert_true(is_found);
}

static void check_one(struct nat_world *world, const char *name, const struct nat_tuple *tuple,
		      uint64_t began_ns, const struct nat_tuple *other, enum nat_role role)
{
	struct nat_answer answer;

	assert_row_int(name, nat_world_ask(world, tuple, began_ns, &answer), NAT_TWIN);
	assert_row_str(name, nat_role_to_str(answer.role), nat_role_to_str(role));
	assert_row(name, nat_tuple_is_equal(&answer.other, other));
}

/* Both twins, both ways, against conntrack's own tool. */
void check_talk(struct nat_world *world, const struct peer_case *row, const struct nat_tuple *tuple,
		uint64_t began_ns)
{
	struct nat_tuple twin, back;
	struct conntrack_entry truth;

	read_truth(tuple, &truth);
	nat_tuple_reverse(&truth.reply, &twin);
	nat_tuple_reverse(&truth.original, &back);
	assert_row_int(row->name, conntrack_is_translated(&truth), row->is_translated);
	if (!row->is_translated) {
		assert_row(row->name, !nat_world_is_translated(world, &truth.original, began_ns));
		assert_row(row->name, !nat_world_is_translated(world, &back, began_ns));
		return;
	}
	check_one(world, row->name, &truth.original, began_ns, &twin, NAT_ORIGINAL);
	check_one(world, row->name, &back, began_ns, &truth.reply, NAT_ORIGINAL);
	check_one(world, row->name, &twin, began_ns, &truth.original, NAT_TRANSLATED);
	check_one(world, row->name, &truth.reply, began_ns, &back, NAT_TRANSLATED);
}
