// SPDX-License-Identifier: BSD-2-Clause
/*
 * weir-agent: options from the file, the environment and the command line, in this order; then
 * the agent, until a signal ends it.
 */
#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/options.h"
#include "base/version.h"

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
	  .help = "socket to answer at (unix:///run/weir/weir.sock)" },
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
	  .help = "name of this machine in records (the host name)" },
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
	  .max = 1 << 16 },
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
	  .max = 1 << 30 },
	{ .long_name = "update-interval",
	  .kind = OPT_DURATION,
	  .offset = AGENT(update_interval_ns),
	  .metavar = "TIME",
	  .help = "a record of each connection that moves, this often (5s)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-syn",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.timeout_syn_ns),
	  .metavar = "TIME",
	  .help = "silence that ends an unanswered TCP connection (30s)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-tcp",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.timeout_tcp_ns),
	  .metavar = "TIME",
	  .help = "silence that ends an established one (1h)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-closing",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.timeout_closing_ns),
	  .metavar = "TIME",
	  .help = "silence that ends a half-closed one (30s)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-udp",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.timeout_udp_ns),
	  .metavar = "TIME",
	  .help = "silence that ends a UDP exchange; three times that once answered (60s)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-icmp",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.timeout_icmp_ns),
	  .metavar = "TIME",
	  .help = "silence that ends an ICMP exchange (30s)",
	  .min = NS_PER_S },
	{ .long_name = "timeout-other",
	  .kind = OPT_DURATION,
	  .offset = AGENT(timeouts.timeout_other_ns),
	  .metavar = "TIME",
	  .help = "silence that ends any other (60s)",
	  .min = NS_PER_S },
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
	  .help = "configuration file (" CONFIG_FILE ")" },
	{ .short_name = 'h',
	  .long_name = "help",
	  .kind = OPT_BOOL,
	  .offset = offsetof(struct arguments, help),
	  .help = "print this" },
	{ .long_name = "version",
	  .kind = OPT_BOOL,
	  .offset = offsetof(struct arguments, version),
	  .help = "print the version" },
	{ .kind = OPT_END },
};

static const struct arguments defaults = {
	.agent = {
		.max_flows = 131072,
		.max_interfaces = 1024,
		.log_capacity = 65536,
		.ring_bytes = 8 << 20,
		.update_interval_ns = 5 * NS_PER_S,
		.timeouts = {
			.timeout_syn_ns = 30 * NS_PER_S,
			.timeout_tcp_ns = 3600 * NS_PER_S,
			.timeout_closing_ns = 30 * NS_PER_S,
			.timeout_udp_ns = 60 * NS_PER_S,
			.timeout_icmp_ns = 30 * NS_PER_S,
			.timeout_other_ns = 60 * NS_PER_S,
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

static int check_power_of_two(const char *name, uint64_t value)
{
	if (!(value & (value - 1)))
		return 0;
	log_err(0, "--%s %llu: not a power of two", name, (unsigned long long)value);
	return -EINVAL;
}

static int check(const struct arguments *arguments)
{
	int r = check_power_of_two("max-interfaces", arguments->agent.max_interfaces);

	return r ? r : check_power_of_two("ring-size", arguments->agent.ring_bytes);
}

/* Only to learn which file is meant, and whether help is: what it fills is thrown away. */
static int find_config(int argc, char **argv, char **ret_path)
{
	auto_free char **copy = calloc((size_t)argc + 1, sizeof(*copy));
	struct arguments first = defaults;
	int r;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	r = options_parse(rows, flag_rows, &first, argc, copy);
	if (r > 0) {
		log_err(0, "%s: weir-agent takes options only", copy[1]);
		r = -EINVAL;
	} else if (!r && first.config) {
		*ret_path = strdup(first.config);
		r = *ret_path ? 0 : -ENOMEM;
	}
	options_done(rows, &first);
	options_done(flag_rows, &first);
	return r;
}

static int parse_all(struct arguments *arguments, int argc, char **argv)
{
	auto_free char *path = NULL;
	int r = find_config(argc, argv, &path);

	if (r)
		return r;
	r = options_from_file(rows, arguments, path ? path : CONFIG_FILE);
	if (r == -ENOENT && path)
		return log_err(-ENOENT, "--config %s", path);
	if (!r || r == -ENOENT)
		r = options_from_env(rows, arguments);
	if (!r)
		r = options_parse(rows, flag_rows, arguments, argc, argv);
	return r ? r : check(arguments);
}

static int run(struct arguments *arguments)
{
	struct agent *agent = NULL;
	int r;

	if (!arguments->agent.server)
		arguments->agent.server = strdup("unix:///run/weir/weir.sock");
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

int main(int argc, char **argv)
{
	struct arguments arguments = defaults;
	int r, status = EXIT_SUCCESS;

	/* Its threads do not compete for memory, and an arena for each would keep what it once had. */
	mallopt(M_ARENA_MAX, 1);
	/* What a client's answer has taken goes back: glibc would learn to keep more and more. */
	mallopt(M_MMAP_THRESHOLD, KEEP_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
	log_init("weir-agent", LOG_LEVEL_INFO);
	r = parse_all(&arguments, argc, argv);
	if (r < 0)
		status = 2;
	else if (arguments.help)
		usage();
	else if (arguments.version)
		puts("weir-agent v" WEIR_VERSION);
	else if (run(&arguments) < 0)
		status = EXIT_FAILURE;
	options_done(rows, &arguments);
	options_done(flag_rows, &arguments);
	return status;
}
