#!/usr/bin/env bash
#
# Other people's BPF programs, attached before the agent and after it, by TCX, clsact and XDP: they
# stay where they are and count on while the agent comes, works and goes; and what they drop is
# counted as it should be.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need tc
plan 44

PACKETS=50
DROPPED_PORT=6666
number=0

mount -t bpf bpf "$work/bpf"
bpftool prog loadall "$weir_build/tests/bpf/foreign.bpf.o" "$work/bpf/progs" \
	pinmaps "$work/bpf/maps" 2>"$work/load" || die "$(cat "$work/load")"
ns_add pod

# net NAME: a veth, and at its other end an echo at $address
net() {
	number=$((number + 1))
	address=10.9.9$number.2
	veth_add "$1" pod "p$1"
	ip addr add 10.9.9$number.1/24 dev "$1"
	at pod ip addr add $address/24 dev "p$1"
	up pod "p$1"
	up host "$1"
	await 5 is_up host "$1"
	spawn pod "$helpers/udp" echo $address 7 >"$work/echo.$1"
	await 5 contains "$work/echo.$1" ready || die "no echo at $address"
	acquaint "$1" "${address%.*}.1" pod "p$1" "$address"
}

port=20000
# exchange: PACKETS out and as many back
exchange() {
	port=$((port + PACKETS))
	"$helpers/udp" exchange "$address" 7 $PACKETS $port >/dev/null
}

# seen N: what the foreign program of that number has seen
seen() {
	bpftool -j map lookup pinned "$work/bpf/maps/foreign_seen" key "$1" 0 0 0 | jq .formatted.value
}

# counts INTERFACE: what the kernel and the foreign TCX and clsact programs have counted, then us
counts() {
	kernel_raw "$1" | awk '{ printf "%s ", $1 + $3 }'
	echo "$(seen 0) $(seen 1) $([ -z "$agent" ] || weir_raw "$1" | awk '{ print $1 + $3 }')"
}

# all_count SENTENCE INTERFACE: exchanges pass by everybody
all_count() {
	local before all=$((2 * PACKETS))

	before=$(counts "$2")
	exchange
	is "$1" "$(minus "$(counts "$2")" "$before")" "$all $all $all${agent:+ $all}"
}

# tcx INTERFACE PROGRAM HOOK PLACE: attached for good
tcx() {
	spawn host "$helpers/tcx" "$work/bpf/progs/$2" "$1" "$3" "$4" >"$work/tcx"
	await 5 contains "$work/tcx" '^attached' || die "no tcx: $(cat "$work/tcx")"
}

# clsact INTERFACE PROGRAM HOOK PRIORITY
clsact() {
	tc qdisc add dev "$1" clsact 2>/dev/null || true
	tc filter add dev "$1" "$3" prio "$4" handle 1 bpf da object-pinned "$work/bpf/progs/$2"
}
filters() { tc filter show dev "$1" ingress && tc filter show dev "$1" egress; }

# verify: while packets pass
verify() {
	local pid i

	weir status --verify --for 1s &
	pid=$!
	for i in 1 2 3 4 5; do
		exchange
		sleep 0.1
	done
	wait "$pid"
}

stop() {
	ok "$1: the agent ends" agent_stop
	agent=
}

# ---- attached before us ----

net vtc
tcx vtc foreign_tcx ingress first
tcx vtc foreign_tcx egress last
clsact vtc foreign_clsact ingress 10
clsact vtc foreign_clsact egress 10
filters_before=$(filters vtc)
all_count "without an agent the foreign programs count all" vtc
for attach in tcx clsact; do
	agent_start --attach $attach
	is "$attach: attached beside them" "$(iface vtc '"\(.ingress) \(.egress)"')" "$attach $attach"
	all_count "$attach: they count all, and so does the agent" vtc
	ok "$attach: weir status --verify agrees" verify
	stop $attach
	same "$attach: their filters are what they were" "$(filters vtc)" "$filters_before"
	all_count "$attach: after it they count all" vtc
done

# ---- attached after us ----

for attach in tcx clsact; do
	agent_start --attach $attach
	net vlate$number
	await 5 is_attached "vlate$((number - 1))" || die "not attached to"
	name=vlate$((number - 1))
	tcx "$name" foreign_tcx ingress first
	tcx "$name" foreign_tcx egress last
	clsact "$name" foreign_clsact ingress 10
	clsact "$name" foreign_clsact egress 10
	all_count "$attach: those who come later count all, and so does the agent" "$name"
	stop "$attach, others later"
	all_count "$attach: and after it" "$name"
done

# ---- droppers ----

# drop_counts FIELD: what the dropper has dropped, the kernel has counted, and we have
drop_counts() {
	echo "$(seen 4) $(kernel_raw vdrop | cut -d' ' -f"$1") $(weir_raw vdrop | cut -d' ' -f"$1")"
}

send_in() { at pod "$helpers/udp" send "${address%.*}.1" $DROPPED_PORT $PACKETS 100 0 >/dev/null; }

# Whether the sender is told that it was dropped is the kernel's affair.
send_out() { "$helpers/udp" send "$address" $DROPPED_PORT 1 100 0 >/dev/null 2>&1 || true; }

for attach in tcx clsact; do
	net vdrop
	agent_start --attach $attach
	clsact vdrop foreign_drop ingress 20
	before=$(drop_counts 1)
	send_in
	is "$attach: what is dropped at ingress behind us is counted" \
		"$(minus "$(drop_counts 1)" "$before")" "$PACKETS $PACKETS $PACKETS"
	# TCX comes before clsact: the dropper is where it comes before us.
	$attach vdrop foreign_drop egress "$([ $attach = tcx ] && echo first || echo 20)"
	before=$(drop_counts 3)
	send_out
	is "$attach: what is dropped at egress before us is neither the kernel's nor ours" \
		"$(minus "$(drop_counts 3)" "$before")" "1 0 0"
	exchange
	ok "$attach: weir status --verify agrees beside droppers" verify
	stop "$attach, beside droppers"
	before=$(seen 4)
	send_in
	send_out
	is "$attach: the droppers drop on" "$(($(seen 4) - before))" $((PACKETS + 1))
	ip link del vdrop
done

# ---- XDP ----

net vxdp
ip link set dev vxdp xdpdrv pinned "$work/bpf/progs/foreign_xdp"
xdp_before=$(ip -j link show dev vxdp | jq -c '.[0].xdp')
net vours
at pod ip link set dev pvours xdpdrv pinned "$work/bpf/progs/foreign_xdp"
agent_start --xdp vxdp --xdp vours --xdp lo
is "where another's XDP program is TC takes the place of ours" "$(iface vxdp .ingress)" tcx
ok "the list says why" grep -qi 'xdp.*busy' <<<"$(iface vxdp .note)"
ok "and weir status" grep -qi 'vxdp.*xdp.*busy' <<<"$(weir status)"
ok "and the log" contains "$work/agent.log" 'vxdp.*XDP.*TC takes its place'
is "of loopback, whose ingress is not watched, the list says so" "$(iface lo .note)" \
	"no XDP: it is watched at egress only"
ok "and the log, once" test "$(grep -c 'lo: cannot attach XDP: it is watched' "$work/agent.log")" = 1
is "the other's program is where it was" "$(ip -j link show dev vxdp | jq -c '.[0].xdp')" "$xdp_before"
is "native XDP takes the ingress of the other" "$(iface vours '"\(.ingress) \(.egress)"')" "xdp tcx"

# xdp_counts INTERFACE: packets in, of the kernel and of ours; packets of the foreign program
xdp_counts() { echo "$(kernel_raw "$1" | cut -d' ' -f1) $(weir_raw "$1" | cut -d' ' -f1) $(seen 2)"; }
before=$(xdp_counts vours)
exchange
is "XDP: what comes in is counted, and by the program at the other end" \
	"$(minus "$(xdp_counts vours)" "$before")" "$PACKETS $PACKETS $PACKETS"
await_flows 1 "select(x.event == \"established\" and ([.l4.UDP[]?] | index($port)))"
is "XDP: both directions are in one record" \
	"$(flows "select(([.l4.UDP[]?] | index($port)) and .interface.name == \"vours\") | x.event" | paste -sd,)" \
	'"open","established"'
ok "XDP: weir status --verify agrees" verify
(
	address=10.9.9$((number - 1)).2
	port=$((port + PACKETS))
	before=$(xdp_counts vxdp)
	exchange
	is "busy XDP: TC and the other's program count all" "$(minus "$(xdp_counts vxdp)" "$before")" \
		"$PACKETS $PACKETS $PACKETS"
)
test_count=$((test_count + 1))
stop XDP
is "the other's program is still where it was" \
	"$(ip -j link show dev vxdp | jq -c '.[0].xdp')" "$xdp_before"
is "and ours has gone" "$(ip -j link show dev vours | jq -c '.[0].xdp')" null
