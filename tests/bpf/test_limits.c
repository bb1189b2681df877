// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the kernel has to do for us: instructions that it verifies at each load, and memory of the
 * maps. Whoever exceeds a budget on purpose raises it here, in the same commit.
 */
#include "bpf_env.h"

#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "tests/harness.h"
#include "weir/config.h"
#include "weir/trace_config.h"

#include "trace.skel.h"
#include "weir.skel.h"
#include "who.skel.h"

/* schema.md 6 */
#define DEFAULT_MAPS_BYTES (64 << 20)

/* The development kernel (6.18) counted some 24,000 for a program of packets, and 7,000 for commands. */
static const struct budget {
	enum bpf_env_prog prog;
	unsigned int insns;
} budgets[] = {
	{ ENV_TC_IN, 45000 },
	{ ENV_TC_OUT, 45000 },
	{ ENV_XDP, 45000 },
	{ ENV_COMMAND, 16000 },
};

/* 0: the kernel does not tell (before 5.16). */
static unsigned int verified_insns(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	return info.verified_insns;
}

static void check_budgets(const struct bpf_env_options *options)
{
	auto_bpf_env struct bpf_env *env = NULL;
	bool is_within = true;

	assert_int_equal(bpf_env_new(&env, options), 0);
	for (size_t i = 0; i < ARRAY_SIZE(budgets); i++) {
		const struct budget *budget = &budgets[i];
		unsigned int insns = verified_insns(bpf_env_prog_fd(env, budget->prog));

		printf("# %s, events %s, DNS %s: %u instructions verified, budget %u\n",
		       bpf_env_progs[budget->prog].name, options->has_no_events ? "off" : "on",
		       options->has_dns ? "on" : "off", insns, budget->insns);
		is_within = is_within && insns <= budget->insns;
	}
	assert_true(is_within);
}

static void programs_with_events_are_within_their_budget_of_verified_instructions(void **state)
{
	static const struct bpf_env_options options = { .has_no_events = false };

	(void)state;
	check_budgets(&options);
}

static void programs_without_events_are_within_their_budget_of_verified_instructions(void **state)
{
	static const struct bpf_env_options options = { .has_no_events = true };

	(void)state;
	check_budgets(&options);
}

static void programs_with_dns_are_within_their_budget_of_verified_instructions(void **state)
{
	static const struct bpf_env_options options = { .has_dns = true };

	(void)state;
	check_budgets(&options);
}

static void every_program_has_a_budget(void **state)
{
	auto_bpf_env struct bpf_env *env = NULL;
	struct bpf_program *program;
	size_t n = 0;

	(void)state;
	assert_int_equal(bpf_env_new(&env, NULL), 0);
	bpf_object__for_each_program(program, bpf_env_skel(env)->obj) n++;
	assert_int_equal(n, ARRAY_SIZE(budgets));
}

/* The programs beside those of packets: each is small, and all of them are loaded at the start. */
#define SMALL_INSNS 4000
#define SMALL_SUM   16000

static unsigned int sum_of(const struct bpf_object *obj)
{
	struct bpf_program *program;
	unsigned int sum = 0;

	bpf_object__for_each_program(program, obj)
	{
		int fd = bpf_program__fd(program);
		unsigned int insns = fd < 0 ? 0 : verified_insns(fd);

		printf("# %s: %u instructions verified\n", bpf_program__name(program), insns);
		assert_in_range(insns, 0, SMALL_INSNS);
		sum += insns;
	}
	return sum;
}

static void programs_of_processes_are_within_their_budget(void **state)
{
	struct who_bpf *who = who_bpf__open_and_load();
	struct trace_bpf *trace;
	struct btf *btf;
	bool is_old;
	int r;

	(void)state;
	assert_non_null(who);
	assert_in_range(sum_of(who->obj), 0, SMALL_SUM);
	who_bpf__destroy(who);
	btf = btf__load_vmlinux_btf();
	if (!btf) {
		printf("# this kernel has no BTF\n");
		return;
	}
	trace = trace_bpf__open();
	assert_non_null(trace);
	is_old = btf__find_by_name_kind(btf, "btf_trace_sock_send_length", BTF_KIND_TYPEDEF) < 0;
	btf__free(btf);
	if (is_old) { /* before Linux 6.3 */
		bpf_program__set_autoload(trace->progs.weir_sent, false);
		bpf_program__set_autoload(trace->progs.weir_received, false);
	}
	r = trace_bpf__load(trace);
	if (r && is_old) {
		printf("# this kernel is too old\n");
		trace_bpf__destroy(trace);
		return;
	}
	assert_int_equal(r, 0);
	assert_in_range(sum_of(trace->obj), 0, SMALL_SUM);
	trace_bpf__destroy(trace);
}

/* As the kernel accounts it. */
static size_t memory_of(const struct bpf_map *map)
{
	char path[64], line[128];
	auto_file FILE *file = NULL;
	size_t bytes = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_map__fd(map));
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, "memlock:", strlen("memlock:")))
			bytes = strtoul(line + strlen("memlock:"), NULL, 10);
	return bytes;
}

static void maps_of_the_default_settings_are_within_64_mib(void **state)
{
	struct weir_bpf *skel = weir_bpf__open_and_load();
	struct bpf_map *map;
	size_t sum = 0;

	(void)state;
	assert_non_null(skel);
	bpf_object__for_each_map(map, skel->obj)
	{
		size_t bytes = memory_of(map);

		printf("# %s: %zu KiB\n", bpf_map__name(map), bytes >> 10);
		sum += bytes;
	}
	weir_bpf__destroy(skel);
	assert_in_range(sum, 1, DEFAULT_MAPS_BYTES);
}

int main(void)
{
	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	return RUN_TESTS(
		TEST(programs_with_events_are_within_their_budget_of_verified_instructions),
		TEST(programs_without_events_are_within_their_budget_of_verified_instructions),
		TEST(programs_with_dns_are_within_their_budget_of_verified_instructions),
		TEST(every_program_has_a_budget),
		TEST(programs_of_processes_are_within_their_budget),
		TEST(maps_of_the_default_settings_are_within_64_mib));
}
