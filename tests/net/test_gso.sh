#!/usr/bin/env bash
#
# Super-packets: what is one skb to the stack and many packets on the wire. TCP and UDP, IPv4 and
# IPv6, sent from the agent's namespace and into it, over a veth that takes super-packets and over
# one that does not. Truths: ip -s link, TcpOutSegs + TcpRetransSegs of either namespace, and what
# the UDP sender has sent.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need iperf3 ethtool
plan 54

TCP_BYTES=30M
UDP_SENDS=50
UDP_SEGMENTS=40
UDP_PAYLOAD=1000
ETHERNET=14
UDP_HEADER=8

ns_add pod
ns_ipv6 host
ns_ipv6 pod
veth_add vgso pod
ip addr add 10.9.2.1/24 dev vgso
ip addr add fd00:9:2::1/64 dev vgso nodad
at pod ip addr add 10.9.2.2/24 dev eth0
at pod ip addr add fd00:9:2::2/64 dev eth0 nodad
up pod eth0
# Entries of UDP and ICMP end soon, so that the sum over all records can be taken.
agent_start --timeout-udp 1s --timeout-icmp 1s --timeout-other 1s
up host vgso
await 5 is_up host vgso

declare -A address=([host4]=10.9.2.1 [pod4]=10.9.2.2 [host6]=fd00:9:2::1 [pod6]=fd00:9:2::2)
declare -A header=([4]=20 [6]=40)
port=5300

# A device that takes super-packets counts them as such, another counts their segments.
weir_counts() { if [ "$offload" = on ]; then weir_raw vgso; else weir_wire vgso; fi; }
weir_passed() { minus "$(weir_counts)" "$weir_before"; }
kernel_passed() { minus "$(kernel_raw vgso)" "$kernel_before"; }

# The readings from which a case is counted; no packet comes between the two.
read_quietly() {
	weir_before=$(weir_counts)
	kernel_before=$(kernel_raw vgso)
	[ "$(weir_counts)" = "$weir_before" ]
}

before() {
	port=$((port + 1))
	await 5 read_quietly || die "the interface is never quiet"
}

peer_of() { if [ "$1" = pod ]; then echo host; else echo pod; fi; }

# iperf_serve NAMESPACE ADDRESS: for one test, at $port.
iperf_serve() {
	spawn "$1" iperf3 -s -1 -B "$2" -p "$port" --forceflush >"$work/iperf.$port"
	await 10 contains "$work/iperf.$port" 'Server listening' || die "iperf3 does not start"
}

# ended PORT: all of its connections; iperf3 has one to talk and one for data.
tcp_closed() { [ "$(flows "select(x.event == \"close\" and ([.l4.TCP[]?] | index($port)))" | wc -l)" -eq 2 ]; }

# sum SIDE FIELD: over the connections of $port
tcp_sum() {
	flows "select(x.event == \"close\" and ([.l4.TCP[]?] | index($port))) | x.$1.$2" |
		awk '{ n += $1 } END { print n + 0 }'
}

# tcp SENDER FAMILY
tcp() {
	local sender=$1 receiver family=$2 what sent_before received_before
	local dropped

	receiver=$(peer_of "$sender")
	what="TCP, IPv$family, from $sender, offloads $offload"
	before
	sent_before=$(tcp_sent "$sender")
	received_before=$(tcp_sent "$receiver")
	iperf_serve "$receiver" "${address[$receiver$family]}"
	# A small window: the queue behind a veth, which may drop, is never full.
	at "$sender" iperf3 -c "${address[$receiver$family]}" -p "$port" -n $TCP_BYTES -w 128K \
		>"$work/iperf" 2>&1 || die "iperf3: $(cat "$work/iperf")"
	await 10 tcp_closed || diag "the connections of port $port have not closed"
	is_soon "$what: counters of the interface are the kernel's" weir_passed kernel_passed
	is "$what: packets sent are the sender's segments" \
		"$(tcp_sum forward packets)" "$(($(tcp_sent "$sender") - sent_before))"
	is "$what: packets answered are the receiver's segments" \
		"$(tcp_sum reverse packets)" "$(($(tcp_sent "$receiver") - received_before))"
	dropped=$(ip -s -j link show dev vgso | jq '.[0].stats64 | .rx.dropped + .tx.dropped')
	[ "$dropped" -eq 0 ] || diag "the veth has dropped $dropped"
}

udp_counts() {
	flows "select(x.event == \"close\" and .l4.UDP.destination_port == $port)
		| x.forward | \"\(.packets) \(.bytes)\"" | jq -r .
}

# udp SENDER FAMILY
udp() {
	local sender=$1 receiver family=$2 what packets

	receiver=$(peer_of "$sender")
	what="UDP, IPv$family, from $sender, offloads $offload"
	before
	spawn "$receiver" "$helpers/udp" sink "${address[$receiver$family]}" "$port" >"$work/sink"
	await 5 contains "$work/sink" ready || die "the sink does not start"
	at "$sender" "$helpers/udp" send "${address[$receiver$family]}" "$port" $UDP_SENDS \
		$((UDP_SEGMENTS * UDP_PAYLOAD)) $UDP_PAYLOAD >/dev/null
	is_soon "$what: counters of the interface are the kernel's" weir_passed kernel_passed
	packets=$((UDP_SENDS * UDP_SEGMENTS))
	udp_expected[port]="$packets $((packets * (ETHERNET + header[$family] + UDP_HEADER + UDP_PAYLOAD)))"
	udp_names[port]=$what
}

udp_expected=()
udp_names=()
for offload in on off; do
	offloads host vgso $offload
	offloads pod eth0 $offload
	for family in 4 6; do
		for sender in host pod; do
			tcp $sender $family
			udp $sender $family
		done
	done
done
for port in "${!udp_expected[@]}"; do
	has_udp() { [ -n "$(udp_counts)" ]; }
	await 10 has_udp || true
	is "${udp_names[port]}: packets and bytes are those that were sent" \
		"$(udp_counts)" "${udp_expected[port]}"
done
compare "super-packets were seen" \
	"$(iface vgso '(.wire.egress.packets | tonumber) - (.raw.egress.packets | tonumber)')" -gt 1000

# All packets of the interface are in a flow or in a remainder.
sum_flows() {
	flows 'select(x.event == "close") | x.legs[] | .forward, .reverse' |
		jq -sr '"\(map(.packets) | add) \(map(.bytes) | add)"'
}
sum_iface() {
	iface vgso '[(.wire[] | [.packets, .bytes] | map(tonumber)),
		(.remainders[] | [.packets, .bytes] | map(- tonumber))] |
		"\(map(.[0]) | add) \(map(.[1]) | add)"'
}
await 10 settles sum_flows sum_iface || true # the last of them end
is_soon "the sum of all flows and remainders is what went over the wire" sum_flows sum_iface

# Under load, both ways; with GRO the hook sees packets joined that came as segments.
verify_under_load() {
	local what=$1 moved

	port=$((port + 1))
	iperf_serve host 10.9.2.1
	spawn pod iperf3 -c 10.9.2.1 -p $port -t 3 --bidir -w 128K >"$work/iperf"
	moved=$(iface vgso .raw.ingress.packets)
	is_flowing() { [ "$(iface vgso .raw.ingress.packets)" -gt $((moved + 1000)) ]; }
	await 5 is_flowing || die "iperf3 does not send"
	ok "weir status --verify agrees while iperf3 runs, $what" weir status --verify --for 1s
	ok "iperf3 was running all the time, $what" kill -0 "$spawned"
	await 10 is_gone "$spawned"
	ok "weir status --verify agrees after it, $what" weir status --verify --for 100ms
}

verify_under_load "offloads off"

# Nobody opens what goes to this port: what its segments repeat is not all to be read.
tunnel() { at "$1" ip link add vxgso type vxlan id 5 dstport 4790 dev "$2" local "$3" remote "$4"; }
tunnel host vgso 10.9.2.1 10.9.2.2
tunnel pod eth0 10.9.2.2 10.9.2.1
ip addr add 10.9.3.1/24 dev vxgso
at pod ip addr add 10.9.3.2/24 dev vxgso
up pod vxgso
up host vxgso
before
iperf_serve pod 10.9.3.2
iperf3 -c 10.9.3.2 -p "$port" -n $TCP_BYTES -w 128K >"$work/iperf" 2>&1 || die "iperf3: $(cat "$work/iperf")"
is_soon "counters are the kernel's, of a tunnel on a port of its own" weir_passed kernel_passed
ip link del vxgso
at pod ip link del vxgso

offloads host vgso on
ethtool -K vgso gro on
before=$(iface vgso '(.wire.ingress.packets | tonumber) - (.raw.ingress.packets | tonumber)')
verify_under_load "with GRO"
compare "GRO has joined segments" "$(iface vgso \
	'(.wire.ingress.packets | tonumber) - (.raw.ingress.packets | tonumber)')" -gt $((before + 1000))
offloads host vgso on
offloads pod eth0 on
verify_under_load "offloads on"
is "nothing was lost" "$(losses)" "{}"
