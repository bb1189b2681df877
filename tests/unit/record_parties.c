// SPDX-License-Identifier: BSD-2-Clause
/* Who is at the ends of the records of record_cases.c. */
#include "record_cases.h"

#include "base/addr.h"
#include "base/cleanup.h"
#include "who/cgroups.h"
#include "who/containers.h"
#include "who/endpoint_copy.h"
#include "who/labels.h"
#include "who/party.h"
#include "who/processes.h"
#include "who/translations.h"

struct record_context record_cases_context = { .node_name = "n1",
					       .agent_start_ns = RECORD_AGENT_START,
					       .netns = "4026532281" };

static const struct label cart_labels[] = { { "app", "cart" } };
static struct pod cart_pod = { .namespace = "shop",
			       .name = "cart-7d9f",
			       .labels = cart_labels,
			       .label_count = 1,
			       .workload = { .name = "cart", .kind = "Deployment" } };
static struct container cart_container = {
	.id = "0a1b2c", .name = "app", .runtime = "containerd", .pod = &cart_pod
};
static const struct cgroup_info cart_cgroup = { .id = 4711,
						.path = "/kubepods/pod1/0a1b2c",
						.name = { .container = "0a1b2c" } };
static const struct cgroup_info nginx_cgroup = { .id = 77,
						 .path = "/system.slice/nginx.service",
						 .name = { .unit = "nginx.service" } };
static const struct process cart = { .pid = 4242,
				     .comm = "cart",
				     .exe = "/app/cart",
				     .uid = 1000,
				     .netns = 4026532300,
				     .cgroup_id = 4711,
				     .cgroup = &cart_cgroup };
static const struct process nginx = { .pid = 800,
				      .comm = "nginx",
				      .exe = "/usr/sbin/nginx",
				      .uid = 33,
				      .netns = 4026532281,
				      .cgroup_id = 77,
				      .cgroup = &nginx_cgroup };
static const struct endpoint_copy db = { .facts = { "shop", "db-0", "db", "shop", "db",
						    "StatefulSet", "k8s:app=db\0", "" } };

static struct container *party_find(void *ctx, const struct party *party)
{
	(void)ctx;
	return party->process == &cart ? &cart_container : NULL;
}

static void party_unref(struct container **at)
{
	*at = NULL;
}

static void party_keep(void *ctx, const struct party *party)
{
	(void)ctx;
	(void)party;
}

static const struct parties_ops party_ops = {
	.find = party_find, .unref = party_unref, .hold = party_keep, .drop = party_keep
};

/* A service's, its masqueraded twin's, and one of ICMP. */
static struct translations *make_translations(void)
{
	static const struct {
		const char *initiator, *responder; /* NULL: the same */
		uint16_t port;
		enum nat_role role;
	} rows[] = {
		{ "192.0.2.1", "10.0.2.7", 5432, NAT_ORIGINAL },
		{ "10.0.1.5", "10.96.0.10", 80, NAT_TRANSLATED },
		{ NULL, "2001:db8:2::7", 0, NAT_ORIGINAL },
	};
	struct translations *translations;
	int family;

	if (translations_new(&translations, ARRAY_SIZE(rows)))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct translation translation = {
			.port = rows[i].port,
			.role = (uint8_t)rows[i].role,
			.is_same = rows[i].initiator ? 0 : TRANSLATION_SAME_INITIATOR
		};

		if (rows[i].initiator)
			(void)addr_parse(rows[i].initiator, translation.addr[0], &family);
		(void)addr_parse(rows[i].responder, translation.addr[1], &family);
		(void)translations_get(translations, &translation, false);
	}
	return translations;
}

/* 1 to 4 are told by their MAC addresses; 5 is a pod, 6 of the endpoints file, 7 a unit. */
int record_parties_begin(void **state)
{
	const struct party whole[] = {
		{ .process = &cart, .mac = { 2, 0, 0, 0, 0, 5 }, .via = PARTY_USER },
		{ .file = &db,
		  .names = "db.example.org,db",
		  .mac = { 2, 0, 0, 0, 0, 6 },
		  .via = PARTY_FILE },
		{ .process = &nginx, .mac = { 2, 0, 0, 0, 0, 7 }, .via = PARTY_INHERITED },
	};
	struct parties *parties;

	(void)state;
	if (parties_new(&parties, 7, &party_ops, NULL))
		return -1;
	for (uint8_t i = 1; i <= 4; i++)
		(void)parties_get(parties, &(const struct party){ .mac = { 2, 0, 0, 0, 0, i } });
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		(void)parties_get(parties, &whole[i]);
	record_cases_context.parties = parties;
	record_cases_context.translations = make_translations();
	return record_cases_context.translations ? 0 : -1;
}

int record_parties_end(void **state)
{
	(void)state;
	parties_free((struct parties **)&record_cases_context.parties);
	translations_free((struct translations **)&record_cases_context.translations);
	return 0;
}
