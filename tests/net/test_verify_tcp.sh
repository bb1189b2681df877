#!/usr/bin/env bash
#
# weir status --verify, TcpOutSegs + TcpRetransSegs: the host's own TCP and no other is compared, to the
# segment, and where that cannot be said there is no mismatch.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/routed.sh
. "${BASH_SOURCE[0]%/*}/routed.sh"
# shellcheck source=tests/net/verify.sh
. "${BASH_SOURCE[0]%/*}/verify.sh"
test_begin "$@"
need nft
plan 27

routed_add 5 pod other

# serve NAMESPACE ADDRESS PORT: a TCP server, 5,000 bytes an answer
serve() {
	spawn "$1" "$helpers/tcp" serve "$2" "$3" 5000 >"$work/server.$3"
	await 5 contains "$work/server.$3" ready || die "no server at port $3"
}

# connect NAMESPACE ADDRESS PORT [HOW]: three connections
first_port=20000
connect() {
	first_port=$((first_port + 10))
	at "$1" "$helpers/tcp" connect "$2" "$3" 3 "${4:-fin}" $first_port
}

# of_tcp FIELDS, result: of the comparison
of_tcp() { compared "TcpOutSegs + TcpRetransSegs" "$1"; }
result() { verified "TcpOutSegs + TcpRetransSegs"; }

# own SENTENCE NOTE: the host has sent something, and it agrees
own() {
	is "$1" "$(of_tcp '"\(.ok) \(.weir == .kernel) \(.weir != "0") \(.note // "-")"'), exit $verdict" \
		"true true true ${2:--}, exit 0"
}
# nothing SENTENCE: what passed was not the host's
nothing() {
	is "$1" "$(of_tcp '"\(.ok) \(.weir) \(.kernel) \(.note // "-")"'), exit $verdict" \
		"true 0 0 -, exit 0"
}

serve other 10.9.52.2 5201
serve host 10.9.51.1 5202
serve host fd09:51::1 5203
agent_start --debug

# ---- what is the host's ----

verify connect host 10.9.52.2 5201
own "connections of the host's"
verify connect pod 10.9.51.1 5202
own "connections to the host"
verify connect host 10.9.51.1 5202
own "connections of the host to itself"
verify connect pod fd09:51::1 5203
own "connections to the host, IPv6"
verify connect pod 10.9.51.1 9 refused
own "a port that nobody listens at"
ip route add local 10.99.0.0/16 dev lo
serve host 10.99.0.7 5204
verify connect pod 10.99.0.7 5204
is "an address that no interface has" \
	"$(of_tcp '"\(.ok) \(.weir == .kernel) \(.weir != "0")"'), exit $verdict" "true true true, exit 0"
ok "its note says so" grep -qE '^[1-9][0-9]* from an address that no interface has$' <<<"$(of_tcp .note)"

# ---- what is not ----

verify connect pod 10.9.52.2 5201
nothing "what is routed"
nft -f - <<'END'
table ip nat {
	chain postrouting {
		type nat hook postrouting priority 100
		iifname vpod oifname vother masquerade
	}
	chain prerouting {
		type nat hook prerouting priority -100
		iifname vpod tcp dport 5299 dnat to 10.9.52.2:5201
	}
}
END
verify connect pod 10.9.52.2 5201
nothing "what is masqueraded"
verify connect pod 10.9.51.1 5299
nothing "what is sent on to another address"
both() { connect pod 10.9.52.2 5201 && connect host 10.9.52.2 5201; }
verify both
own "what is masqueraded, beside connections of the host's"
nft flush ruleset

nft -f - <<'END'
table inet filter {
	chain input {
		type filter hook input priority 0
		tcp dport 81 reject with tcp reset
	}
}
END
verify connect pod 10.9.51.1 81 refused
nothing "a RST of netfilter's"
both() {
	connect pod 10.9.51.1 81 refused
	connect pod fd09:51::1 81 refused
	connect host 10.9.52.2 5201
}
verify both
own "RSTs of netfilter's, beside connections of the host's"
nft flush ruleset

# ---- a bridge that floods ----

ns_add b1 b2 b3
ip link add br0 type bridge
ip addr add 10.9.58.1/24 dev br0
for ns in b1 b2 b3; do
	veth_add "v$ns" "$ns"
	ip link set "v$ns" master br0
	up "$ns" eth0
	up host "v$ns"
done
up host br0
for ns in b1 b2 b3; do
	await 5 is_up host "v$ns"
	await 5 is_attached "v$ns" || die "not attached to v$ns"
done
ip neigh add 10.9.58.9 lladdr 02:00:00:00:00:99 dev br0 nud permanent
unanswered() { timeout 0.3 "$helpers/tcp" connect 10.9.58.9 80 1 fin 30000 || [ $? = 124 ]; }
verify unanswered
own "each port's copy is of one packet"
flooded=$(jq -r 'select(.ok == false).check' "$work/verify")
is "each port's own counters agree" "$flooded" ""

# ---- what TCP has counted, and no hook has seen ----

# lost SENTENCE COUNT: it agrees, with so many dropped on their way
lost() {
	is "$1" "$(of_tcp '"\(.ok) \(.weir == .kernel) \(.note // "-")"'), exit $verdict" \
		"true true $2 dropped before a hook, exit 0"
}

nft -f - <<'END'
table inet filter {
	chain output {
		type filter hook output priority 0
		tcp dport 9999 drop
	}
}
END
knock() { timeout 0.3 "$helpers/tcp" connect 10.9.52.2 9999 1 fin 31000 || [ $? = 124 ]; }
verify knock
lost "a firewall drops at the output" 1
nft flush ruleset

# Nobody has that address: the first of two is dropped when its neighbour has not been found.
ns_sysctl host ipv4/neigh/vother/mcast_solicit=1 ipv4/neigh/vother/retrans_time_ms=100
knock() { timeout 0.3 "$helpers/tcp" connect 10.9.52.99 80 1 fin 32000 || [ $? = 124 ] || [ $? = 1 ]; }
verify knock
lost "nobody answers for an address" 1
ns_sysctl host ipv4/neigh/vother/mcast_solicit=3 ipv4/neigh/vother/retrans_time_ms=1000
ip neigh flush dev vother nud failed
verify knock
is "it is not known yet whether somebody does" "$(result), exit $verdict" "not comparable, exit 0"
ok "the note says so" grep -qE '^up to 416 wait for a neighbour or in a queue$' <<<"$(of_tcp .note)"

# A bridge's qdisc takes what no hook has seen; what it has not let go yet may have been anything.
tc qdisc add dev br0 root tbf rate 1mbit burst 3000 limit 6000
at b1 ip addr add 10.9.58.2/24 dev eth0
serve b1 10.9.58.2 5205
upload() { timeout 0.4 "$helpers/tcp" transfer 10.9.58.2 5205 1 500000 1 || [ $? = 124 ]; }
verify upload
ok "a bridge's queue drops and holds: $(result)" [ "$(result) $verdict" != "FAILED 1" ]
ok "its drops are counted" grep -qE '(^|; )[1-9][0-9]* dropped before a hook' <<<"$(of_tcp .note)"

transfer=
has_sent() { [ "$(kernel_raw vother | cut -d' ' -f3)" -gt "$1" ]; }
bounce() {
	local sent

	[ -z "$transfer" ] || end_process "$transfer"
	sent=$(kernel_raw vother | cut -d' ' -f3)
	spawn host "$helpers/tcp" transfer 10.9.52.2 5201 1 1000000000 1
	transfer=$spawned
	await 5 has_sent $((sent + 100)) || return
	ip link set vother down
	ip link set vother up
	await 5 is_up host vother
}
verify bounce
diag "$(of_tcp .note)"
ok "an interface goes down and comes up: $(result)" [ "$(result) $verdict" != "FAILED 1" ]
kill "$transfer" 2>/dev/null || true # it may have ended

is "all in all nothing has failed" "$(jq -r 'select(.ok == false).check' "$work/verify")" ""

# ---- what is really missing ----

# Of the agent's own links, and of no other agent's. Filters have none.
links_detach() {
	local link links program

	bpf_objects "$agent" >"$work/objects"
	mapfile -t links < <(sed -n 's/^link //p' "$work/objects")
	for link in "${links[@]}"; do
		program=$(bpftool -j link show id "$link" | jq .prog_id) || continue
		[ "$(bpftool -j prog show id "$program" | jq -r .name)" != weir_tc_out ] ||
			bpftool link detach id "$link" || true # it may be already
	done 2>/dev/null
}
if [ "$(iface vpod .egress)" = tcx ]; then
	# Before long the agent notices, and attaches again: then that was too late.
	noticed=-1
	until [ "$noticed" = "$(status .extensions.counters.hooks_removed)" ]; do
		noticed=$(status .extensions.counters.hooks_removed)
		links_detach
		verify connect host 10.9.52.2 5201
	done
	is "where a hook has been taken away it is a mismatch" "$(result), exit $verdict" "FAILED, exit 1"
else
	skip 1 "a hook that has been taken away: this kernel has no TCX, nothing can be detached"
fi
agent_stop TERM
agent_start --debug --interface vpod
verify connect host 10.9.52.2 5201
is "where not all interfaces are watched it cannot be compared" "$(result), exit $verdict" \
	"not comparable, exit 0"
ok "the note says so" grep -qE '^up to [1-9][0-9]* left by interfaces that are not watched$' <<<"$(of_tcp .note)"
verify connect pod 10.9.51.1 5202
own "but where those send nothing it is"
