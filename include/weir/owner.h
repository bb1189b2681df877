/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whose a socket is. Written into the socket's own storage where the process that makes or uses it
 * runs, and nowhere else; read from there when a packet of it tells something.
 */
#pragma once

#include "weir/types.h"

/* How a socket's owner is known. */
enum weir_via {
	WEIR_VIA_NONE,	    /* not known: older than the agent, or the kernel's own */
	WEIR_VIA_CREATOR,   /* it made the socket */
	WEIR_VIA_USER,	    /* another one: it sent, received or connected by it last */
	WEIR_VIA_INHERITED, /* whose the listener was, of a connection that nobody has used yet */
	WEIR_VIA_EXISTING,  /* it had the socket open when the agent started */
	WEIR_VIA_KERNEL,    /* used by the kernel itself; there is no process */
	WEIR_VIA_MAX,
};

/* weir_owner.flags */
#define WEIR_OWNER_NETNS_COOKIE 0x01 /* netns is the cookie: the kernel's BTF is not there */
#define WEIR_OWNER_LISTENER	0x02 /* the socket is the listener, not a connection's (look-ups) */
#define WEIR_OWNER_COMM_LEADER	0x04 /* comm is the process's, not that of one of its threads */

/* start_ns, as user space can read it in /proc: in clock ticks, which are 10 ms everywhere. */
#define WEIR_START_TICK_NS 10000000ULL

struct weir_owner {
	__u64 start_ns;	 /* of the process, CLOCK_BOOTTIME; 0: not known */
	__u64 cgroup_id; /* cgroup v2 */
	__u64 cookie;	 /* the socket's; 0: no socket, or not known */
	__u64 netns;	 /* inode of the socket's network namespace, or its cookie; 0: not known */
	__u32 tgid;	 /* 0: no process */
	__u32 uid;
	__u32 creator; /* tgid of who made the socket, or the listener */
	__u32 program; /* which one the process was when it made or used the socket; 0: not known */
	__u8 via;      /* enum weir_via */
	__u8 flags;
	__u8 pad[6];
	char comm[16];
};
WEIR_ASSERT_SIZE(struct weir_owner, 72);

/*
 * Which program a process is: a number that grows with each of its execs (the kernel's
 * self_exec_id), and which its children begin with. 0: not known. True if a comes later than b.
 */
static inline int weir_program_is_later(__u32 a, __u32 b)
{
	return a && b && (__s32)(a - b) > 0;
}

/* A process, as it is kept with a socket. */
struct weir_socket_user {
	__u64 start_ns;
	__u64 cgroup_id;
	__u32 tgid;
	__u32 uid;
	char comm[16];
};
WEIR_ASSERT_SIZE(struct weir_socket_user, 40);

/* weir_socket.current: the place of the present owner in users and programs, and */
#define WEIR_SOCKET_PLACE 0x1
#define WEIR_SOCKET_USED  0x2 /* it is a user, and not who weir_socket.via tells of */

/* weir_socket.flags */
#define WEIR_SOCKET_OWN		 0x01 /* of this very socket: not what an accepted one inherited */
#define WEIR_SOCKET_UNTOLD	 0x02 /* its user has changed, and no event tells it yet */
#define WEIR_SOCKET_NETNS_COOKIE 0x04
#define WEIR_SOCKET_COMM_LEADER	 0x08

/*
 * The value of the map `owners`. An accepted socket gets a copy of its listener's, by which cookie
 * and flags tell that it is one. Who writes has `busy` (the lower half of the cookie: a copy is not
 * locked by it), fills the place that is not current and then turns current: readers take no lock.
 * cookie 0: not filled in yet.
 */
struct weir_socket {
	__u64 cookie;
	__u64 netns;
	struct weir_socket_user users[2];
	__u32 programs[2]; /* that the users were, as in struct weir_owner */
	__u32 creator;	   /* tgid of who made it; 0: not known */
	__u32 busy;
	__u32 told; /* when the first of the last `tells` was told: 2^30 ns, CLOCK_MONOTONIC */
	__u8 tells; /* events since then */
	__u8 via;   /* enum weir_via of who made it */
	__u8 flags; /* WEIR_SOCKET_* */
	__u8 current;
};
WEIR_ASSERT_SIZE(struct weir_socket, 120);

/* The two ends of a connection, as in struct weir_flow_key: sorted. */
struct weir_tuple {
	__be32 addr[2][4]; /* IPv4 as ::ffff:a.b.c.d; all zero (but for ::ffff) where not known */
	__be16 port[2];	   /* 0: not known */
	__u8 family;	   /* enum weir_family */
	__u8 proto;	   /* IPPROTO_* */
	__u8 own;	   /* which end is the socket's: 0 or 1 */
	__u8 pad;
};
WEIR_ASSERT_SIZE(struct weir_tuple, 40);

/*
 * What a process was made of last, for when it is gone or has become another program: an entry of
 * the map `execs`, by its tgid. The path is as execve() was given it, of a script that of its
 * interpreter; cut if it is longer.
 */
#define WEIR_EXECS_MAX 8192
#define WEIR_EXEC_PATH 108
struct weir_exec {
	__u64 start_ns; /* as in struct weir_owner */
	__u32 program;	/* likewise; 0: no exec of it has been seen */
	char path[WEIR_EXEC_PATH];
};
WEIR_ASSERT_SIZE(struct weir_exec, 120);

/* A question to the program weir_who_lookup, and its answer: an entry of the map `lookups`. */
#define WEIR_LOOKUPS_MAX  16
#define WEIR_NSID_CURRENT (-1) /* the namespace of who asks */

struct weir_lookup {
	struct weir_tuple tuple;
	__s32 nsid;	/* of the namespace, as rtnetlink numbers it */
	__u32 is_found; /* there is a socket, whether its owner is known or not */
	struct weir_owner owner;
};
WEIR_ASSERT_SIZE(struct weir_lookup, 120);
