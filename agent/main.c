// SPDX-License-Identifier: BSD-2-Clause
/*
 * weir-agent: options from the command line, the environment and the file, in this order; then the
 * agent, until a signal ends it.
 */
#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "agent.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/options.h"
#include "base/server.h"
#include "base/std_fds.h"
#include "base/version.h"
#include "export/export_filter.h"
#include "export/export_mask.h"
#include "who/runtime.h"

#define CONFIG_FILE "/etc/weir/weir.conf"
#define NS_PER_S    1000000000ULL
#define KEEP_BYTES  (128 << 10)

struct arguments {
	struct agent_options agent;
	char *config;
	bool help;
	bool version;
};

#define AGENT(member) offsetof(struct arguments, agent.member)

/* Settings: by flag, by environment, by file. */
static const struct option_row rows[] = {
	{ .long_name = "server",
	  .kind = OPT_STRING,
	  .offset = AGENT(server),
	  .metavar = "ADDRESS",
	  .help = "socket to answer at (" SERVER_DEFAULT ")",
	  .check = server_check },
	{ .long_name = "interface",
	  .kind = OPT_LIST,
	  .offset = AGENT(ifaces.only),
	  .metavar = "NAME",
	  .help = "watch these only; globs such as 'eth*' (all)" },
	{ .long_name = "xdp",
	  .kind = OPT_LIST,
	  .offset = AGENT(ifaces.xdp),
	  .metavar = "NAME",
	  .help = "take the ingress of these interfaces by native XDP (none)" },
	{ .long_name = "attach",
	  .kind = OPT_CHOICE,
	  .offset = AGENT(ifaces.mode),
	  .metavar = "auto|tcx|clsact",
	  .help = "how to attach to traffic control (auto)" },
	{ .long_name = "node-name",
	  .kind = OPT_STRING,
	  .offset = AGENT(node_name),
	  .metavar = "NAME",
	  .help = "name of this machine in records (the host name)",
	  .check = agent_check_node_name },
	{ .long_name = "endpoints",
	  .kind = OPT_STRING,
	  .offset = AGENT(endpoints),
	  .metavar = "FILE",
	  .help = "names of addresses and networks elsewhere, see weir-endpoints(5) (none)" },
	{ .long_name = "container-runtime",
	  .kind = OPT_LIST_RAW,
	  .offset = AGENT(runtimes),
	  .metavar = "auto|none|SOCKET",
	  .help = "ask these for containers and pods; repeatable (auto: all that are there)",
	  .check = runtime_check },
	{ .long_name = "dns",
	  .kind = OPT_BOOL,
	  .offset = AGENT(dns),
	  .help = "learn names of addresses from the DNS answers that pass (true)" },
	{ .long_name = "max-flows",
	  .kind = OPT_U64,
	  .offset = AGENT(max_flows),
	  .metavar = "N",
	  .help = "room for flows in the kernel (131072)",
	  .min = 64,
	  .max = 1 << 24 },
	{ .long_name = "max-interfaces",
	  .kind = OPT_U64,
	  .offset = AGENT(max_interfaces),
	  .metavar = "N",
	  .help = "room for interfaces' counters, a power of two (1024)",
	  .min = 16,
	  .max = 1 << 16,
	  .is_power_of_two = true },
	{ .long_name = "log-capacity",
	  .kind = OPT_U64,
	  .offset = AGENT(log_capacity),
	  .metavar = "N",
	  .help = "records kept in the flow log (65536)",
	  .min = 1,
	  .max = 1 << 28 },
	{ .long_name = "ring-size",
	  .kind = OPT_SIZE,
	  .offset = AGENT(ring_bytes),
	  .metavar = "SIZE",
	  .help = "event ring, a power of two (8M)",
	  .min = 4096,
	  .max = 1 << 30,
	  .is_power_of_two = true },
	{ .long_name = "update-interval",
	  .kind = OPT_DURATION,
	  .offset = AGENT(update_interval_ns),
	  .metavar = "TIME",
	  .help = "a record of each connection that moves, this often (5s)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-syn",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.syn_ns),
	  .metavar = "TIME",
	  .help = "silence that ends an unanswered TCP connection (30s)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-tcp",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.tcp_ns),
	  .metavar = "TIME",
	  .help = "silence that ends an established one (1h)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-closing",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.closing_ns),
	  .metavar = "TIME",
	  .help = "silence that ends a half-closed one (30s)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-udp",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.udp_ns),
	  .metavar = "TIME",
	  .help = "silence that ends a UDP exchange; three times that once answered (60s)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-icmp",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.icmp_ns),
	  .metavar = "TIME",
	  .help = "silence that ends an ICMP exchange (30s)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-other",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.other_ns),
	  .metavar = "TIME",
	  .help = "silence that ends any other (60s)",
	  .min = NS_PER_S },
	{ .long_name = "export-file",
	  .kind = OPT_STRING,
	  .offset = AGENT(export.file),
	  .metavar = "FILE",
	  .help = "append every record to this file, or to stdout, as JSON (none)",
	  .check = export_check_file },
	{ .long_name = "export-max-size",
	  .kind = OPT_SIZE,
	  .offset = AGENT(export.max_bytes),
	  .metavar = "SIZE",
	  .help = "begin another then, and put it aside; 0: never (10M)",
	  .max = (uint64_t)1 << 40,
	  .check = export_check_size },
	{ .long_name = "export-max-backups",
	  .kind = OPT_U64,
	  .offset = AGENT(export.max_backups),
	  .metavar = "N",
	  .help = "how many of those are kept; 0: all (5)",
	  .max = 10000 },
	{ .long_name = "export-compress",
	  .kind = OPT_BOOL,
	  .offset = AGENT(export.compress),
	  .help = "compress those that were put aside by gzip (false)" },
	{ .long_name = "export-allowlist",
	  .kind = OPT_LIST_RAW,
	  .offset = AGENT(export.allow),
	  .metavar = "FILTER",
	  .help = "of these records only: FlowFilters as JSON (all)",
	  .check = export_filter_check },
	{ .long_name = "export-denylist",
	  .kind = OPT_LIST_RAW,
	  .offset = AGENT(export.deny),
	  .metavar = "FILTER",
	  .help = "and of none of these (none)",
	  .check = export_filter_check },
	{ .long_name = "export-field-mask",
	  .kind = OPT_LIST,
	  .offset = AGENT(export.mask),
	  .metavar = "PATHS",
	  .help = "and these fields of them only: time,source.pod_name,... (all)",
	  .check = export_mask_check },
	{ .long_name = "debug",
	  .kind = OPT_BOOL,
	  .offset = AGENT(debug),
	  .help = "say more on stderr" },
	{ .kind = OPT_END },
};

/* By flag alone. */
static const struct option_row flag_rows[] = {
	{ .long_name = "config",
	  .kind = OPT_STRING,
	  .offset = offsetof(struct arguments, config),
	  .metavar = "FILE",
	  .help = "configuration file (" CONFIG_FILE ")",
	  .is_flag_only = true },
	{ .short_name = 'h',
	  .long_name = "help",
	  .kind = OPT_BOOL,
	  .offset = offsetof(struct arguments, help),
	  .help = "print this",
	  .is_flag_only = true },
	{ .long_name = "version",
	  .kind = OPT_BOOL,
	  .offset = offsetof(struct arguments, version),
	  .help = "print the version",
	  .is_flag_only = true },
	{ .kind = OPT_END },
};

static const struct arguments defaults = {
	.agent = {
		.max_flows = 131072,
		.max_interfaces = 1024,
		.dns = true,
		.log_capacity = 65536,
		.ring_bytes = 8 << 20,
		.update_interval_ns = 5 * NS_PER_S,
		.export = { .max_bytes = 10 << 20, .max_backups = 5 },
		.timeouts = {
			.syn_ns = 30 * NS_PER_S,
			.tcp_ns = 3600 * NS_PER_S,
			.closing_ns = 30 * NS_PER_S,
			.udp_ns = 60 * NS_PER_S,
			.icmp_ns = 30 * NS_PER_S,
			.other_ns = 60 * NS_PER_S,
		},
	},
};

static void usage(void)
{
	puts("usage: weir-agent [options]\n\n"
	     "Counts every packet on this machine's interfaces and serves connections to weir.\n\n"
	     "Options (each may stand in " CONFIG_FILE " as `name = value`):");
	options_print(rows, stdout);
	puts("\nBy flag only:");
	options_print(flag_rows, stdout);
	puts("\nExample: weir-agent --interface 'eth*' --log-capacity 1000000");
}

/* Of several each is a socket. */
static int check_runtimes(const struct str_list *list)
{
	for (size_t i = 0; i < list->count && list->count > 1; i++) {
		if (list->items[i][0] == '/' || strchr(list->items[i], ':'))
			continue;
		log_err(0, "--container-runtime %s: goes with no other value", list->items[i]);
		return -EINVAL;
	}
	if (list->count > RUNTIME_NAMED_MAX) {
		log_err(0, "--container-runtime %s: more than %d sockets",
			list->items[RUNTIME_NAMED_MAX], RUNTIME_NAMED_MAX);
		return -EINVAL;
	}
	return 0;
}

/* Files are put aside, standard output is not. A weaker place may still say how, for other times. */
static int check_export(struct options *options, const struct arguments *arguments,
			const char *file)
{
	static const char *const of_files[] = { "export-max-size", "export-max-backups",
						"export-compress" };
	unsigned int place = options_place_of(options, "export-file");
	char reason[OPTION_REASON_SIZE];

	for (size_t i = 0; export_is_stdout(&arguments->agent.export) && i < ARRAY_SIZE(of_files);
	     i++) {
		unsigned int other = options_place_of(options, of_files[i]);

		if (!other || other > place)
			continue;
		snprintf(reason, sizeof(reason), "goes with no %s, which is for files",
			 of_files[i]);
		options_refuse(options, "export-file", EXPORT_STDOUT, reason, file);
		return -EINVAL;
	}
	return 0;
}

static int parse_all(struct arguments *arguments, int argc, char **argv)
{
	struct options options = { .tables = { rows, flag_rows }, .target = arguments };
	int r = options_parse(&options, argc, argv);
	const char *file;

	if (r > 0) {
		log_err(0, "%s: weir-agent takes options only", argv[1]);
		return -EINVAL;
	}
	if (r < 0 || arguments->help || arguments->version)
		return r;
	r = options_from_env(&options);
	if (r < 0)
		return r;
	file = arguments->config ? arguments->config : CONFIG_FILE;
	r = options_from_file(&options, file);
	if (r == -ENOENT && arguments->config)
		return log_err(-ENOENT, "--config %s", arguments->config);
	if (r < 0 && r != -ENOENT)
		return r;
	r = check_export(&options, arguments, file);
	return r < 0 ? r : check_runtimes(&arguments->agent.runtimes);
}

static int run(struct arguments *arguments)
{
	struct agent *agent = NULL;
	int r;

	if (!arguments->agent.server)
		arguments->agent.server = strdup(SERVER_DEFAULT);
	if (!arguments->agent.server)
		return -ENOMEM;
	if (arguments->agent.debug)
		log_set_max_level(LOG_LEVEL_DEBUG);
	r = agent_new(&agent, &arguments->agent);
	if (!r)
		r = agent_run(agent);
	agent_free(&agent);
	return r;
}

/* What was asked for and did not get out is a failure. */
static int print_result(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_SUCCESS;
	log_err(-errno, "cannot write");
	return EXIT_FAILURE;
}

static void use_little_memory(void)
{
	/* A page of 4 KiB that is touched is to cost no 2 MiB: tables are large and fill slowly. */
	(void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	/* Threads do not compete for memory, and an arena for each would keep what it once had. */
	mallopt(M_ARENA_MAX, 1);
	/* What a client's answer has taken goes back: glibc would learn to keep more and more. */
	mallopt(M_MMAP_THRESHOLD, KEEP_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
}

int main(int argc, char **argv)
{
	struct arguments arguments = defaults;
	int r, status = EXIT_SUCCESS;

	std_fds_take();
	use_little_memory();
	log_init("weir-agent", LOG_LEVEL_INFO);
	r = parse_all(&arguments, argc, argv);
	if (r < 0) {
		status = 2;
	} else if (arguments.help) {
		usage();
		status = print_result();
	} else if (arguments.version) {
		puts("weir-agent v" WEIR_VERSION);
		status = print_result();
	} else if (run(&arguments) < 0) {
		status = EXIT_FAILURE;
	}
	options_done(rows, &arguments);
	options_done(flag_rows, &arguments);
	return status;
}
