#!/usr/bin/env bash
#
# Connections that fail, and the ICMP errors that say why: by the receiver, by a router between, by
# a firewall, from others to us and between others.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/routed.sh
. "${BASH_SOURCE[0]%/*}/routed.sh"
test_begin "$@"
need nft ping
plan 17

routed_add 4 pod other
for ns in host pod other; do
	ns_sysctl $ns ipv4/icmp_ratelimit=0 ipv6/icmp/ratelimit=0
done
agent_start --node-name icmp --timeout-udp 1s --timeout-icmp 1s --timeout-syn 2s

# udp NAMESPACE ADDRESS PORT: one datagram.
# shellcheck disable=SC2016 # for the inner shell to expand
udp() { at "$1" bash -c 'echo >"/dev/udp/$0/$1"' "$2" "$3" 2>/dev/null || true; }

# told SENTENCE PORT TYPE CODE WORDS QUOTED: of the connection to that port, when it is over.
told() {
	local of="select(x.event == \"close\") | select([.l4.UDP.destination_port?,
		.l4.TCP.destination_port?, .l4.TCP.source_port?] | index($2))"

	await_flows 1 "$of"
	is "$1" "$(flows "$of | \"\(x.icmp_error.type) \(x.icmp_error.code)\"")" "\"$3 $4\""
	is "$1, in words" "$(flows "$of | .Summary | sub(\".*; \"; \"\")")" "\"ICMP: $5\""
	is "$1, and what it quotes" \
		"$(flows "$of | x.icmp_error.quoted | sub(\":[0-9]+ ->\"; \":N ->\")")" "\"$6\""
}

udp host 10.9.41.2 7101
told "nobody listens, IPv4" 7101 3 3 "port unreachable" "10.9.41.1:N -> 10.9.41.2:7101 UDP"
udp host fd09:41::2 7102
told "nobody listens, IPv6" 7102 1 4 "port unreachable" \
	"[fd09:41::1]:N -> [fd09:41::2]:7102 UDP"
udp pod 10.9.42.2 7103
told "between others" 7103 3 3 "port unreachable" "10.9.41.2:N -> 10.9.42.2:7103 UDP"

# A firewall on the way answers for TCP. The SYN is sent again, so weir sees more than one error.
nft -f - <<'RULES'
table inet wall {
	chain wall {
		type filter hook forward priority 0
		tcp dport 7104 reject with icmpx type admin-prohibited
	}
}
RULES
at pod timeout 1 bash -c '</dev/tcp/10.9.42.2/7104' 2>/dev/null || true
told "a firewall answers" 7104 3 13 "prohibited by an administrator" \
	"10.9.41.2:N -> 10.9.42.2:7104 TCP"

# ---- ping ----

of='select(x.event == "close" and x.icmp_id and x.icmp_error)'
at pod ping -c 1 -W 1 -t 1 10.9.42.2 >/dev/null || true
await_flows 1 "$of"
is "ping: the way was too long" \
	"$(flows "$of | \"\(x.icmp_error.type) \(.l4.ICMPv4.type) \(x.icmp_error.quoted)\"")" \
	'"11 8 10.9.41.2 -> 10.9.42.2 ICMPv4"'
is "ping: in words" "$(flows "$of | .Summary | sub(\".*; \"; \"\")")" '"ICMP: time to live exceeded"'

# ---- where there is no error ----

at pod ping -c 1 -W 2 10.9.41.1 >/dev/null
none='select(x.event == "close" and x.icmp_id and .destination.identity == 1)'
await_flows 1 "$none"
is "who is answered has none" "$(flows "$none | x.icmp_error")" null
is "each error has a connection of its own beside it" \
	"$(($(flows 'select(x.event == "open" and (.l4.ICMPv4.type == 3 or .l4.ICMPv6.type == 1))' |
		wc -l) >= 3))" 1
ok "the agent ends" agent_stop
