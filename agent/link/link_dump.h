/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the kernel for what is there, stage by stage: a run is one dump for each table that is
 * wanted. The answers arrive where notifications do; a dump that the kernel calls inconsistent is
 * wanted again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct link_known;
struct link_socket;
struct nlmsghdr;

/* The order of a run. Routes go first, so that a link's first iface_set has its role already. */
enum link_stage {
	LINK_STAGE_IDLE,
	LINK_STAGE_ROUTES4,
	LINK_STAGE_ROUTES6,
	LINK_STAGE_LINKS,
	LINK_STAGE_ADDRS,
	LINK_STAGE_MAX,
};

#define LINK_WANT_ROUTES ((1u << LINK_STAGE_ROUTES4) | (1u << LINK_STAGE_ROUTES6))
#define LINK_WANT_LINKS	 (1u << LINK_STAGE_LINKS)
#define LINK_WANT_ADDRS	 (1u << LINK_STAGE_ADDRS)
#define LINK_WANT_ALL	 (LINK_WANT_ROUTES | LINK_WANT_LINKS | LINK_WANT_ADDRS)

struct link_dump {
	struct link_socket *socket;
	struct link_known *known;
	uint32_t want;	  /* stages of the next run, a bit each */
	uint32_t pending; /* those left of this run */
	uint32_t seq;
	enum link_stage stage;
	bool is_partial; /* the running dump can't be trusted to be complete */
	int error;	 /* the last */
};

/* Begins a run of what is wanted, unless one is running. */
void link_dump_start(struct link_dump *dump);
/* A message that arrives: is it of the running dump? */
bool link_dump_is_part(const struct link_dump *dump, const struct nlmsghdr *nlh);
/* To be called for each message, before its contents are used. */
void link_dump_note(struct link_dump *dump, const struct nlmsghdr *nlh);
/* NLMSG_DONE, NLMSG_ERROR: the differences are told, the next stage begins. */
void link_dump_end(struct link_dump *dump, const struct nlmsghdr *nlh);
/* Asks for one interface again. The answer arrives as a notification would. -errno. */
int link_dump_iface(struct link_dump *dump, uint32_t ifindex);
