// SPDX-License-Identifier: BSD-2-Clause
/*
 * The object as the agent loads it, a thread for each program: all of them share the maps, and
 * whatever happens on the way, nothing stays open but what was asked for.
 */
#include "agent/kernel/datapath_load.h"

#include <dirent.h>
#include <sys/resource.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "tests/harness.h"

#define MAPS_A_PROG_MAX 16

static const struct datapath_options small = { .max_flows = 64,
					       .max_ifaces = 16,
					       .ring_bytes = 4096 };

static int load(struct datapath_fds *ret, const struct datapath_options *options)
{
	struct datapath_loading *loading = NULL;
	int r = datapath_load_begin(&loading, ret, options);

	return r ? r : datapath_load_end(&loading, ret);
}

static unsigned int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	return info.id;
}

/* Every map of the program is one of ours. */
static void check_prog(const struct datapath_fds *fds, int fd, const char *name)
{
	uint32_t ids[MAPS_A_PROG_MAX];
	struct bpf_prog_info info = { .map_ids = (uintptr_t)ids, .nr_map_ids = MAPS_A_PROG_MAX };
	uint32_t len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	assert_string_equal(info.name, name);
	assert_in_range(info.nr_map_ids, 1, MAPS_A_PROG_MAX);
	for (uint32_t i = 0; i < info.nr_map_ids; i++) {
		unsigned int map = 0;

		while (map < DATAPATH_MAP_MAX && map_id(fds->maps[map]) != ids[i])
			map++;
		assert_row(name, map < DATAPATH_MAP_MAX);
	}
}

static void all_programs_share_the_maps(void **state)
{
	static const char *const names[DATAPATH_PROG_MAX] = {
		[DATAPATH_TC_IN] = "weir_tc_in",
		[DATAPATH_TC_OUT] = "weir_tc_out",
		[DATAPATH_XDP] = "weir_xdp",
		[DATAPATH_COMMAND] = "weir_command",
	};
	unsigned int before = open_fds();

	(void)state;
	for (int want_xdp = 0; want_xdp < 2; want_xdp++) {
		struct datapath_options options = small;
		struct datapath_fds fds;

		options.want_xdp = want_xdp;
		assert_int_equal(load(&fds, &options), 0);
		for (unsigned int prog = 0; prog < DATAPATH_PROG_MAX; prog++) {
			if (prog == DATAPATH_XDP && !want_xdp)
				assert_int_equal(fds.progs[prog], -1);
			else
				check_prog(&fds, fds.progs[prog], names[prog]);
		}
		assert_int_equal(open_fds(),
				 before + DATAPATH_MAP_MAX + DATAPATH_PROG_MAX - !want_xdp);
		datapath_fds_close(&fds);
		assert_int_equal(open_fds(), before);
	}
}

static void what_the_kernel_refuses_leaves_nothing_open(void **state)
{
	struct datapath_options options = small;
	unsigned int before = open_fds();
	struct datapath_fds fds;

	(void)state;
	options.max_flows = 0;
	assert_int_equal(load(&fds, &options), -EINVAL);
	assert_int_equal(open_fds(), before);
}

static void who_gives_up_meanwhile_leaves_nothing_open(void **state)
{
	struct datapath_loading *loading = NULL;
	unsigned int before = open_fds();
	struct datapath_fds fds;

	(void)state;
	assert_int_equal(datapath_load_begin(&loading, &fds, &small), 0);
	datapath_load_cancel(&loading);
	assert_null(loading);
	assert_int_equal(open_fds(), before + DATAPATH_MAP_MAX);
	datapath_fds_close(&fds);
	assert_int_equal(open_fds(), before);
}

/* Wherever it is that there are no more descriptors. */
static void running_out_of_descriptors_leaves_nothing_open(void **state)
{
	unsigned int before = open_fds(), failed = 0;
	struct rlimit was, few;
	int r = -EMFILE;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	for (rlim_t more = 2; r && more < 128; more += 5) {
		struct datapath_fds fds;

		few = (struct rlimit){ .rlim_cur = before + more, .rlim_max = was.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		r = load(&fds, &small);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
		if (!r)
			datapath_fds_close(&fds);
		else
			failed++;
		assert_int_equal(open_fds(), before);
	}
	assert_int_equal(r, 0);
	assert_true(failed > 2);
}

int main(void)
{
	if (geteuid())
		return skip_all("needs root");
	return RUN_TESTS(TEST(all_programs_share_the_maps),
			 TEST(what_the_kernel_refuses_leaves_nothing_open),
			 TEST(who_gives_up_meanwhile_leaves_nothing_open),
			 TEST(running_out_of_descriptors_leaves_nothing_open));
}
