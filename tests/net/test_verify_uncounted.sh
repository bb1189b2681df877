#!/usr/bin/env bash
#
# weir status --verify where the kernel counts what comes to no hook (frames whose VLAN tag is cut short),
# which it must explain to the byte, and where it counts less than passes (a tunnel in a tunnel), which
# is no mismatch.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/verify.sh
. "${BASH_SOURCE[0]%/*}/verify.sh"
test_begin "$@"
need ethtool
plan 16

# Behind the addresses of Ethernet the kernel wants six bytes: of the one frame that has them the
# hook sees all, and of the six that do not nothing.
tagged=(8100 810000 81000064 8100006408 8100006408004500 88a80064 88a8006408)

# frames NAMESPACE INTERFACE: these, and pings
frames() {
	local tag

	for tag in "${tagged[@]}"; do
		echo "020000000002020000000001$tag"
	done | at "$1" "$helpers/frames" raw "$2"
	ping -q -c 3 -i 0.01 10.9.61.2
}

# under NUMBER DEVICE: a VXLAN in both namespaces, over that device of both, which have 10.9.NUMBER.1 and .2
under() {
	local number=$1 device=$2 ns own=1 peer=2

	for ns in host pod; do
		at $ns ip link add "vx$number" type vxlan id "$number" dstport 4789 dev "$device" \
			local "10.9.$number.$own" remote "10.9.$number.$peer"
		at $ns ip addr add "10.9.$((number + 1)).$own/24" dev "vx$number"
		up $ns "vx$number"
		own=2 peer=1
	done
	acquaint "vx$number" "10.9.$((number + 1)).1" pod "vx$number" "10.9.$((number + 1)).2"
}

# What leaves its checksum to the device, which a ping does not.
checksums_left() {
	"$helpers/tcp" connect 10.9.63.2 5201 3 fin 20000
	"$helpers/udp" send 10.9.63.2 100 20 100 0
}
pings() { ping -q -c 20 -i 0.01 "$1"; }

ns_add pod
veth_add same0 pod same0
ip addr add 10.9.61.1/24 dev same0
at pod ip addr add 10.9.61.2/24 dev same0
up pod same0
up host same0
await 5 is_up host same0
acquaint same0 10.9.61.1 pod same0 10.9.61.2
agent_start --debug

# ---- a tunnel in a tunnel ----

if ip link add probe type vxlan id 1 dstport 4789 2>"$work/said"; then
	ip link del probe
	under 61 same0
	under 62 vx61
	await 5 is_attached vx61 || die "not attached to vx61"
	await 5 is_attached vx62 || die "not attached to vx62"
	spawn pod "$helpers/udp" sink 10.9.63.2 100 >"$work/sink"
	spawn pod "$helpers/tcp" serve 10.9.63.2 5201 5000 >"$work/server"
	await 5 contains "$work/sink" ready || die "the sink does not start"
	await 5 contains "$work/server" ready || die "the server does not start"
	name=vx61
	verify pings 10.9.63.2
	judged "nothing is left to the device" egress ok ok 'counts no layer-2 header'
	verify checksums_left
	judged "checksums are" egress ok "not comparable" \
		'of packets of another tunnel the device may leave out the outer headers: [0-9]+ \.\. [0-9]+'
	judged "what comes out of it is whole" ingress ok ok 'no layer-2 header'
	name=vx62
	judged "the inner tunnel has none in it" egress ok ok 'counts no layer-2 header'
	name=vx61
	verify "$helpers/bypass" "$name" 7
	is "a packet that passes by the hook is a mismatch there, too" \
		"$(line egress packets), exit $verdict" "FAILED, exit 1"
else
	skip 9 "a tunnel in a tunnel: this kernel has no VXLAN"
fi

# ---- VLAN tags cut short ----

name=same0
verify frames pod same0
judged "tags cut short" ingress ok ok '6 more, whose VLAN tag is cut short, came to no hook'
is "the one frame that has its tag is counted, beside what came back" \
	"$(compared "same0 ingress packets" '"\(.weir) \(.kernel)"')" "4 4"
judged "tags cut short, sent" egress ok ok '^$'
ethtool -K same0 gro on
verify frames pod same0
judged "tags cut short, where the device may count no header" ingress ok ok '6 more, whose VLAN tag'
