#!/usr/bin/env bash
#
# Loopback, where every packet passes once, at the egress hook: both directions are in one record,
# and the counters, less the Ethernet header that the kernel does not count there, are the
# kernel's. IPv4 and IPv6, small packets and super-packets.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need tcpdump iperf3 ping curl
plan 45

ns_ipv6 host
agent_start --node-name loopback --update-interval 1s
is "attached at egress only" "$(iface lo '"\(.role) \(.ingress) \(.egress | . != "none")"')" \
	"loopback none true"

# In the kernel's terms: what it has sent it has received, without a header of 14 bytes.
weir_lo() {
	iface lo '.raw | "\(.ingress.packets) \(.egress.packets) " +
		"\((.egress.bytes | tonumber) - 14 * (.egress.packets | tonumber))"'
}
kernel_lo() {
	ip -s -j link show dev lo | jq -r '.[0].stats64 |
		if .rx == (.rx * {bytes: .tx.bytes, packets: .tx.packets})
		then "0 \(.tx.packets) \(.tx.bytes)" else "lo has lost packets" end'
}
# told NAME ADDRESS PORT: a request for 20,000 bytes
told() {
	local name=$1 address=$2 port=$3 of sent url=$2 record

	[[ $address != *:* ]] || url="[$address]"
	of="select([.l4.TCP[]?] | index($port))"
	spawn host "$helpers/tcp" serve "$address" "$port" 20000 >"$work/serve"
	await 5 contains "$work/serve" ready || die "the server does not start"
	sent=$(tcp_sent host)
	capture_start "$name" host lo tcp port "$port"
	ok "$name: curl gets its answer" curl -s -o /dev/null "http://$url:$port/"
	await_flows 1 "$of | select(x.event == \"close\")"
	capture_stop "$name"
	sent=$(($(tcp_sent host) - sent))
	is "$name: one connection, three records" "$(flows "$of | \"\(x.conn_id) \(x.event)\"" |
		jq -r . | awk '{ id[$1]; said = said " " $2 } END { print length(id) said }')" \
		"1 open established close"
	is "$name: all of them at the loopback" "$(flows "$of | \"\(.interface.name) \
\(.trace_observation_point) \(.traffic_direction) \(.event_type.sub_type)\"" | sort -u)" \
		'"lo TO_HOST EGRESS 2"'
	is "$name: both sides are this host" "$(flows "$of | \"\(.source.labels[]) \
\(.destination.labels[]) \(.IP.source) \(.IP.destination)\"" | sort -u)" \
		"\"reserved:host reserved:host $address $address\""
	is "$name: only the answers are replies" \
		"$(flows "$of | .is_reply == (.l4.TCP.source_port == $port)" | sort -u)" true
	record=$(flows "$of | select(x.event == \"close\") | x")
	is "$name: packets and bytes sent are tcpdump's" \
		"$(jq -r '.forward | "\(.packets) \(.bytes)"' <<<"$record")" \
		"$(captured "$name" tcp dst port "$port")"
	is "$name: packets and bytes received are tcpdump's" \
		"$(jq -r '.reverse | "\(.packets) \(.bytes)"' <<<"$record")" \
		"$(captured "$name" tcp src port "$port")"
	is "$name: both together are what TCP has sent" \
		"$(jq '.forward.packets + .reverse.packets' <<<"$record")" "$sent"
	is "$name: one leg, the loopback's" \
		"$(jq -r '.legs | map("\(.interface) \(.role)") | join(",")' <<<"$record")" "lo loopback"
	is "$name: a round trip is told" "$(jq '.rtt_ns > 0 and .rtt_ns < 1e9' <<<"$record")" true
	is_soon "$name: counters are the kernel's" weir_lo kernel_lo
}

told v4 127.0.0.1 7001
told v6 ::1 7002

# itself ADDRESS PORT HOW: a socket is connected to itself, sends a byte, which it hears, and ends
itself() {
	local name="$1 connected to itself, $3" of="select([.l4.TCP[]?] | index($2))"

	capture_start "self$2" host lo tcp port "$2"
	ok "$name" "$helpers/tcp" connect "$1" "$2" 1 "$3" "$2"
	await_flows 1 "$of | select(x.event == \"close\")"
	capture_stop "self$2"
	is "$name: one connection, three records" \
		"$(flows "$of | \"\(x.event) \(x.close_reason)\"" | jq -r . | xargs)" \
		"open null established null close $3"
	is "$name: all packets and bytes are sent" "$(flows "$of | select(x.event == \"close\") | x |
		\"\(.forward.packets) \(.forward.bytes) \(.reverse.packets)\"" | jq -r .)" \
		"$(captured "self$2" tcp port "$2") 0"
}
itself 127.0.0.1 7005 fin
itself ::1 7006 fin
itself 127.0.0.1 7007 rst

spawn host "$helpers/udp" echo 127.0.0.1 7003 >"$work/echo"
await 5 contains "$work/echo" ready || die "the server does not start"
is "20 UDP exchanges" "$("$helpers/udp" exchange 127.0.0.1 7003 20 30000)" 20
settle
is "20 connections opened, and answered" \
	"$(flows 'select(.l4.UDP) | x.event' | sort | uniq -c | xargs)" '20 established 20 open'

# echoed SENTENCE ADDRESS PACKETS...: the address has asked itself, and has got its answers
echoed() {
	local sentence=$1 of="select(.l4.ICMPv4 // .l4.ICMPv6 and .IP.destination == \"$2\")" packets=$3

	shift 3
	ok "$sentence" ping -c 3 -i 0.2 "$@"
	await_flows 1 "$of | select(x.event == \"update\" and x.forward.packets + x.reverse.packets >= $((2 * packets)))"
	is "$sentence: half of the packets are answers" "$(flows "$of | select(x.event == \"update\")
		| x | \"\(.forward.packets) \(.reverse.packets) \(.forward.bytes - .reverse.bytes)\"" |
		tail -n 1 | jq -r .)" "$packets $packets 0"
}
echoed "an address asks itself" 127.0.0.1 3 127.0.0.1
echoed "an IPv6 address asks itself" ::1 3 ::1
ip link set lo mtu 1300
echoed "an address asks itself in fragments" 127.0.0.3 9 -s 3000 127.0.0.3
ip link set lo mtu 65536

# Super-packets: the device takes what TCP makes.
spawn host iperf3 -s -1 -B 127.0.0.1 -p 7004 --forceflush >"$work/iperf.server"
await 10 contains "$work/iperf.server" 'Server listening' || die "iperf3 does not start"
sent=$(tcp_sent host)
ok "iperf3 sends over the loopback" iperf3 -c 127.0.0.1 -p 7004 -n 200M -M 1400
await_flows 2 'select(x.event == "close" and ([.l4.TCP[]?] | index(7004)))'
is "its packets are TCP's segments" "$(flows 'select(x.event == "close")
	| select([.l4.TCP[]?] | index(7004)) | x.forward.packets + x.reverse.packets' |
	awk '{ n += $1 } END { print n }')" "$(($(tcp_sent host) - sent))"
is_soon "counters are the kernel's after super-packets" weir_lo kernel_lo
compare "more packets on the wire than the hook saw" "$(iface lo '.wire.egress.packets')" \
	-gt "$(iface lo '.raw.egress.packets')"
ok "weir status --verify agrees" weir status --verify --for 1s
