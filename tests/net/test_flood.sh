#!/usr/bin/env bash
#
# A SYN flood from random sources at the rate the machine makes, with real connections beside it:
# none of them is lost or wrong, the agent stays small and calm, totals stay exact.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need jq
plan 13

FLOOD_SECONDS=${TEST_SECONDS:-8}
CONNECTIONS=1000
CPU_MAX=30 # percent of a processor

ns_add pod
veth_add vflood pod
ip addr add 10.9.15.1/24 dev vflood
at pod ip addr add 10.9.15.2/24 dev eth0
up pod eth0
# The log keeps all, that nothing of the real ones is pushed out by the flood.
agent_start --node-name flooded --log-capacity 2000000
up host vflood
await 5 is_up host vflood
acquaint vflood 10.9.15.1 pod eth0 10.9.15.2
mac=$(ip -j link show dev vflood | jq -r '.[0].address')

spawn host "$helpers/tcp" serve 10.9.15.1 7001 1 >"$work/serve"
await 5 contains "$work/serve" ready || die "the server does not start"

ticks() { awk '{ print $14 + $15 }' "/proc/$agent/stat"; }
resident() { status .extensions.memory.resident_bytes; }
unanswered() { status .extensions.losses.unanswered_refused; }

ticks_before=$(ticks)
began=$(date +%s%N)
spawn pod "$helpers/flood" syn eth0 "$mac" 10.9.15.1 9 "$FLOOD_SECONDS" 1000000000 >"$work/flood"
flood=$spawned
is_pressed() { [ "$(unanswered)" -gt 0 ]; }
ok "the flood takes all that it may have" await 10 is_pressed
at pod "$helpers/tcp" connect 10.9.15.1 7001 $CONNECTIONS fin 10000 >"$work/connect"
ok "the flood went on beside the connections" kill -0 "$flood"
await $((FLOOD_SECONDS + 10)) is_gone "$flood" || die "the flood does not end"
took=$((($(date +%s%N) - began) / 1000000))
cpu=$((($(ticks) - ticks_before) * 1000 * 100 / $(getconf CLK_TCK) / took))
sent=$(cat "$work/flood")
diag "$sent SYNs in $took ms, $(unanswered) refused, agent $cpu % of a processor, resident $(($(resident) >> 10)) KiB"
is "real connections are made" "$(cat "$work/connect")" $CONNECTIONS
compare "the agent takes at most $CPU_MAX % of a processor" "$cpu" -le $CPU_MAX
compare "beside the log, at most 32 MiB are resident" "$(resident)" -le $(((32 << 20) + $(status .seen_flows) * 168))
settle

# "event reason initiator by port packets packets"
weir observe --all -o json | grep -e 'port":7001' >"$work/told"
jq -r 'select(.flow.l4.TCP != null) | .flow |
	.extensions.value as $x | [$x.event, $x.close_reason // "-", $x.initiator.side, $x.initiator.by,
		(if .is_reply then .l4.TCP.destination_port else .l4.TCP.source_port end),
		$x.forward.packets // 0, $x.reverse.packets // 0] | join(" ")' "$work/told" >"$work/records"
diag "$(cut -d' ' -f1-4 "$work/records" | sort | uniq -c)"
is "each of them has one end" "$(awk '$1 == "close"' "$work/records" | cut -d' ' -f5 | sort -un | wc -l)" $CONNECTIONS
is "and it is a FIN" "$(awk '$1 == "close" && $2 != "fin"' "$work/records" | wc -l)" 0
is "none is told to have ended twice" "$(awk '$1 == "close" { print $5 }' "$work/records" | sort | uniq -d | wc -l)" 0
is "the client is the initiator of all" "$(awk '$1 == "close" && $5 < 10000' "$work/records" | wc -l)" 0
ok "weir status --verify agrees" weir status --verify --for 1s
is_raw "the interface's counters are the kernel's" vflood
status '.extensions.losses' >"$work/losses"
diag "$(jq -c . "$work/losses")"
compare "what was refused is told" "$(unanswered)" -gt 1000
quiet() { [ "$(status '.extensions.fill[] | select(.name == "flow map").used')" -lt 10000 ]; }
ok "the map empties by itself" await 60 quiet
