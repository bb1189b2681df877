// SPDX-License-Identifier: BSD-2-Clause
/*
 * The configuration file: whatever stands in it is refused in words that name the file and can be
 * shown, or is written as YAML that says the same again; and each command takes its keys or says
 * why it does not.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/base/utf8.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/config_file.h"
#include "cli/config_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATH "config.yaml"

static void check(int is_so)
{
	if (!is_so)
		abort();
}

/* What is said meanwhile; glibc lets stderr be another stream. */
struct said {
	FILE *was;
	char *text;
	size_t len;
};

static void said_begin(struct said *said)
{
	said->was = stderr;
	stderr = open_memstream(&said->text, &said->len);
	if (!stderr)
		abort();
}

static void said_end(struct said *said)
{
	fclose(stderr);
	stderr = said->was;
}

/* A failure has a message that begins with the file; every line can be shown on a terminal. */
static void check_said(struct said *said, int r)
{
	const char *at = said->text, *end = said->text + said->len;
	size_t taken;

	check(!r == !said->len);
	check(!r || (r == -EINVAL && !strncmp(said->text, PATH ":", strlen(PATH ":")) &&
		     end[-1] == '\n'));
	for (; at < end; at += taken) {
		uint32_t point = utf8_decode(at, (size_t)(end - at), &taken);

		check(point == '\n' || point == '\t' ||
		      (point != UTF8_NONE && !utf8_is_unsafe(point)));
	}
	free(said->text);
}

static int read_file(struct config_file *file, const char *text, size_t len)
{
	struct said said = {};
	int r;

	said_begin(&said);
	r = config_yaml_read(file, PATH, text, len);
	said_end(&said);
	check_said(&said, r);
	return r;
}

static void check_same(const struct config_file *a, const struct config_file *b)
{
	check(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct config_entry *one = &a->entries[i], *other = &b->entries[i];

		check(!strcmp(one->key, other->key) && one->is_list == other->is_list &&
		      one->values.count == other->values.count);
		for (size_t j = 0; j < one->values.count; j++)
			check(!strcmp(one->values.items[j], other->values.items[j]));
	}
}

static void check_again(const struct config_file *file)
{
	auto_buf struct buf once = {}, twice = {};
	auto_config_file struct config_file again = {};

	check(config_file_to_yaml(file, &once) == 0);
	check(read_file(&again, buf_bytes(&once), buf_len(&once)) == 0);
	check_same(file, &again);
	check(config_file_to_yaml(&again, &twice) == 0);
	check(buf_len(&once) == buf_len(&twice) &&
	      !memcmp(buf_bytes(&once), buf_bytes(&twice), buf_len(&once)));
}

static void apply(const struct config_file *file, const struct command *command)
{
	const struct cli cli = { .commands = cli_commands, .version = "0" };
	auto_free struct cli_globals *target = calloc(1, command->size);
	struct options options = { .tables = { command->options, cli_global_options() },
				   .target = target };
	struct said said = {};
	int r;

	check(target != NULL);
	if (command->defaults)
		memcpy(target, command->defaults, command->size);
	said_begin(&said);
	r = config_apply(file, PATH, &options, &cli);
	said_end(&said);
	check_said(&said, r);
	if (command->options)
		options_done(command->options, target);
	options_done(cli_global_options(), target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_config_file struct config_file file = {};

	if (read_file(&file, (const char *)data, size) < 0)
		return 0;
	check_again(&file);
	for (const struct command *const *command = cli_commands; *command; command++)
		apply(&file, *command);
	return 0;
}
