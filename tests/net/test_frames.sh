#!/usr/bin/env bash
#
# Frames that no stack sends: super-packets of a tap whose number of segments the kernel does not
# know, VLAN tags, ARP, what is no IP, what is cut or contradicts itself, later fragments; and
# packets of a device without layer 2. Each is in its flow or in its remainder, with its bytes as
# on the wire; the expected lengths stand beside the frames.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
[ -e /dev/net/tun ] || skip_all "needs /dev/net/tun"
plan 36

ns_add pod
veth_add vraw pod
up pod eth0
agent_start --timeout-udp 1s --timeout-tcp 1s --timeout-other 1s

# ---- frames in hex, headers only; "+N" adds payload of zeros ----

ETH=020000000002020000000001 # addresses alone
TAG=8100a064		     # priority 5, VLAN 100
V4=0800
V6=86dd
ADDRESSES4=0a0905020a090501
ADDRESSES6=fd000009000500000000000000000002fd000009000500000000000000000001

# udp PORT PAYLOAD
udp() { printf '%04x0009%04x0000' "$1" $(($2 + 8)); }

# tcp PORT FLAGS
tcp() { printf '%04x0050000000010000000150%s100000000000' "$1" "$2"; }

# ip4 PROTOCOL LENGTH [FRAGMENT [ID]]: length without this header
ip4() { printf '4500%04x%s%s40%02x0000%s' $(($2 + 20)) "${4:-0000}" "${3:-0000}" "$1" $ADDRESSES4; }

# ip6 PROTOCOL LENGTH
ip6() { printf '60000000%04x%02x40%s' "$2" "$1" $ADDRESSES6; }

arp() { printf 08060001080006040001%s 0200000000010a0905020000000000000a0905ff; }

# ---- sending ----

declare -A sent=()

# device NAME KIND NAMESPACE INTERFACE: something that sends frames
device() {
	mkfifo "$work/$1.in"
	spawn "$3" "$helpers/frames" "$2" "$4" <>"$work/$1.in" >"$work/$1.out"
	await 5 contains "$work/$1.out" ready || die "no device $1"
	sent[$1]=0
}

has_sent() { [ "$(grep -c '^sent' "$work/$1.out")" -ge "${sent[$1]}" ]; }

# send DEVICE FRAME
send() {
	echo "$2" >"$work/$1.in"
	sent[$1]=$((sent[$1] + 1))
	await 5 has_sent "$1" || die "$1 does not send $2: $(tail -n 1 "$work/$1.out")"
}

# ---- asking ----

remainder() { iface "$1" ".remainders.$2 | \"\(.packets) \(.bytes)\""; }

# is_flow SENTENCE PORT VLAN PACKETS BYTES: what came from that port, once its flow has ended
is_flow() {
	local of="select(x.event == \"close\" and .l4[].source_port == $2)"

	await 8 has_flows 1 "$of" || true
	is "$1" "$(flows "$of | \"\(x.vlan // 0) \(x.forward.packets) \(x.forward.bytes)\"" | jq -r .)" \
		"$3 $4 $5"
}

# passed INTERFACE N: the hook has seen so many packets
passed() { [ "$(weir_raw "$1" | awk '{ print $1 + $3 }')" -ge "$2" ]; }

# ---- a tap that takes super-packets from its user ----

device tap tap-vnet host tvnet
await 5 is_attached tvnet || die "the tap is not attached to"
up host tvnet
is "a tap is an endpoint" "$(iface tvnet '"\(.role) \(.kind)"')" "endpoint tun"
send tap "$ETH$V4$(ip4 17 108)$(udp 1001 100)+100"			# 142
send tap "$ETH$V4$(ip4 17 58)$(udp 1001 50)+50"				# 92
send tap "$ETH$V4$(ip4 6 10120)$(tcp 1002 10)+10100 gso 1448 54 34"	# 10154 + 6 x 54
send tap "$ETH$V4$(ip4 6 2916)$(tcp 1003 18)+2896 gso 1448 54 34"	# 2950 + 54
send tap "$ETH$TAG$V4$(ip4 17 108)$(udp 1004 100)+100"			# 146
send tap "$ETH$TAG$V4$(ip4 6 10120)$(tcp 1005 10)+10100 gso 1448 58 38" # 10158 + 6 x 58
send tap "$ETH$V6$(ip6 17 208)$(udp 1006 200)+200"			# 262
send tap "$ETH$V4$(ip4 17 508 2000)$(udp 1007 1500)+500"		# 542: a first fragment
send tap "$ETH$V4$(ip4 17 500 00b9)+500"				# 534: a later one of it
send tap "$ETH$V4$(ip4 17 500 00b9 0001)+500"				# 534: one of another packet
send tap "$ETH$(arp)"							# 42
send tap "${ETH}88b5+50"						# 64: an experiment's type
send tap "${ETH}0026+38"						# 52: a length, no type
send tap "$ETH${TAG}88b5+46"						# 64
send tap "$ETH$V4$(ip4 17 300)+100"					# 134: cut
send tap "$ETH${V4}43$(ip4 17 108 | cut -c3-)$(udp 1008 100)+100"	# 142: a header of 12 bytes
send tap "$ETH$V4$(ip4 6 10)+10"					# 44: half a TCP header
send tap "$ETH${V6}60+20"						# 35: half an IPv6 header
await 3 passed tvnet "${sent[tap]}" || true
frames="142 92 10154 2950 146 10158 262 542 534 534 42 64 52 64 134 142 44 35"
is "tap: the kernel has counted the frames" "$(kernel_raw tvnet)" \
	"$(xargs -n 1 <<<"$frames" | awk '{ n += $1 } END { print NR, n }') 0 0"
# A tag that came in the data is in the metadata when the hook sees the frame.
is "tap: and the hook, which does not see the tags of 3 of them" "$(weir_raw tvnet)" \
	"$(kernel_raw tvnet | awk '{ print $1, $2 - 3 * 4, $3, $4 }')"
is "tap: on the wire there are 13 segments more, with their headers" "$(weir_wire tvnet)" \
	"$(kernel_raw tvnet | awk '{ print $1 + 13, $2 + 7 * 54 + 6 * 58, $3, $4 }')"
is "tap: ARP" "$(remainder tvnet arp)" "1 42"
is "tap: what is no IP" "$(remainder tvnet non_ip)" "3 $((64 + 52 + 64))"
is "tap: a fragment whose first was not seen" "$(remainder tvnet fragment)" "1 534"
is "tap: what is malformed" "$(remainder tvnet malformed)" "4 $((134 + 142 + 44 + 35))"
is "tap: other remainders are empty" \
	"$(iface tvnet '.remainders | [.no_room, .late, .unknown_interface][].packets' | xargs)" "0 0 0"
is_flow "tap: UDP" 1001 0 2 $((142 + 92))
is_flow "tap: a super-packet of 7 segments, of which the kernel knows but the size" \
	1002 0 7 $((10154 + 6 * 54))
is_flow "tap: one whose last segment is full" 1003 0 2 $((2950 + 54))
is_flow "tap: UDP with a VLAN tag" 1004 100 1 146
is_flow "tap: a super-packet with a tag, which each segment has" 1005 100 7 $((10158 + 6 * 58))
is_flow "tap: UDP over IPv6" 1006 0 1 262
is_flow "tap: fragments belong to their flow" 1007 0 2 $((542 + 534))

# ---- a veth, both ways: tags in the data ----

up host vraw
await 5 is_up host vraw
device in raw pod eth0
device out raw host vraw
for way in in out; do
	from=$([ $way = in ] && echo 2001 || echo 2003)
	send $way "$ETH$V4$(ip4 17 108)$(udp "$from" 100)+100"		     # 142
	send $way "$ETH$TAG$V4$(ip4 17 108)$(udp $((from + 1)) 100)+100"     # 146
	send $way "$ETH$TAG$V4$(ip4 17 58)$(udp $((from + 1)) 50)+50"	     # 96
	send $way "$ETH$(arp)"						     # 42
done
await 3 passed vraw 8 || true
is_wire "veth: on the wire is what the kernel counts" vraw
is "veth: 4 frames in, 4 frames out" "$(weir_wire vraw)" \
	"4 $((142 + 146 + 96 + 42)) 4 $((142 + 146 + 96 + 42))"
is_flow "veth, in: without a tag" 2001 0 1 142
is_flow "veth, in: with a tag" 2002 100 2 $((146 + 96))
is_flow "veth, out: without a tag" 2003 0 1 142
is_flow "veth, out: with a tag" 2004 100 2 $((146 + 96))
is "veth: ARP of both ways" "$(remainder vraw arp)" "2 84"

# ---- a tun: packets begin with layer 3 ----

device tun tun host tl3
await 5 is_attached tl3 || die "the tun is not attached to"
ip addr add 10.9.6.1 peer 10.9.6.2 dev tl3
up host tl3
is "a tun is no endpoint" "$(iface tl3 '"\(.role) \(.kind)"')" "other tun"
send tun "$(ip4 17 108)$(udp 3001 100)+100"		      # 128
send tun "$(ip4 6 20)$(tcp 3002 02)"			      # 40
send tun "$(ip6 17 58)$(udp 3003 50)+50"		      # 98
send tun "$(ip4 17 500 00b9 0002)+500"			      # 520: a later fragment
send tun "43$(ip4 17 58 | cut -c3-)$(udp 3004 50)+50"	      # 78: a header of 12 bytes
"$helpers/udp" send 10.9.6.2 9 3 1000 0 >/dev/null	      # 3 x 1028
await 3 passed tl3 8 || true
is_raw "tun: counters are the kernel's" tl3
is "tun: of what was sent, in and out" "$(weir_wire tl3)" \
	"5 $((128 + 40 + 98 + 520 + 78)) 3 $((3 * 1028))"
is_flow "tun: UDP" 3001 0 1 128
is_flow "tun: UDP over IPv6" 3003 0 1 98
is "tun: a later fragment" "$(remainder tl3 fragment)" "1 520"
is "tun: what is malformed" "$(remainder tl3 malformed)" "1 78"
is "tun: packets in and out, and no hardware addresses" \
	"$(flows 'select(.interface.name == "tl3" and x.event == "open") |
		"\(.trace_observation_point) \(.traffic_direction) \(.ethernet)"' | sort | uniq -c |
		awk '{ print $1, $2, $3, $4 }' | tr -d '"' | paste -sd,)" \
	"3 FROM_STACK INGRESS null,1 TO_STACK EGRESS null"

# All of it adds up, on each.
for name in tvnet vraw tl3; do
	is "$name: what is in no remainder is in a flow" "$(flows "select(.interface.name == \"$name\" and
		x.event == \"open\") | x.conn_id" | sort -u | wc -l)" \
		"$(case $name in tvnet) echo 7 ;; *) echo 4 ;; esac)"
done
ok "weir status --verify agrees" weir status --verify --for 1s
is "nothing was lost" "$(losses)" "{}"
