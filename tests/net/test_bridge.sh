#!/usr/bin/env bash
#
# Two namespaces on a bridge: what passes is seen at both ports, and told as one connection with
# two legs, whose totals are those of the leg nearest the initiator. The bridge itself is not
# attached to.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need tcpdump ethtool curl
plan 36

ns_add cart db
ip link add brnet type bridge
for ns in cart db; do
	veth_add "v$ns" $ns
	offloads host "v$ns" off
	offloads $ns eth0 off
	ip link set "v$ns" master brnet
done
ip addr add 10.9.4.1/24 dev brnet
at cart ip addr add 10.9.4.2/24 dev eth0
at db ip addr add 10.9.4.3/24 dev eth0
up cart eth0
up db eth0
agent_start --node-name bridge
up host vcart vdb brnet
await 5 is_up host brnet

is "the ports are attached to, the bridge is not" \
	"$(weir list interfaces -o json | jq -r '.[] | "\(.interface.name) \(.role) \(.ingress)"' | sort | paste -sd,)" \
	"lo loopback none,vcart endpoint tcx,vdb endpoint tcx"

# counts CAPTURE CLIENT SERVER: as a leg has them
counts() { echo "$(captured "$1" src host "$2") $(captured "$1" src host "$3")"; }
leg() { jq -r ".legs[] | select(.interface == \"$1\") |
	\"\(.forward.packets) \(.forward.bytes) \(.reverse.packets) \(.reverse.bytes)\"" <<<"$close"; }

# told NAME CLIENT SERVER CLIENT_IP SERVER_IP
told() {
	local name=$1 client=$2 server=$3 client_ip=$4 server_ip=$5 close of
	local near=v$2 far=v$3

	spawn "$server" "$helpers/tcp" serve "$server_ip" 80 50000 >"$work/serve.$server"
	await 5 contains "$work/serve.$server" ready || die "the server does not start"
	capture_start near host "$near" tcp
	capture_start far host "$far" tcp
	is "$name: curl gets its answer" "$(at "$client" curl -s "http://$server_ip/" | wc -c)" 50000
	of="select((x.initiator.side == \"source\") == (.IP.source == \"$client_ip\"))"
	await_flows 1 "$of | select(x.event == \"close\")"
	capture_stop near
	capture_stop far
	is "$name: one connection, three records" \
		"$(flows "$of | \"\(x.conn_id) \(x.event)\"" | jq -r . |
			awk '{ id[$1]; said = said " " $2 } END { print length(id) said }')" \
		"1 open established close"
	is "$name: opened where the initiator's packet came in" \
		"$(flows "$of | select(x.event == \"open\") |
			\"\(.interface.name) \(.trace_observation_point) \(.traffic_direction)\"")" \
		"\"$near FROM_ENDPOINT EGRESS\""
	is "$name: closed, as seen nearest the initiator" \
		"$(flows "$of | select(x.event == \"close\") | \"\(.interface.name) \(x.close_reason)\"")" \
		"\"$near fin\""
	close=$(flows "$of | select(x.event == \"close\") | x")
	is "$name: two legs, the nearest first" \
		"$(jq -r '.legs | map("\(.interface) \(.role)") | join(", ")' <<<"$close")" \
		"$near endpoint, $far endpoint"
	is "$name: totals are those of the nearest" \
		"$(jq 'def counts: {packets, bytes}; (.forward | counts) == .legs[0].forward and
			(.reverse | counts) == .legs[0].reverse' <<<"$close")" true
	is "$name: the near leg has tcpdump's packets and bytes" \
		"$(leg "$near")" "$(counts near "$client_ip" "$server_ip")"
	is "$name: the far leg has tcpdump's packets and bytes" \
		"$(leg "$far")" "$(counts far "$client_ip" "$server_ip")"
	is "$name: a round trip is told, once per connection" \
		"$(flows "$of | x.rtt_ns // 0 | . > 0" | sort | uniq -c | xargs)" "1 false 2 true"
	is_wire "$name: the near port's counters are the kernel's" "$near"
	is_wire "$name: the far port's counters are the kernel's" "$far"
}

told "cart to db" cart db 10.9.4.2 10.9.4.3
told "db to cart" db cart 10.9.4.3 10.9.4.2

# Super-packets through the bridge: the ports take them as they are.
for ns in cart db; do
	offloads host "v$ns" on
	offloads $ns eth0 on
done
before=$(weir_raw vcart)
spawn db "$helpers/tcp" serve 10.9.4.3 81 20000000 >"$work/serve.bulk"
await 5 contains "$work/serve.bulk" ready || die "the server does not start"
sent=$(tcp_sent db)
is "20 MB are fetched" "$(at cart curl -s http://10.9.4.3:81/ | wc -c)" 20000000
await_flows 1 'select(x.event == "close" and ([.l4.TCP[]?] | index(81)))'
close=$(flows 'select(x.event == "close" and ([.l4.TCP[]?] | index(81))) | x')
is "both legs have the segments that the server has sent" \
	"$(jq -c '[.legs[].reverse.packets]' <<<"$close")" \
	"[$(($(tcp_sent db) - sent)),$(($(tcp_sent db) - sent))]"
is "both legs have the same" "$(leg vcart)" "$(leg vdb)"
compare "which were far fewer to the stack" \
	"$(($(weir_raw vcart | cut -d' ' -f3) - $(cut -d' ' -f3 <<<"$before")))" -lt 7000

# The host itself, through the bridge: the port alone sees it.
of='select([.l4.TCP[]?] | index(80)) | select(.IP.source == "10.9.4.1" or .IP.destination == "10.9.4.1")'
is "the host fetches through the bridge" "$(curl -s http://10.9.4.3/ | wc -c)" 50000
await_flows 1 "$of | select(x.event == \"close\")"
is "it is one connection at one leg, the server's port" \
	"$(flows "$of | select(x.event == \"close\") | x.legs[].interface")" '"vdb"'
is "opened on its way to the endpoint, by the host" \
	"$(flows "$of | select(x.event == \"open\") |
		\"\(.trace_observation_point) \(.source.labels[])\"")" '"TO_ENDPOINT reserved:host"'
is "nothing was lost" "$(losses)" "{}"
ok "weir status --verify agrees" weir status --verify --for 1s

# A port that leaves its bridge is still watched, one that joins is not attached to anew.
ip link set vdb nomaster
is "a port that has left the bridge is watched as before" "$(iface vdb '"\(.role) \(.ingress)"')" \
	"endpoint tcx"
ip link set vdb master brnet
is "and when it is back" "$(iface vdb '"\(.role) \(.ingress)"')" "endpoint tcx"
ip link del brnet
is "and when the bridge is gone" "$(iface vdb '"\(.role) \(.ingress)"')" "endpoint tcx"
is "the ports remain" "$(weir list interfaces -o json | jq length)" 3
