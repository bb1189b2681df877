#!/usr/bin/env bash
#
# An agent that is stopped for longer than the sweep leaves changes to their events: when it goes on,
# its timer has been due for longer than the ring, so that it comes to the sweep first.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 6

CONNECTIONS=200

ns_add pod
veth_add vstop pod
ip addr add 10.9.12.1/24 dev vstop
at pod ip addr add 10.9.12.2/24 dev eth0
up pod eth0
agent_start --node-name stopped
up host vstop
await 5 is_up host vstop
acquaint vstop 10.9.12.1 pod eth0 10.9.12.2

spawn host "$helpers/tcp" serve 10.9.12.1 7001 1 >"$work/serve"
await 5 contains "$work/serve" ready || die "the server does not start"
is "a connection before" "$(at pod "$helpers/tcp" connect 10.9.12.1 7001 1 fin 9000)" 1
has_seen() { [ "$(status .seen_flows)" -ge "$1" ]; }
await 5 has_seen 3 || die "it is not told"
settle

# It is the time that is to pass: a second until the sweep is due, and then more than its grace.
kill -STOP "$agent"
sleep 1.2
is "connections while it is stopped" \
	"$(at pod "$helpers/tcp" connect 10.9.12.1 7001 $CONNECTIONS fin 10000)" $CONNECTIONS
sleep 0.3
kill -CONT "$agent"
ok "it goes on" await 20 has_seen $((3 + 3 * CONNECTIONS))

mac=$(at pod ip -j link show dev eth0 | jq -r '.[0].address')
is "each is opened by its event, which knows the hardware address" \
	"$(flows 'select(x.event == "open") | "\(.l4.TCP.flags | keys | join(",")) \(.ethernet.source // "-")"' |
		sort | uniq -c | xargs)" "$((CONNECTIONS + 1)) SYN $mac"
is "established and closed, once each" \
	"$(flows 'select(x.event != "open") | x.event' | sort | uniq -c | xargs)" \
	"$((CONNECTIONS + 1)) close $((CONNECTIONS + 1)) established"
is "the sweep had nothing to make up for" "$(status .extensions.counters.changes_found_by_sweep)" 0
