#!/usr/bin/env bash
#
# Somebody removes what the agent has attached: the qdisc, a filter, links by force. It notices, says so
# once, attaches again, and does not fight; what others have there stays. Who comes in front of it, and
# may end a packet's way there, is told by name, and left alone.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need tc
plan 33

mount -t bpf bpf "$work/bpf"
bpftool prog loadall "$weir_build/tests/bpf/foreign.bpf.o" "$work/bpf/progs" \
	pinmaps "$work/bpf/maps" 2>"$work/load" || die "$(cat "$work/load")"
ns_add pod
for i in 0 1; do
	veth_add v$i pod eth$i
	ip addr add 10.9.6$i.1/24 dev v$i
	at pod ip addr add 10.9.6$i.2/24 dev eth$i
	up pod eth$i
	up host v$i
	await 5 is_up host v$i
	acquaint v$i 10.9.6$i.1 pod eth$i 10.9.6$i.2
	spawn pod "$helpers/udp" echo 10.9.6$i.2 7 >"$work/echo.$i"
	await 5 contains "$work/echo.$i" ready || die "the echo server does not start"
done

# counted SENTENCE: 20 packets out by v0 and as many back are.
port=20000
counted() {
	local before

	before=$(weir_raw v0)
	port=$((port + 20))
	"$helpers/udp" exchange 10.9.60.2 7 20 $port >/dev/null
	counted_now() { minus "$(weir_raw v0)" "$before" | awk '{ print $1, $3 }'; }
	twenty() { echo 20 20; }
	is_soon "$1" counted_now twenty
}

# is_back KIND REMOVED
is_back() { [ "$(iface v0 '"\(.ingress) \(.egress) \(.removed)"')" = "$1 $1 $2" ]; }
said() { grep -c "v0: somebody has removed weir's program" "$work/agent.log"; }
# Those of tracepoints refuse.
links_detach() {
	local kind id

	while read -r kind id; do
		[ "$kind" != link ] || bpftool link detach id "$id" >/dev/null 2>&1 || true
	done <<<"$(bpf_objects "$agent")"
}

# ---- TCX ----

agent_start --attach tcx
counted "tcx: what passes is counted"
links_detach
ok "what was detached by force is attached again" await 20 is_back tcx 2
counted "and what passes is counted"
is "the log says so once of each hook" "$(said)" 2
is "weir status counts all of them, lo's too" "$(status .extensions.counters.hooks_removed)" 5
links_detach
ok "so is what is detached once more" await 30 is_back tcx 4
counted "and counted"
is "of which the log says no more" "$(said)" 2

# ---- in front ----

# tcx INTERFACE PROGRAM HOOK PLACE
tcx() {
	spawn host "$helpers/tcx" "$work/bpf/progs/$2" "$1" "$3" "$4" >"$work/tcx.$3"
	await 5 contains "$work/tcx.$3" '^attached' || die "no tcx: $(cat "$work/tcx.$3")"
}
id_of() { bpftool -j prog show pinned "$work/bpf/progs/$1" | jq .id; }
# ahead INTERFACE HOOK
ahead() { iface "$1" ".ahead.$2 | \"\(.count) \(.kind) \(.program) \(.name)\""; }
is_ahead() { [ -n "$(iface "$1" ".ahead.$2 // empty")" ]; }
is_free() { [ -z "$(iface v0 '.ahead // empty')$(iface v1 '.ahead // empty')" ]; }

is "nobody is in front, and the list says what has happened" "$(iface v0 '.ahead, .note')" \
	$'null\nremoved by others 4 times'
tcx v0 foreign_drop ingress first
dropper=$spawned
tcx v0 foreign_tcx egress first
passer=$spawned
at host ip link set dev v1 xdpdrv pinned "$work/bpf/progs/foreign_xdp"
before=$(weir_raw v0)
at pod "$helpers/udp" send 10.9.60.1 6666 10 100 0 >/dev/null
is "what somebody in front drops is not seen" "$(minus "$(weir_raw v0)" "$before")" "0 0 0 0"
ok "but that he is there" await 20 is_ahead v0 ingress
is "tcx, at ingress" "$(ahead v0 ingress)" "1 tcx $(id_of foreign_drop) foreign_drop"
is "tcx, at egress" "$(ahead v0 egress)" "1 tcx $(id_of foreign_tcx) foreign_tcx"
is "XDP comes before all" "$(ahead v1 ingress)" "1 xdp $(id_of foreign_xdp) foreign_xdp"
is "people are told" "$(iface v1 .note)" \
	"removed by others 4 times; behind foreign_xdp (xdp, program $(id_of foreign_xdp)) at ingress: what it ends is not seen"
ok "by weir status, too" grep -q 'v1 .*; behind foreign_xdp (xdp, program' <<<"$(weir status)"
end_process "$dropper"
end_process "$passer"
ip link set dev v1 xdpdrv off
ok "who goes is not told any more" await 20 is_free
ok "the agent ends" agent_stop

# ---- clsact ----

agent_start --attach clsact
counted "clsact: what passes is counted"
tc qdisc del dev v0 clsact
ok "when the qdisc was deleted it is attached again" await 5 is_back clsact 2
counted "and what passes is counted"
tc filter del dev v0 ingress prio 1
ok "so is a filter that was" await 10 is_back clsact 3
counted "and counted"
is "the log says so once of each hook" "$(said)" 2

# Somebody makes the qdisc his own. It is the third time, so for 4 s it would not be tried a fourth time.
begun=$(date +%s%3N)
tc qdisc del dev v0 clsact
tc qdisc add dev v0 clsact
tc filter add dev v0 ingress prio 10 handle 1 bpf da object-pinned "$work/bpf/progs/foreign_clsact"
tc filter add dev v0 egress prio 10 handle 1 bpf da object-pinned "$work/bpf/progs/foreign_clsact"
ok "where somebody has made it anew the agent attaches beside him" await 20 is_back clsact 5
counted "and counts"
tc filter del dev v0 ingress prio 1
tc filter del dev v0 egress prio 65535
ok "who removes it again and again" await 20 is_back clsact 7
compare "is not fought: it takes longer each time" $(($(date +%s%3N) - begun)) -ge 4000
ok "who is in front of it is seen" await 20 is_ahead v0 egress
is "and told, where he is" "$(ahead v0 egress) $(ahead v0 ingress)" \
	"1 clsact $(id_of foreign_clsact) foreign_clsact null null null null"
foreign() { tc filter show dev v0 "$1" | grep -c foreign_clsact; }
ok "the agent ends" agent_stop
is "his filters are there still" "$(foreign ingress) $(foreign egress)" "1 1"
is "and nothing of ours" "$({ tc filter show dev v0 ingress && tc filter show dev v0 egress; } | sed -n /weir/p)" ""
