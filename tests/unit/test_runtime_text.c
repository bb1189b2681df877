// SPDX-License-Identifier: BSD-2-Clause
/* What runtimes write as text: Docker's and Podman's lists, bundles, names, log links, HTTP. */
#include "base/cleanup.h"
#include "tests/harness.h"
#include "who/http_get.h"
#include "who/json_walk.h"
#include "who/kube.h"
#include "who/listing.h"
#include "who/oci_config.h"
#include "who/runtime_docker.h"
#include "who/runtime_podman.h"
#include "who/runtime_row.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const uint8_t v4_addr[16] = { [10] = 0xff, [11] = 0xff, [12] = 172, [13] = 17, [15] = 2 };

static const char docker_list[] =
	"[{\"Id\":\"" ID "\",\"Names\":[\"/web\",\"/other/web\"],\"Image\":\"nginx:1\","
	"\"ImageID\":\"sha256:1\",\"Command\":\"nginx -g 'daemon off;'\",\"Created\":1,\"Ports\":["
	"{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"}],"
	"\"Labels\":{\"app\":\"web\",\"com.docker.compose.project\":\"shop\",\"a\\u0026b\":\"x\\ny\"},"
	"\"State\":\"running\",\"Status\":\"Up\",\"HostConfig\":{\"NetworkMode\":\"default\"},"
	"\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAMConfig\":null,\"Gateway\":\"172.17.0.1\","
	"\"IPAddress\":\"172.17.0.2\",\"GlobalIPv6Address\":\"\"},\"my.net\":{\"IPAddress\":"
	"\"\",\"GlobalIPv6Address\":\"fd00::2\"}}},\"Mounts\":[]},"
	"{\"Id\":\"b1\",\"Names\":[\"/k8s_app_cart-1_shop_u-1_0\"],\"Image\":\"cart\","
	"\"Labels\":{\"io.kubernetes.container.name\":\"app\",\"io.kubernetes.docker.type\":"
	"\"container\",\"io.kubernetes.pod.name\":\"cart-1\",\"io.kubernetes.pod.namespace\":\"shop\","
	"\"io.kubernetes.pod.uid\":\"u-1\",\"io.kubernetes.sandbox.id\":\"b2\"},"
	"\"HostConfig\":{\"NetworkMode\":\"container:b2\"},\"NetworkSettings\":{\"Networks\":{}}},"
	"{\"Id\":\"b2\",\"Names\":[\"/k8s_POD_cart-1_shop_u-1_0\"],\"Labels\":{\"tier\":\"front\","
	"\"io.kubernetes.docker.type\":\"podsandbox\"},\"HostConfig\":{\"NetworkMode\":\"host\"}}]\n";

static void a_list_of_docker_is_read(void **state)
{
	auto_listing struct listing *listing = listing_new();
	const struct found *web, *app, *pod;

	(void)state;
	assert_int_equal(docker_containers(listing, text_from_str(docker_list)), 0);
	assert_int_equal(listing->count, 3);
	web = &listing->items[0];
	app = &listing->items[1];
	pod = &listing->items[2];
	assert_string_equal(web->id, ID);
	assert_string_equal(web->name, "web");
	assert_string_equal(web->image, "nginx:1");
	assert_string_equal(web->runtime, "docker");
	assert_int_equal(web->label_count, 3);
	assert_string_equal(labels_get(web->labels, web->label_count, "a&b"), "x\ny");
	assert_int_equal(web->net.ip_count, 2);
	assert_memory_equal(web->net.ips[0], v4_addr, 16);
	assert_false(web->net.is_host);
	assert_string_equal(app->name, "app");
	assert_string_equal(app->pod_name, "cart-1");
	assert_string_equal(app->pod_namespace, "shop");
	assert_string_equal(app->pod_uid, "u-1");
	assert_string_equal(app->sandbox_id, "b2");
	assert_false(app->is_sandbox);
	assert_true(pod->is_sandbox);
	assert_true(pod->net.is_host);
	assert_string_equal(pod->pod_uid, "u-1");
	assert_int_equal(pod->label_count, 1);
}

static void what_is_not_dockers_is_refused_or_empty(void **state)
{
	static const struct {
		const char *json;
		int expect;
	} rows[] = {
		{ "", -EBADMSG },
		{ "[{\"Id\":\"a1\",", -EBADMSG },
		{ "[{\"Id\":7,\"Names\":{\"a\":1},\"Labels\":[1]}]", 0 },
		{ "[{\"Names\":[\"/early\"],\"Id\":\"../../etc\"}]", 0 },
		{ "{\"message\":\"no\"}", 0 },
		{ "null", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_listing struct listing *listing = listing_new();

		assert_row_int(rows[i].json,
			       docker_containers(listing, text_from_str(rows[i].json)),
			       rows[i].expect);
	}
}

static void a_filter_has_all_ids(void **state)
{
	char ids[2][FOUND_ID_MAX + 1] = { "a1", "b-2" };
	struct runtime_ask ask = { .ids = ids, .id_count = 2 };
	char target[DOCKER_TARGET_SIZE];

	(void)state;
	docker_filter(target, sizeof(target), "/containers/json", &ask);
	assert_string_equal(target, "/containers/json?all=true&filters="
				    "%7B%22id%22%3A%5B%22a1%22%2C%22b-2%22%5D%7D");
	docker_filter(target, sizeof(target), "/x?pod=true", &ask);
	assert_string_equal(target, "/x?pod=true&all=true&filters="
				    "%7B%22id%22%3A%5B%22a1%22%2C%22b-2%22%5D%7D");
	ask.id_count = 0;
	docker_filter(target, sizeof(target), "/containers/json", &ask);
	assert_string_equal(target, "/containers/json");
}

static void a_list_of_podman_is_read_in_any_order(void **state)
{
	static const char json[] =
		"[{\"AutoRemove\":false,\"Command\":[\"sh\"],\"Labels\":{\"app\":\"shop\"},"
		"\"Id\":\"" ID
		"\",\"Image\":\"localhost/x:1\",\"IsInfra\":false,\"Names\":[\"shop-srv\"],"
		"\"Pid\":4711,\"Pod\":\"p1\",\"PodName\":\"shop\"},"
		"{\"Image\":\"no id\",\"Names\":[\"x\"]},"
		"{\"Id\":\"c2\",\"IsInfra\":true,\"Labels\":null,\"Pod\":\"p1\",\"PodName\":\"shop\"}]";
	auto_listing struct listing *listing = listing_new();
	const struct found *found;

	(void)state;
	assert_int_equal(podman_containers(listing, text_from_str(json)), 0);
	assert_int_equal(listing->count, 2);
	found = &listing->items[0];
	assert_string_equal(found->id, ID);
	assert_string_equal(found->name, "shop-srv");
	assert_string_equal(found->pod_name, "shop");
	assert_string_equal(found->pod_uid, "p1");
	assert_string_equal(found->pod_namespace, "");
	assert_int_equal(found->pid, 4711);
	assert_int_equal(found->label_count, 1);
	assert_true(listing->items[1].is_sandbox);
}

static void a_bundle_of_containerd_tells_the_pod(void **state)
{
	static const char json[] =
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"]},\"annotations\":{"
		"\"io.kubernetes.cri.container-name\":\"app\","
		"\"io.kubernetes.cri.container-type\":\"container\","
		"\"io.kubernetes.cri.image-name\":\"localhost/x:1\","
		"\"io.kubernetes.cri.sandbox-id\":\"s1\",\"io.kubernetes.cri.sandbox-name\":\"cart\","
		"\"io.kubernetes.cri.sandbox-namespace\":\"shop\",\"io.kubernetes.cri.sandbox-uid\":\"u1\"},"
		"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":"
		"\"/proc/77/ns/net\"},{\"path\":\"/x\",\"type\":\"uts\"}]}}";
	auto_listing struct listing *listing = listing_new();
	const struct found *found;

	(void)state;
	assert_int_equal(
		oci_config(listing, text_from_str(ID), text_from_str(json), "containerd", NULL), 0);
	found = &listing->items[0];
	assert_string_equal(found->id, ID);
	assert_string_equal(found->name, "app");
	assert_string_equal(found->image, "localhost/x:1");
	assert_string_equal(found->sandbox_id, "s1");
	assert_string_equal(found->pod_name, "cart");
	assert_string_equal(found->pod_namespace, "shop");
	assert_string_equal(found->pod_uid, "u1");
	assert_string_equal(found->net.netns, "/proc/77/ns/net");
	assert_false(found->is_sandbox);
	assert_false(found->net.is_host);
	assert_false(found->has_labels);
}

static void a_bundle_of_crio_has_labels_and_addresses(void **state)
{
	static const char json[] =
		"{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\","
		"\"io.kubernetes.cri-o.SandboxID\":\"" ID "\",\"io.kubernetes.pod.name\":\"cart\","
		"\"io.kubernetes.pod.namespace\":\"shop\",\"io.kubernetes.pod.uid\":\"u1\","
		"\"io.kubernetes.container.name\":\"POD\",\"io.kubernetes.cri-o.IP.0\":\"172.17.0.2\","
		"\"io.kubernetes.cri-o.HostNetwork\":\"false\",\"io.kubernetes.cri-o.Labels\":"
		"\"{\\\"app\\\":\\\"cart\\\",\\\"io.kubernetes.pod.uid\\\":\\\"u1\\\"}\"},"
		"\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/run/netns/a\"}]}}";
	auto_listing struct listing *listing = listing_new();
	const struct found *found;

	(void)state;
	assert_int_equal(oci_config(listing, text_from_str(ID), text_from_str(json), "cri-o", NULL),
			 0);
	found = &listing->items[0];
	assert_true(found->is_sandbox);
	assert_true(found->has_labels);
	assert_int_equal(found->label_count, 1);
	assert_string_equal(found->labels[0].value, "cart");
	assert_memory_equal(found->net.ips[0], v4_addr, 16);
	assert_string_equal(found->net.netns, "/run/netns/a");
	assert_false(found->net.is_host);
}

static void a_bundle_without_a_network_namespace_is_on_the_hosts(void **state)
{
	auto_listing struct listing *listing = listing_new();

	(void)state;
	assert_int_equal(
		oci_config(listing, text_from_str("a"),
			   text_from_str("{\"linux\":{\"namespaces\":[{\"type\":\"pid\"}]}}"),
			   "containerd", NULL),
		0);
	assert_true(listing->items[0].net.is_host);
	assert_int_equal(
		oci_config(listing, text_from_str("b"), text_from_str("{\"lin"), "x", NULL),
		-EBADMSG);
	assert_int_equal(listing->count, 1);
}

static void kubelets_names_are_taken_apart(void **state)
{
	static const struct {
		const char *name, *container, *pod;
		bool is_kubelets, is_sandbox;
	} rows[] = {
		{ "k8s_app_cart-1_shop_u-1_0", "app", "cart-1", true, false },
		{ "k8s_POD_cart-1_shop_u-1_12", "POD", "cart-1", true, true },
		{ "k8s_app_cart-1_shop", "", "", false, false },
		{ "my_k8s_app_cart_shop_u_0", "", "", false, false },
		{ "k8s______", "", "", false, false },
		{ "", "", "", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_listing struct listing *listing = listing_new();
		struct found *found = listing_add(listing, text_from_str("a"));
		bool is_kubelets = kube_docker_name(listing, found, text_from_str(rows[i].name));

		assert_row_int(rows[i].name, is_kubelets, rows[i].is_kubelets);
		assert_row_str(rows[i].name, found->name, rows[i].container);
		assert_row_str(rows[i].name, found->pod_name, rows[i].pod);
		assert_row_int(rows[i].name, found->is_sandbox, rows[i].is_sandbox);
	}
}

static void log_links_are_taken_apart(void **state)
{
	static const struct {
		const char *link, *target, *name, *uid; /* name "": it is no such link */
	} rows[] = {
		{ "cart-1_shop_my-app-" ID ".log", "/var/log/pods/shop_cart-1_u-1/my-app/0.log",
		  "my-app", "u-1" },
		{ "cart-1_shop_app-" ID ".log", "../pods/shop_cart-1_u-1/app/3.log", "app", "u-1" },
		{ "cart-1_shop_app-" ID ".log", "/var/log/pods/shop_other_u-1/app/0.log", "app",
		  "" },
		{ "cart-1_shop_app-" ID ".log", "", "app", "" },
		{ "cart-1_shop-" ID ".log", "", "", "" },
		{ "cart-1_shop_app-abc.log", "", "", "" },
		{ ID ".log", "", "", "" },
		{ "-" ID ".log", "", "", "" },
		{ "readme", "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_listing struct listing *listing = listing_new();
		bool is_link = kube_log_link(listing, text_from_str(rows[i].link),
					     text_from_str(rows[i].target));

		assert_row_int(rows[i].link, is_link, rows[i].name[0] != '\0');
		if (!is_link)
			continue;
		assert_row_str(rows[i].link, listing->items[0].id, ID);
		assert_row_str(rows[i].link, listing->items[0].name, rows[i].name);
		assert_row_str(rows[i].link, listing->items[0].pod_name, "cart-1");
		assert_row_str(rows[i].link, listing->items[0].pod_namespace, "shop");
		assert_row_str(rows[i].link, listing->items[0].pod_uid, rows[i].uid);
	}
}

static void answers_of_http_are_whole_or_refused(void **state)
{
	static const struct {
		const char *answer;
		int expect, status;
		const char *body;
	} rows[] = {
		{ "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n[]", 0, 200, "[]" },
		{ "HTTP/1.1 200 OK\r\ncontent-length:\t2\r\nX: y\r\n\r\n[]", 0, 200, "[]" },
		{ "HTTP/1.0 200 OK\r\n\r\n", 0, 200, "" },
		{ "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n[]", -EPROTO, 0, "" },
		{ "HTTP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n[]", -EPROTO, 0, "" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", -EPROTO, 0,
		  "" },
		{ "HTTP/1.0 404 Not Found\r\n\r\n{}", -EREMOTEIO, 404, "" },
		{ "HTTP/1.0 x04 Not Found\r\n\r\n{}", -EPROTO, 0, "" },
		{ "HTTP/1.0 200 OK\r\n", -EPROTO, 0, "" },
		{ "\r\n\r\n", -EPROTO, 0, "" },
		{ "", -EPROTO, 0, "" },
		{ "SSH-2.0-x\r\n\r\n", -EPROTO, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct text body = { "", 0 };
		int status = 0;

		assert_row_int(rows[i].answer,
			       http_parse(text_from_str(rows[i].answer), &body, &status),
			       rows[i].expect);
		assert_row_int(rows[i].answer, status, rows[i].status);
		assert_row(rows[i].answer, text_is(body, rows[i].body));
	}
}

struct visit {
	char text[512];
};

static void on_visit(void *ctx, struct text path, enum json_kind kind, struct text value)
{
	struct visit *visit = ctx;
	size_t len = strlen(visit->text);

	snprintf(visit->text + len, sizeof(visit->text) - len, "%.*s%s%.*s;", (int)path.len,
		 path.bytes, kind == JSON_NESTED ? ":" : "=", (int)value.len, value.bytes);
}

static void a_walk_names_each_value(void **state)
{
	struct visit visit = { "" };

	(void)state;
	assert_int_equal(json_walk(text_from_str(" {\"a\":[1,{\"b\":true}],\"c\":{},\"d\":null,"
						 "\"\\u0065.f\":\"x\\ty\"} "),
				   on_visit, &visit),
			 0);
	assert_string_equal(visit.text, ":;a:;a.[]=1;a.[]:;a.[].b=true;c:;d=;e.f=x\ty;");
	assert_int_equal(json_walk(text_from_str("{\"a\":1} x"), on_visit, &visit), -EBADMSG);
	assert_int_equal(json_walk(text_from_str("{\"a\":}"), on_visit, &visit), -EBADMSG);
}

static void ways_too_long_or_too_deep_are_survived(void **state)
{
	auto_free char *json = calloc(1, 8192);
	struct visit visit = { "" };
	size_t len;

	(void)state;
	memcpy(json, "{\"", 2);
	memset(json + 2, 'k', 2000);
	snprintf(json + 2002, 8192 - 2002, "\":{\"x\":1},\"a\":2}");
	assert_int_equal(json_walk(text_from_str(json), on_visit, &visit), 0);
	assert_string_equal(visit.text, ":;a=2;");
	memset(json, '[', 4000);
	len = 4000;
	json[len] = '\0';
	assert_int_equal(json_walk((struct text){ json, len }, on_visit, &visit), -EBADMSG);
}

int main(void)
{
	return RUN_TESTS(TEST(a_list_of_docker_is_read),
			 TEST(what_is_not_dockers_is_refused_or_empty), TEST(a_filter_has_all_ids),
			 TEST(a_list_of_podman_is_read_in_any_order),
			 TEST(a_bundle_of_containerd_tells_the_pod),
			 TEST(a_bundle_of_crio_has_labels_and_addresses),
			 TEST(a_bundle_without_a_network_namespace_is_on_the_hosts),
			 TEST(kubelets_names_are_taken_apart), TEST(log_links_are_taken_apart),
			 TEST(answers_of_http_are_whole_or_refused), TEST(a_walk_names_each_value),
			 TEST(ways_too_long_or_too_deep_are_survived));
}
