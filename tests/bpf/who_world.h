/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The datapath, the programs that note whose sockets are, and people who use sockets: processes with
 * a name, a user and a cgroup of their own. What they are they write down themselves, in memory that
 * the test shares with them. The programs see the whole machine: what is not of our namespaces is
 * left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/kernel/attach.h"
#include "agent/kernel/datapath.h"
#include "agent/kernel/tracing.h"
#include "agent/who/sockets.h"

#define WHO_EVENTS_MAX 512
#define WHO_PEOPLE_MAX 6

struct who {
	struct datapath *datapath;
	struct tracing *tracing;
	struct sockets *sockets;
	struct attachment attachments[4];
	unsigned int attachment_count;
	uint64_t netns[2]; /* whose events are kept: the test's, and another one or 0 */
	struct weir_event flows[WHO_EVENTS_MAX];
	struct weir_user_event users[WHO_EVENTS_MAX];
	struct weir_cgroup_event cgroups[WHO_EVENTS_MAX];
	unsigned int flow_count, user_count, cgroup_count;
};

/*
 * Into a network namespace of our own, lo up. False: not permitted, or this kernel lacks what is
 * needed, unless is_plain; said.
 */
bool who_can_run(bool is_plain);
uint64_t who_own_netns(void);

struct who *who_begin(void);
/* The programs see only what is made in that cgroup. */
struct who *who_begin_in(int cgroup);
/* As on a kernel without BTF. */
struct who *who_begin_plain(void);
void who_end(struct who **at);
#define auto_who __attribute__((cleanup(who_end)))
void who_attach(struct who *who, const char *ifname, bool is_egress);
/* Reads all that the ring has. */
void who_read(struct who *who);
/* The last event of that kind whose packet went between these ports (host order); waits. NULL: none. */
const struct weir_event *who_flow(struct who *who, enum weir_event_type type, uint16_t from,
				  uint16_t to);
/* The last one of the socket with this cookie; NULL: none (does not wait). */
const struct weir_user_event *who_user(struct who *who, uint64_t cookie);
unsigned int who_users(struct who *who, uint64_t cookie);

/* In shared memory: everybody sees what everybody writes. */
struct person {
	char name[16];
	pid_t pid;
	uint32_t uid;
	uint64_t start_ticks;
	uint64_t cgroup_id;
	uint64_t netns;
	uint64_t cookie;		  /* of the socket that the test is about */
	uint16_t port;			  /* its own, host order */
	int to_person[2], from_person[2]; /* pipes: one byte is a word */
};

typedef void (*person_fn)(struct person *me, void *ctx);
/*
 * A process that runs fn. It writes itself down, and with is_apart has a user and a cgroup of its
 * own. An assertion that fails there fails in person_wait().
 */
struct person *person_new(const char *name, bool is_apart, person_fn fn, void *ctx);
void person_wait(struct person *person);
/* Fills in what the calling process is. */
void person_describe(struct person *me);
/* The calling person goes into a network namespace of its own, lo up. */
void who_unshare(struct person *me);
/* A word between a person and the test. */
void person_say(const struct person *me);
void person_await(const struct person *me);
void person_tell(const struct person *person);
void person_hear(const struct person *person);

/* All that an owner says, exactly; creator NULL: the same. */
struct owner_want {
	const struct person *person;
	const struct person *creator;
	uint64_t cookie;
	enum weir_via via;
};
void assert_owner(const char *name, const struct weir_owner *is, const struct owner_want *want);
void assert_nobody(const char *name, const struct weir_owner *is);

/* Sockets: -1 never; all of it is asserted. */
uint64_t cookie_of(int fd);
uint16_t port_of(int fd);
/* Bound to an address of loopback; family AF_INET or AF_INET6. */
int socket_bound(int family, int type);
int socket_listening(int family);
/* An established pair: a client of the calling process, and what the listener accepted of it. */
int connect_to(int fd, int family, uint16_t port);
void send_fd(int channel, int fd);
int receive_fd(int channel);
