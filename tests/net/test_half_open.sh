#!/usr/bin/env bash
#
# Handshakes of which not all comes through, or not all is seen: an answer that gets lost, and nobody is
# there any more when the SYN comes again; answers that take another way than what they answer.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need nft
plan 6

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

# ---- only what the server sends is seen: the client's packets take another way ----

agent_stop TERM
veth_add vback pod eth1
ip addr add 10.9.62.1/24 dev vback
at pod ip addr add 10.9.62.2/24 dev eth1
for ns in host pod; do
	ns_sysctl $ns ipv4/conf/{all,default}/rp_filter=0
done
up pod eth1
up host vback
await 5 is_up host vback
acquaint vback 10.9.61.1 pod eth1 10.9.62.2
at pod ip route add 10.9.61.1/32 dev eth1 src 10.9.61.2
agent_start --interface vback --timeout-syn 2s --timeout-closing 1s --update-interval 1s

spawn pod "$helpers/tcp" serve 10.9.61.2 7002 1 >"$work/serve"
server=$spawned
await 5 contains "$work/serve" ready || die "the server does not start"
mkfifo "$work/fifo"
exec {held}<>"$work/fifo"
spawn host "$helpers/tcp" hold 10.9.61.2 7002 20001 <"$work/fifo" >"$work/hold"
await 5 contains "$work/hold" ready || die "the client does not connect"
echo >&"$held"
of='select(.l4.TCP and (.l4.TCP.source_port == 7002 or .l4.TCP.destination_port == 7002))'
await_flows 1 "$of | select(x.event == \"update\" and x.reverse.packets > 1)"

# It is silent from now on, longer than one that begins now, and of which not more is seen than a SYN.
at pod timeout 1 bash -c '</dev/tcp/10.9.61.1/7003' 2>/dev/null || true
await_flows 1 'select(.l4.TCP.destination_port == 7003 and x.close_reason == "timeout")'
is "a connection goes on when the server does, and nobody says that it is established" \
	"$(flows "$of | x | select(.event == \"established\" or .event == \"close\").event")" ""
kill "$server"
await_flows 1 "$of | select(x.event == \"close\")"
is "behind the server's FIN it ends by silence" "$(flows "$of | x.close_reason | select(.)")" '"timeout"'
is "nothing of the client was seen" "$(flows "$of | x | select(.event == \"close\") |
	\"\(.initiator.by) \(.forward.packets)\"")" '"syn_ack 0"'
