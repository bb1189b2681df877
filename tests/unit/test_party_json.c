// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is known of a side as JSON, word for word; and texts of whoever names pods, processes and
 * hosts, which may be anything.
 */
#include "who/party_json.h"

/* A type of json-c's has the name of a function of ours. */
#define json_bool json_c_bool
#include <json-c/json.h>
#undef json_bool

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_out.h"
#include "tests/harness.h"
#include "tests/json_read.h"
#include "who/cgroups.h"
#include "who/containers.h"
#include "who/endpoint_copy.h"
#include "who/identity.h"
#include "who/labels.h"
#include "who/party.h"
#include "who/processes.h"

#define auto_parties __attribute__((cleanup(parties_free)))
#define ID	     "3f4b1c0d9e8a7f6e5d4c3b2a190807060504030201000f0e0d0c0b0a09080706"

static const struct label labels[] = { { "app", "cart" }, { "canary", "" } };

static struct pod cart = {
	.namespace = "shop",
	.name = "cart-7d9f",
	.uid = "u",
	.runtime = "containerd",
	.labels = labels,
	.label_count = ARRAY_SIZE(labels),
	.workload = { .name = "cart", .kind = "Deployment" },
};
static struct pod of_podman = { .namespace = "", .name = "web", .uid = "u", .runtime = "podman" };
static struct pod no_name = { .namespace = "", .name = "", .uid = "u", .runtime = "containerd" };

static struct container app = {
	.id = ID, .name = "app", .image = "", .runtime = "containerd", .pod = &cart
};
static struct container sandbox = {
	.id = ID, .name = "", .image = "", .runtime = "containerd", .pod = &cart, .is_sandbox = true
};
static struct container in_podman = {
	.id = ID, .name = "app", .image = "", .runtime = "podman", .pod = &of_podman
};
static struct container of_no_name = {
	.id = ID, .name = "app", .image = "", .runtime = "containerd", .pod = &no_name
};
static struct container alone = { .id = ID,
				  .name = "db",
				  .image = "",
				  .runtime = "docker",
				  .labels = labels,
				  .label_count = ARRAY_SIZE(labels) };
static struct container alone_without_name = { .id = ID, .name = "", .image = "", .runtime = "" };

static const struct cgroup_info nginx_cgroup = {
	.id = 77,
	.path = "/system.slice/nginx.service",
	.name = { .unit = "nginx.service", .slice = "system.slice" },
};
static const struct cgroup_info container_cgroup = {
	.id = 78,
	.path = "/docker/" ID,
	.name = { .container = ID, .runtime = CGROUP_RUNTIME_DOCKER },
};
static const struct cgroup_info unknown_cgroup = {
	.id = 79,
	.path = "/x/" ID,
	.name = { .container = ID, .unit = "inner.service", .runtime = CGROUP_RUNTIME_UNKNOWN },
};

static const struct process nginx = { .pid = 4242,
				      .comm = "nginx",
				      .exe = "/usr/sbin/nginx",
				      .uid = 33,
				      .netns = 4026531840,
				      .cgroup_id = 77,
				      .cgroup = &nginx_cgroup };
static const struct process bare = { .pid = 7, .comm = "curl", .uid = PROCESS_UID_UNKNOWN };
static const struct process root = { .pid = 8, .comm = "sh", .uid = 0, .exe = "/bin/sh" };
static const struct process contained = {
	.pid = 9, .comm = "cart", .uid = 1000, .cgroup_id = 78, .cgroup = &container_cgroup
};
static const struct process inner = {
	.pid = 10, .comm = "x", .uid = 1, .cgroup_id = 79, .cgroup = &unknown_cgroup
};

static const struct endpoint_copy file_pod = {
	.facts = { "shop", "db-0", "db", "data", "db", "StatefulSet", "k8s:app=db\0k8s:x\0", "" }
};
static const struct endpoint_copy file_bare_pod = { .facts = { "shop", "db-0", "", "", "", "", "",
							       "" } };
static const struct endpoint_copy file_service = { .facts = { "", "", "dns", "", "", "", "",
							      "dns.example.org\0" } };
static const struct endpoint_copy file_labels = { .facts = { "", "", "", "", "vm", "", "k8s:vm=1\0",
							     "" } };
static const struct endpoint_copy file_nothing = { .facts = { "", "", "", "", "", "", "", "" } };

static struct container *find(void *ctx, const struct party *party)
{
	(void)party;
	return *(struct container **)ctx;
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

struct row {
	const char *name;
	struct party party;
	struct container *container;
	bool is_local;
	const char *json; /* what is asked for, in an object; %u: an identity that is a hash */
	const char *identity_namespace, *identity_name;
};

typedef void (*write_fn)(struct json_out *out, const char *key, const struct party_side *side);

static void write_row(struct buf *buf, const struct row *row, write_fn write)
{
	struct container *container = row->container;
	auto_parties struct parties *parties = NULL;
	struct json_out out = { .buf = buf };
	struct party_side side = { .is_local = row->is_local };

	assert_int_equal(parties_new(&parties, 2, &ops, &container), 0);
	side.parties = parties;
	side.number = parties_get(parties, &row->party);
	json_object_begin(&out, NULL);
	write(&out, "k", &side);
	json_object_end(&out);
	buf_append_char(buf, '\0');
	assert_row(row->name, !buf->failed);
}

/* The row's JSON, with the number of who it is; no other text of it has a '%'. */
static void expect(char *text, size_t size, const struct row *row)
{
	const char *at = strstr(row->json, "%u");

	if (!at) {
		snprintf(text, size, "%s", row->json);
		return;
	}
	snprintf(text, size, "%.*s%u%s", (int)(at - row->json), row->json,
		 identity_of(row->identity_namespace, row->identity_name), at + 2);
}

static void check_rows(const struct row *rows, size_t count, write_fn write)
{
	char expected[2048];

	for (size_t i = 0; i < count; i++) {
		auto_buf struct buf buf = { 0 };

		write_row(&buf, &rows[i], write);
		expect(expected, sizeof(expected), &rows[i]);
		assert_row_str(rows[i].name, buf_bytes(&buf), expected);
	}
}

#define CART                                                                                   \
	"{\"k\":{\"identity\":%u,\"namespace\":\"shop\",\"labels\":[\"k8s:app=cart\","         \
	"\"k8s:canary\",\"k8s:io.kubernetes.pod.namespace=shop\"],\"pod_name\":\"cart-7d9f\"," \
	"\"workloads\":[{\"name\":\"cart\",\"kind\":\"Deployment\"}]}}"
#define HOST  "{\"k\":{\"identity\":1,\"labels\":[\"reserved:host\"]}}"
#define WORLD "{\"k\":{\"identity\":2,\"labels\":[\"reserved:world\"]}}"

static const struct row endpoints[] = {
	{ "nothing", {}, NULL, false, WORLD, NULL, NULL },
	{ "nothing, local", {}, NULL, true, HOST, NULL, NULL },
	{ "pod", { .process = &contained }, &app, true, CART, "shop", "cart-7d9f" },
	{ "pod by its namespace", { .netns = 5 }, &sandbox, false, CART, "shop", "cart-7d9f" },
	{ "pod that the file names too",
	  { .process = &contained, .file = &file_pod },
	  &app,
	  false,
	  CART,
	  "shop",
	  "cart-7d9f" },
	{ "pod of podman",
	  { .netns = 5 },
	  &in_podman,
	  false,
	  "{\"k\":{\"identity\":%u,\"pod_name\":\"web\"}}",
	  "",
	  "web" },
	{ "pod without a name yet",
	  { .netns = 5 },
	  &of_no_name,
	  false,
	  "{\"k\":{\"identity\":%u,\"labels\":[\"container:name=app\"]}}",
	  NULL,
	  "app" },
	{ "container of no pod",
	  { .process = &contained },
	  &alone,
	  true,
	  "{\"k\":{\"identity\":%u,\"labels\":[\"container:name=db\","
	  "\"container:app=cart\",\"container:canary\"]}}",
	  NULL,
	  "db" },
	{ "container without a name",
	  { .process = &contained },
	  &alone_without_name,
	  true,
	  "{\"k\":{\"identity\":%u,\"labels\":[\"container:name=" ID "\"]}}",
	  NULL,
	  ID },
	{ "process of no container", { .process = &nginx }, NULL, true, HOST, NULL, NULL },
	{ "pod of the file",
	  { .file = &file_pod },
	  NULL,
	  false,
	  "{\"k\":{\"identity\":%u,\"namespace\":\"shop\",\"labels\":[\"k8s:app=db\","
	  "\"k8s:x\"],\"pod_name\":\"db-0\",\"workloads\":[{\"name\":\"db\","
	  "\"kind\":\"StatefulSet\"}]}}",
	  "shop",
	  "db-0" },
	{ "pod of the file, no labels",
	  { .file = &file_bare_pod },
	  NULL,
	  false,
	  "{\"k\":{\"identity\":%u,\"namespace\":\"shop\",\"pod_name\":\"db-0\"}}",
	  "shop",
	  "db-0" },
	{ "no pod in the file", { .file = &file_service }, NULL, false, WORLD, NULL, NULL },
	{ "no pod in the file, local", { .file = &file_service }, NULL, true, HOST, NULL, NULL },
	{ "nothing in the file", { .file = &file_nothing }, NULL, false, WORLD, NULL, NULL },
	{ "labels in the file, no pod",
	  { .file = &file_labels },
	  NULL,
	  false,
	  "{\"k\":{\"identity\":2,\"labels\":[\"k8s:vm=1\"],"
	  "\"workloads\":[{\"name\":\"vm\"}]}}",
	  NULL,
	  NULL },
};

static void an_endpoint_is_hubbles(void **state)
{
	(void)state;
	check_rows(endpoints, ARRAY_SIZE(endpoints), party_json_endpoint);
}

static const struct row owners[] = {
	{ "nothing", {}, NULL, false, "{}", NULL, NULL },
	{ "MAC only", { .mac = { 2 } }, NULL, false, "{}", NULL, NULL },
	{ "of a unit",
	  { .process = &nginx, .via = PARTY_USER },
	  NULL,
	  true,
	  "{\"k\":{\"pid\":4242,\"comm\":\"nginx\",\"exe\":\"/usr/sbin/nginx\",\"uid\":33,"
	  "\"netns\":\"4026531840\",\"cgroup\":\"/system.slice/nginx.service\","
	  "\"unit\":\"nginx.service\",\"via\":\"user\"}}",
	  NULL,
	  NULL },
	{ "hardly known",
	  { .process = &bare, .via = PARTY_CREATOR },
	  NULL,
	  true,
	  "{\"k\":{\"pid\":7,\"comm\":\"curl\",\"via\":\"creator\"}}",
	  NULL,
	  NULL },
	{ "gone before it could be read",
	  { .process = &bare, .netns = 4026532281, .via = PARTY_CREATOR },
	  NULL,
	  true,
	  "{\"k\":{\"pid\":7,\"comm\":\"curl\",\"netns\":\"4026532281\",\"via\":\"creator\"}}",
	  NULL,
	  NULL },
	{ "root's uid is told",
	  { .process = &root, .via = PARTY_EXISTING },
	  NULL,
	  true,
	  "{\"k\":{\"pid\":8,\"comm\":\"sh\",\"exe\":\"/bin/sh\",\"uid\":0,"
	  "\"via\":\"existing\"}}",
	  NULL,
	  NULL },
	{ "a container that a runtime knows",
	  { .process = &contained, .via = PARTY_INHERITED },
	  &app,
	  true,
	  "{\"k\":{\"pid\":9,\"comm\":\"cart\",\"uid\":1000,\"cgroup\":\"/docker/" ID
	  "\",\"container\":{\"id\":\"" ID
	  "\",\"name\":\"app\",\"runtime\":\"containerd\"},\"via\":\"inherited\"}}",
	  NULL,
	  NULL },
	{ "a container that its path tells",
	  { .process = &contained, .via = PARTY_LISTENER },
	  NULL,
	  true,
	  "{\"k\":{\"pid\":9,\"comm\":\"cart\",\"uid\":1000,\"cgroup\":\"/docker/" ID
	  "\",\"container\":{\"id\":\"" ID "\",\"runtime\":\"docker\"},\"via\":\"listener\"}}",
	  NULL,
	  NULL },
	{ "a container of nobody knows whom, a unit in it",
	  { .process = &inner, .via = PARTY_USER },
	  NULL,
	  true,
	  "{\"k\":{\"pid\":10,\"comm\":\"x\",\"uid\":1,\"cgroup\":\"/x/" ID
	  "\",\"unit\":\"inner.service\",\"container\":{\"id\":\"" ID "\"},\"via\":\"user\"}}",
	  NULL,
	  NULL },
	{ "a namespace that containers share",
	  { .netns = 5, .via = PARTY_INTERFACE },
	  &app,
	  false,
	  "{\"k\":{\"via\":\"interface\"}}",
	  NULL,
	  NULL },
	{ "an address",
	  { .netns = 5, .via = PARTY_ADDRESS },
	  NULL,
	  false,
	  "{\"k\":{\"via\":\"address\"}}",
	  NULL,
	  NULL },
	{ "the file",
	  { .file = &file_pod, .via = PARTY_FILE },
	  NULL,
	  false,
	  "{\"k\":{\"via\":\"endpoints_file\"}}",
	  NULL,
	  NULL },
	{ "a name",
	  { .names = "a", .via = PARTY_DNS },
	  NULL,
	  false,
	  "{\"k\":{\"via\":\"dns\"}}",
	  NULL,
	  NULL },
};

static void an_owner_is_process_container_and_how_it_is_known(void **state)
{
	(void)state;
	check_rows(owners, ARRAY_SIZE(owners), party_json_owner);
}

static void names_are_a_list(void **state)
{
	static const struct row rows[] = {
		{ "none", { .netns = 1 }, NULL, false, "{}", NULL, NULL },
		{ "one",
		  { .names = "a.example.org" },
		  NULL,
		  false,
		  "{\"k\":[\"a.example.org\"]}",
		  NULL,
		  NULL },
		{ "three",
		  { .names = "a.example.org,b,c.d" },
		  NULL,
		  false,
		  "{\"k\":[\"a.example.org\",\"b\",\"c.d\"]}",
		  NULL,
		  NULL },
	};
	static char longest[1400];
	const struct row row = { "longest", { .names = longest }, NULL, false, "", NULL, NULL };
	auto_buf struct buf buf = { 0 };

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows), party_json_names);
	memset(longest, 'x', sizeof(longest) - 1);
	write_row(&buf, &row, party_json_names);
	assert_int_equal(strlen(buf_bytes(&buf)), strlen("{\"k\":[\"\"]}") + 1023);
}

static void a_service_is_the_files(void **state)
{
	static const struct row rows[] = {
		{ "no file", { .netns = 1 }, NULL, false, "{}", NULL, NULL },
		{ "none in the file", { .file = &file_labels }, NULL, false, "{}", NULL, NULL },
		{ "with a namespace",
		  { .file = &file_pod },
		  NULL,
		  false,
		  "{\"k\":{\"name\":\"db\",\"namespace\":\"data\"}}",
		  NULL,
		  NULL },
		{ "without",
		  { .file = &file_service },
		  NULL,
		  false,
		  "{\"k\":{\"name\":\"dns\"}}",
		  NULL,
		  NULL },
		{ "of a pod that is here",
		  { .file = &file_service, .process = &contained },
		  &app,
		  true,
		  "{\"k\":{\"name\":\"dns\"}}",
		  NULL,
		  NULL },
	};

	(void)state;
	check_rows(rows, ARRAY_SIZE(rows), party_json_service);
}

static void a_cgroup_is_that_of_the_process(void **state)
{
	auto_parties struct parties *parties = NULL;
	struct party_side side = { 0 };

	(void)state;
	assert_int_equal(parties_new(&parties, 2, NULL, NULL), 0);
	side.parties = parties;
	assert_int_equal(party_cgroup_id(&side), 0);
	side.number = parties_get(parties, &(const struct party){ .process = &nginx });
	assert_int_equal(party_cgroup_id(&side), 77);
	side.number = parties_get(parties, &(const struct party){ .netns = 1 });
	assert_int_equal(party_cgroup_id(&side), 0);
}

/* Nothing below a blank, and no quote but the writer's: a line stays a line. */
static void check_text(const char *name, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert_row(name, (unsigned char)text[i] >= ' ' && (unsigned char)text[i] != 0x7f);
	json_object_put(json_read(name, text, len));
}

/* All texts of all that there is, as somebody chooses them who means no good. */
static void hostile_texts_stay_texts(void **state)
{
	static char huge[65536 + 1];
	static const char *const texts[] = {
		"a\nb\r\tc",	    "\033[2J\033]0;x\007", "\"},{\"x\":\"", "\\",   "</script>&",
		"\xff\xfe\xc0\x80", "\xe2\x80\xae, c",	   "\xc2\x9b[31m",  "\x7f", huge,
	};

	(void)state;
	memset(huge, 0xe2, sizeof(huge) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = texts[i];
		const struct label label = { text, text };
		struct pod pod = { .namespace = text,
				   .name = text,
				   .labels = &label,
				   .label_count = 1,
				   .workload = { .kind = text } };
		struct container in_pod = {
			.id = text, .name = text, .runtime = text, .pod = &pod
		};
		struct container of_none = { .id = text,
					     .name = text,
					     .runtime = text,
					     .labels = &label,
					     .label_count = 1 };
		const struct cgroup_info cgroup = { .path = text, .name = { .unit = text } };
		struct process process = { .pid = 1, .exe = text, .cgroup = &cgroup };
		const struct endpoint_copy file = { .facts = { text, text, text, text, text, text,
							       "", "" } };
		const struct party parties[] = {
			{ .process = &process, .names = text, .file = &file, .via = PARTY_USER },
			{ .names = text, .file = &file, .via = PARTY_FILE },
		};
		struct container *const containers[] = { &in_pod, &of_none, NULL };
		static const write_fn writes[] = { party_json_endpoint, party_json_names,
						   party_json_service, party_json_owner };

		snprintf(pod.workload.name, sizeof(pod.workload.name), "%s", text);
		snprintf(process.comm, sizeof(process.comm), "%s", text);
		for (size_t at = 0; at < ARRAY_SIZE(writes) * 6; at++) {
			const struct row row = { .name = i == 9 ? "64 KiB" : text,
						 .party = parties[at % 2],
						 .container = containers[at / 2 % 3] };
			auto_buf struct buf buf = { 0 };

			write_row(&buf, &row, writes[at / 6]);
			check_text(row.name, buf_bytes(&buf), buf_len(&buf) - 1);
		}
	}
}

int main(void)
{
	return RUN_TESTS(TEST(an_endpoint_is_hubbles),
			 TEST(an_owner_is_process_container_and_how_it_is_known),
			 TEST(names_are_a_list), TEST(a_service_is_the_files),
			 TEST(a_cgroup_is_that_of_the_process), TEST(hostile_texts_stay_texts));
}
