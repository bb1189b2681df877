#!/usr/bin/env bash
#
# What cannot be asked of the programs: exit status 2, nothing on stdout, and one line on stderr that
# names the option, the value and the place it comes from.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 38

# An agent that takes what it must not would run on: it is ended, with status 124.
weir_agent() { timeout 10 "$weir_build/weir-agent" "$@"; }

# answer COMMAND...: its exit status, the size of its output, what it said
answer() {
	local status=0

	"$@" >"$work/answer.out" 2>"$work/answer.err" </dev/null || status=$?
	echo "$status $(stat -c %s "$work/answer.out") $(cat "$work/answer.err")"
}

# is_usage SENTENCE MESSAGE COMMAND...
is_usage() {
	local sentence=$1 message=$2

	shift 2
	is "$sentence" "$(answer "$@")" "2 0 $message"
}

conf=$work/weir.conf
no_address="no address of a Unix socket: unix:///path, unix:path or unix-abstract:name"

# in_file SENTENCE LINE REASON: the third line of a file
in_file() {
	printf '# one\nmax-flows = 4096\n%s\n' "$2" >"$conf"
	is_usage "$1" "weir-agent: $conf:3: $2: $3" weir_agent --config "$conf"
}

# ---- weir-agent ----

in_file "a size in a file that is no power of two" 'ring-size = 3M' 'not a power of two'
in_file "a number in a file that is no power of two" 'max-interfaces = 1000' 'not a power of two'
in_file "a size in a file that is too small" 'ring-size = 1K' 'not between 4K and 1G'
in_file "a number in a file that is a word" 'max-flows = many' 'not a whole number from 64 to 16777216'
in_file "a duration in a file that is too short" 'timeout-tcp = 1ms' 'less than 1s, or too large'
in_file "a choice in a file that is none" 'attach = xdp' 'not one of auto|tcx|clsact'
in_file "a boolean in a file that is none" 'debug = yes' 'not true or false'
printf 'ring-size = 3M\n' >"$conf"
is_usage "a value in a file that a flag overrides is checked all the same" \
	"weir-agent: $conf:1: ring-size = 3M: not a power of two" \
	weir_agent --config "$conf" --ring-size 4M
printf 'config = /etc/weir/weir.conf\n' >"$conf"
is_usage "what only a flag can say, in a file" "weir-agent: $conf:1: unknown key config" \
	weir_agent --config "$conf"
is_usage "a size by flag that is no power of two" "weir-agent: --ring-size 3M: not a power of two" \
	weir_agent --ring-size 3M
is_usage "a variable that is no power of two" "weir-agent: WEIR_RING_SIZE=3M: not a power of two" \
	env WEIR_RING_SIZE=3M timeout 10 "$weir_build/weir-agent"
is_usage "a file that is named and missing" \
	"weir-agent: --config $work/none: No such file or directory" weir_agent --config "$work/none"
is_usage "a word" "weir-agent: eth0: weir-agent takes options only" weir_agent --debug eth0
for address in tcp://localhost:4245 unix-abstract: ""; do
	is_usage "the address '$address'" "weir-agent: --server ${address:-\"\"}: $no_address" \
		weir_agent --server "$address"
done
printf 'server = tcp://x\n' >"$conf"
is_usage "an address in a file" "weir-agent: $conf:1: server = tcp://x: $no_address" \
	env -u WEIR_SERVER timeout 10 "$weir_build/weir-agent" --config "$conf"
is_usage "an option that does not exist" "weir-agent: unknown flag: --bogus" weir_agent --bogus
printf 'nonsense\n' >"$conf"
is "help needs no file" "$(weir_agent --help --config "$conf" | head -n 1)" "usage: weir-agent [options]"
is "nor does the version" "$(weir_agent --version --config "$conf" | cut -d' ' -f1)" weir-agent

# ---- weir ----

for command in "observe" "list interfaces" "status" "status --verify"; do
	# shellcheck disable=SC2086 # words
	is_usage "weir $command with another kind of address" \
		"weir: --server tcp://x: $no_address" weir --server tcp://x $command
done
is_usage "the address of a Hubble" "weir: HUBBLE_SERVER=localhost:4245: $no_address" \
	env -u WEIR_SERVER HUBBLE_SERVER=localhost:4245 "$weir_build/weir" observe
is "help needs no address" "$(HUBBLE_SERVER=localhost:4245 answer weir version)" \
	"0 $(weir version | wc -c) "
is_usage "no command" "weir: no command: see weir --help" weir --server unix:/x
is_usage "a number that is none" "weir: --last many: not a whole number from 0 to 18446744073709551615" weir observe --last many
is_usage "a variable that is no number" "weir: WEIR_LAST=many: not a whole number from 0 to 18446744073709551615" \
	env WEIR_LAST=many "$weir_build/weir" observe
is "a variable that a flag overrides is not looked at" \
	"$(WEIR_LAST=many answer weir observe --last 5)" \
	"1 0 weir: cannot reach the agent at unix://$work/weir.sock: is weir-agent running?"
is_usage "a variable that this command's flag cannot take" \
	"weir: WEIR_OUTPUT=wide: invalid output format: wide; one of compact|json|dict|table" \
	env WEIR_OUTPUT=wide "$weir_build/weir" status
is_usage "a format that this command has not" \
	"weir: invalid output format: wide; one of compact|json|dict|table" \
	weir status -o wide
is_usage "a time that is none" "weir: failed to parse the since time: failed to convert noon to time" \
	weir observe --since noon
is "help needs no environment" "$(WEIR_LAST=many weir observe --help | head -n 1)" \
	"Usage: weir observe [OPTION...] [NOUN]"

# ---- a failure is none of usage ----

full() { "$@" >/dev/full; }
golden=${BASH_SOURCE[0]%/*}/../golden/hubble/hubble-flows.jsonl
for command in "weir version" "weir help" "weir_agent --version" \
	"weir observe -s --input-file $golden"; do
	# shellcheck disable=SC2086 # words
	is "$command where nothing can be written" "$(answer full $command | sed 's/weir-agent:/weir:/')" \
		"1 0 weir: cannot write: No space left on device"
done
