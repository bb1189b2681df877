// SPDX-License-Identifier: BSD-2-Clause
/* Answers of the Kubernetes runtime interface, packed here as a runtime packs them. */
#include "who/runtime_cri.h"

#include <sys/socket.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "cri.pb-c.h"
#include "tests/harness.h"
#include "who/call.h"
#include "who/grpc.h"
#include "who/listing.h"

/* protobuf-c would let us write into what we pack. */
#define STR(text) ((char *)(text))

static struct text packed(const ProtobufCMessage *message)
{
	static uint8_t bytes[1 << 20];
	size_t len = protobuf_c_message_get_packed_size(message);

	assert_true(len <= sizeof(bytes));
	protobuf_c_message_pack(message, bytes);
	return (struct text){ (const char *)bytes, len };
}

static Cri__PodSandbox sandbox_of(Cri__PodSandboxMetadata *meta, const char *id, int state)
{
	Cri__PodSandbox item = CRI__POD_SANDBOX__INIT;

	cri__pod_sandbox_metadata__init(meta);
	meta->name = STR("cart-1");
	meta->namespace_ = STR("shop");
	meta->uid = STR("u-1");
	item.id = STR(id);
	item.metadata = meta;
	item.state = state;
	return item;
}

static void sandboxes_are_pods(void **state)
{
	Cri__ListPodSandboxResponse list = CRI__LIST_POD_SANDBOX_RESPONSE__INIT;
	Cri__PodSandbox__LabelsEntry app = CRI__POD_SANDBOX__LABELS_ENTRY__INIT, own = app;
	Cri__PodSandbox__LabelsEntry *labels[] = { &app, &own };
	Cri__PodSandboxMetadata meta[2];
	Cri__PodSandbox items[] = { sandbox_of(&meta[0], "s1", 0), sandbox_of(&meta[1], "s2", 1) };
	Cri__PodSandbox *at[] = { &items[0], &items[1] };
	auto_listing struct listing *listing = listing_new();
	const struct found *found;

	(void)state;
	app.key = STR("app");
	app.value = STR("a\n\x1b]0;x\x07");
	own.key = STR("io.kubernetes.pod.uid");
	own.value = STR("u-1");
	items[0].labels = labels;
	items[0].n_labels = 2;
	list.items = at;
	list.n_items = 2;
	assert_int_equal(cri_sandboxes(listing, packed(&list.base), "containerd", false), 0);
	assert_int_equal(listing->count, 1); /* the other one is not ready */
	found = &listing->items[0];
	assert_string_equal(found->id, "s1");
	assert_true(found->is_sandbox);
	assert_true(found->has_labels);
	assert_string_equal(found->pod_name, "cart-1");
	assert_string_equal(found->pod_namespace, "shop");
	assert_string_equal(found->pod_uid, "u-1");
	assert_int_equal(found->label_count, 1);
	assert_string_equal(found->labels[0].value, "a\n\x1b]0;x\x07");
	assert_int_equal(cri_sandboxes(listing, packed(&list.base), "containerd", true), 0);
	assert_int_equal(listing->count, 3);
}

static void containers_are_told_with_their_sandbox(void **state)
{
	Cri__ListContainersResponse list = CRI__LIST_CONTAINERS_RESPONSE__INIT;
	Cri__ContainerMetadata meta = CRI__CONTAINER_METADATA__INIT;
	Cri__ImageSpec image = CRI__IMAGE_SPEC__INIT;
	Cri__Container items[3];
	Cri__Container *at[] = { &items[0], &items[1], &items[2] };
	auto_listing struct listing *listing = listing_new();

	(void)state;
	meta.name = STR("app");
	image.image = STR("localhost/x:1");
	for (int i = 0; i < 3; i++) {
		cri__container__init(&items[i]);
		items[i].id = STR(i ? "c2" : "c1");
		items[i].state = i; /* created, running, exited */
		items[i].pod_sandbox_id = STR("s1");
	}
	items[0].metadata = &meta;
	items[0].image = &image;
	list.containers = at;
	list.n_containers = 3;
	assert_int_equal(cri_containers(listing, packed(&list.base), "cri-o", false), 0);
	assert_int_equal(listing->count, 2);
	assert_string_equal(listing->items[0].name, "app");
	assert_string_equal(listing->items[0].image, "localhost/x:1");
	assert_string_equal(listing->items[0].sandbox_id, "s1");
	assert_string_equal(listing->items[0].runtime, "cri-o");
	assert_string_equal(listing->items[1].name, "");
}

static void a_status_tells_addresses_pid_and_namespace(void **state)
{
	Cri__PodSandboxStatusResponse answer = CRI__POD_SANDBOX_STATUS_RESPONSE__INIT;
	Cri__PodSandboxStatusResponse__InfoEntry info =
		CRI__POD_SANDBOX_STATUS_RESPONSE__INFO_ENTRY__INIT;
	Cri__PodSandboxStatusResponse__InfoEntry *infos[] = { &info };
	Cri__PodSandboxStatus status = CRI__POD_SANDBOX_STATUS__INIT;
	Cri__PodSandboxNetworkStatus network = CRI__POD_SANDBOX_NETWORK_STATUS__INIT;
	Cri__PodIP more = CRI__POD_IP__INIT;
	Cri__PodIP *mores[] = { &more };
	auto_listing struct listing *listing = listing_new();
	const struct found *found;

	(void)state;
	network.ip = STR("10.0.0.7");
	more.ip = STR("fd00::7");
	network.additional_ips = mores;
	network.n_additional_ips = 1;
	status.id = STR("s1");
	status.network = &network;
	info.key = STR("info");
	info.value = STR("{\"pid\":4711,\"config\":{\"pid\":1},\"runtimeSpec\":{\"linux\":{"
			 "\"namespaces\":[{\"type\":\"pid\",\"path\":\"/no\"},"
			 "{\"path\":\"/run/netns/a\",\"type\":\"network\"}]}}}");
	answer.status = &status;
	answer.info = infos;
	answer.n_info = 1;
	assert_int_equal(cri_status(listing, packed(&answer.base)), 0);
	found = &listing->items[0];
	assert_string_equal(found->id, "s1");
	assert_int_equal(found->net.ip_count, 2);
	assert_int_equal(found->pid, 4711);
	assert_string_equal(found->net.netns, "/run/netns/a");
	assert_false(found->net.is_host);

	/* What is in the info is each runtime's own: nothing there, or nonsense, is no failure. */
	info.value = STR("{\"pid\":");
	assert_int_equal(cri_status(listing, packed(&answer.base)), 0);
	assert_int_equal(listing->items[1].net.ip_count, 2);
	assert_int_equal(listing->items[1].pid, 0);
}

static void a_pod_on_the_nodes_network_is_marked(void **state)
{
	Cri__PodSandboxStatusResponse answer = CRI__POD_SANDBOX_STATUS_RESPONSE__INIT;
	Cri__PodSandboxStatus status = CRI__POD_SANDBOX_STATUS__INIT;
	Cri__LinuxPodSandboxStatus on_linux = CRI__LINUX_POD_SANDBOX_STATUS__INIT;
	Cri__Namespace namespaces = CRI__NAMESPACE__INIT;
	Cri__NamespaceOption option = CRI__NAMESPACE_OPTION__INIT;
	auto_listing struct listing *listing = listing_new();

	(void)state;
	option.network = 2;
	namespaces.options = &option;
	on_linux.namespaces = &namespaces;
	status.id = STR("s1");
	status.on_linux = &on_linux;
	answer.status = &status;
	assert_int_equal(cri_status(listing, packed(&answer.base)), 0);
	assert_true(listing->items[0].net.is_host);
}

static void what_is_no_answer_is_refused(void **state)
{
	static const char noise[] = "\x0a\xff\xff\xff\xff\x0fx";
	struct text text = { noise, sizeof(noise) - 1 };
	auto_listing struct listing *listing = listing_new();

	(void)state;
	assert_int_equal(cri_sandboxes(listing, text, "x", true), -EPROTO);
	assert_int_equal(cri_containers(listing, text, "x", true), -EPROTO);
	assert_int_equal(cri_status(listing, text), -EPROTO);
	assert_null(cri_runtime(text));
	assert_int_equal(listing->count, 0);
	/* Nothing at all is an answer that has nothing. */
	assert_int_equal(cri_sandboxes(listing, (struct text){ "", 0 }, "x", true), 0);
	assert_int_equal(cri_status(listing, (struct text){ "", 0 }), 0);
}

static void only_runtimes_known_by_name_are_named(void **state)
{
	static const struct {
		const char *name, *expect;
	} rows[] = { { "containerd", "containerd" },
		     { "cri-o", "cri-o" },
		     { "docker", "docker" },
		     { "\x1b[2Jcontainerd", "cri" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		Cri__VersionResponse version = CRI__VERSION_RESPONSE__INIT;

		version.runtime_name = STR(rows[i].name);
		assert_row_str(rows[i].name, cri_runtime(packed(&version.base)), rows[i].expect);
	}
}

/* ---- gRPC, with who does not speak it ---- */

static int unary(struct call *call, int ends[2], const void *said, size_t len, bool hang_up)
{
	struct grpc *grpc = NULL;
	auto_buf struct buf answer = { 0 };
	int r;

	assert_int_equal(write(ends[1], said, len), len);
	if (hang_up)
		shutdown(ends[1], SHUT_WR);
	r = grpc_open_fd(&grpc, call, ends[0]);
	if (!r)
		r = grpc_unary(grpc, "/x.Y/Z", "", 0, &answer);
	grpc_close(&grpc);
	close(ends[1]);
	return r;
}

static void a_peer_that_speaks_no_grpc_is_an_error(void **state)
{
	static const struct {
		const char *name, *said;
		size_t len;
		bool hang_up;
		int expect;
	} rows[] = {
		{ "nothing", "", 0, true, -ECONNRESET },
		{ "HTTP/1", "HTTP/1.1 400 Bad Request\r\n\r\n", 28, false, -EPROTO },
		{ "silence", "", 0, false, -ETIMEDOUT },
		/* SETTINGS, and then nothing */
		{ "half", "\0\0\0\4\0\0\0\0\0", 9, false, -ETIMEDOUT },
		/* SETTINGS, HEADERS of stream 1 with ":status: 200" and the end */
		{ "no status", "\0\0\0\4\0\0\0\0\0\0\0\1\1\5\0\0\0\1\x88", 19, false, -EPROTO },
		/* ":status: 404" */
		{ "not found", "\0\0\0\4\0\0\0\0\0\0\0\1\1\5\0\0\0\1\x8d", 19, false, -EPROTO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct call call = { .cancel_fd = -1, .limit_ns = 200000000 };
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		assert_row_int(rows[i].name,
			       unary(&call, ends, rows[i].said, rows[i].len, rows[i].hang_up),
			       rows[i].expect);
	}
}

static void a_call_is_given_up_when_the_agent_ends(void **state)
{
	struct call call = { 0 };
	int ends[2], cancel[2];
	uint64_t before_ns = time_monotonic_ns();

	(void)state;
	assert_int_equal(pipe(cancel), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	call.cancel_fd = cancel[0];
	assert_int_equal(write(cancel[1], "x", 1), 1);
	assert_int_equal(unary(&call, ends, "", 0, false), -ECANCELED);
	assert_true(time_monotonic_ns() - before_ns < 1000000000);
	close(cancel[0]);
	close(cancel[1]);
}

int main(void)
{
	return RUN_TESTS(TEST(sandboxes_are_pods), TEST(containers_are_told_with_their_sandbox),
			 TEST(a_status_tells_addresses_pid_and_namespace),
			 TEST(a_pod_on_the_nodes_network_is_marked),
			 TEST(what_is_no_answer_is_refused),
			 TEST(only_runtimes_known_by_name_are_named),
			 TEST(a_peer_that_speaks_no_grpc_is_an_error),
			 TEST(a_call_is_given_up_when_the_agent_ends));
}
