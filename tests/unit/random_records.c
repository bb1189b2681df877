// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/random_records.h"

#include <netinet/in.h>

#include "base/cleanup.h"
#include "tests/harness.h"
#include "who/cgroups.h"
#include "who/containers.h"
#include "who/endpoint_copy.h"
#include "who/labels.h"
#include "who/party.h"
#include "who/processes.h"
#include "who/translations.h"

#include "weir/flow.h"

#define ID	  "3f4b1c0d9e8a7f6e5d4c3b2a190807060504030201000f0e0d0c0b0a09080706"
#define TIME_2026 1795294803412345678

static const struct label labels[] = { { "app", "cart" }, { "canary", "" }, { "tier", "web" } };

static struct pod pods[] = {
	{ .namespace = "shop",
	  .name = "cart-7d9f",
	  .labels = labels,
	  .label_count = 2,
	  .workload = { "cart", "Deployment" } },
	{ .namespace = "shop", .name = "cart-2", .workload = { "cart", NULL } },
	{ .namespace = "default", .name = "db-0", .labels = labels + 1, .label_count = 2 },
	{ .namespace = "", .name = "podman", .labels = labels, .label_count = 1 },
	{ .namespace = "", .name = "" },
};
static struct container containers[] = {
	{ .id = ID, .name = "app", .runtime = "containerd", .pod = &pods[0] },
	{ .id = "1" ID, .name = "app", .runtime = "containerd", .pod = &pods[1] },
	{ .id = "2" ID, .name = "pause", .runtime = "", .pod = &pods[2], .is_sandbox = true },
	{ .id = "3" ID, .name = "web", .runtime = "podman", .pod = &pods[3] },
	{ .id = "4" ID, .name = "x", .runtime = "", .pod = &pods[4] },
	{ .id = "5" ID, .name = "db", .runtime = "docker", .labels = labels, .label_count = 3 },
	{ .id = "6" ID, .name = "", .runtime = "docker" },
};
static const struct cgroup_info cgroups[] = {
	{ .path = "/system.slice/nginx.service", .name = { .unit = "nginx.service" } },
	{ .path = "/user.slice/session-4.scope", .name = { .unit = "session-4.scope" } },
	{ .path = "/docker/" ID, .name = { .container = ID, .runtime = CGROUP_RUNTIME_DOCKER } },
	{ .path = "/" },
};
static const struct process processes[] = {
	{ .pid = 42,
	  .comm = "nginx",
	  .exe = "/usr/sbin/nginx",
	  .uid = 33,
	  .netns = 4026531840,
	  .cgroup_id = 77,
	  .cgroup = &cgroups[0] },
	{ .pid = 7, .comm = "curl", .uid = PROCESS_UID_UNKNOWN, .cgroup = &cgroups[1] },
	{ .pid = 9, .comm = "cart", .uid = 1000, .cgroup_id = 78, .cgroup = &cgroups[2] },
	{ .pid = 8, .comm = "sh", .uid = 0, .exe = "/bin/sh", .cgroup = &cgroups[3] },
	{ .pid = 3, .comm = "kworker", .uid = 0 },
};
static const struct endpoint_copy files[] = {
	{ { "shop", "db-0", "db", "data", "db", "StatefulSet", "k8s:app=db\0k8s:x\0", "" } },
	{ { "shop", "db-1", "", "", "", "", "", "" } },
	{ { "", "", "dns", "", "", "", "", "dns.example.org\0" } },
	{ { "", "", "", "", "vm", "", "vm=1\0", "" } },
};
static const char *const names[] = { "db.example.com", "a.example.com,www.example.org", "one" };

/* The container is at home in the MAC, which nobody else looks at. */
static struct container *find(void *ctx, const struct party *party)
{
	(void)ctx;
	return party->mac[5] ? &containers[party->mac[5] - 1] : NULL;
}

static void unref(struct container **at)
{
	*at = NULL;
}

static void keep(void *ctx, const struct party *party)
{
	(void)ctx;
	(void)party;
}

static const struct parties_ops ops = { .find = find, .unref = unref, .hold = keep, .drop = keep };

#define ANY_OF(array) (&(array)[(size_t)rand() % ARRAY_SIZE(array)])

static struct party random_party(void)
{
	struct party party = { .via = (uint8_t)(rand() % PARTY_VIA_MAX) };

	if (rand() % 2)
		party.process = ANY_OF(processes);
	if (rand() % 4 == 0)
		party.file = ANY_OF(files);
	if (rand() % 3 == 0)
		party.names = *ANY_OF(names);
	if (rand() % 2)
		party.mac[5] = (uint8_t)(1 + (size_t)rand() % ARRAY_SIZE(containers));
	if (!party.via && party.process)
		party.via = PARTY_USER;
	return party;
}

#define PARTIES 64

static struct parties *all_parties;
static struct translations *all_translations;

static void forget(void)
{
	parties_free(&all_parties);
	translations_free(&all_translations);
}

#define TRANSLATIONS 24 /* the first half of them IPv4's */

static void random_addr(uint8_t addr[static 16], unsigned int family);

static void make_translations(void)
{
	assert_int_equal(translations_new(&all_translations, TRANSLATIONS), 0);
	for (uint16_t i = 0; i < TRANSLATIONS; i++) {
		unsigned int family = i < TRANSLATIONS / 2 ? WEIR_IPV4 : WEIR_IPV6;
		struct translation translation = { .port = i,
						   .is_same = (uint8_t)(rand() % 4),
						   .role = (uint8_t)(rand() % NAT_ROLE_MAX) };

		for (int end = 0; end < 2; end++) {
			if (!(translation.is_same >> end & 1))
				random_addr(translation.addr[end], family);
		}
		assert_int_equal(translations_get(all_translations, &translation, false), i + 1);
	}
}

const struct record_context *random_context(void)
{
	static struct record_context context = { .node_name = "n1",
						 .agent_start_ns = 1795290000123456789,
						 .netns = "4026532281" };

	if (!all_parties) {
		assert_int_equal(parties_new(&all_parties, PARTIES, &ops, NULL), 0);
		(void)atexit(forget);
		for (int i = 0; i < PARTIES; i++) {
			struct party party = random_party();

			(void)parties_get(all_parties, &party);
		}
		make_translations();
		context.parties = all_parties;
		context.translations = all_translations;
	}
	return &context;
}

/* Few addresses, so that filters meet them. */
static void random_addr(uint8_t addr[static 16], unsigned int family)
{
	memset(addr, 0, 16);
	if (family == WEIR_IPV4) {
		addr[10] = addr[11] = 0xff;
		addr[12] = rand() % 4 ? 10 : 192;
	} else {
		addr[0] = rand() % 2 ? 0x20 : 0xfe;
	}
	addr[15] = (uint8_t)(rand() % 6);
}

static void random_packet(struct record *rec)
{
	static const uint8_t protos[] = { IPPROTO_TCP,	IPPROTO_TCP,	IPPROTO_UDP,
					  IPPROTO_SCTP, IPPROTO_DCCP,	IPPROTO_UDPLITE,
					  IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_GRE };
	static const uint16_t ports[] = { 53, 80, 443, 8080, 40000 };

	rec->family = rand() % 3 ? WEIR_IPV4 : WEIR_IPV6;
	rec->proto = *ANY_OF(protos);
	for (int i = 0; i < 2; i++) {
		random_addr(rec->addr[i], rec->family);
		rec->port[i] = rand() % 9 ? *ANY_OF(ports) : 0;
	}
	rec->tcp_flags = (uint8_t)(rand() % 256);
	rec->icmp_type = (uint8_t)(rand() % 20);
	rec->icmp_code = (uint8_t)(rand() % 3);
}

static void random_life(struct record *rec)
{
	rec->event = (unsigned int)rand() % RECORD_EVENT_MAX;
	rec->sender = (unsigned int)rand() % 2;
	rec->close_reason = 1 + (unsigned int)rand() % (WEIR_CLOSE_MAX - 1);
	rec->initiator_by = (unsigned int)rand() % WEIR_BY_MAX;
	rec->duration_ns = (uint64_t)rand() * 10;
	rec->rtt_server_ns = rand() % 2 ? (uint64_t)rand() % 10000000 : 0;
	rec->rtt_client_ns = rand() % 2 ? (uint64_t)rand() % 10000000 : 0;
	rec->has_counts = rand() % 3;
	for (int i = 0; i < 2; i++)
		rec->count[i] = (struct record_count){ (uint64_t)rand() % 1000,
						       (uint64_t)rand() % 1000000 };
}

static void random_place(struct record *rec)
{
	static const char *const interfaces[] = { "eth0", "veth1a2b", "lo", "" };

	snprintf(rec->ifname, sizeof(rec->ifname), "%s", *ANY_OF(interfaces));
	rec->ifindex = (uint32_t)rand() % 9 + 1;
	rec->role = (unsigned int)rand() % ROLE_MAX;
	rec->hook = (unsigned int)rand() % 2;
	rec->is_local = (unsigned int)rand() % 4;
	if (rand() % 4 == 0)
		rec->vlan = WEIR_VLAN_TAGGED | 100;
	if (rand() % 4 == 0)
		rec->vlan |= WEIR_ENCAPSULATED;
	rec->vni = (uint32_t)rand() % 5000;
	rec->cookie = rand() % 2 ? 8193 : 0;
}

void random_record(struct random_record *ret)
{
	struct record_more more = { .retransmits = { 3, (uint32_t)rand() % 9 } };
	struct record *rec = &ret->rec;

	*ret = (struct random_record){ .seq = 1 + (uint64_t)rand(), .has_legs = rand() % 4 };
	rec->time_ns = TIME_2026 + (uint64_t)rand();
	rec->start_ns = rec->time_ns - (uint64_t)rand();
	rec->conn_id = (uint64_t)rand() << 32 | (uint64_t)rand();
	random_packet(rec);
	random_life(rec);
	random_place(rec);
	for (int i = 0; i < 2; i++)
		rec->party[i] = (uint32_t)rand() % PARTIES;
	if (rand() % 2)
		rec->nat = (uint16_t)(1 + rand() % (TRANSLATIONS / 2) +
				      (rec->family == WEIR_IPV6 ? TRANSLATIONS / 2 : 0));
	rec->nat_port = (uint16_t)rand();
	rec->nat_has_twin = (unsigned int)rand() % 2;
	rec->has_more = (unsigned int)rand() % 2;
	if (!rec->has_more)
		return;
	rec->legs = 1;
	rec->knows_retransmits = (unsigned int)rand() % 4;
	record_put_more(&ret->legs[0], &more);
}

const struct record_leg *random_legs(const struct random_record *record)
{
	return record->has_legs && record->rec.legs ? record->legs : NULL;
}
