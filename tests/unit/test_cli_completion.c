// SPDX-License-Identifier: BSD-2-Clause
/* What the shells make of weir completion: each is asked, if it is installed. */
#include <ftw.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "tests/harness.h"
#include "tests/unit/cli_run.h"

/* $1: the script, $2: what has been typed. They print what it may become. */
static const char bash_driver[] = ". \"$1\"\n"
				  "typed=$2\n"
				  "set -f -- ${typed//=/ = }\n"
				  "[[ $typed != *' ' ]] || set -- \"$@\" ''\n"
				  "COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))\n"
				  "_weir\n"
				  "echo \"${COMPREPLY[*]}\"\n";

static const char fish_driver[] =
	"source $argv[1]\n"
	"complete -C $argv[2] | string replace -r '\\t.*' '' | string join ' '\n"
	"true\n";

/* The line as an interactive shell has it after a tabulator: it is printed between < and >. */
static const char zsh_driver[] =
	"zmodload zsh/zpty\n"
	"zpty z zsh -f -i\n"
	"zpty -w z \"PROMPT=; autoload -Uz compinit; compinit -u -D; source $1; print RE''ADY\"\n"
	"zpty -r z out '*READY*' || exit 1\n"
	"zpty -w -n z $2$'\\t\\C-A'\"print -r -- '<\"$'\\C-E'\">'\"$'\\n'\n"
	"zpty -r z out $'*\\n<*>*' || exit 1\n"
	"print -r -- \"${${out##*<}%%>*}\"\n";

static char directory[] = "/tmp/weir-complete-XXXXXX";

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(name);
}

static int setup(void **state)
{
	(void)state;
	memcpy(strrchr(directory, '-') + 1, "XXXXXX", 6);
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *name, const char *text)
{
	char path[sizeof(directory) + 32];
	auto_file FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static bool is_installed(const char *shell)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", shell);
	return system(command) == 0; /* NOLINT(cert-env33-c): a shell is what is tested */
}

/* What the command prints, its last newline cut off. */
static void ask(const char *command, char *text, size_t size)
{
	FILE *pipe = popen(command, "re"); /* NOLINT(cert-env33-c) */
	size_t len;

	assert_non_null(pipe);
	len = fread(text, 1, size - 1, pipe);
	text[len && text[len - 1] == '\n' ? len - 1 : len] = '\0';
	assert_row_int(command, pclose(pipe), 0);
}

struct completed {
	const char *typed, *becomes;
};

/* start: how a driver is run. */
static void complete(const char *shell, const char *start, const char *driver,
		     const struct completed *cases, size_t count)
{
	struct run run = {};
	char line[64];

	if (!is_installed(shell)) {
		print_message("# %s is not installed\n", shell);
		skip();
	}
	snprintf(line, sizeof(line), "weir completion %s", shell);
	run_line(&run, line);
	assert_int_equal(run.result, CLI_DONE);
	assert_string_equal(run.err, "");
	put("script", run.out);
	put("driver", driver);
	for (size_t i = 0; i < count; i++) {
		char command[256], answer[4096];

		snprintf(command, sizeof(command),
			 "HOME=%s XDG_CONFIG_HOME=%s timeout 30 %s %s/driver %s/script '%s'",
			 directory, directory, start, directory, directory, cases[i].typed);
		ask(command, answer, sizeof(answer));
		assert_row_str(cases[i].typed, answer, cases[i].becomes);
	}
}

static void bash_knows_commands_words_flags_and_values(void **state)
{
	static const struct completed cases[] = {
		{ "weir o", "observe" },
		{ "weir co", "config completion" },
		{ "weir w", "" },
		{ "weir --serv", "--server" },
		{ "weir list n", "netns nodes namespaces" },
		{ "weir list nodes -o ", "table wide json" },
		{ "weir list -o w", "wide" },
		{ "weir list --output=w", "wide" },
		{ "weir list --output=", "table wide json" },
		{ "weir status --for ", "" },
		{ "weir status --ver", "--verify --version" },
		{ "weir --debug status -o d", "dict" },
		{ "weir observe ", "flows agent-events debug-events" },
		{ "weir observe agent-events --color a", "auto always" },
		{ "weir observe --color a", "auto always" },
		{ "weir observe --print-node", "--print-node-name" },
		{ "weir config ", "get set reset view" },
		{ "weir config set req", "request-timeout" },
		{ "weir --debug config get ip-t", "ip-trace-id ip-translation" },
		{ "weir config set color ", "" },
		{ "weir config view ", "" },
		{ "weir config set --serv", "--server" },
		{ "weir watch ", "peers" },
		{ "weir list pods n", "" },
		{ "weir completion z", "zsh" },
		{ "weir help s", "status" },
		{ "weir observe --tl", "" },
	};

	(void)state;
	complete("bash", "bash --norc --noprofile", bash_driver, cases, ARRAY_SIZE(cases));
}

static void bash_completes_names_of_files(void **state)
{
	char typed[sizeof(directory) + 32], becomes[sizeof(directory) + 32];
	const struct completed cases[] = { { typed, becomes } };

	(void)state;
	snprintf(typed, sizeof(typed), "weir --config %s/dri", directory);
	snprintf(becomes, sizeof(becomes), "%s/driver", directory);
	complete("bash", "bash --norc --noprofile", bash_driver, cases, ARRAY_SIZE(cases));
}

static void fish_knows_them(void **state)
{
	static const struct completed cases[] = {
		{ "weir ob", "observe" },
		{ "weir list no", "nodes" },
		{ "weir list -o wi", "wide" },
		{ "weir list --output=wi", "--output=wide" },
		{ "weir observe ag", "agent-events" },
		{ "weir observe --color al", "always" },
		{ "weir observe --print-no", "--print-node-name" },
		{ "weir config vi", "view" },
		{ "weir config set req", "request-timeout" },
		{ "weir config set color vi", "" },
		{ "weir watch ", "peers" },
		{ "weir wa", "" },
		{ "weir observe --tls", "" },
	};

	(void)state;
	complete("fish", "fish --no-config", fish_driver, cases, ARRAY_SIZE(cases));
}

static void zsh_knows_them(void **state)
{
	static const struct completed cases[] = {
		{ "weir ob", "weir observe" },
		{ "weir list no", "weir list nodes" },
		{ "weir list --output=wi", "weir list --output=wide" },
		{ "weir config set req", "weir config set request-timeout" },
		{ "weir watch pe", "weir watch peers" },
		{ "weir list -o wi", "weir list -o wide" },
		{ "weir --debug status --verif", "weir --debug status --verify" },
		{ "weir observe de", "weir observe debug-events" },
		{ "weir observe --color al", "weir observe --color always" },
	};

	(void)state;
	complete("zsh", "zsh -f", zsh_driver, cases, ARRAY_SIZE(cases));
}

static void a_shell_that_is_not_known_is_refused(void **state)
{
	static const struct completed cases[] = {
		{ "weir completion",
		  "weir: completion: of which shell? See weir completion --help\n" },
		{ "weir completion powershell",
		  "weir: completion: unknown word \"powershell\": see weir completion --help\n" },
		{ "weir completion bash zsh",
		  "weir: completion: unknown word \"zsh\": see weir completion --help\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run run = {};

		run_line(&run, cases[i].typed);
		assert_row_int(cases[i].typed, run.result, CLI_USAGE);
		assert_row_str(cases[i].typed, run.err, cases[i].becomes);
		assert_row_str(cases[i].typed, run.out, "");
	}
}

#define SHELL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	return RUN_TESTS(SHELL_TEST(bash_knows_commands_words_flags_and_values),
			 SHELL_TEST(bash_completes_names_of_files), SHELL_TEST(fish_knows_them),
			 SHELL_TEST(zsh_knows_them), TEST(a_shell_that_is_not_known_is_refused));
}
