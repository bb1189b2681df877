#!/usr/bin/env bash
#
# Interfaces that cannot be watched, because there is no room for their counters, no descriptor or
# another agent: they are named, with the reason, and watched as soon as others make room.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need prlimit
plan 14

VETHS=30
PLACES=16
DESCRIPTORS=140

ns_add pod
veths_add() {
	for ((i = 1; i <= VETHS; i++)); do
		[ -e "/proc/sys/net/ipv4/conf/v$i" ] || veth_add "v$i" pod "eth$i"
	done
}
# named FILTER: the interfaces of which it is true
named() { weir list interfaces -o json | jq -r ".[] | select($1) | .interface.name" | sort; }
whole() { named '(.role == "loopback" or .ingress != "none") and .egress != "none"'; }
lacking() { named '.egress == "none"'; }
# verified: what weir status --verify says that failed
verified() { { weir status --verify --for 1ms -o json || true; } | jq -r 'select(.ok == false) | "\(.check) \(.weir) of \(.kernel): \(.note)"' | sort; }
expect() { while read -r name; do [ -z "$name" ] || echo "$name hooks attached to 0 of 2: $1"; done; }
is_whole() { [ -z "$(lacking)" ]; }
# Of those that are watched only loopback stays.
leave_lacking() {
	for name in $(whole); do
		[ "$name" = lo ] || ip link del "$name"
	done
}

# ---- counters ----

veths_add
agent_start --max-interfaces $PLACES
left=$(lacking)
count=$(wc -l <<<"$left")
compare "of more interfaces than there are places some are left out" "$count" -ge $((VETHS + 2 - PLACES))
is "each says why" "$(named '.note == "no counters: No space left on device"')" "$left"
same "and weir status --verify fails because of them" "$(verified)" \
	"$(expect "no counters: No space left on device" <<<"$left")"
is "the agent says how many it watches" "$(grep -o 'watching [0-9a-z]* of [0-9]* interfaces' "$work/agent.log")" \
	"watching $((VETHS + 1 - count)) of $((VETHS + 1)) interfaces"
leave_lacking
watched() { whole | grep -c v; }
could() { echo $((count < PLACES - 5 ? count : PLACES - 5)); }
is_filled() { [ "$(watched)" -ge "$(could)" ]; }
ok "when the others have gone there is room for them" await 5 is_filled
for name in $(lacking); do
	ip link del "$name"
done
ok "and each is attached to" is_whole
is "weir status --verify has nothing to say any more" "$(verified)" ""
agent_stop TERM

# ---- descriptors ----

veths_add
agent_under=(prlimit "--nofile=$DESCRIPTORS:$DESCRIPTORS")
agent_start --attach tcx
agent_under=()
if [ -z "$(whole)" ]; then
	skip 4 "this kernel has no TCX"
else
	left=$(named '.note // "" | contains("Too many open files")')
	compare "of more links than there are descriptors some are left out" "$(wc -w <<<"$left")" -ge 2
	is "weir status --verify says so of each" "$(verified | grep -c 'hooks attached to .*: Too many open files')" \
		"$(wc -w <<<"$left")"
	leave_lacking
	ok "when the others have gone they are attached to" await 5 is_whole
	is "of all that was noted nothing is left" "$(named '.note')" ""
fi
agent_stop TERM

# ---- another agent ----

agent_start --attach clsact
first=$agent
mv "$work/agent.log" "$work/first.log"
first_server=$WEIR_SERVER
export WEIR_SERVER=unix://$work/second.sock
agent_start --attach clsact
note='another weir-agent uses clsact in this network namespace'
is "of a hook that is another agent's it says so, and of both" "$(iface "$(ip -j link | jq -r 'map(select(.ifname != "lo"))[0].ifname')" .note)" \
	"no ingress: $note; no egress: $note"
ok "it does not say that it watches" contains "$work/agent.log" 'watching none of [0-9]* interfaces'
agent_stop TERM
export WEIR_SERVER=$first_server
agent=$first
is "the first one's are where they were" "$(lacking)" ""
