#!/usr/bin/env bash
#
# Super-packets of UDP as virtual machines make them: of one datagram, which is to be cut into IP
# fragments (UFO), and of many (USO). They come in by a tap and go out by a veth that takes neither.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need ethtool bridge
[ -c /dev/net/tun ] || skip_all "needs /dev/net/tun"
plan 15

TIMES=10
ETHERNET=020000000002020000000001
DATA=2960 # bytes behind UDP's header

ns_add pod
veth_add vout pod
offloads host vout off
ip link add bridge0 type bridge forward_delay 0
ip link set vout master bridge0
agent_start --timeout-udp 1s
coproc frames { exec "$helpers/frames" tap-vnet tap0; }
frames_pid=$!
children+=("$frames_pid")
read -r line <&"${frames[0]}"
[ "$line" = ready ] || die "no tap: $line"
ip link set tap0 master bridge0
await 5 is_attached tap0 || die "tap0 is not attached to"
up pod eth0
up host bridge0 vout tap0
await 5 is_up host vout
is_forwarding() { bridge link show dev "$1" | grep -q 'state forwarding'; }
await 5 is_forwarding vout || die "the bridge does not forward"
await 5 is_forwarding tap0 || die "the bridge does not forward"

# send FRAME KIND: as many as $TIMES
send() {
	local i

	for ((i = 0; i < TIMES; i++)); do
		echo "$1 +$DATA $2" >&"${frames[1]}"
		read -r line <&"${frames[0]}"
		[ "$line" = sent ] || die "$line"
	done
}

# ip4 SPORT, ip6 SPORT: the frame up to the data.
ip4() {
	local sum=$((0x4500 + DATA + 28 + 1 + 0x4011 + 2 * 0x0a09 + 0x0801 + 0x0802))

	printf '%s08004500%04x000100004011%04x0a0908010a090802%04x1771%04x0000' $ETHERNET \
		$((DATA + 28)) $((~(sum % 65535) & 65535)) "$1" $((DATA + 8))
}
ip6() {
	printf '%s86dd60000000%04x1140%s%s%04x1771%04x0000' $ETHERNET $((DATA + 8)) \
		fd000000000000000000000000000001 fd000000000000000000000000000002 \
		"$1" $((DATA + 8))
}

# one NAME FRAME KIND PORT PACKETS BYTES FRAGMENTS: of one of them, on the wire
incoming() { weir_wire tap0 | cut -d ' ' -f 1,2; }
wire() { minus "$(incoming)" "$wire_before"; }
one() {
	local sum="$((TIMES * $5)) $((TIMES * $6))"

	wire_before=$(incoming)
	send "$2" "$3"
	wire_expected() { echo "$sum"; }
	is_soon "$1: packets and bytes are those on the wire" wire wire_expected
	is_raw "$1: the tap has counted them as they came" tap0
	is_wire "$1: where they are cut the kernel has counted as many" vout
	closed() {
		flows "select(x.event == \"close\" and .l4.UDP.source_port == $port) |
			x.forward | [.packets, .bytes, .fragments // 0] | @tsv" | jq -r . | head -n 1
	}
	port=$4
	ended() { [ -n "$(closed)" ]; }
	await 10 ended || true
	is "$1: and so has its flow" "$(closed)" \
		"$((TIMES * $5))"$'\t'"$((TIMES * $6))"$'\t'"$((TIMES * $7))"
}

# name, frame, kind, port, packets, bytes, fragments
one "UFO, IPv4" "$(ip4 1001)" "ufo 1480 42 34" 1001 3 $((42 + DATA + 2 * 34)) 3
one "USO, IPv4" "$(ip4 1002)" "uso 1472 42 34" 1002 3 $((42 + DATA + 2 * 42)) 0
one "UFO, IPv6" "$(ip6 1003)" "ufo 1448 62 54" 1003 3 $((62 + DATA + 8 + 2 * 62)) 3

kernel_sent() { kernel_raw vout | cut -d ' ' -f 3; }
compare "all of them have come out" "$(kernel_sent)" -ge $((9 * TIMES))
ok "weir status --verify agrees" weir status --verify --for 0.2s
is "nothing was lost" "$(losses)" "{}"
