// SPDX-License-Identifier: BSD-2-Clause
/* What every command accepts, and what of Hubble's none does. */
#include "command.h"

#include <errno.h>
#include <string.h>

#define AT(member) offsetof(struct cli_globals, member)

static int refuse(const char *value, const char *why, char reason[static OPTION_REASON_SIZE])
{
	bool is_wanted;

	if (option_parse_bool(value, &is_wanted) == 0 && !is_wanted)
		return 0;
	snprintf(reason, OPTION_REASON_SIZE, "%s", why);
	return -EINVAL;
}

static int refuse_tls(const char *value, char reason[static OPTION_REASON_SIZE])
{
	return refuse(value,
		      "weir speaks to the agent over a Unix socket, whose permissions say who may: "
		      "there is no TLS",
		      reason);
}

static int refuse_password(const char *value, char reason[static OPTION_REASON_SIZE])
{
	return refuse(value,
		      "weir speaks to the agent over a Unix socket, whose permissions say who may: "
		      "there are no passwords",
		      reason);
}

static int refuse_kube(const char *value, char reason[static OPTION_REASON_SIZE])
{
	return refuse(
		value,
		"weir asks the agent of a machine at its Unix socket (--server), and never by way "
		"of Kubernetes",
		reason);
}

/* What each refuses is never set. */
#define NO_SWITCH(name, why)                                                       \
	{                                                                          \
		.long_name = (name), .kind = OPT_BOOL, .offset = AT(not_a_switch), \
		.is_flag_only = true, .is_refused = true, .check = (why)           \
	}
#define NO_VALUE(name, why)                                                                  \
	{                                                                                    \
		.long_name = (name), .kind = OPT_STRING, .offset = AT(not_a_value),          \
		.metavar = "VALUE", .is_flag_only = true, .is_refused = true, .check = (why) \
	}

static const struct option_row server_options[] = {
	{ .long_name = "server",
	  .kind = OPT_STRING,
	  .offset = AT(server_text),
	  .metavar = "ADDRESS",
	  .help = "where the agent listens (default " SERVER_DEFAULT "; also HUBBLE_SERVER)",
	  .other_env = "HUBBLE_SERVER" },
	{ .long_name = "timeout",
	  .kind = OPT_DURATION,
	  .offset = AT(timeout_ns),
	  .metavar = "DURATION",
	  .help = "how long to wait for the agent to take the connection; 0: always (default 5s)" },
	{ .long_name = "request-timeout",
	  .kind = OPT_DURATION,
	  .offset = AT(request_timeout_ns),
	  .metavar = "DURATION",
	  .help = "how long for its answer, but for flows; 0: always (default 12s)" },
	NO_SWITCH("tls", refuse_tls),
	NO_SWITCH("tls-allow-insecure", refuse_tls),
	NO_VALUE("tls-ca-cert-files", refuse_tls),
	NO_VALUE("tls-client-cert-file", refuse_tls),
	NO_VALUE("tls-client-key-file", refuse_tls),
	NO_VALUE("tls-server-name", refuse_tls),
	NO_VALUE("basic-auth-username", refuse_password),
	NO_VALUE("basic-auth-password", refuse_password),
	{ .short_name = 'P',
	  .long_name = "port-forward",
	  .kind = OPT_BOOL,
	  .offset = AT(not_a_switch),
	  .is_flag_only = true,
	  .is_refused = true,
	  .check = refuse_kube },
	NO_VALUE("port-forward-port", refuse_kube),
	NO_VALUE("kube-context", refuse_kube),
	NO_VALUE("kube-namespace", refuse_kube),
	NO_VALUE("kubeconfig", refuse_kube),
	{},
};

static const struct option_row other_options[] = {
	{ .long_name = "config",
	  .kind = OPT_STRING,
	  .offset = AT(config),
	  .metavar = "FILE",
	  .help = "options, as YAML (default ~/.config/weir/config.yaml, see weir config)" },
	{ .short_name = 'D',
	  .long_name = "debug",
	  .kind = OPT_BOOL,
	  .offset = AT(debug),
	  .help = "tell on stderr what is done" },
	/* WEIR_HELP and WEIR_VERSION would be somebody else's. */
	{ .short_name = 'h',
	  .long_name = "help",
	  .kind = OPT_BOOL,
	  .offset = AT(help),
	  .help = "print this help",
	  .is_flag_only = true },
	{ .long_name = "version",
	  .kind = OPT_BOOL,
	  .offset = AT(version),
	  .help = "print the version",
	  .is_flag_only = true },
	{},
};

static const struct option_row rows[] = {
	{ .kind = OPT_TABLE, .help = "Server options", .table = server_options },
	{ .kind = OPT_TABLE, .help = "Global options", .table = other_options },
	{},
};

const struct option_row *cli_global_options(void)
{
	return rows;
}
