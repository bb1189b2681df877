#!/usr/bin/env bash
#
# weir observe against connections that are known: every way to choose some of them. What the
# command says when something is wrong; and the agent's options, its file and what it refuses.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 76

# ---- three bursts of refused connections: an open and a close of each of ten ports ----

agent_start --node-name observe
now() { date -u +%Y-%m-%dT%H:%M:%S.%NZ; }
# burst FIRST_PORT
burst() {
	"$helpers/tcp" connect 127.0.0.1 9 10 refused "$1" >/dev/null
	expected=$((expected + 20))
	await 5 is_told || die "only $(status .seen_flows) records"
}
is_told() { [ "$(status .seen_flows)" -eq "$expected" ]; }
expected=0
burst 10000
between=$(now)
burst 20000
later=$(now)
burst 30000
end=$(now)

# ports [OPTION...]: the clients' ports of the records that weir observe shows, in its order
ports() { observed "$@" | jq -r '.flow | .l4.TCP | if .source_port > 9 then .source_port else .destination_port end' | xargs; }
observed() { weir observe -o json "$@"; }
# twice FIRST LAST: each of these ports, for its open and its close
twice() { for ((i = $1; i <= $2; i++)); do echo $i $i; done | xargs; }

all="$(twice 10000 10009) $(twice 20000 20009) $(twice 30000 30009)"
is "--all: all, oldest first" "$(ports --all)" "$all"
is "without a choice: the last 20" "$(ports)" "$(twice 30000 30009)"
is "the word flows changes nothing" "$(ports flows)" "$(twice 30000 30009)"
is "--last 4: the last, oldest first" "$(ports --last 4)" "$(twice 30008 30009)"
is "--last, and more than there are" "$(ports --last 1000)" "$all"
is "--first 4: the oldest" "$(ports --first 4)" "$(twice 10000 10001)"
is "--since a time" "$(ports --since "$later")" "$(twice 30000 30009)"
is "--since an earlier one" "$(ports --since "$between")" "$(twice 20000 20009) $(twice 30000 30009)"
is "--until a time" "$(ports --until "$between")" "$(twice 10000 10009)"
is "--since and --until: between both" "$(ports --since "$between" --until "$later")" "$(twice 20000 20009)"
is "--since an hour ago" "$(ports --since 1h)" "$all"
is "--since now" "$(ports --since "$(now)")" ""
is "--until an hour ago" "$(ports --until 1h)" ""
is "--since, and --first" "$(ports --since "$between" --first 2)" "20000 20000"
is "--until, and --first" "$(ports --until "$end" --first 2)" "10000 10000"
is "--since, and --last: so many from then on, as with Hubble" "$(ports --since "$later" --last 2)" "30000 30000"
is "--until, and --last" "$(ports --until "$between" --last 60)" "$(twice 10000 10009)"
is "a choice from the environment" "$(WEIR_LAST=2 ports)" "30009 30009"
is "a flag wins over the environment" "$(WEIR_LAST=2 ports --last 4)" "$(twice 30008 30009)"
is "as many lines in compact" "$(weir observe --all | wc -l)" 60
is "the node's name, if asked for" "$(weir observe --last 3 --print-node-name | grep -c ' \[observe\]: ')" 3
is "no colours into a pipe" "$(weir observe --all | grep -c $'\033' || true)" 0
compare "colours if asked for" "$(weir observe --last 1 --color always | grep -c $'\033')" -ge 1
is "JSON is the same by its other name" "$(weir observe --all -o jsonpb | cksum)" "$(observed --all | cksum)"
is "times do not run backwards" "$(observed --all | jq -r .flow.time | sort -c 2>&1)" ""

# ---- following ----

# follow NAME OPTION...: in the background
follow() {
	local name=$1

	shift
	# What a shell runs in the background ignores SIGINT, unless told otherwise.
	spawn host env --default-signal=INT "$weir_build/weir" observe -o json "$@" \
		>"$work/$name" 2>"$work/$name.err"
}
lines() { [ "$(wc -l <"$work/$1")" -ge "$2" ]; }
follow live --follow
live=$spawned
follow recent -f --last 4
recent=$spawned
follow since -f --since "$later"
since=$spawned
await 5 lines recent 4 || die "the last four are not told"
await 5 lines since 20 || die "what was since is not told"
has_followers() { [ "$(status .extensions.counters.clients)" -eq 4 ]; }
await 5 has_followers || die "the followers are not there"
burst 40000
for name in "live 20" "recent 24" "since 40"; do
	read -r name count <<<"$name"
	await 5 lines "$name" "$count" || true
done
followed() { jq -r '.flow.l4.TCP | if .source_port > 9 then .source_port else .destination_port end' "$work/$1" | xargs; }
is "-f: what comes from now on" "$(followed live)" "$(twice 40000 40009)"
is "-f --last 4: and before it the last four" "$(followed recent)" "$(twice 30008 30009) $(twice 40000 40009)"
is "-f --since: and before it what was since" "$(followed since)" "$(twice 30000 30009) $(twice 40000 40009)"
kill -INT "$live"
ok "Ctrl-C ends it" await 5 is_gone "$live"
end_process "$recent"
end_process "$since"

# ---- readers that go ----

# quietly COMMAND: its output's reader goes after a line; what it says, and how it ends
quietly() {
	{ timeout 10 "$weir_build/weir" "$@" 2>"$work/err" || echo $? >"$work/status"; } | head -n 1 >/dev/null
	cat "$work/err"
}
for command in "observe --all" "observe --all -o json" "observe --follow --last 5" "list interfaces" "status"; do
	rm -f "$work/status"
	# shellcheck disable=SC2086 # words
	is "weir $command says nothing when its reader has gone" "$(quietly $command)" ""
done
ok "and has ended before its time" test "$(cat "$work/status" 2>/dev/null || echo 0)" -ne 124
status=0
weir observe --all >/dev/full 2>"$work/err" || status=$?
is "a full disk is an error, and said" "$status $(wc -l <"$work/err")" "1 1"

# without_output COMMAND...: its standard output is closed
without_output() {
	local status=0

	timeout 10 "$@" >&- 2>"$work/err" || status=$?
	echo "$status $(cat "$work/err")"
}
for command in "observe" "observe --follow --last 5" "observe --aggregate-by port" "status" "watch peers"; do
	# shellcheck disable=SC2086 # words
	is "weir $command writes nowhere else where its output is closed" \
		"$(without_output "$weir_build/weir" $command)" "1 weir: cannot write: Bad file descriptor"
done

# ---- what is wrong is said, on stderr, in a line ----

# says SENTENCE STATUS PATTERN COMMAND...
says() {
	local sentence=$1 want=$2 pattern=$3 status=0

	shift 3
	"$@" >"$work/out" 2>"$work/err" || status=$?
	if [ "$status" -eq "$want" ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
		grep -qe "$pattern" "$work/err"; then
		pass "$sentence"
	else
		fail "$sentence"
		diag "status $status, expected $want and '$pattern'; it said: $(cat "$work/out" "$work/err")"
	fi
}
says "no agent there" 1 "cannot reach the agent at unix://$work/none.* is weir-agent running?" \
	weir observe --server "unix://$work/none"
says "an address that is none" 2 'tcp://x' weir status --server tcp://x
says "the environment names the agent" 1 "$work/other" env WEIR_SERVER="unix://$work/other" "$weir_build/weir" status
says "Hubble's variable does too" 1 "$work/hubble" \
	env -u WEIR_SERVER HUBBLE_SERVER="unix://$work/hubble" "$weir_build/weir" status
says "an unknown flag" 2 '--lats' weir observe --lats 3
says "a flag without its value" 2 '--last' weir observe --last
says "a number that is none" 2 '--last x: not a whole number' weir observe --last x
says "a time that is none" 2 'since' weir observe --since noon
says "a format that is none" 2 'xml' weir observe -o xml
says "an unknown command" 2 'obseve' weir obseve
says "an unknown word" 2 'pods' weir observe pods
says "no command" 2 'weir --help' weir
for pair in "--first 1 --last 2" "--first 1 --all" "--first 1 --follow" "--last 1 --all"; do
	# shellcheck disable=SC2086 # words
	says "both of $pair" 2 'cannot set both' weir observe $pair
done
says "an environment that makes no sense" 2 'WEIR_LAST=x' env WEIR_LAST=x "$weir_build/weir" observe
ok "help is no error" weir observe --help
agent_stop TERM
says "an agent that has ended" 1 'is weir-agent running?' weir status

# ---- the agent's options ----

weir_agent() { timeout 10 "$weir_build/weir-agent" "$@"; }
# refuses SENTENCE PATTERN LINE...: a configuration file
refuses() {
	local sentence=$1 pattern=$2

	shift 2
	printf '%s\n' "$@" >"$work/weir.conf"
	says "$sentence" 2 "$pattern" weir_agent --config "$work/weir.conf"
}
refuses "a file with an unknown key" 'weir.conf:2:.*colour' '# mine' 'colour = red'
refuses "a number that is none" 'weir.conf:1:.*log-capacity.*many' 'log-capacity = many'
refuses "a number too small" 'weir.conf:1:.*log-capacity.* 0' 'log-capacity = 0'
refuses "a duration too small" 'weir.conf:3:.*update-interval' '' '' 'update-interval = 10ms'
refuses "a choice that is none" 'weir.conf:1:.*attach.*maybe' 'attach = maybe'
refuses "a line without a value" 'weir.conf:1:.*node-name' 'node-name'
refuses "a size that is no power of two" 'ring-size' 'ring-size = 3M'
says "a file that is not there" 2 "$work/none" weir_agent --config "$work/none"
says "an unknown option" 2 '--colour' weir_agent --config /dev/null --colour
says "a word" 2 'eth0' weir_agent --config /dev/null eth0
says "a value that is none" 2 '--attach maybe' weir_agent --config /dev/null --attach maybe

# The example shows the defaults as comments: as options they change nothing.
sed 's/^#\([a-z-]* = \)/\1/; /^server/d' "${BASH_SOURCE[0]%/*}/../../docs/examples/weir.conf" \
	>"$work/weir.conf"
compare "the example has all options" "$(grep -c '^[a-z-]* = ' "$work/weir.conf")" -ge 10
agent_start --config "$work/weir.conf"
is "and an agent takes it" "$(status .max_flows)" 65536
agent_stop TERM

printf '%s\n' '# options of mine' 'node-name = filed  ' '' 'log-capacity=100' 'interface = lo' >"$work/weir.conf"
agent_start --config "$work/weir.conf"
is "a file's options are taken" "$(status '"\(.extensions.node_name) \(.max_flows)"')" "filed 100"
is "the interfaces that it names are watched alone" \
	"$(weir list interfaces -o json | jq -r '.[].interface.name' | xargs)" lo
agent_stop TERM
WEIR_NODE_NAME=environed WEIR_LOG_CAPACITY=200 agent_start --config "$work/weir.conf" --node-name flagged
is "the environment wins over the file, a flag over both" \
	"$(status '"\(.extensions.node_name) \(.max_flows)"')" "flagged 200"
