#!/usr/bin/env bash
#
# Handshakes that do not end as they began: an answer that gets lost, and nobody is there any more when
# the SYN comes again.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need nft
plan 3

ns_add pod
veth_add vpod pod
ip addr add 10.9.61.1/24 dev vpod
at pod ip addr add 10.9.61.2/24 dev eth0
up pod eth0
up host vpod
await 5 is_up host vpod
acquaint vpod 10.9.61.1 pod eth0 10.9.61.2
agent_start --timeout-syn 4s

# ---- a listener closes between its answer and the SYN's repetition ----

# Lost where the agent has seen it: behind the interface.
nft -f - <<'RULES'
table ip lost {
	counter answers { }
	chain lost {
		type filter hook input priority 0
		tcp sport 7001 tcp flags == syn | ack counter name answers drop
	}
}
RULES

has_lost() { ! nft list counter ip lost answers | grep -q 'packets 0'; }

spawn pod "$helpers/tcp" serve 10.9.61.2 7001 1 >"$work/serve"
server=$spawned
await 5 contains "$work/serve" ready || die "the server does not start"
spawn host "$helpers/tcp" connect 10.9.61.2 7001 1 refused 20000 >"$work/connect"
client=$spawned
await 5 has_lost || die "the server does not answer"
kill "$server"
await 5 is_gone "$server" || die "the server does not end"
await 15 is_gone "$client" || die "the client does not end"
is "the client is refused" "$(cat "$work/connect")" 1
of='select(.l4.TCP and (.l4.TCP.source_port == 7001 or .l4.TCP.destination_port == 7001))'
await_flows 1 "$of | select(x.event == \"close\")"
is "so is it told, and by whom" "$(flows "$of | select(x.event == \"close\") |
	\"\(x.close_reason) \(.l4.TCP.source_port)\"")" '"refused 7001"'
is "as all that there was" "$(flows "$of | x.event" | tr '\n' ' ')" '"open" "close" '
