// SPDX-License-Identifier: BSD-2-Clause
/*
 * weir watch peers: Hubble's list of servers that come and go. There is one here, the agent that
 * answers: it is told, and then there is nothing to tell until it ends.
 */
#include "commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/log.h"

#include "client.h"
#include "json_in.h"
#include "text.h"

#define TYPE_COLUMNS 12

static void append_peer(struct buf *out, struct json_object *node)
{
	buf_printf(out, "%-*s ", TYPE_COLUMNS, "PEER_ADDED");
	text_append(out, json_in_text(node, "address"));
	buf_append_char(out, ' ');
	text_append(out, json_in_text(node, "name"));
	buf_append_char(out, '\n');
}

static int print_nodes(const struct reply *reply)
{
	auto_output struct output output = { .fd = STDOUT_FILENO };
	auto_json struct json_object *json = NULL;
	struct json_object *nodes;
	int r = json_in_parse(reply->line, reply->len, &json);

	if (r < 0)
		return log_err(r, "the agent sent a line that cannot be read");
	nodes = json_in_array(json, "nodes");
	for (size_t i = 0; i < json_in_len(nodes); i++)
		append_peer(&output.buf, json_in_at(nodes, i));
	return output_flush(&output);
}

/* Behind the answer nothing comes: it ends when the agent does, or the reader of what is printed. */
static int watch_peers(const struct server *server)
{
	auto_client struct client *client = NULL;
	struct reply reply = {};
	int r = client_open(&client, server);

	if (r < 0 || !client)
		return r;
	client_watch_reader(client, STDOUT_FILENO);
	r = client_request(client, "GetNodes", "{}");
	while (r >= 0) {
		r = client_next(client, &reply);
		if (r > 0)
			r = print_nodes(&reply);
	}
	return r;
}

static const char *word_at(const struct cli *cli, size_t index)
{
	(void)cli;
	return index ? NULL : "peers";
}

static enum cli_result watch_run(void *target, int count, char **words)
{
	struct cli_globals *globals = target;

	if (!count) {
		log_err(0, "watch: what? See weir watch --help");
		return CLI_USAGE;
	}
	if (count > 1 || (strcmp(words[0], "peers") != 0 && strcmp(words[0], "peer") != 0))
		return command_refuse_word(target, &cmd_watch, words[count - 1]);
	if (cli_find_server(globals) < 0)
		return CLI_USAGE;
	return output_result(watch_peers(&globals->server));
}

const struct command cmd_watch = {
	.name = "watch",
	.alias = "w",
	.words = "peers",
	.summary = "Print the agents there are, as they come and go",
	.about = "There is one, that which answers; the command ends with it.",
	.examples = "weir watch peers",
	.size = sizeof(struct cli_globals),
	.is_hidden = true,
	.word_at = word_at,
	.run = watch_run,
};
