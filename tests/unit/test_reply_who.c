// SPDX-License-Identifier: BSD-2-Clause
/*
 * Lists of a registry that the tests fill, line by line as a client gets them. An agent of nothing
 * but what lists read.
 */
#include "socket/reply_who.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "agent.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "loop.h"
#include "socket/control.h"
#include "tests/harness.h"
#include "who/containers.h"
#include "who/endpoints_file.h"
#include "who/party.h"
#include "who/who_private.h"
#include "worker.h"

#define DEADLINE_MS 20000

/* The identities below are identity_of()'s, whose own test says what they have to be. */

struct world {
	struct agent agent;
	struct agent_options options;
	struct who who;
	struct listing *listing;
	struct buf out;
	struct watch *deadline;
	struct reply_who *reply;
	char path[32];
	unsigned int woken;
	bool is_late;
};

static int on_deadline(void *ctx)
{
	struct world *world = ctx;

	world->is_late = true;
	loop_stop(world->agent.loop, 0);
	return 0;
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	int fd;

	assert_non_null(world);
	snprintf(world->agent.node_name, sizeof(world->agent.node_name), "n1");
	world->agent.options = &world->options;
	world->agent.who = &world->who;
	world->who.parts.addrs = &world->agent.addrs;
	world->who.parts.netns = 4711;
	assert_int_equal(containers_new(&world->who.containers, NULL, NULL), 0);
	assert_int_equal(parties_new(&world->who.parties, 16, NULL, NULL), 0);
	assert_int_equal(loop_new(&world->agent.loop), 0);
	assert_int_equal(worker_new(&world->agent.who_worker, world->agent.loop), 0);
	assert_int_equal(loop_add_timer(world->agent.loop, DEADLINE_MS, 0, on_deadline, world,
					&world->deadline),
			 0);
	world->listing = listing_new();
	assert_non_null(world->listing);
	snprintf(world->path, sizeof(world->path), "/tmp/weir-endpoints-XXXXXX");
	fd = mkstemp(world->path);
	assert_true(fd >= 0);
	close(fd);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	reply_who_free(&world->reply);
	endpoints_file_free(&world->who.endpoints);
	watch_free(&world->deadline);
	worker_free(&world->agent.who_worker);
	loop_free(&world->agent.loop);
	parties_free(&world->who.parties);
	containers_free(&world->who.containers);
	addr_set_done(&world->agent.addrs);
	listing_free(&world->listing);
	buf_done(&world->out);
	unlink(world->path);
	free(world);
	return 0;
}

static struct found *found(struct world *world, const char *id)
{
	struct found *item = listing_add(world->listing, text_from_str(id));

	assert_non_null(item);
	item->runtime = "containerd";
	return item;
}

static void tell_pod(struct world *world, const char *id, const char *namespace, const char *name)
{
	struct found *item = found(world, id);

	item->is_sandbox = true;
	item->has_labels = true;
	item->sandbox_id = id;
	item->pod_namespace = namespace;
	item->pod_name = name;
	item->pod_uid = id;
	assert_true(listing_ip(item, text_from_str("10.0.0.5")));
	assert_true(listing_ip(item, text_from_str("fd00::5")));
	if (!strcmp(name, "db-0")) {
		listing_label(world->listing, item,
			      text_from_str("statefulset.kubernetes.io/pod-name"),
			      text_from_str(name));
	}
	containers_tell(world->who.containers, item, 0, 2);
}

static void tell_container(struct world *world, const char *id, const char *name,
			   const char *sandbox_id)
{
	struct found *item = found(world, id);

	item->name = name;
	item->image = "registry/app:1";
	item->sandbox_id = sandbox_id;
	containers_tell(world->who.containers, item, 0, 2);
}

static void wake(void *ctx)
{
	struct world *world = ctx;

	world->woken++;
	loop_stop(world->agent.loop, 0);
}

static void start(struct world *world, enum who_kind kind)
{
	buf_truncate(&world->out, 0);
	reply_who_free(&world->reply);
	assert_int_equal(reply_who_new(&world->reply, &world->agent, kind, wake, world), 0);
}

/* The whole answer, as a string. */
static const char *list(struct world *world, enum who_kind kind)
{
	int r;

	start(world, kind);
	do {
		r = reply_who_write(world->reply, &world->out, CONTROL_OUT_HIGH);
		if (r == REPLY_WAITS)
			assert_int_equal(loop_run(world->agent.loop), 0);
		assert_false(world->is_late);
	} while (r > 0);
	assert_int_equal(r, REPLY_DONE);
	buf_append_char(&world->out, '\0');
	return buf_bytes(&world->out);
}

static void pods_are_in_order_and_those_gone_are_left_out(void **state)
{
	struct world *world = *state;

	tell_pod(world, "s2", "shop", "db-0");
	tell_pod(world, "s1", "shop", "cart");
	tell_pod(world, "s3", "front", "gone");
	tell_container(world, "c1", "app", "s1");
	tell_container(world, "c2", "side", "s1");
	tell_container(world, "c3", "old", "s1");
	containers_remove(world->who.containers, "s3", 1);
	containers_remove(world->who.containers, "c3", 1);
	assert_string_equal(
		list(world, WHO_PODS),
		"{\"uid\":\"s1\",\"identity\":33504997,\"namespace\":\"shop\",\"labels\":["
		"\"k8s:io.kubernetes.pod.namespace=shop\"],\"pod_name\":\"cart\",\"ips\":["
		"\"10.0.0.5\",\"fd00::5\"],\"containers\":2,\"runtime\":\"containerd\"}\n"
		"{\"uid\":\"s2\",\"identity\":16852706,\"namespace\":\"shop\",\"labels\":["
		"\"k8s:statefulset.kubernetes.io/pod-name=db-0\",\"k8s:io.kubernetes.pod.namespace=shop"
		"\"],\"pod_name\":\"db-0\",\"workloads\":[{\"name\":\"db\",\"kind\":\"StatefulSet\"}],\"ips\":[\"10.0.0.5\",\"fd00::5\"],"
		"\"containers\":0,\"runtime\":\"containerd\"}\n"
		"{\"end\":{}}\n");
}

static void containers_are_those_that_run_something(void **state)
{
	struct world *world = *state;

	tell_pod(world, "s1", "shop", "cart");
	tell_container(world, "c2", "side", "s1");
	tell_container(world, "c1", "app", "s1");
	tell_container(world, "c0", "alone", "");
	assert_string_equal(
		list(world, WHO_CONTAINERS),
		"{\"id\":\"c0\",\"name\":\"alone\",\"runtime\":\"containerd\",\"image\":"
		"\"registry/app:1\",\"identity\":25025175,\"labels\":[\"container:name=alone\"]}\n"
		"{\"id\":\"c1\",\"name\":\"app\",\"runtime\":\"containerd\",\"image\":"
		"\"registry/app:1\",\"pod\":{\"namespace\":\"shop\",\"name\":\"cart\",\"uid\":"
		"\"s1\"}}\n"
		"{\"id\":\"c2\",\"name\":\"side\",\"runtime\":\"containerd\",\"image\":"
		"\"registry/app:1\",\"pod\":{\"namespace\":\"shop\",\"name\":\"cart\",\"uid\":"
		"\"s1\"}}\n"
		"{\"end\":{}}\n");
}

static void endpoints_are_whatever_has_a_name(void **state)
{
	static const uint8_t v4[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 }, v6[16] = { 0xfd };
	struct world *world = *state;

	tell_pod(world, "s1", "shop", "cart");
	tell_container(world, "c1", "app", "s1");
	tell_container(world, "c0", "alone", "");
	assert_int_equal(addr_set_add(&world->agent.addrs, 1, v6), 0);
	assert_int_equal(addr_set_add(&world->agent.addrs, 1, v4), 0);
	assert_int_equal(addr_set_add(&world->agent.addrs, 2, v4), 0);
	assert_string_equal(
		list(world, WHO_ENDPOINTS),
		"{\"kind\":\"pod\",\"name\":\"cart\",\"identity\":33504997,\"namespace\":\"shop\","
		"\"labels\":[\"k8s:io.kubernetes.pod.namespace=shop\"],\"pod_name\":\"cart\","
		"\"ips\":[\"10.0.0.5\",\"fd00::5\"]}\n"
		"{\"kind\":\"container\",\"name\":\"alone\",\"identity\":25025175,\"labels\":["
		"\"container:name=alone\"],\"ips\":[],\"id\":\"c0\"}\n"
		"{\"kind\":\"host\",\"name\":\"n1\",\"identity\":1,\"labels\":[\"reserved:host\"],"
		"\"ips\":[\"192.0.2.1\",\"fd00::\"]}\n"
		"{\"end\":{}}\n");
}

static void namespaces_are_those_of_pods_each_once(void **state)
{
	struct world *world = *state;

	assert_string_equal(list(world, WHO_NAMESPACES), "{\"namespaces\":[]}\n{\"end\":{}}\n");
	tell_pod(world, "s1", "shop", "cart");
	tell_pod(world, "s2", "front", "web");
	tell_pod(world, "s3", "shop", "db-0");
	tell_pod(world, "s4", "", "podman's");
	assert_string_equal(
		list(world, WHO_NAMESPACES),
		"{\"namespaces\":[{\"namespace\":\"front\"},{\"namespace\":\"shop\"}]}\n"
		"{\"end\":{}}\n");
}

static void what_runtimes_tell_is_escaped(void **state)
{
	struct world *world = *state;
	const char *text;

	tell_pod(world, "s1", "shop", "a\n\"b\x1b\xff");
	text = list(world, WHO_PODS);
	assert_non_null(strstr(text, "\"pod_name\":\"a\\n\\\"b\\u001b\xef\xbf\xbd\""));
	assert_null(strchr(text, '\x1b'));
}

static void our_network_namespace_is_listed_without_any_other(void **state)
{
	struct world *world = *state;

	assert_string_equal(list(world, WHO_NETNS),
			    "{\"netns\":\"4711\",\"is_own\":true,\"ips\":[]}\n{\"end\":{}}\n");
}

static unsigned int lines_of(const struct buf *buf)
{
	unsigned int lines = 0;

	for (size_t i = 0; i < buf_len(buf); i++)
		lines += buf_bytes(buf)[i] == '\n';
	return lines;
}

static void a_long_list_waits_for_its_reader_and_stays_what_it_was(void **state)
{
	struct world *world = *state;
	unsigned int lines = 0, waits = 0;
	char id[16], name[251];
	int r;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (unsigned int i = 0; i < CONTAINERS_PODS_MAX; i++) {
		snprintf(id, sizeof(id), "s%u", i);
		tell_pod(world, id, name, name);
	}
	start(world, WHO_PODS);
	while ((r = reply_who_write(world->reply, &world->out, CONTROL_OUT_HIGH)) == REPLY_MORE) {
		if (buf_len(&world->out) < CONTROL_OUT_HIGH)
			continue; /* its time was up */
		assert_true(buf_len(&world->out) < CONTROL_OUT_HIGH + 4096);
		assert_int_equal(reply_who_write(world->reply, &world->out, CONTROL_OUT_HIGH),
				 REPLY_MORE);
		lines += lines_of(&world->out);
		buf_truncate(&world->out, 0);
		if (!waits++) {
			containers_begin(world->who.containers);
			containers_end(world->who.containers, 0, 1);
			containers_expire(world->who.containers, UINT64_MAX);
			assert_int_equal(containers_sums(world->who.containers).pods, 0);
		}
	}
	assert_int_equal(r, REPLY_DONE);
	assert_true(waits >= 2);
	assert_int_equal(lines + lines_of(&world->out), CONTAINERS_PODS_MAX + 1);
}

static void write_file(const struct world *world, unsigned int count)
{
	auto_file FILE *file = fopen(world->path, "we");

	assert_non_null(file);
	fprintf(file, "{");
	for (unsigned int i = 0; i < count; i++)
		fprintf(file, "%s\"10.0.%u.%u\": {\"namespace\": \"n%u\", \"pod\": \"p\"}",
			i ? "," : "", i / 256, i % 256, i % 7000);
	fprintf(file, "}");
}

static void on_change(void *ctx)
{
	struct world *world = ctx;

	loop_stop(world->agent.loop, 0);
}

static void read_file(struct world *world, unsigned int count)
{
	uint32_t version;

	write_file(world, count);
	if (!world->who.endpoints) {
		assert_int_equal(endpoints_file_new(&world->who.endpoints, world->agent.loop,
						    world->agent.who_worker, world->path, on_change,
						    world),
				 0);
	}
	while (endpoints_count(endpoints_file_now(world->who.endpoints, &version)) != count) {
		assert_int_equal(loop_run(world->agent.loop), 0);
		assert_false(world->is_late);
	}
}

static void a_file_that_changes_amid_the_list_ends_it(void **state)
{
	struct world *world = *state;

	read_file(world, 10000);
	start(world, WHO_ENDPOINTS);
	while (buf_len(&world->out) < CONTROL_OUT_HIGH)
		assert_int_equal(reply_who_write(world->reply, &world->out, CONTROL_OUT_HIGH),
				 REPLY_MORE);
	read_file(world, 9999);
	buf_truncate(&world->out, 0);
	assert_int_equal(reply_who_write(world->reply, &world->out, CONTROL_OUT_HIGH), -EAGAIN);
	assert_int_equal(buf_len(&world->out), 0);
}

static void namespaces_beyond_what_there_is_room_for_are_counted(void **state)
{
	struct world *world = *state;
	const char *text;

	read_file(world, 7000);
	text = list(world, WHO_NAMESPACES);
	assert_int_equal(lines_of(&world->out), 4096 / 256 + 1);
	assert_non_null(strstr(text, "{\"end\":{\"left_out\":\"2904\"}}\n"));
}

static int listen_somewhere(uint16_t *port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	assert_int_equal(bind(fd, (const void *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (void *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static void listeners_are_found_by_the_worker(void **state)
{
	struct world *world = *state;
	uint16_t port;
	auto_close __attribute__((unused)) int fd = listen_somewhere(&port);
	char line[160];

	snprintf(line, sizeof(line),
		 "{\"protocol\":\"TCP\",\"address\":\"127.0.0.1\",\"port\":%u,\"netns\":\"4711\","
		 "\"is_own_netns\":true}\n",
		 port);
	assert_non_null(strstr(list(world, WHO_LISTENERS), line));
	assert_int_equal(world->woken, 1);
}

static void who_goes_amid_the_walk_is_not_woken(void **state)
{
	struct world *world = *state;

	start(world, WHO_LISTENERS);
	assert_int_equal(reply_who_write(world->reply, &world->out, CONTROL_OUT_HIGH), REPLY_WAITS);
	assert_int_equal(reply_who_write(world->reply, &world->out, CONTROL_OUT_HIGH), REPLY_WAITS);
	reply_who_free(&world->reply);
	worker_free(&world->agent.who_worker);
	assert_int_equal(world->woken, 0);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	return RUN_TESTS(WORLD_TEST(pods_are_in_order_and_those_gone_are_left_out),
			 WORLD_TEST(containers_are_those_that_run_something),
			 WORLD_TEST(endpoints_are_whatever_has_a_name),
			 WORLD_TEST(namespaces_are_those_of_pods_each_once),
			 WORLD_TEST(what_runtimes_tell_is_escaped),
			 WORLD_TEST(our_network_namespace_is_listed_without_any_other),
			 WORLD_TEST(a_long_list_waits_for_its_reader_and_stays_what_it_was),
			 WORLD_TEST(a_file_that_changes_amid_the_list_ends_it),
			 WORLD_TEST(namespaces_beyond_what_there_is_room_for_are_counted),
			 WORLD_TEST(listeners_are_found_by_the_worker),
			 WORLD_TEST(who_goes_amid_the_walk_is_not_woken));
}
