#!/usr/bin/env bash
#
# Connections whose packets take several interfaces: one way out and another back, a route that
# changes while they go on, the ports of a bond. Their totals are what the other side's interfaces
# have counted together, each packet once.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/routed.sh
. "${BASH_SOURCE[0]%/*}/routed.sh"
test_begin "$@"
need ethtool
plan 26

UP=300000
DOWN=500000

# The far end has 10.50.0.2, the near one 10.50.0.1, whatever interface leads there.
routed_add 4 client
ns_add far
ip addr add 10.50.0.1/32 dev lo
at far ip addr add 10.50.0.2/32 dev lo
for i in 0 1; do
	veth_add vfar$i far eth$i
	# No multicast reports: what the devices count is compared.
	ns_sysctl host ipv6/conf/vfar$i/disable_ipv6=1
	ns_sysctl far ipv6/conf/eth$i/disable_ipv6=1
	ip addr add 10.9.5$i.1/24 dev vfar$i
	at far ip addr add 10.9.5$i.2/24 dev eth$i
	offloads host vfar$i off
	offloads far eth$i off
	up far eth$i
	up host vfar$i
	acquaint vfar$i 10.9.5$i.1 far eth$i 10.9.5$i.2
done
offloads host vclient off
offloads client eth0 off
ns_sysctl host ipv4/conf/{all,vfar0,vfar1,vclient}/rp_filter=0
ns_sysctl far ipv4/conf/{all,eth0,eth1}/rp_filter=0
await 5 is_up host vfar0
await 5 is_up host vfar1
agent_start --timeout-closing 1s --update-interval 1h

# routes OUT BACK: by which of the two pairs.
routes() {
	ip route replace 10.50.0.2 via "10.9.5$1.2" src 10.50.0.1
	at far ip route replace 10.50.0.1 via "10.9.5$2.1" src 10.50.0.2
	at far ip route replace 10.9.41.0/24 via "10.9.5$2.1" src 10.50.0.2
}

# seen NAMESPACE INTERFACE rx|tx: packets and bytes
seen() { at "$1" ip -s -j link show dev "$2" | jq -r ".[0].stats64.$3 | \"\(.packets) \(.bytes)\""; }

plus() { awk '{ packets += $1; bytes += $2 } END { print packets, bytes }'; }

# The far end's interfaces, both together: what came, what went.
far_seen() {
	echo "$({ seen far eth0 rx && seen far eth1 rx; } | plus)" \
		"$({ seen far eth0 tx && seen far eth1 tx; } | plus)"
}
client_seen() { echo "$(seen client eth0 tx) $(seen client eth0 rx)"; }

closed_to() { flows "select(x.event == \"close\" and ([.l4.TCP.source_port, .l4.TCP.destination_port] |
	index($1))) | x"; }
is_closed_to() { [ -n "$(closed_to "$1")" ]; }

# told PORT: as *_seen() are.
told() { closed_to "$1" | jq -r '"\(.forward.packets) \(.forward.bytes) \(.reverse.packets) \(.reverse.bytes)"'; }

# legs PORT: what each has seen, and whether.
legs() { closed_to "$1" | jq -r '.legs | map("\(.interface) \(.forward.packets > 0) \(.reverse.packets > 0)") |
	sort | join(", ")'; }

rtts() { closed_to "$1" | jq -r '"\(.rtt_server_ns > 0) \(.rtt_client_ns > 0) \(.initiator.by)"'; }

# serve NAMESPACE ADDRESS PORT BYTES
serve() {
	spawn "$1" "$helpers/tcp" serve "$2" "$3" "$4" >"$work/serve.$3"
	await 5 contains "$work/serve.$3" ready || die "the server does not start"
}

# moves NAME PORT FROM TO ADDRESS SEEN: bulk both ways; SEEN counts it elsewhere.
moves() {
	local name=$1 port=$2 from=$3 to=$4 address=$5 before

	serve "$to" "$address" "$port" $DOWN
	before=$("$6")
	is "$name: the bytes arrive" \
		"$(at "$from" "$helpers/tcp" transfer "$address" "$port" 1 $UP $DOWN)" 1
	await 15 is_closed_to "$port" || die "$name: it is not closed: $(flows)"
	is "$name: the totals are what passed" "$(told "$port")" "$(minus "$("$6")" "$before")"
}

# ---- out by one, back by the other ----

routes 0 1
moves "one way out, another back" 7001 host far 10.50.0.2 far_seen
is "each leg has seen its part" "$(legs 7001)" "vfar0 true false, vfar1 false true"
is "the handshake is timed by both" "$(rtts 7001)" "true true syn"

far_seen_back() { far_seen | awk '{ print $3, $4, $1, $2 }'; }
moves "from there to here" 7002 far host 10.50.0.1 far_seen_back
is "each leg has seen its part of that" "$(legs 7002)" "vfar0 false true, vfar1 true false"
is "and that handshake is timed by both" "$(rtts 7002)" "true true syn"

# ---- the way changes ----

routes 0 0
serve far 10.50.0.2 7003 1
before=$(far_seen)
mkfifo "$work/lines"
spawn host "$helpers/tcp" hold 10.50.0.2 7003 43003 <>"$work/lines" >"$work/held"
held=$spawned
await 5 contains "$work/held" ready || die "the client does not connect"
has_moved() { [ "$(minus "$(seen far "$1" tx)" "$2" | awk '{ print ($1 > 0) }')" = 1 ]; }
tx=$(seen far eth0 tx)
echo >"$work/lines"
await 5 has_moved eth0 "$tx" || die "nothing comes by the first route"
routes 1 1
tx=$(seen far eth1 tx)
echo >"$work/lines"
await 5 has_moved eth1 "$tx" || die "nothing comes by the second route"
end_process "$held"
await 15 is_closed_to 7003 || die "it is not closed: $(flows)"
is "the way changes: the totals are what passed" "$(told 7003)" "$(minus "$(far_seen)" "$before")"
is "both legs have seen both directions" "$(legs 7003)" "vfar0 true true, vfar1 true true"
is "the first of them has timed the handshake" "$(rtts 7003)" "true true syn"

# ---- what only passes through is not added up ----

routes 1 0
moves "forwarded, out by one and back by another" 7004 client far 10.50.0.2 client_seen
is "three legs" "$(legs 7004)" "vclient true true, vfar0 false true, vfar1 true false"

# ---- a bond that takes its ports in turn ----

bond_add() {
	local i

	ip link add bond0 type bond mode balance-rr 2>/dev/null || return 1
	at far ip link add bond0 type bond mode balance-rr
	for i in 2 3; do
		veth_add vfar$i far eth$i
		offloads host vfar$i off
		offloads far eth$i off
		ip link set vfar$i master bond0
		at far ip link set eth$i master bond0
	done
	ip addr add 10.9.60.1/24 dev bond0
	at far ip addr add 10.9.60.2/24 dev bond0
	up host bond0 vfar2 vfar3
	up far bond0 eth2 eth3
	await 5 is_up host bond0
	await 5 is_attached vfar3
	acquaint bond0 10.9.60.1 far bond0 10.9.60.2
}

bond_seen() {
	echo "$({ seen far eth2 rx && seen far eth3 rx; } | plus)" \
		"$({ seen far eth2 tx && seen far eth3 tx; } | plus)"
}

if bond_add; then
	moves "a bond" 7005 host far 10.9.60.2 bond_seen
	is "each port has seen its part" "$(legs 7005)" "vfar2 true true, vfar3 true true"
else
	for what in "the bytes arrive" "the totals are what passed" "each port has seen its part"; do
		pass "a bond: $what # SKIP this kernel has none"
	done
fi

# ---- what both ways make together is told at once, by whichever knows it last ----

# hold PORT FROM: a connection to the far end that lasts; each line that is written to $held is sent.
hold() {
	serve far 10.50.0.2 "$1" 1
	mkfifo "$work/lines.$1"
	exec {held}<>"$work/lines.$1"
	spawn host "$helpers/tcp" hold 10.50.0.2 "$1" "$2" <"$work/lines.$1" >"$work/held.$1"
	holder=$spawned
	await 5 contains "$work/held.$1" ready || die "the client does not connect"
}

routes 0 1
hold 7006 43006
await_flows 1 'select(x.event == "established" and .l4.TCP.destination_port == 43006)'
end_process "$holder"
await 15 is_closed_to 7006 || die "it is not closed: $(flows)"
spawn far "$helpers/udp" echo 10.50.0.2 7010 >"$work/echo"
await 5 contains "$work/echo" ready || die "the echo server does not start"
is "datagrams are answered by the other way" "$("$helpers/udp" exchange 10.50.0.2 7010 5 20000)" 5
settle
is "the first answer is told of each" \
	"$(flows 'select(.l4.UDP and x.event == "established") | .interface.name' | sort | uniq -c | xargs)" "5 vfar1"
is "the sweep had nothing to make up for" "$(status .extensions.counters.changes_found_by_sweep)" 0
is "nothing was lost" "$(losses)" "{}"
agent_stop TERM || die "the agent ended with an error"

# ---- updates, where the way has changed and what it was is silent ----

agent_start --timeout-closing 1s --update-interval 1s
routes 0 0
before=$(far_seen)
hold 7007 43007
echo >&"$held"
updates() { flows 'select(x.event == "update" and .l4.TCP.source_port == 43007) | x'; }
has_update() { updates | jq -e "select($1)" >/dev/null; }
await 15 has_update '.forward.packets > 2' || die "no update by the first route: $(flows)"
routes 1 1
moved() { updates | jq -s -r 'last | "\(.forward.packets) \(.forward.bytes) \(.reverse.packets) \(.reverse.bytes)"'; }
has_all() { [ "$(moved)" = "$(minus "$(far_seen)" "$before")" ]; }
for i in 1 2 3; do
	echo >&"$held"
	ok "updates go on by the second route, line $i" await 15 has_all
done
is "and say so" "$(updates | jq -s -r 'last.legs | map("\(.interface) \(.reverse.packets > 0)") | sort | join(", ")')" \
	"vfar0 true, vfar1 true"
end_process "$holder"
await 15 is_closed_to 7007 || die "it is not closed: $(flows)"
is "the totals are what passed, in the end" "$(told 7007)" "$(minus "$(far_seen)" "$before")"
agent_stop TERM || die "the agent ended with an error"
