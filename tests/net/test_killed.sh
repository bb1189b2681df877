#!/usr/bin/env bash
#
# What is left of an agent that was asked to end: nothing; of one that was killed: nothing that
# outlives the next start. And who comes second at a socket.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need tc
plan 46

ns_add pod
veth_add vkill pod
ip addr add 10.9.8.1/24 dev vkill
at pod ip addr add 10.9.8.2/24 dev eth0
up pod eth0
up host vkill
await 5 is_up host vkill
# Somebody else's clsact, which must never go.
veth_add vguest pod eth1
tc qdisc add dev vguest clsact

spawn pod "$helpers/udp" echo 10.9.8.2 7 >"$work/echo"
await 5 contains "$work/echo" ready || die "the server does not start"
port=20000

# One exchange of UDP, of which the agent tells.
is_watching() {
	port=$((port + 1))
	"$helpers/udp" exchange 10.9.8.2 7 1 $port >/dev/null
	await 5 has_flows 2 "select([.l4.UDP[]?] | index($port))" && return
	echo "port $port: $(weir status; flows)"
	return 1
}

kind_of() { iface "$1" '"\(.ingress) \(.egress)"'; }
files_left() { find "$work" -name 'weir.sock*' -printf '%f\n' | sort | xargs; }
filters() { tc filter show dev "$1" ingress && tc filter show dev "$1" egress; }
qdisc() { tc qdisc show dev "$1" | sed -n 's/^qdisc \(clsact\) .*/\1/p'; }
ours_in_qdiscs() { { filters vkill && filters vguest; } | grep -c 'handle 0x77656972' || true; }

# Who asks it to end: by either signal, and however attached.
for how in "TERM auto" "INT auto" "TERM clsact" "INT clsact"; do
	read -r signal attach <<<"$how"
	kind=$([ "$attach" = auto ] && echo tcx || echo clsact)
	agent_start --attach "$attach"
	is "--attach $attach: attached as $kind" "$(kind_of vkill) $(kind_of vguest)" \
		"$kind $kind $kind $kind"
	ok "--attach $attach: it watches" is_watching
	objects=$(bpf_objects "$agent")
	[ "$kind" = tcx ] || is "clsact: our filters are in the qdiscs" "$(ours_in_qdiscs)" 4
	ok "SIG$signal ends it with status 0" agent_stop "$signal"
	ok "SIG$signal, $kind: no program, map or link is left" await 5 are_gone "$objects"
	is "SIG$signal, $kind: no socket and no lock file is left" "$(files_left)" ""
	is "SIG$signal, $kind: no filter is left, and no qdisc but the other's" \
		"$(ours_in_qdiscs) $(qdisc vkill) $(qdisc vguest)" "0  clsact"
done

# killed: ends the agent the hard way
killed() {
	kill -KILL "$agent"
	{ wait "$agent" || true; } 2>/dev/null
}

agent_start --attach tcx
objects=$(bpf_objects "$agent")
ok "tcx: links are held" grep -q '^link' <<<"$objects"
killed
ok "killed, tcx: the kernel takes programs, maps and links back" await 5 are_gone "$objects"
is "killed: socket and lock are left" "$(files_left)" "weir.sock weir.sock.lock"
agent_start --attach tcx
ok "the next one takes the socket over and watches" is_watching
ok "it ends well" agent_stop

agent_start --attach clsact
killed
is "killed, clsact: the filters are left" "$(ours_in_qdiscs) $(qdisc vkill)" "4 clsact"
agent_start --attach clsact
is "the next one replaces them" "$(ours_in_qdiscs) $(kind_of vkill)" "4 clsact clsact"
ok "and watches" is_watching
killed
agent_start --attach auto
is "one that uses tcx removes them, and the qdisc that was made for them" \
	"$(ours_in_qdiscs) $(qdisc vkill) $(qdisc vguest) $(kind_of vkill)" "0  clsact tcx tcx"
ok "and watches in their place" is_watching
ok "it ends" agent_stop

# What somebody added to our qdisc in the meantime stays.
agent_start --attach clsact
killed
tc filter add dev vkill ingress prio 7 protocol all u32 match u32 0 0
agent_start --attach clsact
ok "an agent comes and ends" agent_stop
is "our qdisc stays while another's filter is in it" \
	"$(qdisc vkill) $(ours_in_qdiscs) $(filters vkill | grep -c 'pref 7 u32 chain 0 *$')" "clsact 0 1"
tc qdisc del dev vkill clsact

# held_up PID: what a process waits for that does not end, and the signals that it has not taken.
held_up() {
	echo "$(grep -E '^(State|ShdPnd|SigBlk)' "/proc/$1/status" | xargs), in" \
		"$(grep -hs . "/proc/$1/task/"*/wchan | xargs)"
	kill -KILL "$1"
}

# It is the agent, and no shell any more, which would swallow a signal on its way to be one.
is_begun() {
	local comm

	read -r comm <"/proc/$1/comm" && [ "$comm" = weir-agent ]
} 2>/dev/null

# Whatever the moment of its start.
for after in 0 0.01 0.02 0.03 0.05 0.08 0.1 0.12 0.15 0.2 0.3; do
	"$weir_build/weir-agent" --config /dev/null --attach clsact >/dev/null 2>"$work/early.log" &
	early=$!
	poll=0 await 10 is_begun "$early" || die "it does not begin: $(cat "$work/early.log")"
	sleep $after
	kill "$early" 2>/dev/null || true
	await 30 is_gone "$early" || echo "after $after s: it does not end: $(held_up "$early")"
	status=0
	{ wait "$early" || status=$?; } 2>/dev/null
	# Before it has made anything the signal simply ends it.
	if [ -n "$(files_left)$(qdisc vkill)" ] || { [ $status -ne 0 ] && [ $status -ne 143 ]; }; then
		echo "after $after s: status $status, $(files_left) $(qdisc vkill) $(cat "$work/early.log")"
	fi
done >"$work/early"
is "asked to end while it starts it leaves nothing either" "$(cat "$work/early")" ""

# The second one at a socket.
agent_start --node-name first
status=0
timeout 20 "$weir_build/weir-agent" --config /dev/null --node-name second \
	>"$work/second.out" 2>"$work/second.log" || status=$?
is "a second agent at the same socket ends with status 1" "$status" 1
is "it says why in one line" "$(wc -l <"$work/second.log") $(wc -c <"$work/second.out")" "1 0"
ok "which names the socket" contains "$work/second.log" "another weir-agent.* $work/weir.sock"
ok "the first goes on" is_watching
is "and still answers" "$(status .extensions.node_name)" first
ok "it ends as ever" agent_stop
