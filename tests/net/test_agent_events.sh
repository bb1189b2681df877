#!/usr/bin/env bash
#
# weir observe agent-events and debug-events of a real agent: when it started, which addresses this
# host has, as they come and go; and who waits for what never comes.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 20

before=$(date +%s%N)
agent_start --node-name events
after=$(date +%s%N)

events() { weir observe agent-events "$@"; }
# words FILE: the lines without their times
words() { sed 's/^[^ ]* *[^ ]* [^ ]*: //' "$1"; }
declare -A follower
# The shell lets what it runs in the background ignore SIGINT, unless told otherwise.
# follow NAME OPTION...
follow() {
	local name=$1

	shift
	spawn host env --default-signal=INT "$weir_build/weir" observe "$@" \
		>"$work/$name" 2>"$work/$name.err"
	follower[$name]=$spawned
}
has_line() { words "$work/$1" | grep -qxF "$2"; }

# ---- the start ----

started=$(date -d "$(events --first 1 -o json | jq -r .agent_event.agent_start.time)" +%s%N)
is "the first event: the agent has started" "$(events --first 1 -o json | jq -c \
	'[.agent_event.type, .node_name, .agent_event.agent_start.time == .time]')" \
	'["AGENT_STARTED","events",true]'
compare "not before it did" "$started" -gt "$before"
compare "nor after" "$started" -lt "$after"
stamp="$(date -u -d "@${started::-9}" '+%b %e %T').${started: -9:3}"
is "compact" "$(events --first 1)" "$stamp: AGENT_STARTED (start time: $stamp)"
day=$(date -u -d "@${started::-9}" +%F)
is "with the node's name" "$(events --first 1 --print-node-name --time-format YearMonthDay)" \
	"$day [events]: AGENT_STARTED (start time: $day)"
is "dict" "$(events --first 1 -o dict | cut -d: -f1)" "  TIMESTAMP
       TYPE
    DETAILS"
is "table" "$(events --first 1 -o table | awk '{ print $NF }' | head -n 1)" DETAILS
is "since now there is nothing" "$(events --since "$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)")" ""

# ---- addresses, live ----

ns_add other
veth_add veth0 other
follow live agent-events -f
ok "who follows gets the last ones first" await 5 has_line live "AGENT_STARTED (start time: $stamp)"
ip addr add 10.9.77.1/24 dev veth0
ok "an address of this host is told as it comes" await 5 has_line live \
	"IPCACHE_UPSERTED (cidr: 10.9.77.1/32, identity: 1, encrypt key: 0)"
ip addr add 127.0.0.9/8 dev lo
ip addr add 10.9.77.1/24 dev lo
ip addr del 10.9.77.1/24 dev veth0
ip addr del 10.9.77.1/24 dev lo
ok "and as it goes" await 5 has_line live \
	"IPCACHE_DELETED (cidr: 10.9.77.1/32, identity: 1, encrypt key: 0)"
same "once each, wherever it is, and none of the loopback's" "$(words "$work/live" | tail -n +2)" \
	"IPCACHE_UPSERTED (cidr: 10.9.77.1/32, identity: 1, encrypt key: 0)
IPCACHE_DELETED (cidr: 10.9.77.1/32, identity: 1, encrypt key: 0)"
same "who asks later is told the same" "$(events --all)" "$(cat "$work/live")"
is "the last one alone" "$(events --last 1 -o json | jq -c .agent_event)" \
	'{"type":"IPCACHE_DELETED","ipcache_update":{"cidr":"10.9.77.1/32","identity":1}}'

# ---- debug events ----

is "of debug events there are none" "$(weir observe debug-events --all 2>&1)" ""
is "and columns to show that" "$(weir observe debug-events -o table | xargs)" \
	"TIMESTAMP FROM TYPE CPU/MARK MESSAGE"
follow debug debug-events -f
is_waiting() { [ "$(status .extensions.counters.clients)" -ge 3 ]; } # the two, and who asks
ok "who follows them waits" await 5 is_waiting
for name in debug live; do
	kill -INT "${follower[$name]}"
	ended=0
	wait "${follower[$name]}" || ended=$?
	is "and is interrupted without a word ($name)" "$ended$(cat "$work/$name.err")" 130
done
agent_stop TERM
is "the agent said nothing of it" "$(grep -v '^weir-agent: watching' "$work/agent.log" || true)" ""
