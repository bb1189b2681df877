#!/usr/bin/env bash
#
# What TCP sends again, as connections tell it: their sums are TcpRetransSegs of the namespaces that
# sent, to the segment. Packets are lost where nobody has counted on them: in the receiver's nft. Half a
# minute: the kernel sends a SYN again after one second, and then after two.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/routed.sh
. "${BASH_SOURCE[0]%/*}/routed.sh"
test_begin "$@"
need nft ethtool
plan 56

BYTES=400000 # each way, of each connection
COUNT=3	     # connections of a story
LOST=15	     # of so many packets with data one

routed_add 3 pod other

# drop NAMESPACE HOOK RULE...: what the rules match; without any, nothing.
drop() {
	local ns=$1 hook=$2 rule

	shift 2
	at "$ns" nft flush ruleset
	[ $# -gt 0 ] || return 0
	{
		printf 'table inet loss {\nchain loss {\ntype filter hook %s priority 0\n' "$hook"
		for rule; do
			printf '%s drop\n' "$rule"
		done
		printf '}\n}\n'
	} | at "$ns" nft -f -
}

# One in LOST packets with data; acknowledgements and the end of a connection arrive.
data_loss="meta l4proto tcp meta length > 200 numgen inc mod $LOST == 7"

resent() {
	# shellcheck disable=SC2016 # awk's
	at "$1" awk '$1 == "Tcp:" && !n { n = split($0, name); next }
		$1 == "Tcp:" { for (i = 1; i <= n; i++) if (name[i] == "RetransSegs") print $i }' \
		/proc/self/net/snmp
}

# told PORT ADDRESS: segments that the address has sent again, of the connections to that port.
told() {
	flows "select(x.event == \"close\") |
		(x.initiator.side == \"source\") as \$began |
		select((if \$began then .l4.TCP.destination_port else .l4.TCP.source_port end) == $1) |
		if .IP.source == .IP.destination then x.forward.retransmits + x.reverse.retransmits
		elif (.IP.source == \"$2\") == \$began then x.forward.retransmits // 0
		else x.reverse.retransmits // 0 end" | awk '{ sum += $1 } END { print sum + 0 }'
}

# unknown PORT KEY: on how many connections nobody knows.
unknown() {
	flows "select(x.event == \"close\") | select([.l4.TCP.source_port, .l4.TCP.destination_port] |
		index($1)) | select(x.$2 | has(\"retransmits\") | not)" | wc -l
}

closed() {
	[ "$(flows "select(x.event == \"close\") | select([.l4.TCP.source_port,
		.l4.TCP.destination_port] | index($1))" | wc -l)" -ge "$2" ]
}

serve() {
	spawn "$1" "$helpers/tcp" serve "$2" "$3" "$4" >"$work/serve.$3"
	await 5 contains "$work/serve.$3" ready || die "the server does not start"
}

# moved NAME PORT FROM FROM_ADDRESS TO TO_ADDRESS: what both namespaces have sent again since.
moved() {
	local name=$1 port=$2 from=$3 from_address=$4 to=$5 to_address=$6

	await 10 closed "$port" $COUNT || die "$name: not all are closed"
	same_segments() { echo "$(told "$port" "$from_address") $(told "$port" "$to_address")"; }
	kernels() { minus "$(resent "$from") $(resent "$to")" "$before"; }
	is_soon "$name: each side's, to the segment" same_segments kernels
	compare "$name: some were sent again" "$(kernels | awk '{ print $1 + $2 }')" -gt 0
}

# story NAME PORT FROM FROM_ADDRESS TO TO_ADDRESS: bulk both ways over lossy receivers.
story() {
	local name=$1 port=$2 from=$3 from_address=$4 to=$5 to_address=$6 before

	drop "$from" input "$data_loss"
	drop "$to" input "$data_loss"
	serve "$to" "$to_address" "$port" $BYTES
	before="$(resent "$from") $(resent "$to")"
	is "$name: the bytes arrive" \
		"$(at "$from" "$helpers/tcp" transfer "$to_address" "$port" $COUNT $BYTES $BYTES)" $COUNT
	drop "$from" input
	drop "$to" input
	moved "$@"
}

agent_start --node-name retransmit
is "the kernel tells" "$(status '.extensions.capabilities[] |
	select(.name == "retransmissions").available')" true

# ---- SYN-ACKs, which the kernel counts twice when they are sent again ----

drop pod input "tcp flags & (syn | ack) == (syn | ack)"
serve host 10.9.31.1 7030 1
before=$(resent host)
weir status --verify --for 4s -o json >"$work/verify.synack" &
verifying=$!
unheard() { ! at pod timeout 3 "$helpers/tcp" connect 10.9.31.1 7030 1 fin 7031 2>/dev/null; }
ok "nobody hears the answer" unheard
drop pod input
wait $verifying || true
compare "SYN-ACKs were sent again" "$(resent host)" -gt "$before"
is "weir status --verify agrees on what TCP has sent" \
	"$(jq -r 'select(.check == "TcpOutSegs + TcpRetransSegs").ok' "$work/verify.synack")" true

# ---- own sockets ----

weir status --verify --for 4s -o json >"$work/verify" ||
	echo "failed" >"$work/verify.failed" &
verifying=$!
for gso in on off; do
	offloads host vpod $gso
	offloads pod eth0 $gso
	[ $gso = on ] && base=7000 || base=7010
	story "IPv4, gso $gso" $((base + 1)) host 10.9.31.1 pod 10.9.31.2
	story "IPv6, gso $gso" $((base + 2)) host fd09:31::1 pod fd09:31::2
	story "to us, IPv4, gso $gso" $((base + 3)) pod 10.9.31.2 host 10.9.31.1
done
is "what we sent again is known of each" "$(unknown 7001 forward) $(unknown 7003 reverse)" "0 0"
wait $verifying
is "weir status --verify agrees" \
	"$(jq -r 'select(.check == "TcpRetransSegs") | "\(.ok) \((.weir | tonumber) > 0)"' \
		"$work/verify")" "true true"

# ---- loopback ----

# Each port is used by one story, in which both ends are ours.
loop() {
	local name=$1 port=$2 address=$3 before

	drop host input "iif lo $data_loss"
	serve host "$address" "$port" $BYTES
	before=$(resent host)
	is "$name: the bytes arrive" \
		"$("$helpers/tcp" transfer "$address" "$port" $COUNT $BYTES $BYTES)" $COUNT
	drop host input
	await 10 closed "$port" $COUNT || die "$name: not all are closed"
	both() { told "$port" "$address"; }
	kernels() { minus "$(resent host)" "$before"; }
	is_soon "$name: both ends together, to the segment" both kernels
	compare "$name: some were sent again" "$(kernels)" -gt 0
}
ip link set lo mtu 1500
loop "loopback, IPv4" 7021 127.0.0.1
loop "loopback, IPv6" 7022 ::1

# ---- others' sockets, which pass us ----

story "between two namespaces, IPv4" 7031 pod 10.9.31.2 other 10.9.32.2
story "between two namespaces, IPv6" 7032 pod fd09:31::2 other fd09:32::2

# ---- handshakes ----

# again NAME PORT NAMESPACE HOOK RULE...: small connections from us to the pod.
again() {
	local name=$1 port=$2 ns=$3 hook=$4 before

	shift 4
	drop "$ns" "$hook" "$@"
	serve pod 10.9.31.2 "$port" 1
	before="$(resent host) $(resent pod)"
	is "$name: they are made in the end" \
		"$("$helpers/tcp" transfer 10.9.31.2 "$port" $COUNT 1 1)" $COUNT
	drop "$ns" "$hook"
	moved "$name" "$port" host 10.9.31.1 pod 10.9.31.2
}
again "SYNs are lost" 7041 pod input \
	'tcp flags & (syn | ack) == syn numgen inc mod 2 == 0'
again "SYN-ACKs are lost" 7042 host input \
	'tcp flags & (syn | ack) == (syn | ack) numgen inc mod 4 < 2'
# A SYN that fails at our own output was sent again for TCP, though there is no packet of it.
again "SYNs are lost, and some not let out" 7043 host output \
	'tcp flags & (syn | ack) == syn numgen inc mod 4 < 2'

# The first SYN is lost on its way, the second cannot be sent, the third arrives: Verify sees a segment
# that TCP has counted and no hook has seen.
drop pod input 'tcp flags & (syn | ack) == syn numgen inc mod 2 == 0'
drop host output 'tcp flags & (syn | ack) == syn numgen inc mod 3 == 1'
serve pod 10.9.31.2 7045 1
failed() { at host nstat -asz TcpExtTCPRetransFail | awk '$1 == "TcpExtTCPRetransFail" { print $2 }'; }
before=$(failed)
weir status --verify --for 6s -o json >"$work/verify.failed" &
verifying=$!
is "one SYN cannot be sent" "$("$helpers/tcp" connect 10.9.31.2 7045 1 fin 43000) $(($(failed) - before))" "1 1"
wait $verifying || true
drop pod input
drop host output
is "weir status --verify agrees, and tells how many could not be sent" \
	"$(jq -r 'select(.check == "TcpOutSegs + TcpRetransSegs") | "\(.ok) \(.note)"' "$work/verify.failed")" \
	"true 1 that TCP could not send again (TCPRetransFail)"
is "and on what was sent again" \
	"$(jq -r 'select(.check == "TcpRetransSegs") | "\(.ok) \(.weir)"' "$work/verify.failed")" "true 2"

# The same addresses and ports twice: each connection has its own.
drop pod input 'tcp flags & (syn | ack) == syn numgen inc mod 2 == 0'
serve pod 10.9.31.2 7044 1
before="$(resent host) $(resent pod)"
for turn in first second; do
	is "a port used again, $turn: connections are made" \
		"$("$helpers/tcp" connect 10.9.31.2 7044 $COUNT rst 42000)" $COUNT
done
drop pod input
await 10 closed 7044 $((2 * COUNT)) || die "not all are closed"
moved "a port used again" 7044 host 10.9.31.1 pod 10.9.31.2
is "a port used again: each use has its own" \
	"$(flows 'select(x.event == "close" and .l4.TCP.destination_port == 7044) |
		x.forward.retransmits' | sort | uniq -c | awk '{ print $1, $2 }')" "6 1"

# ---- where nothing is lost ----

serve pod 10.9.31.2 7051 1000
"$helpers/tcp" transfer 10.9.31.2 7051 1 1000 1000 >/dev/null
await_flows 1 'select(x.event == "close" and .l4.TCP.source_port == 7051 or
	x.event == "close" and .l4.TCP.destination_port == 7051)'
is "0 of a socket of ours, nothing of another's" \
	"$(flows 'select(x.event == "close") | select([.l4.TCP.source_port,
		.l4.TCP.destination_port] | index(7051)) |
		"\(x.forward.retransmits) \(x.reverse.retransmits)"')" '"0 null"'
is "nothing was refused" "$(status '.extensions.losses |
	"\(.retransmits_refused) \(.resending_sockets_without_room)"')" "0 0"
ok "the agent ends" agent_stop
