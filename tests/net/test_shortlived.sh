#!/usr/bin/env bash
#
# Thousands of connections that live for a millisecond: none is missed, none is told twice, and
# their packets and bytes add up to what tcpdump and the kernel have counted.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need tcpdump ethtool
plan 39

CONNECTIONS=2000
REFUSED=200
EXCHANGES=200

ns_add pod
veth_add vshort pod
offloads host vshort off
offloads pod eth0 off
ip addr add 10.9.7.1/24 dev vshort
at pod ip addr add 10.9.7.2/24 dev eth0
up pod eth0
agent_start --node-name shortlived
up host vshort
await 5 is_up host vshort

spawn host "$helpers/tcp" serve 10.9.7.1 7001 1 >"$work/serve"
await 5 contains "$work/serve" ready || die "the server does not start"
spawn host "$helpers/udp" echo 10.9.7.1 7002 >"$work/echo"
await 5 contains "$work/echo" ready || die "the echo does not start"

mac=$(at pod ip -j link show dev eth0 | jq -r '.[0].address')
seen=0
has_seen() { [ "$(status .seen_flows)" -ge "$seen" ]; }

# take NAME RECORDS: the records since the last taking, once there are so many, as
# "event reason port conn_id packets bytes packets bytes flags mac".
take() {
	seen=$((seen + $2))
	await 20 has_seen || diag "$(status .seen_flows) records instead of $seen"
	settle
	flows '[x.event, x.close_reason // "-",
		(if x.initiator.side == "source" then .l4[].source_port else .l4[].destination_port end),
		x.conn_id, x.forward.packets // 0, x.forward.bytes // 0, x.reverse.packets // 0,
		x.reverse.bytes // 0, (.l4.TCP.flags // {} | keys | join(",")),
		.ethernet.source // "-"] | join(" ")' | jq -r . | tail -n "+$((taken + 1))" >"$work/$1.records"
	taken=$((taken + $(wc -l <"$work/$1.records")))
	seen=$taken
}
taken=0

# tally NAME: "2000 close fin, ..."
tally() { cut -d' ' -f1,2 "$work/$1.records" | sort | uniq -c | awk '{ print $1, $2, $3 }' | paste -sd, ; }
each_once() { cut -d' ' -f1,3 "$work/$1.records" | sort | uniq -c | awk '$1 != 1' | head; }
sums() { awk '$1 == "close" { fp += $5; fb += $6; rp += $7; rb += $8 } END { print fp + 0, fb + 0, rp + 0, rb + 0 }' "$work/$1.records"; }
tcpdumps() { echo "$(captured "$1" src host 10.9.7.2) $(captured "$1" src host 10.9.7.1)"; }

# connections NAME HOW FIRST_PORT
connections() {
	local name=$1 how=$2 sent_before received_before sums

	sent_before=$(tcp_sent pod)
	received_before=$(tcp_sent host)
	capture_start "$name" host vshort tcp
	is "$name: $CONNECTIONS connections are made" \
		"$(at pod "$helpers/tcp" connect 10.9.7.1 7001 $CONNECTIONS "$how" "$3")" $CONNECTIONS
	take "$name" $((3 * CONNECTIONS))
	capture_stop "$name"
	is "$name: each is opened, established and closed" "$(tally "$name")" \
		"$CONNECTIONS close $how,$CONNECTIONS established -,$CONNECTIONS open -"
	is "$name: none of it is told twice of one port" "$(each_once "$name")" ""
	is "$name: the ports are those that were used" \
		"$(cut -d' ' -f3 "$work/$name.records" | sort -un | sed -n '1p;$p' | xargs)" \
		"$3 $(($3 + CONNECTIONS - 1))"
	is "$name: all open with a SYN, and a hardware address" \
		"$(awk '$1 == "open" { print $9, $10 }' "$work/$name.records" | sort -u)" "SYN $mac"
	is "$name: each connection has an id of its own" \
		"$(cut -d' ' -f4 "$work/$name.records" | sort | uniq -c | awk '{ print $1 }' | sort | uniq -c | xargs)" \
		"$CONNECTIONS 3"
	sums=$(sums "$name")
	is "$name: packets and bytes of all, by direction, are tcpdump's" "$sums" "$(tcpdumps "$name")"
	is "$name: packets sent are the client's segments" \
		"${sums%% *}" "$(($(tcp_sent pod) - sent_before))"
	is "$name: packets answered are the server's segments" \
		"$(cut -d' ' -f3 <<<"$sums")" "$(($(tcp_sent host) - received_before))"
}

connections fin fin 10000
connections rst rst 20000

# The same ports again while their entries still linger: other connections.
cp "$work/rst.records" "$work/former"
connections again rst 20000
is "again: no id of the former connections comes back" \
	"$(comm -12 <(cut -d' ' -f4 "$work/former" | sort -u) \
		<(cut -d' ' -f4 "$work/again.records" | sort -u))" ""

capture_start refused host vshort tcp
is "$REFUSED connections are refused" \
	"$(at pod "$helpers/tcp" connect 10.9.7.1 9 $REFUSED refused 30000)" $REFUSED
take refused $((2 * REFUSED))
capture_stop refused
is "refused: opened and closed, never established" "$(tally refused)" \
	"$REFUSED close refused,$REFUSED open -"
is "refused: packets and bytes are tcpdump's" "$(sums refused)" "$(tcpdumps refused)"
is "refused: by the server's RST" "$(flows 'select(x.close_reason == "refused") |
	"\(.is_reply) \(.l4.TCP.flags | keys | join(",")) \(.l4.TCP.source_port) \(x.rtt_ns)"' | sort -u)" \
	'"true RST 9 null"'

is "$EXCHANGES exchanges of UDP" \
	"$(at pod "$helpers/udp" exchange 10.9.7.1 7002 $EXCHANGES 31000)" $EXCHANGES
take udp $((2 * EXCHANGES))
is "UDP: opened, and established by the answer" "$(tally udp)" "$EXCHANGES established -,$EXCHANGES open -"
is "UDP: once each" "$(each_once udp)" ""

is_wire "what went over the wire is what the kernel counts" vshort
is "nothing was lost" "$(losses)" "{}"
is "the sweep had nothing to make up for" "$(status .extensions.counters.changes_found_by_sweep)" 0
ok "weir status --verify agrees" weir status --verify --for 1s
