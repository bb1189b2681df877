// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every form of a cgroup's path that runtimes, kubelets and systemd are known to make, and what is
 * near to one and is none.
 */
#include "who/cgroup_name.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NODE  "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UID   "2f6b0c1e-1111-4222-8333-444455556666"
#define UID_  "2f6b0c1e_1111_4222_8333_444455556666"
#define UID2  "99999999-1111-4222-8333-444455556666"
#define HASH  "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define BUILD "5cf82fwiumld3vcs5d5l5pzyv"

struct row {
	const char *path;
	const char *container;
	const char *pod;
	const char *outer;
	const char *task;
	const char *unit;
	const char *slice;
	const char *session;
	enum cgroup_runtime runtime;
	enum cgroup_qos qos;
	long user; /* 0: none, since no row is about root but the one that says so */
	bool is_root;
};

#define CONTAINERD  .runtime = CGROUP_RUNTIME_CONTAINERD, .container
#define CRIO	    .runtime = CGROUP_RUNTIME_CRIO, .container
#define DOCKER	    .runtime = CGROUP_RUNTIME_DOCKER, .container
#define PODMAN	    .runtime = CGROUP_RUNTIME_PODMAN, .container
#define LXC	    .runtime = CGROUP_RUNTIME_LXC, .container
#define NSPAWN	    .runtime = CGROUP_RUNTIME_NSPAWN, .container
#define LIBVIRT	    .runtime = CGROUP_RUNTIME_LIBVIRT, .container
#define ECS	    .runtime = CGROUP_RUNTIME_ECS, .container
#define BUILDKIT    .runtime = CGROUP_RUNTIME_BUILDKIT, .container
#define SOMEBODY    .runtime = CGROUP_RUNTIME_UNKNOWN, .container
#define NOTHING	    .runtime = CGROUP_RUNTIME_NONE
#define BESTEFFORT  .qos = CGROUP_QOS_BESTEFFORT
#define BURSTABLE   .qos = CGROUP_QOS_BURSTABLE
#define GUARANTEED  .qos = CGROUP_QOS_GUARANTEED
#define KUBE	    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
#define BEST_EFFORT "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod"

static const struct row pods[] = {
	/* the systemd driver */
	{ KUBE UID_ ".slice/cri-containerd-" ID ".scope", CONTAINERD = ID, .pod = UID, BURSTABLE },
	{ BEST_EFFORT UID_ ".slice/crio-" ID ".scope", CRIO = ID, .pod = UID, BESTEFFORT },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice/docker-" ID ".scope", DOCKER = ID, .pod = UID,
	  GUARANTEED },
	{ KUBE HASH ".slice/cri-containerd-" ID ".scope", CONTAINERD = ID, .pod = HASH, BURSTABLE },
	{ KUBE UID_ ".slice", .pod = UID, BURSTABLE },
	{ KUBE UID_ ".slice/crio-" ID ".scope/container", CRIO = ID, .pod = UID, BURSTABLE },
	{ KUBE UID_ ".slice/crio-" ID ".scope/exec", CRIO = ID, .pod = UID, BURSTABLE },
	{ KUBE UID_ ".slice/crio-" ID, CRIO = ID, .pod = UID, BURSTABLE },
	{ KUBE UID_ ".slice/crio-conmon-" ID ".scope", .pod = UID, BURSTABLE,
	  .unit = "crio-conmon-" ID ".scope" },
	{ KUBE UID_ ".slice/cri-containerd-" ID ".scope (deleted)", CONTAINERD = ID, .pod = UID,
	  BURSTABLE },
	/* the cgroupfs driver */
	{ "/kubepods/burstable/pod" UID "/" ID, SOMEBODY = ID, .pod = UID, BURSTABLE },
	{ "/kubepods/besteffort/pod" UID "/" ID, SOMEBODY = ID, .pod = UID, BESTEFFORT },
	{ "/kubepods/pod" UID "/" ID, SOMEBODY = ID, .pod = UID, GUARANTEED },
	{ "/kubepods/burstable/pod" HASH "/" ID, SOMEBODY = ID, .pod = HASH, BURSTABLE },
	{ "/kubepods/pod" UID "/crio-" ID, CRIO = ID, .pod = UID, GUARANTEED },
	{ "/kubepods/pod" UID "/crio-conmon-" ID, .pod = UID, GUARANTEED },
	{ "/kubepods/burstable/pod" UID, .pod = UID, BURSTABLE },
	{ "/k8s.io/" ID, CONTAINERD = ID },
	/* literal colons */
	{ "/kubepods-besteffort-pod" UID_ ".slice:cri-containerd:" ID, CONTAINERD = ID, .pod = UID,
	  BESTEFFORT },
	{ "/system.slice/containerd.service/kubepods-burstable-pod" UID_
	  ".slice:cri-containerd:" ID,
	  CONTAINERD = ID, .pod = UID, BURSTABLE },
	{ "/system.slice/containerd.service/kubepods-pod" HASH ".slice:crio:" ID, CRIO = ID,
	  .pod = HASH, GUARANTEED },
	{ "/system.slice:cri-containerd:" ID, CONTAINERD = ID },
	{ "/system.slice:docker:" ID, DOCKER = ID },
	/* --cgroup-root, kind, minikube: the last pod and the last container count */
	{ "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
	  "kubelet-kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID ".scope",
	  CONTAINERD = ID, .pod = UID, BURSTABLE },
	{ "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_
	  ".slice/cri-containerd-" ID ".scope",
	  CONTAINERD = ID, .pod = UID, GUARANTEED },
	{ "/kubelet/kubepods/besteffort/pod" UID "/" ID, SOMEBODY = ID, .pod = UID, BESTEFFORT },
	{ "/docker/" NODE "/kubelet/kubepods/burstable/pod" UID "/" ID, SOMEBODY = ID, .pod = UID,
	  .outer = NODE, BURSTABLE },
	{ "/system.slice/docker-" NODE ".scope/kubelet.slice/kubelet-kubepods.slice/"
	  "kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" UID_
	  ".slice/cri-containerd-" ID ".scope",
	  CONTAINERD = ID, .pod = UID, .outer = NODE, BESTEFFORT },
	{ "/docker/" NODE "/kubepods.slice/kubepods-pod" UID_ ".slice/docker-" ID ".scope",
	  DOCKER = ID, .pod = UID, .outer = NODE, GUARANTEED },
	{ "/docker/" NODE "/kubelet/kubepods/pod" UID, .pod = UID, .outer = NODE, GUARANTEED },
	{ "/docker/" NODE "/system.slice/kubelet.service", DOCKER = NODE, .unit = "kubelet.service",
	  .slice = "system.slice" },
	{ "/kubepods/burstable/pod" UID2 "/" NODE "/kubelet/kubepods/pod" UID "/" ID, SOMEBODY = ID,
	  .pod = UID, .outer = NODE, GUARANTEED },
	{ "/kubepods/burstable/pod" UID "/" NODE "/docker/" ID, DOCKER = ID, .pod = UID,
	  .outer = NODE, BURSTABLE },
	/* systemd in a pod */
	{ "/kubepods/pod" UID "/" ID "/system.slice/nginx.service", SOMEBODY = ID, .pod = UID,
	  GUARANTEED, .unit = "nginx.service", .slice = "system.slice" },
	{ KUBE UID_ ".slice/cri-containerd-" ID ".scope/init.scope", CONTAINERD = ID, .pod = UID,
	  BURSTABLE, .unit = "init.scope" },
	/* seen from another namespace */
	{ "/../../pod" UID "/" ID, SOMEBODY = ID, .pod = UID },
	{ "/../" ID, SOMEBODY = ID },
	{ "/../../../besteffort/pod" UID "/" ID, SOMEBODY = ID, .pod = UID, BESTEFFORT },
	{ "/../kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID ".scope", CONTAINERD = ID,
	  .pod = UID, BURSTABLE },
};

static const struct row containers[] = {
	{ "/docker/" ID, DOCKER = ID },
	{ "/docker/" ID "/init.scope", DOCKER = ID, .unit = "init.scope" },
	{ "/docker/" ID "/payload/deeper", DOCKER = ID },
	{ "/system.slice/docker-" ID ".scope", DOCKER = ID },
	{ "/docker/buildkit/" BUILD, BUILDKIT = BUILD },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID ".scope",
	  DOCKER = ID, .user = 1000 },
	{ "/system.slice/nerdctl-" ID ".scope", CONTAINERD = ID },
	{ "/default/" ID, CONTAINERD = ID },
	{ "/default/web-1", CONTAINERD = "web-1" },
	{ "/other/" ID, SOMEBODY = ID },
	{ "/crio/crio-" ID, CRIO = ID },
	{ "/machine.slice/libpod-" ID ".scope", PODMAN = ID },
	{ "/machine.slice/libpod-" ID ".scope/container", PODMAN = ID },
	{ "/machine.slice/machine-libpod_pod_" NODE ".slice/libpod-" ID ".scope/container",
	  PODMAN = ID },
	{ "/machine.slice/libpod-conmon-" ID ".scope", .unit = "libpod-conmon-" ID ".scope",
	  .slice = "machine.slice" },
	{ "/libpod_parent/libpod-" ID, PODMAN = ID },
	{ "/libpod_parent/libpod-conmon-" ID, NOTHING },
	{ "/libpod_parent/" NODE "/libpod-" ID, PODMAN = ID },
	{ "/libpod_parent/" NODE, NOTHING },
	{ "/mine/libpod-" ID, PODMAN = ID },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope",
	  PODMAN = ID, .user = 1000 },
	{ "/system.slice/web.service/libpod-payload-" ID, PODMAN = ID, .unit = "web.service",
	  .slice = "system.slice" },
	{ "/system.slice/web.service/runtime", .unit = "web.service", .slice = "system.slice" },
	{ "/user.slice/user-1001.slice/user@1001.service/app.slice/caddy.service/libpod-payload-" ID,
	  PODMAN = ID, .unit = "caddy.service", .slice = "app.slice", .user = 1001 },
	{ "/ecs/" HASH "/" ID, ECS = ID, .task = HASH },
	{ "/ecs/" UID "/" ID, ECS = ID, .task = UID },
	{ "/ecs/my-cluster/" HASH "/" ID, ECS = ID, .task = HASH },
	{ "/ecs/" HASH "/" HASH "-1234567890", ECS = HASH "-1234567890", .task = HASH },
	{ "/ecstasks.slice/ecstasks-" HASH ".slice/docker-" ID ".scope", DOCKER = ID,
	  .task = HASH },
	{ "/ECSTasks.slice/ECSTasks-" HASH ".slice/docker-" ID ".scope", DOCKER = ID,
	  .task = HASH },
	{ "/lxc.payload.web", LXC = "web" },
	{ "/lxc.payload.web/system.slice/nginx.service", LXC = "web", .unit = "nginx.service",
	  .slice = "system.slice" },
	{ "/lxc.payload/web", LXC = "web" },
	{ "/lxc.monitor.web", NOTHING },
	{ "/lxc.monitor/web", NOTHING },
	{ "/lxc/101", LXC = "101" },
	{ "/lxc/101/ns/init.scope", LXC = "101", .unit = "init.scope" },
	{ "/lxc.payload.box/docker/" ID, DOCKER = ID, .outer = "box" },
	{ "/machine.slice/machine-deb\\x2d12.scope", NSPAWN = "deb-12" },
	{ "/machine.slice/machine-deb.scope/payload/init.scope", NSPAWN = "deb",
	  .unit = "init.scope" },
	{ "/machine.slice/machine-deb.scope/supervisor", .unit = "machine-deb.scope",
	  .slice = "machine.slice" },
	{ "/machine.slice/systemd-nspawn@deb\\x2d12.service/payload/system.slice/ssh.service",
	  NSPAWN = "deb-12", .unit = "ssh.service", .slice = "system.slice" },
	{ "/machine.slice/systemd-nspawn@deb.service/supervisor",
	  .unit = "systemd-nspawn@deb.service", .slice = "machine.slice" },
	{ "/machine.slice/machine-qemu\\x2d6\\x2dvm\\x2d1.scope/libvirt/emulator",
	  LIBVIRT = "vm-1" },
	{ "/machine.slice/machine-lxc\\x2d77\\x2dbox.scope", LIBVIRT = "box" },
};

static const struct row units[] = {
	{ "/", .is_root = true },
	{ "", NOTHING },
	{ "/..", NOTHING },
	{ "/init.scope", .unit = "init.scope" },
	{ "/system.slice/nginx.service", .unit = "nginx.service", .slice = "system.slice" },
	{ "/system.slice/nginx.service/workers", .unit = "nginx.service", .slice = "system.slice" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", .unit = "getty@tty1.service",
	  .slice = "system-getty.slice" },
	{ "/system.slice/system-my\\x2dapp.slice/my\\x2dapp@a.service", .unit = "my-app@a.service",
	  .slice = "system-my-app.slice" },
	{ "/system.slice/a\\x00b.service", .unit = "a\\x00b.service", .slice = "system.slice" },
	{ "/system.slice/a\\x2.service", .unit = "a\\x2.service", .slice = "system.slice" },
	{ "/system.slice/_cpu.service", .unit = "cpu.service", .slice = "system.slice" },
	{ "/system.slice/cups.socket", .unit = "cups.socket", .slice = "system.slice" },
	{ "/system.slice/home.mount", .unit = "home.mount", .slice = "system.slice" },
	{ "/system.slice/dev-sda2.swap", .unit = "dev-sda2.swap", .slice = "system.slice" },
	{ "/system.slice", .slice = "system.slice" },
	{ "/system.slice/.service", .slice = "system.slice" },
	{ "/user.slice/user-1000.slice/session-4.scope", .unit = "session-4.scope",
	  .slice = "user-1000.slice", .session = "4", .user = 1000 },
	{ "/user.slice/user-0.slice/session-c1.scope", .unit = "session-c1.scope",
	  .slice = "user-0.slice", .session = "c1", .user = -1 },
	{ "/user.slice/user-1000.slice/user@1000.service/init.scope", .unit = "init.scope",
	  .slice = "user-1000.slice", .user = 1000 },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-77.scope",
	  .unit = "app-firefox-77.scope", .slice = "app.slice", .user = 1000 },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice", .unit = "user@1000.service",
	  .slice = "app.slice", .user = 1000 },
	{ "/user.slice/user-4294967294.slice", .slice = "user-4294967294.slice",
	  .user = 4294967294 },
	{ "/user.slice/user-4294967296.slice", .slice = "user-4294967296.slice" },
	{ "/user.slice/user-1x.slice", .slice = "user-1x.slice" },
	/* near to something, and nothing */
	{ "/user.slice/machine-learning.scope", .unit = "machine-learning.scope",
	  .slice = "user.slice" },
	{ "/system.slice/docker-foo.scope", .unit = "docker-foo.scope", .slice = "system.slice" },
	{ "/system.slice/docker.service", .unit = "docker.service", .slice = "system.slice" },
	{ "/process_api/" HASH, NOTHING },
	{ "/x/podcast", NOTHING },
	{ "/x/pod" UID "0", NOTHING },
	{ "/x/pod2f6b0c1e-1111-4222-8333-44445555666g", NOTHING },
	{ "/docker/0123456789ab", NOTHING },
	{ "/docker/" ID "0", NOTHING },
	{ "/0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF", NOTHING },
	{ "/ecs/" ID, SOMEBODY = ID },
	{ "//docker//" ID "/", DOCKER = ID },
	{ "docker/" ID, DOCKER = ID },
	{ ":::/::/:", NOTHING },
	{ "/-/--/.scope/pod/-pod.slice/user-.slice/session-.scope", .unit = "session-.scope",
	  .slice = "user-.slice" },
};

static void check_text(const char *path, const char *what, const char *is, const char *expected)
{
	char row[512];

	(void)snprintf(row, sizeof(row), "%s: %s", path, what);
	assert_row_str(row, is ? is : "(none)", expected ? expected : "(none)");
}

static void check_row(const struct row *row)
{
	char text[CGROUP_NAME_TEXT];
	struct cgroup_name name;
	size_t used = cgroup_name_parse(row->path, text, sizeof(text), &name);
	long user = !name.has_user ? 0 : name.user ? (long)name.user : -1;

	assert_row(row->path, used <= sizeof(text));
	check_text(row->path, "container", name.container, row->container);
	check_text(row->path, "outer", name.outer, row->outer);
	check_text(row->path, "pod", name.pod, row->pod);
	check_text(row->path, "task", name.task, row->task);
	check_text(row->path, "unit", name.unit, row->unit);
	check_text(row->path, "slice", name.slice, row->slice);
	check_text(row->path, "session", name.session, row->session);
	assert_row_int(row->path, name.runtime, row->runtime);
	assert_row_int(row->path, name.qos, row->qos);
	assert_row_int(row->path, user, row->user);
	assert_row_int(row->path, name.is_root, row->is_root);
}

static void pods_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pods); i++)
		check_row(&pods[i]);
}

static void containers_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(containers); i++)
		check_row(&containers[i]);
}

static void units_are_named_and_nothing_is_made_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		check_row(&units[i]);
}

static void a_container_s_own_cgroup_is_told_from_those_within(void **state)
{
	static const struct {
		const char *path;
		bool is_container;
	} rows[] = {
		{ KUBE UID_ ".slice/cri-containerd-" ID ".scope", true },
		{ KUBE UID_ ".slice/cri-containerd-" ID ".scope (deleted)", true },
		{ KUBE UID_ ".slice/cri-containerd-" ID ".scope/init.scope", false },
		{ KUBE UID_ ".slice/crio-" ID ".scope/container", false },
		{ KUBE UID_ ".slice/crio-conmon-" ID ".scope", false },
		{ KUBE UID_ ".slice", false },
		{ "/kubepods/burstable/pod" UID "/" ID, true },
		{ "/docker/" ID, true },
		{ "/docker/" ID "/docker/" NODE, true },
		{ "/system.slice/docker-" ID ".scope/system.slice/a.service", false },
		{ "/libpod_parent/libpod-" ID, true },
		{ "/system.slice/nginx.service", false },
		{ "/", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[CGROUP_NAME_TEXT];
		struct cgroup_name name;

		(void)cgroup_name_parse(rows[i].path, text, sizeof(text), &name);
		assert_row_int(rows[i].path, name.is_container, rows[i].is_container);
	}
}

static void what_does_not_fit_is_left_out(void **state)
{
	static const char path[] = "/system.slice/docker-" ID ".scope/system.slice/a\\x2db.service";
	char text[CGROUP_NAME_TEXT];
	struct cgroup_name name;
	size_t whole = cgroup_name_parse(path, text, sizeof(text), &name);

	(void)state;
	for (size_t size = 0; size <= whole; size++) {
		auto_free char *exact = malloc(size ? size : 1);
		size_t used = cgroup_name_parse(path, exact, size, &name);

		assert_true(used == whole || size < whole);
		assert_true(used <= size);
		assert_int_equal(name.runtime, CGROUP_RUNTIME_DOCKER);
		assert_true(size < whole ? !name.container || !name.unit || !name.slice
					 : name.container && name.unit && name.slice);
	}
}

static void a_component_longer_than_a_name_says_nothing(void **state)
{
	char path[1024], text[CGROUP_NAME_TEXT];
	struct cgroup_name name;

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	(void)snprintf(path + 300, sizeof(path) - 300, ".service/x.slice");
	assert_int_equal(cgroup_name_parse(path, text, sizeof(text), &name), sizeof("x.slice"));
	assert_null(name.unit);
	assert_string_equal(name.slice, "x.slice");
}

static void every_runtime_has_its_name(void **state)
{
	(void)state;
	assert_null(cgroup_runtime_name(CGROUP_RUNTIME_NONE));
	assert_null(cgroup_runtime_name(CGROUP_RUNTIME_UNKNOWN));
	for (int i = CGROUP_RUNTIME_UNKNOWN + 1; i < CGROUP_RUNTIME_MAX; i++)
		assert_non_null(cgroup_runtime_name((enum cgroup_runtime)i));
}

int main(void)
{
	return RUN_TESTS(TEST(pods_are_named), TEST(containers_are_named),
			 TEST(units_are_named_and_nothing_is_made_up),
			 TEST(a_container_s_own_cgroup_is_told_from_those_within),
			 TEST(what_does_not_fit_is_left_out),
			 TEST(a_component_longer_than_a_name_says_nothing),
			 TEST(every_runtime_has_its_name));
}
