// SPDX-License-Identifier: BSD-2-Clause
/* For zsh: what _arguments takes, for each command. */
#include "completion.h"

#include "agent/base/buf.h"

static const char head[] =
	"#compdef weir\n"
	"# zsh completion of weir: source <(weir completion zsh), or as _weir in $fpath\n"
	"_weir() {\n"
	"\tlocal curcontext=$curcontext state line ret=1\n"
	"\tlocal -a all commands\n"
	"\tall=(\n";

static const char after_all[] = "\t)\n"
				"\tcommands=(\n";

static const char after_commands[] =
	"\t)\n"
	"\t_arguments -C $all '1:command:->command' '*::word:->word' && ret=0\n"
	"\tcase $state in\n"
	"\tcommand) _describe command commands && ret=0 ;;\n"
	"\tword)\n"
	"\t\tcase $line[1] in\n";

static const char tail[] = "\t\tesac\n"
			   "\t\t;;\n"
			   "\tesac\n"
			   "\treturn ret\n"
			   "}\n"
			   "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
			   "\t_weir \"$@\"\n"
			   "else\n"
			   "\tcompdef _weir weir\n"
			   "fi\n";

/* Inside of single quotes and, but for descriptions of commands, of brackets and colons. */
static void append_text(struct buf *out, const char *text)
{
	for (; *text; text++) {
		const char one[] = { *text, '\0' };

		if (*text == '\'')
			buf_append_str(out, "'\\''");
		else
			completion_escape(out, one, "[]:\\");
	}
}

static void append_name(struct buf *out, const struct option_row *row)
{
	const char *equals = option_is_switch(row) ? "" : "=";

	if (!row->short_name) {
		buf_printf(out, "'--%s%s[", row->long_name, equals);
		return;
	}
	buf_printf(out, "'(-%c --%s)'{-%c,--%s%s}'[", row->short_name, row->long_name,
		   row->short_name, row->long_name, equals);
}

static void append_options(struct buf *out, const char *indent, const struct option_row *rows)
{
	struct option_walk walk = { .rows = rows };
	const struct option_row *row;

	while ((row = completion_option(&walk))) {
		buf_append_str(out, indent);
		append_name(out, row);
		append_text(out, row->help);
		buf_append_char(out, ']');
		if (!option_is_switch(row)) {
			buf_append_char(out, ':');
			append_text(out, row->kind == OPT_CHOICE ? "value" : row->metavar);
			buf_append_char(out, ':');
			if (completion_is_file(row)) {
				buf_append_str(out, "_files");
			} else {
				buf_append_char(out, '(');
				completion_values(row, out);
				buf_append_char(out, ')');
			}
		}
		buf_append_str(out, "'\n");
	}
}

static void append_command(struct buf *out, const struct cli *cli, const struct command *command)
{
	buf_printf(out, "\t\t%s)\n\t\t\tlocal -a own\n\t\t\town=(\n", command->name);
	append_options(out, "\t\t\t\t", command->options);
	buf_append_str(out, "\t\t\t)\n\t\t\t_arguments $all $own '1:word:(");
	completion_words(cli, command, out);
	buf_append_str(out, ")'");
	if (command->words_with_key) {
		buf_append_str(out, " '2:key:(");
		completion_keys(cli, out);
		buf_append_str(out, ")'");
	}
	buf_append_str(out, " && ret=0\n\t\t\t;;\n");
}

void completion_zsh(const struct cli *cli, struct buf *out)
{
	const struct command *command;

	buf_append_str(out, head);
	append_options(out, "\t\t", cli_global_options());
	buf_append_str(out, after_all);
	for (size_t i = 0; (command = cli_next_command(cli, &i));) {
		buf_printf(out, "\t\t'%s:", command->name);
		append_text(out, command->summary);
		buf_append_str(out, "'\n");
	}
	buf_append_str(out, after_commands);
	for (size_t i = 0; cli->commands[i]; i++)
		append_command(out, cli, cli->commands[i]);
	buf_append_str(out, tail);
}
