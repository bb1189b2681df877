#!/usr/bin/env bash
#
# weir status --verify where something stands between the agent's hook and the device that counts:
# devices that take some kinds of super-packets only, a qdisc that queues and drops, filters and
# programs that drop or redirect, VLAN tags beside the packet, GRO. What the kernel tells exactly
# must agree; where it does not tell all, the answer is "not comparable", never a mismatch; and a
# packet that really passed by the hook is a mismatch in each of these places. Half a minute and more:
# some forty verifications of a second.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/verify.sh
. "${BASH_SOURCE[0]%/*}/verify.sh"
test_begin "$@"
need tc ethtool iperf3
plan 71

mount -t bpf bpf "$work/bpf"
for object in foreign tagger; do
	bpftool prog loadall "$weir_build/tests/bpf/$object.bpf.o" "$work/bpf/$object" \
		2>"$work/load" || die "$(cat "$work/load")"
done
ns_add pod
number=0

# net NAME: a veth without anything behind the hook, to $here; at its other end a sink at $there
net() {
	number=$((number + 1))
	here=10.9.$number.1
	there=10.9.$number.2
	veth_add "$1" pod "p$1"
	ip addr add $here/24 dev "$1"
	at pod ip addr add $there/24 dev "p$1"
	up pod "p$1"
	up host "$1"
	await 5 is_up host "$1"
	acquaint "$1" $here pod "p$1" $there
	spawn pod "$helpers/udp" sink $there 100 >"$work/sink.$1"
	await 5 contains "$work/sink.$1" ready || die "the sink does not start"
	await 5 is_attached "$1" || die "not attached to $1"
	name=$1
}

# ---- what passes ----

# datagrams COUNT [PORT]: small ones; super_datagrams: of 40 each
datagrams() { "$helpers/udp" send $there "${2:-100}" "$1" 100 0; }
super_datagrams() { "$helpers/udp" send $there 100 20 40000 1000; }

# stream NAMESPACE ADDRESS PORT: $bytes in super-packets of TCP, to that namespace
bytes=3M
stream() {
	local to=$1 from=pod

	[ "$to" = pod ] && from=host
	spawn "$to" iperf3 -s -1 -B "$2" -p "$3" --forceflush >"$work/iperf.$3"
	await 10 contains "$work/iperf.$3" 'Server listening' || die "iperf3 does not start"
	at "$from" iperf3 -c "$2" -p "$3" -n "$bytes" -w 128K
}
super_packets() { stream pod $there "$1"; }
all_kinds() { super_datagrams && super_packets "$1"; }

# tagged_frames COUNT: from the pod, with the tag in the frame; the kernel puts it beside on arrival
tagged_frames() {
	local frame i

	frame=$(printf '020000000002020000000001%s0800%s0a09%02x020a09%02x01%s +56' 81000064 \
		450000540000000040110000 $number $number 0007006400400000)
	for ((i = 0; i < $1; i++)); do
		echo "$frame"
	done | at pod "$helpers/frames" raw "p$name"
}
frames_and_stream() { tagged_frames 20 && stream host $here "$1"; }

# ---- asking ----

# moved HOOK: how much, by weir
moved() { compared "$name $1 packets" .weir; }

# passing_by SENTENCE: what the hook has not seen is found here too
passing_by() {
	verify "$helpers/bypass" "$name" 7
	is "$1: a packet that passes by the hook is a mismatch" \
		"$(line egress packets), exit $verdict" "FAILED, exit 1"
}

agent_start --debug

# ---- some kinds of super-packets ----

net vkinds
verify all_kinds 5201
judged "all kinds" egress ok ok '^$'
ethtool -K vkinds tx-udp-segmentation off
verify super_packets 5202
judged "some kinds, of which one is sent" egress ok ok '^$'
verify all_kinds 5203
judged "some kinds, and all are sent" egress "not comparable" "not comparable" 'some kinds.*: [0-9]+ \.\. [0-9]+'
passing_by "some kinds"
tc qdisc replace dev vkinds root pfifo_fast
verify all_kinds 5204
judged "some kinds, behind a qdisc" egress ok ok 'by qdisc pfifo_fast: 0 dropped, 0 more queued'
passing_by "some kinds, behind a qdisc"

# ---- a qdisc that queues and drops ----

net vqueue
tc qdisc add dev vqueue root tbf rate 8kbit burst 1600 limit 100k
verify datagrams 100
judged "a qdisc that queues" egress ok ok 'by qdisc tbf: 0 dropped, [1-9][0-9]* more queued'
verify true
judged "a queue that drains" egress ok ok 'by qdisc tbf: 0 dropped, [1-9][0-9]* fewer queued'
is "what comes out of it then has not passed the hook" "$(moved egress)" 0
passing_by "a qdisc that queues"
tc qdisc replace dev vqueue root tbf rate 8kbit burst 1600 limit 3000
verify datagrams 50
judged "a qdisc that drops" egress ok "not comparable" 'tbf: [1-9][0-9]* dropped.*bytes of what is dropped'
tc qdisc replace dev vqueue root pfifo limit 2
verify datagrams 50
judged "a qdisc that need not" egress ok ok '^$'
tc qdisc replace dev vqueue root tbf rate 10mbit burst 3000 limit 20000
bytes=300K verify all_kinds 5210
# Whether buffers or segments were dropped depends on their size: the sum may be exact.
packets=$(line egress packets)
is "a qdisc that drops super-packets: no mismatch" "${packets/#ok/not comparable}" "not comparable"
judged "a qdisc that drops super-packets" egress "$packets" "not comparable" 'tbf: [1-9][0-9]* dropped'
passing_by "a qdisc that drops"

if tc qdisc replace dev vqueue root netem loss 50% 2>"$work/netem"; then
	verify datagrams 100
	judged "netem drops" egress ok "not comparable" 'netem: [1-9][0-9]* dropped.*bytes of what is dropped'
	tc qdisc del dev vqueue root
	tc qdisc add dev vqueue root netem duplicate 50%
	verify datagrams 100
	judged "netem duplicates" egress "not comparable" "not comparable" 'it duplicates'
else
	skip 4 "netem: this kernel has none"
fi

# ---- filters and programs ----

# Where there is no TCX nothing of clsact stands behind the agent's filter.
programs_behind() {
	net vfilter
	tc qdisc add dev vfilter clsact
	tc filter add dev vfilter egress bpf da object-pinned "$work/bpf/foreign/foreign_drop"
	verify datagrams 20
	judged "a filter that drops nothing" egress ok ok '^$'
	verify datagrams 20 6666
	judged "a filter that drops" egress ok "not comparable" '20 dropped by clsact.*bytes of what is dropped'
	passing_by "a filter that drops"
	tc filter replace dev vfilter egress protocol ip prio 1 u32 match ip dport 6667 0xffff \
		action mirred egress redirect dev lo
	verify datagrams 20 6667
	judged "a filter that redirects" egress "not comparable" "not comparable" 'behind weir.s may take'
	passing_by "a filter that redirects"
	net vprogram
	spawn host "$helpers/tcx" "$work/bpf/foreign/foreign_drop" vprogram egress last >"$work/tcx"
	await 5 contains "$work/tcx" '^attached' || die "no tcx: $(cat "$work/tcx")"
	verify datagrams 20 6666
	judged "a program that came later and drops" egress "not comparable" "not comparable" 'behind weir.s may take'
	passing_by "a program that came later"

	# ---- VLAN tags ----

	net vtags
	spawn host "$helpers/tcx" "$work/bpf/tagger/tagger" vtags egress first >"$work/tcx"
	await 5 contains "$work/tcx" '^attached' || die "no tcx: $(cat "$work/tcx")"
	verify super_datagrams
	judged "tags beside super-packets" egress ok ok '^$'
	ethtool -K vtags tx-udp-segmentation off
	verify super_datagrams
	judged "tags beside super-packets, which are cut" egress ok ok 'less the VLAN tags of 800 packets'
	passing_by "tags"

}
if [ "$(iface lo .egress)" = tcx ]; then
	programs_behind
else
	skip 16 "programs behind the hook: this kernel has no TCX"
fi

# ---- the device ----

net vdown
at pod ip link set pvdown down
verify datagrams 20
judged "a device that drops" egress ok "not comparable" '20 dropped by clsact or the device'

net vbig
ns_ipv6 host
ns_ipv6 pod
ip addr add fd00:9::1/64 dev vbig nodad
at pod ip addr add fd00:9::2/64 dev pvbig nodad
if ip link set vbig gso_max_size 200000 && [ "$(ip -d -j link show vbig | jq '.[].gso_max_size')" = 200000 ]; then
	verify stream pod fd00:9::2 5230
	judged "a device that takes longer super-packets than it did" egress ok ok \
		'^(the device takes other super-packets than it did)?$'
else
	skip 2 "longer super-packets: this kernel has no BIG TCP"
fi

# ---- ingress ----

net vin
verify tagged_frames 20
judged "tags in frames that come in" ingress ok ok 'VLAN tags'
verify frames_and_stream 5220
judged "tags in frames, and super-packets" ingress ok ok 'with the VLAN tags of 20 packets'
is "it has seen super-packets" "$(iface vin '(.wire.ingress.packets | tonumber) >
	10 * (.raw.ingress.packets | tonumber)')" true
net vgro
spawn host "$helpers/udp" sink $here 100 >"$work/sink"
await 5 contains "$work/sink" ready || die "the sink does not start"
ethtool -K vgro gro on
at pod ethtool -K pvgro tso off
in_segments_and_not() {
	at pod "$helpers/udp" send $here 100 20 40000 1000
	stream host $here "$1"
}
verify in_segments_and_not 5221
judged "GRO joins segments, beside super-packets" ingress "not comparable" "not comparable" \
	'GRO joins.*: [0-9]+ \.\. [0-9]+'

# ---- devices that give back what they are sent, or share another ----

pings() { at "$1" ping -q -c 20 -i 0.01 "$2"; }

# add NAME KIND...: an interface of that kind, or the tests of it are skipped
add() {
	ip link add "$@" 2>"$work/said" || return 1
	up host "$1"
	await 5 is_attached "$1" || die "not attached to $1"
}

net vifb
if add ifb9 type ifb; then
	tc qdisc replace dev vifb ingress
	tc filter add dev vifb parent ffff: protocol all u32 match u32 0 0 \
		action mirred egress redirect dev ifb9
	verify pings pod $here
	judged "what comes in is sent through an ifb" ingress ok ok '^$'
	name=ifb9
	is "the ifb agrees, at its only hook" \
		"$(line ingress packets), $(line egress packets), $(line egress bytes)" ", ok, ok"
	net vshaped
	tc qdisc add dev vshaped clsact
	tc filter add dev vshaped egress protocol all u32 match u32 0 0 \
		action mirred egress redirect dev ifb9
	verify pings host $there
	judged "what goes out is sent through an ifb" egress "not comparable" "not comparable" \
		'behind weir.s may take packets'
	is "the hook sees it a second time on its way back from there" "$(moved egress)" 40
else
	skip 6 "an ifb: this kernel has none"
fi
net vmac
if add mac9 link vmac type macvlan mode bridge; then
	ip addr add 10.9.99.1/24 dev mac9
	ip link add mac8 link vmac type macvlan mode bridge
	ip link set mac8 netns "$work/ns/pod"
	at pod ip addr add 10.9.99.2/24 dev mac8
	up pod mac8
	verify pings host $there
	judged "what only passes below macvlans" ingress ok ok '^$'
	name=mac9
	pings_who_first() { at pod ip neigh flush dev mac8 && pings pod 10.9.99.1; }
	verify pings_who_first
	is "a macvlan agrees in packets, where one was sent to all" "$(line ingress packets)" ok
	is "and its bytes do not, as it counts a header too much" "$(line ingress bytes)" "not comparable"
	ok "it says why" grep -q 'counts layer 2 twice' <<<"$(note ingress bytes)"
	verify pings pod 10.9.99.1
	is "nothing but to each other: it agrees" "$(line ingress packets), $(line ingress bytes)" "ok, ok"
	name=vmac
	judged "what they send each other passes the hook of the interface below" ingress \
		"not comparable" "not comparable" "macvlans send to each other through weir's hook only"
	net velse
	ns_add more
	for ns in pod more; do
		ip link add "mac$ns" link velse type macvlan mode bridge
		ip link set "mac$ns" netns "$work/ns/$ns"
		up "$ns" "mac$ns"
	done
	at pod ip addr add 10.9.98.1/24 dev macpod
	at more ip addr add 10.9.98.2/24 dev macmore
	verify pings pod 10.9.98.2
	judged "what those send each other that are in other namespaces does so, too" ingress \
		"not comparable" "not comparable" 'other addresses, too .bridge fdb.: if macvlans elsewhere'
else
	skip 10 "a macvlan: this kernel has none"
fi
