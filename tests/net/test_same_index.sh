#!/usr/bin/env bash
#
# An interface goes and another one comes with the same index, at once or somewhat later, and the same
# addresses and ports talk on. Nothing of the two is mixed up: neither counters nor connections.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
GAPS=(0 0.05 0.3 1.1) # seconds between two of them
plan $((5 + 4 * ${#GAPS[@]}))

INDEX=77
ns_add pod other
agent_start --node-name n
spawn host "$helpers/udp" echo 0.0.0.0 7 >"$work/echo"
await 5 contains "$work/echo" ready || die "the echo does not start"

# make NAME: what a batch of ip's adds.
make() { echo "link add index $INDEX name $1 type veth peer name p$1 netns $work/ns/pod"; }

# ready NAME: it is attached to, up, and the pod is reached by it.
ready() {
	ip addr add 10.9.0.1/24 dev "$1"
	at pod ip addr add 10.9.0.2/24 dev "p$1"
	await 5 is_attached "$1" || die "$1 is not attached to"
	up pod "p$1"
	up host "$1"
	await 5 is_up host "$1"
	acquaint "$1" 10.9.0.1 pod "p$1" 10.9.0.2
}

# exchange NUMBER: packets each way, of the same connection whenever it is.
exchange() {
	local i

	for ((i = 0; i < $1; i++)); do
		at pod "$helpers/udp" exchange 10.9.0.1 7 1 40000 >/dev/null
	done
}

# told EVENT: "interface index reason packets" of each such record of the connection.
told() {
	flows "select(x.event == \"$1\" and ([.l4.UDP[]?] | index(40000))) | [.interface.name,
		.interface.index, x.close_reason, x.forward.packets, x.reverse.packets] | @tsv" |
		jq -r . | tr '\t' ' '
}

# closed EXPECTED: the ends of connections so far.
closed() { [ "$(told close)" = "$1" ]; }

# gone NAME NUMBER: as it is told of the interface that had so many packets each way.
gone() { echo "$1 $INDEX interface_gone $2 $2"; }

ip -batch - <<<"$(make v0)"
ready v0
exchange 2
is_raw "the first one's counters are the kernel's" v0
ends=$(gone v0 2)
name=v0
packets=2

for gap in "${GAPS[@]}"; do
	old=$name
	name=v$((++packets))
	if [ "$gap" = 0 ]; then
		ip -batch - <<<"link del $old"$'\n'"$(make "$name")"
	else
		ip link del "$old"
		sleep "$gap" # is what is tested
		ip -batch - <<<"$(make "$name")"
	fi
	ready "$name"
	is "$gap s later the next one's counters begin at 0" "$(weir_raw "$name")" "0 0 0 0"
	exchange "$packets"
	is_raw "and are the kernel's" "$name"
	ok "the other's connection has ended with what was its own" await 5 closed "$ends"
	is "and another one has begun" "$(told open | tail -n 1)" "$name $INDEX   "
	ends+=$'\n'$(gone "$name" "$packets")
done

# What has moved away keeps its index there, and may have our links for some time.
ip -batch - <<<"link set $name netns $work/ns/other"$'\n'"$(make vlast | sed 's/ns.pod/ns\/other/')"
at other ip link set "$name" up
await 5 is_up other "$name"
at pod "$helpers/udp" send 10.9.0.1 9 100 100 0 >/dev/null
await 5 is_attached vlast || die "vlast is not attached to"
up host vlast
up other pvlast
await 5 is_up host vlast
is "of what goes by one that has moved away the next counts nothing" "$(weir_raw vlast)" "0 0 0 0"
ok "its connection has ended, too" await 5 closed "$ends"
ok "weir status --verify agrees" weir status --verify --for 0.2s
is "nothing was lost" "$(losses)" "{}"
