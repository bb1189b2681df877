#!/usr/bin/env bash
# usage: tests/kernels/guest.sh LACKS
#
# weir on whatever kernel this is, in a guest of scripts/kernels/boot: what it finds lacking, which
# must be LACKS (names with commas between them, or "-"); then traffic of every kind, over VLANs,
# tunnels and a lossy link, of which each flow and each interface's counters must be exact; and
# what is left when the agent has ended. Under emulation a program takes a while to start, so what
# can be asked of all interfaces at once is.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/../net/lib.sh"
test_begin "$@"
need tc ethtool ping
plan 38
lacks=${1:?}
poll=0.3 # to look is dear
kind=tcx
[[ ,$lacks, != *,tcx,* ]] || kind=clsact
stage() { diag "$1, $(cut -d' ' -f1 /proc/uptime) s after the start of Linux $(uname -r)"; }

stage "the programs by themselves"
parser_passes() {
	local topic status=0

	for topic in l2 ip; do
		WEIR_TEST_QUICK=1 CMOCKA_MESSAGE_OUTPUT=TAP \
			"$weir_build/tests/bpf/test_parse_$topic" >"$work/parse" 2>&1 && continue
		status=1
		grep -A 4 '^not ok' "$work/parse" || tail -n 20 "$work/parse"
	done
	return $status
}
ok "frames are counted where they belong, through each entry point" parser_passes

# ---- two links to another namespace, with every server that is needed there ----

# links OWN OTHER V0 G0: what goes over v0 is cut into segments before it comes to the device, and
# both ends know each other, so that there is no ARP.
links() {
	cat <<-END
		link set $3 address 02:00:00:00:01:0$1
		link set $3 gso_max_segs 1
		link set $3 up
		addr add 10.2.1.$1/24 dev $3
		addr add fd00:1::$1/64 dev $3
		neigh add 10.2.1.$2 lladdr 02:00:00:00:01:0$2 dev $3 nud permanent
		neigh add fd00:1::$2 lladdr 02:00:00:00:01:0$2 dev $3 nud permanent
		link set $4 up
		addr add 10.3.0.$1/24 dev $4
	END
}

# server NAME NAMESPACE COMMAND...
server() { spawn "$2" "${@:3}" >"$work/server.$1"; }
servers_are_ready() { [ "$(grep -l ready "$work/server."* | wc -l)" -eq "$1" ]; }

# Every program, map and link of the guest: nobody else makes any.
bpf_there() {
	bpftool prog list | grep '^[0-9]' || true
	bpftool map list | grep '^[0-9]' || true
	bpftool link list | grep '^[0-9]' || true
}
bpf_expected() { printf %s "$bpf_before"; }

ns_add pod
ns_ipv6 host
ns_ipv6 pod
veth_add v0 pod
veth_add g0 pod eth1
offloads host v0 off
offloads pod eth0 off
bpf_before=$(bpf_there)
agent_start --timeout-udp 2s --timeout-icmp 4s --timeout-other 4s --timeout-closing 2s
weir status >"$work/status"
is "what the kernel lacks" "$(status '[.extensions.capabilities[] | select(.available | not).name] |
	join(",") | if . == "" then "-" else . end')" "$lacks"
if [ $kind = tcx ]; then
	ok "weir status says that nothing does" contains "$work/status" '^  tcx: yes'
else
	ok "weir status says what takes its place" contains "$work/status" '^  tcx: no (.*clsact'
fi

links 2 1 eth0 eth1 | at pod ip -batch -
links 1 2 v0 g0 | ip -batch -
server echo pod "$helpers/udp" echo :: 7
server sink pod "$helpers/udp" sink :: 9
server fragments pod "$helpers/udp" sink :: 10
server sctp pod "$helpers/tcp" sctp serve 10.2.1.2 11 1
server small pod "$helpers/tcp" serve :: 80 1
server large pod "$helpers/tcp" serve :: 81 300000
server own host "$helpers/tcp" serve :: 82 300000
await 60 servers_are_ready 7 || die "not all servers are ready"

# ---- VLANs and tunnels over v0, made while the agent runs ----

stage "VLANs and tunnels"
# The ends of DEVICE's net are 10.2.${net[DEVICE]}.1 here and .2 there.
devices=(v0 vl100 qq30 vx1 gnv1 tap1 gre1 ipip1 six1)
ethernets=(vl100 qq30 vx1 gnv1 tap1)
declare -A net=()
for device in "${devices[@]}"; do
	net[$device]=$((${#net[@]} + 1))
done

# tunnels OWN OTHER V0
tunnels() {
	local name

	cat <<-END
		link add vl100 link $3 type vlan id 100
		link add ad200 link $3 type vlan proto 802.1ad id 200
		link add qq30 link ad200 type vlan id 30
		link add vx1 type vxlan id 42 local 10.2.1.$1 remote 10.2.1.$2 dstport 4789 dev $3
		link add gnv1 type geneve id 43 remote 10.2.1.$2
		link add tap1 type gretap local 10.2.1.$1 remote 10.2.1.$2
		link add gre1 type gre local 10.2.1.$1 remote 10.2.1.$2 key 7
		link add ipip1 type ipip local 10.2.1.$1 remote 10.2.1.$2
		link add six1 type ip6tnl mode any local fd00:1::$1 remote fd00:1::$2
		link add sit1 type sit local 10.2.1.$1 remote 10.2.1.$2
		link set ad200 up
		link set sit1 up
		addr add fd00:9::$1/64 dev sit1
	END
	for name in "${ethernets[@]}"; do
		echo "link set $name address 02:00:00:00:0${net[$name]}:0$1"
	done
	for name in "${devices[@]:1}"; do
		echo "link set $name up"
		echo "addr add 10.2.${net[$name]}.$1/24 dev $name"
	done
	for name in "${ethernets[@]}"; do
		echo "neigh add 10.2.${net[$name]}.$2 lladdr 02:00:00:00:0${net[$name]}:0$2" \
			"dev $name nud permanent"
	done
}

"$helpers/tcp" sctp connect 10.2.1.2 11 3 fin 4000 >/dev/null # while there is but one path
tunnels 2 1 eth0 | at pod ip -batch -
tunnels 1 2 v0 | ip -batch -

attached() {
	weir list interfaces -o json |
		jq -r '.[] | "\(.interface.name) \(.ingress) \(.egress)"' | sort
}
there() {
	ip -j link | jq -r --arg kind $kind '.[].ifname |
		if . == "lo" then "lo none \($kind)" else "\(.) \($kind) \($kind)" end' | sort
}
await 60 settles attached there || true
# shellcheck disable=SC2154 # set by settles
same "every interface is attached to, those of the kernel's own making too" "$actual" "$expected"

# ---- traffic, while counters are compared ----

stage "traffic"
verify_begin() {
	weir status --verify --for 2s >"$work/verify" 2>&1 &
	verifying=$!
}
# Nothing stands between the hooks and the devices here, so that everything can be compared.
verify_end() {
	wait $verifying && ! contains "$work/verify" 'not comparable' && return
	grep -v ' ok\(:\|$\)' "$work/verify"
	return 1
}

verify_begin
{
	for device in "${devices[@]}"; do
		"$helpers/udp" exchange "10.2.${net[$device]}.2" 7 5 2000
		"$helpers/udp" send "10.2.${net[$device]}.2" 9 10 100 0
		"$helpers/tcp" connect "10.2.${net[$device]}.2" 80 2 fin $((3000 + 10 * net[$device]))
	done
	"$helpers/udp" exchange fd00:1::2 7 5 2000
	"$helpers/udp" exchange fd00:9::2 7 5 2000
	"$helpers/udp" send 10.2.1.2 10 2 4000 0
	"$helpers/udp" send fd00:1::2 10 2 4000 0
	ping -q -c 3 -i 0.2 10.2.1.2
	ping -q -c 3 -i 0.2 fd00:1::2
} >"$work/traffic"
ok "weir status --verify agrees on all of them" verify_end

# Layer 2 is in our bytes and not always in the kernel's: VLANs count it at egress only, gretap at
# ingress, VXLAN and Geneve never; the inner tag of two is part of the frame.
counted() {
	weir list interfaces -o json | jq -r '.[] | select(.interface.name != "lo") |
		"\(.interface.name) \(.raw.ingress | "\(.packets) \(.bytes)")" +
		" \(.raw.egress | "\(.packets) \(.bytes)")"'
}
kernel_counted() {
	ip -s -j link | jq -r '{ vl100: [14, 0], qq30: [14, 0], ad200: [10, -4], vx1: [14, 14],
			gnv1: [14, 14], tap1: [0, 14] } as $layer2 |
		.[] | select(.ifname != "lo") | ($layer2[.ifname] // [0, 0]) as $more |
		"\(.ifname) \(.stats64.rx | "\(.packets) \(.bytes + .packets * $more[0])")" +
		" \(.stats64.tx | "\(.packets) \(.bytes + .packets * $more[1])")"'
}
await 30 settles counted kernel_counted || true
same "the counters of every interface are the kernel's" "$actual" "$expected"

# ---- a lossy link ----

stage "loss"
loss() { at "$1" tc qdisc replace dev "$2" root netem loss "$3"; }
dropped() { at "$1" tc -s -j qdisc show dev "$2" root | jq '.[0].drops'; }

# bulk NAMESPACE ADDRESS PORT: reads the 300,000 bytes that are served there.
bulk() {
	# shellcheck disable=SC2016 # for the inner shell to expand
	at "$1" bash -c 'exec 5<>/dev/tcp/$0/$1 && printf x >&5 && head -c 300000 <&5 | wc -c' \
		"$2" "$3"
}

# What the host's TCP has sent. It answers here and begins nothing, so what TCPSynRetrans counts are
# SYN-ACKs, and those that are sent again are in OutSegs and in RetransSegs.
tcp_sent_host() {
	# shellcheck disable=SC2016 # awk's
	at host awk -v sent="$(tcp_sent host)" '$1 == "TcpExt:" && !n { n = split($0, name); next }
		$1 == "TcpExt:" { for (i = 1; i <= n; i++) value[name[i]] = $i }
		END { print sent - value["TCPSynRetrans"] }' /proc/self/net/netstat
}

before="$(tcp_sent pod) $(tcp_sent_host) $(kernel_raw v0)"
weir_before=$(weir_raw v0)
loss pod eth0 10%
loss host v0 10%
is "300,000 bytes pass a link that loses a tenth" "$(bulk pod 10.2.1.1 82)" 300000
loss pod eth0 0%
loss host v0 0%
lost_here=$(dropped host v0)
lost_there=$(dropped pod eth0)
compare "packets were lost" "$lost_here" -gt 0

# tcp_again NAMESPACE: segments that its TCP has sent again.
tcp_again() {
	# shellcheck disable=SC2016 # awk's
	at "$1" awk '$1 == "Tcp:" { if (column) print $column
		for (i = 1; i <= NF; i++) if ($i == "RetransSegs") column = i }' /proc/self/net/snmp
}

# Packets in; packets out, and once more.
lossy() { minus "$(weir_raw v0)" "$weir_before" | awk '{ print $1, $3, $3 }'; }
# What of the other end's TCP has arrived; what ours has sent; what the device did and the qdisc did
# not let out.
kernel_lossy() {
	minus "$(tcp_sent pod) $(tcp_sent_host) $(kernel_raw v0)" "$before" |
		awk -v here="$lost_here" -v there="$lost_there" '{ print $1 - there, $2, $5 + here }'
}
is_soon "what arrives is counted, and what was sent, be it lost or not" lossy kernel_lossy
at pod tc qdisc del dev eth0 root
tc qdisc del dev v0 root

# ---- super-packets ----

stage "super-packets"
verify_begin
{
	bulk pod 10.3.0.1 82
	bulk host 10.3.0.2 81
	bulk pod "10.2.${net[vx1]}.1" 82
	bulk pod "10.2.${net[gre1]}.1" 82
} >"$work/bulk"
is "super-packets pass, in tunnels too" "$(xargs <"$work/bulk")" "300000 300000 300000 300000"
ok "weir status --verify agrees on them" verify_end
# Some kernels' devices take TCP's and not UDP's: which of both kinds they count cannot be compared.
"$helpers/udp" send 10.3.0.2 9 2 20000 1000 >/dev/null
more=$(minus "$(weir_wire g0)" "$(weir_raw g0)")
compare "more segments come in than packets" "${more%% *}" -gt 100
more=${more% *}
compare "and more go out" "${more##* }" -gt 100

# ---- a VRF, and a monitor of netlink ----

stage "a VRF, and a monitor of netlink"
veth_add w0 pod eth2
at pod ip addr add 10.4.0.2/24 dev eth2
up pod eth2
ip -batch - <<-END
	link add vrf1 type vrf table 10
	link set vrf1 up
	link set w0 master vrf1
	link set w0 up
	addr add 10.4.0.1/24 dev w0
	link add nm1 type nlmon
	link set nm1 up
END
is_seen() { [ -n "$(iface vrf1 'select(.egress != "none")')" ] && is_attached w0; }
await 30 is_seen || diag "the VRF is not attached to"
is "a VRF is seen at its egress, a monitor of netlink nowhere" \
	"$(iface vrf1 '"\(.ingress) \(.egress)"') $(iface nm1 .ingress)" "none $kind "
verify_begin
ping -q -c 5 -i 0.2 -s 3000 -I vrf1 10.4.0.2 >"$work/vrf"
ping -q -c 5 -i 0.2 -s 3000 -I vrf1 10.4.0.1 >>"$work/vrf"
ok "weir status --verify agrees on both" verify_end

# ---- the flows, as the log has them when they have ended ----

stage "flows"
have_ended() { [ "$(status '.extensions.fill[] | select(.name == "flow map").used')" = 0 ]; }
await 60 have_ended || diag "not all flows have ended"
# A line for each leg: destination, protocol, port, interface, VLAN, packets and bytes both ways.
weir observe --all -o json >"$work/log"
jq -r '.flow | select(.extensions.value.event == "close") |
	"\(.IP.destination) \(.extensions.value.ip_proto)" as $to |
	([.l4[]?.destination_port] | .[0] // 0) as $port | .extensions.value.legs[] |
	"\($to) \($port) \(.interface) \(.vlan // 0)" +
	" \(.forward | "\(.packets) \(.bytes)") \(.reverse | "\(.packets) \(.bytes)")"
	' "$work/log" >"$work/legs"

# legs PROTOCOL PORT ADDRESSES: of the connections to what begins so, "ADDRESS INTERFACE VLAN PACKETS
# BYTES PACKETS BYTES"
legs() {
	awk -v proto="$1" -v port="$2" -v to="$3" '
		$2 == proto && $3 == port && index($1, to) == 1 {
			place = $1 " " $4 " " $5
			for (i = 0; i < 4; i++)
				sum[place, i] += $(6 + i)
			seen[place] = 1
		}
		END {
			for (place in seen)
				print place, sum[place, 0], sum[place, 1], sum[place, 2], sum[place, 3]
		}' "$work/legs" | sort
}

# expected_legs PACKETS BYTES PACKETS BYTES: bytes without layer 2
expected_legs() {
	local name at

	for name in "${devices[@]}"; do
		case $name in # interface, VLAN, layer 2
		v0) at=("v0 0 14") ;;
		vl100) at=("vl100 0 14" "v0 100 18") ;;
		qq30) at=("qq30 0 14" "ad200 30 18" "v0 30 22") ;;
		vx1 | gnv1 | tap1) at=("$name 0 14" "v0 0 14") ;;
		*) at=("$name 0 0" "v0 0 0") ;;
		esac
		printf "10.2.${net[$name]}.2 %s\n" "${at[@]}"
	done | awk -v fp="$1" -v fb="$2" -v rp="$3" -v rb="$4" '
		{ print $1, $2, $3, fp, fb + $4 * fp, rp, rb + $4 * rp }' | sort
}

same "UDP with an answer, at each place that sees it" "$(legs 17 7 10.2.)" \
	"$(expected_legs 5 145 5 145)"
same "UDP without" "$(legs 17 9 10.2.)" "$(expected_legs 10 1280 0 0)"
same "TCP, at each place" "$(legs 6 80 10.2. | cut -d' ' -f1-3)" \
	"$(expected_legs 0 0 0 0 | cut -d' ' -f1-3)"
is "UDP over IPv6" "$(legs 17 7 fd00:1::2)" "fd00:1::2 v0 0 5 $((5 * 63)) 5 $((5 * 63))"
same "IPv6 in IPv4" "$(legs 17 7 fd00:9::2)" "fd00:9::2 sit1 0 5 245 5 245
fd00:9::2 v0 0 5 245 5 245"
is "all fragments are in their flow" "$(legs 17 10 10.2.)" \
	"10.2.1.2 v0 0 6 $((2 * (4008 + 3 * 34))) 0 0"
is "those of IPv6 too" "$(legs 17 10 fd00)" "fd00:1::2 v0 0 6 $((2 * (4008 + 3 * 62))) 0 0"
is "echo of ICMP" "$(legs 1 0 10.2.)" "10.2.1.2 v0 0 3 294 3 294"
is "echo of ICMPv6" "$(legs 58 0 fd00)" "fd00:1::2 v0 0 3 354 3 354"
is "SCTP: what the kernel says that it has sent and received" \
	"$(legs 132 11 10.2. | awk '{ print $4, $6 }')" "$(awk '{ n[$1] = $2 }
		END { print n["SctpOutSCTPPacks"], n["SctpInSCTPPacks"] }' /proc/net/sctp/snmp)"
is "retransmissions are the kernel's" \
	"$(jq -s '[.[].flow.extensions.value | select(.event == "close") |
		.forward, .reverse | .retransmits // 0] | add' "$work/log")" \
	"$(($(tcp_again host) + $(tcp_again pod)))"
is "UDP in two super-packets of 20" "$(legs 17 9 10.3.)" "10.3.0.2 g0 0 40 $((40 * 1042)) 0 0"
is "nothing is in a remainder but ARP" "$(weir list interfaces -o json |
	jq -r '[.[] | .interface.name as $name | .remainders | to_entries[] |
		select(.value.packets != "0") | "\($name) \(.key)"] | join(",")')" "g0 arp,w0 arp"
is "nothing was lost" "$(status '[.extensions.losses[] | tonumber] | add')" 0

# ---- the end, and the next beginning ----

stage "the end"
# What the kernel keeps of ours at its devices.
left() {
	bpftool net show | sed -n 's/^\([^ ]*\)([0-9]*) \([^ ]*\).*/\1 \2/p'
	tc qdisc show | awk '$2 == "clsact" { print $2, $5 }'
}

ok "SIGTERM ends the agent" agent_stop
is_soon "no program, map or link is left" bpf_there bpf_expected
is "nothing is left at any device" "$(left)" ""

# v0 alone is enough for the rest.
for device in "${devices[@]:1}" sit1 ad200; do
	echo "link del $device"
done | ip -force -batch - 2>/dev/null || true
agent_start --interface v0
kill -KILL "$agent"
{ wait "$agent" || true; } 2>/dev/null
if [ $kind = tcx ]; then
	is_soon "killed: the kernel takes all back" bpf_there bpf_expected
else
	is "killed: what outlives it is left" "$(left | xargs)" "v0 clsact/ingress v0 clsact/egress clsact v0"
fi

agent_start --interface v0 --xdp v0
is "XDP where it is wished for" "$(iface v0 '"\(.ingress) \(.egress)"')" "xdp $kind"
before=$(kernel_raw v0)
weir_before=$(weir_raw v0)
"$helpers/udp" exchange 10.2.1.2 7 5 5000 >/dev/null
"$helpers/tcp" connect 10.2.1.2 80 2 fin 6000 >/dev/null
since() { minus "$(weir_raw v0)" "$weir_before"; }
# With NAPI a veth counts what comes in behind layer 2.
kernel_since() { minus "$(kernel_raw v0)" "$before" | awk '{ print $1, $2 + 14 * $1, $3, $4 }'; }
is_soon "each packet is counted once, whatever was left" since kernel_since
ok "SIGTERM ends this agent too" agent_stop
is_soon "no program, map or link is left of it" bpf_there bpf_expected
is "nor anything at a device" "$(left)" ""
stage "done"
