// SPDX-License-Identifier: BSD-2-Clause
/*
 * One party of all that is known of a side. The process that owns the socket says most; without it
 * the interface and the address tell whose network namespace it is; of what is elsewhere the
 * endpoints file and names tell.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/timefmt.h"
#include "conn/conn.h"
#include "link/addr_set.h"
#include "who/dns_names.h"
#include "who/endpoint_copy.h"
#include "who/endpoints_file.h"
#include "who/glances.h"
#include "who/hosts.h"
#include "who/intern.h"
#include "who/namespaces.h"
#include "who/party.h"
#include "who/processes.h"
#include "who/who_private.h"

#include "weir/event.h"

#define NAMES_SIZE 1024

static const uint8_t party_vias[WEIR_VIA_MAX] = {
	[WEIR_VIA_CREATOR] = PARTY_CREATOR,
	[WEIR_VIA_USER] = PARTY_USER,
	[WEIR_VIA_INHERITED] = PARTY_INHERITED,
	[WEIR_VIA_EXISTING] = PARTY_EXISTING,
};

static enum party_via via_of(const struct weir_owner *owner)
{
	if (owner->via >= WEIR_VIA_MAX || !owner->tgid)
		return PARTY_UNKNOWN;
	return owner->flags & WEIR_OWNER_LISTENER ? PARTY_LISTENER : party_vias[owner->via];
}

/* Has it a process, which is more than somebody who waits for anybody? */
static bool is_known(const struct party *party)
{
	return party->process && party->via != PARTY_LISTENER;
}

/* What a later look may replace: who uses a socket may change, who has inherited it is no user. */
static bool is_surer(enum party_via via, uint8_t than)
{
	return !than || via <= than || (via == PARTY_EXISTING && than >= PARTY_INHERITED);
}

/*
 * Of a datagram socket that several processes use (a server's workers, say) a packet tells who used
 * it last, which need not be who sent that packet.
 */
static bool may_be_another(const struct weir_owner *owner, uint8_t proto)
{
	return proto != IPPROTO_TCP && owner->via == WEIR_VIA_USER && owner->creator != owner->tgid;
}

/* How sure the owner is that an event of this side tells of. */
static enum party_via via_told(const struct conn_side *side)
{
	if (side->is_by_packet && may_be_another(side->owner, side->key->proto))
		return PARTY_INHERITED;
	return via_of(side->owner);
}

/* Of what he has and has not used himself nobody knows as what program he would. */
static uint32_t program_of(const struct weir_owner *owner)
{
	bool is_waiting = owner->via == WEIR_VIA_INHERITED || owner->flags & WEIR_OWNER_LISTENER;

	return is_waiting ? 0 : owner->program;
}

/* True: the party has a process that is held for the caller. */
static bool take_owner(struct who *who, struct party *party, const struct weir_owner *owner,
		       enum party_via via)
{
	struct process_seen seen = { .start_ns = owner->start_ns,
				     .cgroup_id = owner->cgroup_id,
				     .tgid = owner->tgid,
				     .uid = owner->uid,
				     .program = program_of(owner),
				     .is_leader = owner->flags & WEIR_OWNER_COMM_LEADER };
	const struct process *process;

	if (!via || !is_surer(via, party->via))
		return false;
	memcpy(seen.comm, owner->comm, sizeof(seen.comm));
	process = processes_get(who->processes, &seen);
	if (!process)
		return false;
	party->process = process;
	party->via = (uint8_t)via;
	party->netns = owner->flags & WEIR_OWNER_NETNS_COOKIE ? 0 : (uint32_t)owner->netns;
	/* One that nobody has been seen in is looked for now: others there may have no socket. */
	if (who->namespaces)
		(void)namespaces_by_inode(who->namespaces, party->netns);
	return true;
}

/* Whose network namespace has the address: that behind the interface, if it is the one. */
static struct namespace *take_place(struct who *who, struct party *party,
				    const struct conn_side *side, const uint8_t addr[static 16])
{
	struct namespace *ns = NULL, *behind = NULL;

	if (!who->namespaces || addr_set_has(who->parts.addrs, addr))
		return NULL;
	if (side->is_behind)
		behind = namespaces_by_ifindex(who->namespaces, side->key->ifindex);
	if (namespaces_by_addr(who->namespaces, addr, &ns) == -ENOTUNIQ)
		ns = behind;
	if (!ns || party->via)
		return ns;
	party->netns = (uint32_t)ns->inode;
	party->via = ns == behind ? PARTY_INTERFACE : PARTY_ADDRESS;
	return ns;
}

/* Where the kernel can be asked for the socket of a side. */
struct question {
	struct weir_tuple tuple;
	int nsid;
};

/* False: it is not here, or of a protocol that has no such sockets. */
static bool question_of(const struct who *who, const struct conn_side *side,
			const struct namespace *ns, const uint8_t addr[static 16],
			struct question *ret)
{
	if (side->key->proto != IPPROTO_TCP && side->key->proto != IPPROTO_UDP)
		return false;
	if (ns ? ns->nsid < 0 : !addr_set_has(who->parts.addrs, addr))
		return false;
	*ret = (struct question){ .tuple = { .family = side->key->family,
					     .proto = side->key->proto,
					     .own = side->at },
				  .nsid = ns ? ns->nsid : WEIR_NSID_CURRENT };
	memcpy(ret->tuple.addr, side->key->addr, sizeof(ret->tuple.addr));
	memcpy(ret->tuple.port, side->key->port, sizeof(ret->tuple.port));
	return true;
}

/*
 * Nobody has told who has the socket. If it is here the kernel says at once who waits there, and of
 * what goes on a little later who has it in the end. A socket of UDP may be anybody's who shares it
 * until a packet tells. True: as take_owner().
 */
static bool ask(struct who *who, struct party *party, const struct conn_side *side,
		const struct namespace *ns, const uint8_t addr[static 16])
{
	struct question question;
	struct weir_owner owner;
	bool is_held = false;

	if (!question_of(who, side, ns, addr, &question))
		return false;
	if (glance(who->glances, &question.tuple, question.nsid, time_monotonic_ns(), &owner)) {
		if (side->key->proto == IPPROTO_UDP)
			owner.flags |= WEIR_OWNER_LISTENER;
		is_held = take_owner(who, party, &owner, via_of(&owner));
	}
	if (!side->is_knocking && !is_known(party))
		asks_add(who->asks, &question.tuple, question.nsid);
	return is_held;
}

struct joined {
	char text[NAMES_SIZE];
	size_t len;
};

/* One more, after a comma; what has one, or finds no room, is left out. */
static void join(struct joined *names, const char *name)
{
	size_t more = strlen(name);

	if (names->len + more + 2 > sizeof(names->text) || strchr(name, ','))
		return;
	if (names->len)
		names->text[names->len++] = ',';
	memcpy(names->text + names->len, name, more + 1);
	names->len += more;
}

static void join_list(struct joined *names, const char *list)
{
	for (; list && *list; list += strlen(list) + 1)
		join(names, list);
}

/* What the address is called: by the administrator, by who was told it, or by somebody else. */
static void names_of(const struct who *who, struct joined *names, const uint8_t addr[static 16],
		     const uint8_t client[static 16], const struct endpoint_facts *facts)
{
	struct dns_names_found found = { .count = 0 };

	if (facts)
		join_list(names, facts->names);
	if (!names->len)
		join_list(names, hosts_find(who->hosts, addr));
	if (names->len)
		return;
	dns_names_find(who->dns, client, addr, time_monotonic_ns(), &found);
	for (unsigned int i = 0; i < found.count; i++)
		join(names, found.names[i]);
}

/* Both are held for the caller. */
static void take_names(struct who *who, struct party *party, const struct conn_side *side,
		       const uint8_t addr[static 16])
{
	struct endpoint_facts facts;
	struct joined names = { .len = 0 };
	uint8_t client[16];
	bool is_in_file = who->endpoints && endpoints_file_find(who->endpoints, addr, &facts);

	memcpy(client, side->key->addr[!side->at], sizeof(client));
	names_of(who, &names, addr, client, is_in_file ? &facts : NULL);
	party->names = names.len ? intern_get(who->names, names.text) : NULL;
	party->file = is_in_file ? endpoint_copy_get(who->copies, &facts) : NULL;
	if (!party->via && party->file)
		party->via = PARTY_FILE;
	if (!party->via && party->names)
		party->via = PARTY_DNS;
}

/* Has it been asked for before, and is there nothing that could tell more? */
static bool is_settled(const struct party *was, const struct conn_side *side)
{
	return is_known(was) && !side->owner && !side->mac;
}

uint32_t who_party(struct who *who, const struct conn_side *side)
{
	const struct party *was = parties_at(who->parties, side->was);
	struct party party = { .process = was->process, .netns = was->netns, .via = was->via };
	bool holds_process = false;
	struct namespace *ns;
	uint8_t addr[16];
	uint32_t number;

	if (is_settled(was, side))
		return side->was;
	memcpy(party.mac, side->mac ? side->mac : was->mac, sizeof(party.mac));
	memcpy(addr, side->key->addr[side->at], sizeof(addr));
	if (party.via > PARTY_LISTENER)
		party.via = PARTY_UNKNOWN;
	if (side->owner)
		holds_process = take_owner(who, &party, side->owner, via_told(side));
	if (side->is_owner_only && !holds_process)
		return side->was;
	if (!is_known(&party)) {
		ns = take_place(who, &party, side, addr);
		if (!side->owner)
			holds_process = ask(who, &party, side, ns, addr);
	}
	take_names(who, &party, side, addr);
	number = parties_get(who->parties, &party);
	if (holds_process)
		process_unref(&party.process);
	endpoint_copy_put(who->copies, party.file);
	intern_put(who->names, &party.names);
	parties_unref(who->parties, side->was);
	return number;
}

/* Is the socket's end of the connection really in the namespace that the socket is in? */
static bool is_at_home(const struct who *who, const struct weir_user_event *event)
{
	uint8_t addr[16];
	bool is_ours;

	memcpy(addr, event->tuple.addr[event->tuple.own & 1], sizeof(addr));
	is_ours = addr_set_has(who->parts.addrs, addr);
	if (event->owner.flags & WEIR_OWNER_NETNS_COOKIE)
		return true;
	return is_ours == (event->owner.netns == who->parts.netns);
}

/* A key of the same tuple, for the connections. */
static struct weir_flow_key key_of(const struct weir_tuple *tuple)
{
	struct weir_flow_key key = { .family = tuple->family, .proto = tuple->proto };

	memcpy(key.addr, tuple->addr, sizeof(key.addr));
	memcpy(key.port, tuple->port, sizeof(key.port));
	return key;
}

void who_user(struct who *who, const struct weir_user_event *event)
{
	struct weir_flow_key key = key_of(&event->tuple);

	if (event->tuple.port[0] && event->tuple.port[1] && is_at_home(who, event))
		conn_owned(who->parts.conns, &key, event->tuple.own & 1, &event->owner);
}

static bool ask_is_wanted(void *ctx, const struct weir_tuple *tuple)
{
	struct weir_flow_key key = key_of(tuple);
	const struct who *who = ctx;
	uint32_t number;

	return conn_get_party(who->parts.conns, &key, tuple->own & 1, &number) &&
	       !is_known(parties_at(who->parties, number)) &&
	       !who_nat_is_elsewhere(who, &key, tuple->own & 1);
}

static void ask_found(void *ctx, const struct weir_tuple *tuple, const struct weir_owner *owner)
{
	struct weir_flow_key key = key_of(tuple);
	struct weir_owner told = *owner;
	const struct who *who = ctx;

	if (may_be_another(owner, tuple->proto))
		told.via = WEIR_VIA_INHERITED;
	if (owner->flags & WEIR_OWNER_LISTENER)
		told.cookie = 0; /* it is not the connection's */
	conn_owned(who->parts.conns, &key, tuple->own & 1, &told);
}

const struct asks_ops who_asks_ops = { .is_wanted = ask_is_wanted, .found = ask_found };
