// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs are put where the contract says, taken off again, and nobody else's are touched: on a
 * veth pair in a namespace of the test's own, with two-instruction programs.
 */
#include "kernel/attach.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "tests/harness.h"

/* Linux 6.6; older headers lack them. */
#define TCX_INGRESS 46
#define TCX_EGRESS  47

#define OUR_HANDLE "handle 0x77656972"

static int cls_fd = -1, foreign_fd = -1, late_fd = -1, xdp_fd = -1, foreign_xdp_fd = -1;
static uint32_t v0, v1;

/* ---- the ground ---- */

static int load(enum bpf_prog_type type, const char *name, int verdict)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, name, "Dual BSD/GPL", insns, ARRAY_SIZE(insns), NULL);
}

static uint32_t id_of(int prog_fd)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(prog_fd, &info, &len), 0);
	return info.id;
}

static void sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void sh(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0) /* NOLINT(cert-env33-c): a test's own words */
		fail_msg("failed: %s", command);
}

/* What a command prints; until the next call. */
static const char *shown(const char *command)
{
	static char text[16384];
	FILE *pipe = popen(command, "re"); /* NOLINT(cert-env33-c) */
	size_t len;

	assert_non_null(pipe);
	len = fread(text, 1, sizeof(text) - 1, pipe);
	text[len] = '\0';
	assert_int_equal(pclose(pipe), 0);
	return text;
}

static bool shows(const char *command, const char *what)
{
	return strstr(shown(command), what) != NULL;
}

static bool shows_in_order(const char *command, const char *first, const char *second)
{
	const char *text = shown(command);
	const char *a = strstr(text, first), *b = strstr(text, second);

	return a && b && a < b;
}

#define INGRESS "tc filter show dev v0 ingress"
#define EGRESS	"tc filter show dev v0 egress"
#define QDISCS	"tc qdisc show dev v0"

static int setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	sh("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
	v0 = if_nametoindex("v0");
	v1 = if_nametoindex("v1");
	return 0;
}

/* A process that stays in a network namespace of its own until it is killed. */
static pid_t other_namespace(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) == 0)
			(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end_namespace(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Runs from here on in the process's namespace; returns one to come back to. */
static int enter_namespace_of(pid_t pid)
{
	char path[64];
	int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	auto_close int there = -1;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	there = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(here >= 0 && there >= 0);
	assert_int_equal(setns(there, CLONE_NEWNET), 0);
	return here;
}

static void come_back(int here)
{
	assert_int_equal(setns(here, CLONE_NEWNET), 0);
	close(here);
}

/* ---- TCX ---- */

/* The programs at a hook of an interface, in the order they run. */
static uint32_t tcx_programs(uint32_t ifindex, unsigned int type, uint32_t ids[static 8])
{
	uint32_t n = 8, flags;

	memset(ids, 0, 8 * sizeof(*ids));
	assert_int_equal(
		bpf_prog_query((int)ifindex, (enum bpf_attach_type)type, 0, &flags, ids, &n), 0);
	return n;
}

static int foreign_tcx(int prog_fd, unsigned int type)
{
	return bpf_link_create(prog_fd, (int)v0, (enum bpf_attach_type)type, NULL);
}

static void tcx_is_first_at_ingress_and_last_at_egress(void **state)
{
	struct attachment ingress, egress;
	auto_close int foreign_in = foreign_tcx(foreign_fd, TCX_INGRESS);
	auto_close int foreign_out = foreign_tcx(foreign_fd, TCX_EGRESS);
	auto_close int late = -1;
	uint32_t ids[8];

	(void)state;
	assert_true(foreign_in >= 0 && foreign_out >= 0);
	assert_int_equal(attach_tcx(&ingress, cls_fd, v0, false), 0);
	assert_int_equal(attach_tcx(&egress, cls_fd, v0, true), 0);
	assert_int_equal(ingress.kind, ATTACH_TCX);
	assert_false(ingress.is_egress);
	assert_true(egress.is_egress);
	assert_int_equal(egress.ifindex, v0);
	assert_int_equal(tcx_programs(v0, TCX_INGRESS, ids), 2);
	assert_int_equal(ids[0], id_of(cls_fd));
	assert_int_equal(ids[1], id_of(foreign_fd));
	assert_int_equal(tcx_programs(v0, TCX_EGRESS, ids), 2);
	assert_int_equal(ids[0], id_of(foreign_fd));
	assert_int_equal(ids[1], id_of(cls_fd));

	/* One that comes later, without a wish, goes to the tail. */
	late = foreign_tcx(late_fd, TCX_INGRESS);
	assert_true(late >= 0);
	assert_int_equal(tcx_programs(v0, TCX_INGRESS, ids), 3);
	assert_int_equal(ids[0], id_of(cls_fd));
	assert_int_equal(ids[2], id_of(late_fd));
	/* The kernel takes a program once per hook. */
	assert_int_equal(attach_tcx(&egress, cls_fd, v0, true), -EEXIST);

	attach_detach(&ingress);
	attach_detach(&egress);
	assert_int_equal(ingress.kind, ATTACH_NONE);
	assert_int_equal(ingress.link_fd, -1);
	assert_int_equal(tcx_programs(v0, TCX_INGRESS, ids), 2);
	assert_int_equal(ids[0], id_of(foreign_fd));
	assert_int_equal(tcx_programs(v0, TCX_EGRESS, ids), 1);
	assert_int_equal(ids[0], id_of(foreign_fd));
}

static void who_attaches_later_stands_behind_us_at_egress(void **state)
{
	auto_close int before = foreign_tcx(foreign_fd, TCX_EGRESS);
	auto_close int late = -1;
	struct attachment egress;

	(void)state;
	assert_int_equal(attach_tcx_behind(cls_fd, v0), 0);
	assert_int_equal(attach_tcx(&egress, cls_fd, v0, true), 0);
	assert_int_equal(attach_tcx_behind(cls_fd, v0), 0);
	late = foreign_tcx(late_fd, TCX_EGRESS);
	assert_true(before >= 0 && late >= 0);
	assert_int_equal(attach_tcx_behind(cls_fd, v0), 1);
	assert_int_equal(attach_tcx_behind(foreign_fd, v0), 2);
	attach_detach(&egress);
	assert_int_equal(attach_tcx_behind(cls_fd, v0), 0);
	assert_int_equal(attach_tcx_behind(cls_fd, 4711), -ENODEV);
}

static void closing_the_descriptor_of_a_tcx_link_detaches(void **state)
{
	struct attachment attachment;
	uint32_t ids[8];

	(void)state;
	assert_int_equal(attach_tcx(&attachment, cls_fd, v0, false), 0);
	assert_int_equal(tcx_programs(v0, TCX_INGRESS, ids), 1);
	close(attachment.link_fd);
	assert_int_equal(tcx_programs(v0, TCX_INGRESS, ids), 0);
}

static void tcx_needs_an_interface(void **state)
{
	struct attachment attachment = { .link_fd = -7 };

	(void)state;
	assert_int_equal(attach_tcx(&attachment, cls_fd, 4711, false), -ENODEV);
	assert_int_equal(attachment.link_fd, -7);
}

/* Only RTM_DELLINK tells that it has to be closed. */
static void a_tcx_link_goes_along_to_another_namespace_until_it_is_detached(void **state)
{
	struct attachment attachment;
	pid_t other = other_namespace();
	uint32_t ids[8];
	int here;

	(void)state;
	assert_int_equal(attach_tcx(&attachment, cls_fd, v0, false), 0);
	sh("ip link set v0 netns %d", other);
	here = enter_namespace_of(other);
	assert_int_equal(tcx_programs(if_nametoindex("v0"), TCX_INGRESS, ids), 1);
	attach_detach(&attachment);
	assert_int_equal(tcx_programs(if_nametoindex("v0"), TCX_INGRESS, ids), 0);
	come_back(here);
	end_namespace(other);
}

static void detaching_from_an_interface_that_is_gone_is_fine(void **state)
{
	struct attachment tcx, xdp, clsact;

	(void)state;
	assert_int_equal(attach_tcx(&tcx, cls_fd, v0, false), 0);
	assert_int_equal(attach_xdp(&xdp, xdp_fd, v0), 0);
	assert_int_equal(attach_clsact(&clsact, cls_fd, v0, true), 0);
	sh("ip link del v0");
	attach_detach(&tcx);
	attach_detach(&xdp);
	attach_detach(&clsact);
	assert_int_equal(clsact.kind, ATTACH_NONE);
	attach_detach(&clsact);
	assert_int_equal(attach_clean_stale(v0), -ENODEV);
}

static void a_kernel_without_tcx_says_so(void **state)
{
	struct attachment attachment;
	int r = attach_tcx(&attachment, cls_fd, v0, false);

	(void)state;
	assert_true(r == -EINVAL || r == -EOPNOTSUPP);
}

/* ---- clsact ---- */

static void clsact_is_made_and_goes_with_the_last_filter(void **state)
{
	(void)state;
	for (int first_is_egress = 0; first_is_egress < 2; first_is_egress++) {
		struct attachment attachments[2];

		assert_int_equal(attach_clsact(&attachments[0], cls_fd, v0, false), 0);
		assert_int_equal(attach_clsact(&attachments[1], cls_fd, v0, true), 0);
		assert_true(attachments[0].made_qdisc && attachments[1].made_qdisc);
		assert_int_equal(attachments[0].link_fd, -1);
		assert_true(shows(QDISCS, "clsact"));
		assert_true(shows(INGRESS, "pref 1 bpf chain 0 " OUR_HANDLE));
		assert_true(shows(EGRESS, "pref 65535 bpf chain 0 " OUR_HANDLE));
		assert_true(shows(EGRESS, "direct-action"));

		attach_detach(&attachments[first_is_egress]);
		assert_true(shows(QDISCS, "clsact"));
		assert_int_equal(shows(INGRESS, OUR_HANDLE), first_is_egress);
		assert_int_equal(shows(EGRESS, OUR_HANDLE), !first_is_egress);
		attach_detach(&attachments[!first_is_egress]);
		assert_false(shows(QDISCS, "clsact"));
	}
}

static void a_foreign_qdisc_is_not_removed(void **state)
{
	struct attachment attachments[2];

	(void)state;
	sh("tc qdisc add dev v0 clsact");
	assert_int_equal(attach_clsact(&attachments[0], cls_fd, v0, false), 0);
	assert_int_equal(attach_clsact(&attachments[1], cls_fd, v0, true), 0);
	assert_false(attachments[0].made_qdisc || attachments[1].made_qdisc);
	attach_detach(&attachments[0]);
	attach_detach(&attachments[1]);
	assert_false(shows(INGRESS, OUR_HANDLE) || shows(EGRESS, OUR_HANDLE));
	assert_true(shows(QDISCS, "clsact"));
}

static void a_foreign_filter_keeps_the_qdisc_we_made(void **state)
{
	static const char *const hooks[] = { "ingress", "egress" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		struct attachment attachment;

		assert_int_equal(attach_clsact(&attachment, cls_fd, v0, false), 0);
		sh("tc filter add dev v0 %s prio 9 protocol ip u32 match u32 0 0", hooks[i]);
		attach_detach(&attachment);
		assert_false(shows(INGRESS, OUR_HANDLE));
		assert_true(shows(i ? EGRESS : INGRESS, "pref 9 u32"));
		assert_int_equal(attach_clean_stale(v0), 0);
		assert_true(shows(QDISCS, "clsact"));
		sh("tc qdisc del dev v0 clsact");
	}
}

/* A program of somebody who uses our priority. */
static void foreign_filter(enum bpf_tc_attach_point point, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)v0, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = foreign_fd, .handle = 1, .priority = priority);

	assert_int_equal(bpf_tc_attach(&hook, &opts), 0);
}

static void clsact_is_first_at_ingress_and_last_at_egress(void **state)
{
	struct attachment ingress, egress;

	(void)state;
	sh("tc qdisc add dev v0 clsact");
	foreign_filter(BPF_TC_INGRESS, 1);
	foreign_filter(BPF_TC_EGRESS, 0xc000);
	assert_int_equal(attach_clsact(&ingress, cls_fd, v0, false), 0);
	assert_int_equal(attach_clsact(&egress, cls_fd, v0, true), 0);
	assert_true(shows_in_order(INGRESS, OUR_HANDLE, "handle 0x1 "));
	assert_true(shows_in_order(EGRESS, "handle 0x1 ", OUR_HANDLE));
	attach_detach(&ingress);
	attach_detach(&egress);
	assert_true(shows(INGRESS, "handle 0x1 ") && shows(EGRESS, "handle 0x1 "));
	assert_false(shows(INGRESS, OUR_HANDLE) || shows(EGRESS, OUR_HANDLE));
}

static void a_priority_of_another_kind_of_classifier_is_passed_over(void **state)
{
	struct attachment ingress, egress;

	(void)state;
	sh("tc qdisc add dev v0 clsact && "
	   "tc filter add dev v0 ingress prio 1 protocol ip u32 match u32 0 0 && "
	   "tc filter add dev v0 egress prio 65535 protocol all u32 match u32 0 0");
	assert_int_equal(attach_clsact(&ingress, cls_fd, v0, false), 0);
	assert_int_equal(attach_clsact(&egress, cls_fd, v0, true), 0);
	assert_true(shows(INGRESS, "pref 2 bpf chain 0 " OUR_HANDLE));
	assert_true(shows(EGRESS, "pref 65534 bpf chain 0 " OUR_HANDLE));
	attach_detach(&ingress);
	attach_detach(&egress);
	assert_true(shows(INGRESS, "pref 1 u32") && shows(EGRESS, "pref 65535 u32"));
	assert_false(shows(INGRESS, OUR_HANDLE) || shows(EGRESS, OUR_HANDLE));
}

static void an_ingress_qdisc_takes_no_egress_program(void **state)
{
	struct attachment ingress, egress = { .link_fd = -7 };

	(void)state;
	sh("tc qdisc add dev v0 ingress");
	assert_int_equal(attach_clsact(&ingress, cls_fd, v0, false), 0);
	assert_int_equal(attach_clsact(&egress, cls_fd, v0, true), -EBUSY);
	assert_int_equal(egress.link_fd, -7);
	assert_true(shows(INGRESS, OUR_HANDLE));
	assert_int_equal(attach_clean_stale(v0), 1);
	assert_true(shows(QDISCS, "ingress"));
}

/* An attachment that is forgotten is what SIGKILL leaves. */
static void a_filter_left_behind_is_replaced(void **state)
{
	struct attachment attachments[2];

	(void)state;
	assert_int_equal(attach_clsact(&attachments[0], foreign_fd, v0, false), 0);
	assert_int_equal(attach_clsact(&attachments[1], foreign_fd, v0, true), 0);

	assert_int_equal(attach_clsact(&attachments[0], cls_fd, v0, false), 0);
	assert_int_equal(attach_clsact(&attachments[1], cls_fd, v0, true), 0);
	assert_true(shows(INGRESS, OUR_HANDLE));
	assert_null(strstr(strstr(shown(INGRESS), OUR_HANDLE) + 1, OUR_HANDLE));
	/* The qdisc was ours, and is. */
	attach_detach(&attachments[0]);
	attach_detach(&attachments[1]);
	assert_false(shows(QDISCS, "clsact"));
}

static void what_was_left_behind_is_cleaned(void **state)
{
	struct attachment forgotten;

	(void)state;
	assert_int_equal(attach_clean_stale(v0), 0);

	assert_int_equal(attach_clsact(&forgotten, cls_fd, v0, false), 0);
	assert_int_equal(attach_clsact(&forgotten, cls_fd, v0, true), 0);
	assert_int_equal(attach_clean_stale(v0), 2);
	assert_false(shows(QDISCS, "clsact"));

	/* Empty, and yet somebody else's. */
	sh("tc qdisc add dev v0 clsact");
	assert_int_equal(attach_clean_stale(v0), 0);
	assert_int_equal(attach_clsact(&forgotten, cls_fd, v0, false), 0);
	assert_int_equal(attach_clean_stale(v0), 1);
	assert_true(shows(QDISCS, "clsact"));

	foreign_filter(BPF_TC_INGRESS, 1);
	assert_int_equal(attach_clsact(&forgotten, cls_fd, v0, false), 0);
	assert_int_equal(attach_clean_stale(v0), 1);
	assert_true(shows(INGRESS, "handle 0x1 "));
}

static void a_program_that_is_none_leaves_no_qdisc(void **state)
{
	struct attachment attachment = { .link_fd = -7 };

	(void)state;
	assert_true(attach_clsact(&attachment, xdp_fd, v0, false) < 0);
	assert_int_equal(attachment.link_fd, -7);
	assert_false(shows(QDISCS, "clsact"));
	assert_int_equal(attach_clsact(&attachment, cls_fd, 4711, false), -ENODEV);
}

/* Unlike a link. */
static void clsact_does_not_go_along_to_another_namespace(void **state)
{
	struct attachment attachment;
	pid_t other = other_namespace();
	int here;

	(void)state;
	assert_int_equal(attach_clsact(&attachment, cls_fd, v0, false), 0);
	sh("ip link set v0 netns %d", other);
	here = enter_namespace_of(other);
	assert_false(shows(QDISCS, "clsact"));
	come_back(here);
	attach_detach(&attachment);
	end_namespace(other);
}

/* ---- XDP ---- */

static uint32_t xdp_program(uint32_t ifindex, unsigned int flags)
{
	uint32_t id = 0;

	assert_int_equal(bpf_xdp_query_id((int)ifindex, (int)flags, &id), 0);
	return id;
}

static void xdp_is_native_and_goes_with_its_descriptor(void **state)
{
	struct attachment attachment;

	(void)state;
	assert_int_equal(attach_xdp(&attachment, xdp_fd, v0), 0);
	assert_int_equal(attachment.kind, ATTACH_XDP);
	assert_int_equal(xdp_program(v0, XDP_FLAGS_DRV_MODE), id_of(xdp_fd));
	assert_int_equal(xdp_program(v0, XDP_FLAGS_SKB_MODE), 0);
	attach_detach(&attachment);
	assert_int_equal(xdp_program(v0, 0), 0);

	assert_int_equal(attach_xdp(&attachment, xdp_fd, v0), 0);
	close(attachment.link_fd);
	assert_int_equal(xdp_program(v0, 0), 0);
}

/* The link's descriptor or 0; -errno. */
static int foreign_xdp(unsigned int mode, bool is_link)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = mode);

	if (is_link)
		return bpf_link_create(foreign_xdp_fd, (int)v0, BPF_XDP, &opts);
	return bpf_xdp_attach((int)v0, foreign_xdp_fd, mode, NULL);
}

static void a_foreign_xdp_program_stays_whatever_holds_it(void **state)
{
	static const struct {
		const char *name;
		unsigned int mode;
		bool is_link;
	} cases[] = {
		{ "a native link", XDP_FLAGS_DRV_MODE, true },
		{ "a generic link", XDP_FLAGS_SKB_MODE, true },
		{ "a native program", XDP_FLAGS_DRV_MODE, false },
		{ "a generic program", XDP_FLAGS_SKB_MODE, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct attachment attachment = { .link_fd = -7 };
		int link = foreign_xdp(cases[i].mode, cases[i].is_link);

		assert_row(cases[i].name, link >= 0);
		assert_row_int(cases[i].name, attach_xdp(&attachment, xdp_fd, v0), -EBUSY);
		assert_row_int(cases[i].name, attachment.link_fd, -7);
		assert_row_int(cases[i].name, xdp_program(v0, cases[i].mode),
			       id_of(foreign_xdp_fd));
		if (cases[i].is_link)
			close(link);
		else
			assert_int_equal(bpf_xdp_detach((int)v0, cases[i].mode, NULL), 0);
	}
}

static void xdp_is_never_generic(void **state)
{
	struct attachment attachment;

	(void)state;
	sh("ip link add br0 type bridge");
	assert_int_equal(attach_xdp(&attachment, xdp_fd, if_nametoindex("br0")), -EOPNOTSUPP);
	assert_int_equal(attach_xdp(&attachment, xdp_fd, if_nametoindex("lo")), -EOPNOTSUPP);
	assert_int_equal(xdp_program(if_nametoindex("br0"), 0), 0);
}

static void an_xdp_link_goes_along_to_another_namespace_until_it_is_detached(void **state)
{
	struct attachment attachment;
	pid_t other = other_namespace();
	int here;

	(void)state;
	assert_int_equal(attach_xdp(&attachment, xdp_fd, v0), 0);
	sh("ip link set v0 netns %d", other);
	here = enter_namespace_of(other);
	assert_int_equal(xdp_program(if_nametoindex("v0"), 0), id_of(xdp_fd));
	attach_detach(&attachment);
	assert_int_equal(xdp_program(if_nametoindex("v0"), 0), 0);
	come_back(here);
	end_namespace(other);
}

/* ---- all ---- */

static void every_kind_of_attachment_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(attach_kind_to_str(ATTACH_NONE), "none");
	assert_string_equal(attach_kind_to_str(ATTACH_TCX), "tcx");
	assert_string_equal(attach_kind_to_str(ATTACH_CLSACT), "clsact");
	assert_string_equal(attach_kind_to_str(ATTACH_XDP), "xdp");
	assert_string_equal(attach_kind_to_str(ATTACH_KIND_MAX), "none");
}

static void detaching_what_is_not_attached_does_nothing(void **state)
{
	struct attachment attachment = { .link_fd = -1 };

	(void)state;
	attach_detach(&attachment);
	assert_int_equal(attachment.link_fd, -1);
}

static bool has_tcx(void)
{
	uint32_t ids[8], n = ARRAY_SIZE(ids), flags;

	return bpf_prog_query((int)v0, (enum bpf_attach_type)TCX_INGRESS, 0, &flags, ids, &n) == 0;
}

/* Why these can't run here; NULL if they can. */
static const char *prepare(void)
{
	libbpf_set_print(NULL);
	cls_fd = load(BPF_PROG_TYPE_SCHED_CLS, "ours", TC_ACT_UNSPEC);
	foreign_fd = load(BPF_PROG_TYPE_SCHED_CLS, "foreign", TC_ACT_UNSPEC);
	late_fd = load(BPF_PROG_TYPE_SCHED_CLS, "late", TC_ACT_UNSPEC);
	xdp_fd = load(BPF_PROG_TYPE_XDP, "ours_xdp", XDP_PASS);
	foreign_xdp_fd = load(BPF_PROG_TYPE_XDP, "foreign_xdp", XDP_PASS);
	if (cls_fd < 0 || foreign_fd < 0 || late_fd < 0 || xdp_fd < 0 || foreign_xdp_fd < 0)
		return "needs CAP_BPF and CAP_NET_ADMIN";
	if (unshare(CLONE_NEWNET) < 0)
		return "needs CAP_SYS_ADMIN, for network namespaces";
	if (system("ip link add v0 type veth peer name v1") != 0) /* NOLINT(cert-env33-c) */
		return "needs CAP_NET_ADMIN, ip and veth";
	v0 = if_nametoindex("v0");
	if (system("tc qdisc add dev v0 clsact && " /* NOLINT(cert-env33-c) */
		   "tc filter add dev v0 ingress protocol ip u32 match u32 0 0") != 0)
		return "needs tc, clsact and cls_u32";
	return NULL;
}

#define NET_TEST(name) cmocka_unit_test_setup(name, setup)

/* Where there is TCX, and everywhere. */
#define TCX_TESTS                                                                          \
	NET_TEST(tcx_is_first_at_ingress_and_last_at_egress),                              \
		NET_TEST(who_attaches_later_stands_behind_us_at_egress),                   \
		NET_TEST(closing_the_descriptor_of_a_tcx_link_detaches),                   \
		NET_TEST(tcx_needs_an_interface),                                          \
		NET_TEST(a_tcx_link_goes_along_to_another_namespace_until_it_is_detached), \
		NET_TEST(detaching_from_an_interface_that_is_gone_is_fine)
#define OTHER_TESTS                                                                         \
	NET_TEST(clsact_is_made_and_goes_with_the_last_filter),                             \
		NET_TEST(a_foreign_qdisc_is_not_removed),                                   \
		NET_TEST(a_foreign_filter_keeps_the_qdisc_we_made),                         \
		NET_TEST(clsact_is_first_at_ingress_and_last_at_egress),                    \
		NET_TEST(a_priority_of_another_kind_of_classifier_is_passed_over),          \
		NET_TEST(an_ingress_qdisc_takes_no_egress_program),                         \
		NET_TEST(a_filter_left_behind_is_replaced),                                 \
		NET_TEST(what_was_left_behind_is_cleaned),                                  \
		NET_TEST(a_program_that_is_none_leaves_no_qdisc),                           \
		NET_TEST(clsact_does_not_go_along_to_another_namespace),                    \
		NET_TEST(xdp_is_native_and_goes_with_its_descriptor),                       \
		NET_TEST(a_foreign_xdp_program_stays_whatever_holds_it),                    \
		NET_TEST(xdp_is_never_generic),                                             \
		NET_TEST(an_xdp_link_goes_along_to_another_namespace_until_it_is_detached), \
		TEST(every_kind_of_attachment_has_a_name),                                  \
		TEST(detaching_what_is_not_attached_does_nothing)

int main(void)
{
	const char *reason = prepare();

	if (reason)
		return skip_all(reason);
	if (!has_tcx()) {
		printf("# this kernel has no TCX: its tests are left out\n");
		return RUN_TESTS(NET_TEST(a_kernel_without_tcx_says_so), OTHER_TESTS);
	}
	return RUN_TESTS(TCX_TESTS, OTHER_TESTS);
}
