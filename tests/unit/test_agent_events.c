// SPDX-License-Identifier: BSD-2-Clause
/* Hubble's AgentEvent in JSON, byte for byte. */
#include "log/agent_events.h"

#include "base/addr.h"
#include "base/cleanup.h"
#include "log/event_log.h"
#include "tests/harness.h"
#include "who/containers.h"
#include "who/party_facts.h"

#define TIME_NS	       1700000000000000000ULL /* 2023-11-14T22:13:20Z */
#define auto_event_log __attribute__((cleanup(event_log_free)))

static const struct label labels[] = { { "app", "cart" }, { "canary", "" } };

static struct pod cart = {
	.namespace = "shop",
	.name = "cart-7d9f",
	.uid = "u",
	.runtime = "containerd",
	.labels = labels,
	.label_count = ARRAY_SIZE(labels),
};
static struct pod of_podman = { .namespace = "", .name = "web", .uid = "u", .runtime = "podman" };
static struct container alone = {
	.id = "0123", .name = "db\x1b", .image = "", .runtime = "docker"
};

static const struct party_facts of_cart = { .pod = &cart };
static const struct party_facts of_web = { .pod = &of_podman };
static const struct party_facts of_alone = { .container = &alone };
static const struct party_facts of_host = { .is_local = true };

static int setup(void **state)
{
	struct event_log *log = NULL;

	assert_int_equal(event_log_new(&log, AGENT_EVENTS_MAX, AGENT_EVENTS_BYTES_MAX), 0);
	*state = log;
	return 0;
}

static int teardown(void **state)
{
	struct event_log *log = *state;

	event_log_free(&log);
	return 0;
}

/* The newest event. */
static void assert_told(struct event_log *log, const char *expect)
{
	struct log_view view = event_log_view(log);
	uint64_t seq = view.ops->next(view.log) - 1, time_ns;
	char told[512];
	struct text json;

	assert_true(seq >= view.ops->oldest(view.log));
	json = event_log_get(log, seq, &time_ns);
	assert_true(time_ns == TIME_NS);
	snprintf(told, sizeof(told), "%.*s", (int)json.len, json.bytes);
	assert_string_equal(told, expect);
}

static void the_start_of_the_agent_has_its_time(void **state)
{
	agent_events_start(*state, TIME_NS);
	assert_told(*state, "{\"type\":\"AGENT_STARTED\","
			    "\"agent_start\":{\"time\":\"2023-11-14T22:13:20Z\"}}");
}

static void a_pod_comes_and_goes_with_what_is_known_of_it(void **state)
{
	agent_events_endpoint(*state, TIME_NS, &of_cart, true);
	assert_told(*state,
		    "{\"type\":\"ENDPOINT_CREATED\",\"endpoint_update\":{\"id\":\"24190567\","
		    "\"labels\":[\"k8s:app=cart\",\"k8s:canary\","
		    "\"k8s:io.kubernetes.pod.namespace=shop\"],"
		    "\"pod_name\":\"cart-7d9f\",\"namespace\":\"shop\"}}");
	agent_events_endpoint(*state, TIME_NS, &of_web, false);
	assert_told(*state, "{\"type\":\"ENDPOINT_DELETED\",\"endpoint_update\":"
			    "{\"id\":\"19757429\",\"pod_name\":\"web\"}}");
}

static void a_container_of_no_pod_is_told_by_its_label(void **state)
{
	agent_events_endpoint(*state, TIME_NS, &of_alone, true);
	assert_told(*state, "{\"type\":\"ENDPOINT_CREATED\",\"endpoint_update\":"
			    "{\"id\":\"20300949\",\"labels\":[\"container:name=db\\u001b\"]}}");
}

static void an_address_is_somebodys_or_nobodys_any_more(void **state)
{
	uint8_t v4[16], v6[16];
	int family;

	assert_int_equal(addr_parse("10.0.1.5", v4, &family), 0);
	assert_int_equal(addr_parse("2001:db8::1", v6, &family), 0);
	agent_events_address(*state, TIME_NS, v4, &of_cart, true);
	assert_told(*state, "{\"type\":\"IPCACHE_UPSERTED\",\"ipcache_update\":"
			    "{\"cidr\":\"10.0.1.5/32\",\"identity\":24190567,"
			    "\"namespace\":\"shop\",\"pod_name\":\"cart-7d9f\"}}");
	agent_events_address(*state, TIME_NS, v6, &of_host, false);
	assert_told(*state, "{\"type\":\"IPCACHE_DELETED\",\"ipcache_update\":"
			    "{\"cidr\":\"2001:db8::1/128\",\"identity\":1}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(the_start_of_the_agent_has_its_time),
		T(a_pod_comes_and_goes_with_what_is_known_of_it),
		T(a_container_of_no_pod_is_told_by_its_label),
		T(an_address_is_somebodys_or_nobodys_any_more),
#undef T
	};

	return cmocka_run_group_tests_name("test_agent_events", tests, NULL, NULL);
}
