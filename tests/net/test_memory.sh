#!/usr/bin/env bash
#
# The agent at its defaults, with everything full: the flow map, the log, the legs beside the log.
# Resident memory and maps stay within their bounds, sums stay exact, and it still answers. Once
# with connections of one interface each, once with connections that are routed from one to another.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 23

FLOWS=131072  # --max-flows
RECORDS=65536 # --log-capacity
MORE=1000     # than fit
RESIDENT_MAX=$((32 << 20))
MAPS_MAX=$((64 << 20))
FRAME=46 # bytes: Ethernet, IPv4, UDP, 4 of payload

ns_add a b
veth_add left a
veth_add right b
ip addr add 10.9.13.1/24 dev left
ip addr add 10.9.14.1/24 dev right
at a ip addr add 10.9.13.2/24 dev eth0
up a eth0
up b eth0
up host left right
await 5 is_up host left
await 5 is_up host right
# Nobody at the other end takes what is sent there: no answer comes.
ip neigh replace 10.9.14.9 lladdr 02:00:00:00:00:09 dev right nud permanent
ns_sysctl host ipv4/ip_forward=1

# ---- frames ----

mkfifo "$work/frames.in"
spawn a "$helpers/frames" raw eth0 <>"$work/frames.in" >"$work/frames.out"
await 5 contains "$work/frames.out" ready || die "no frames can be sent"
lines=1

has_answered() { [ "$(wc -l <"$work/frames.out")" -ge "$lines" ]; }

# frame MAC ADDRESS: in hex, UDP from 10.9.13.2; both ports are 0 yet.
frame() {
	local ip=45000020000000004011 bytes address words sum=0 at

	IFS=. read -ra bytes <<<"$2"
	address=0a090d02$(printf '%02x' "${bytes[@]}")
	words=$ip$address
	for ((at = 0; at < ${#words}; at += 4)); do
		sum=$((sum + 0x${words:at:4}))
	done
	printf '%s0200000000010800%s%04x%s00000000000c000061626364' "${1//:/}" "$ip" \
		$((0xffff - sum % 0xffff)) "$address"
}

# flood FRAME NUMBER: each has other ports, from 0 and 0 on.
flood() {
	echo "$1 times $2 34" >"$work/frames.in"
	lines=$((lines + 1))
	await 60 has_answered || die "the frames are not sent"
	is "$2 frames are sent" "$(tail -n 1 "$work/frames.out")" sent
}

# ---- what is to be seen ----

fill() { status ".extensions.fill[] | select(.name == \"$1\") | \"\\(.used) of \\(.capacity)\""; }
counter() { status ".extensions.counters.$1"; }
knows() { [ "$(counter legs) $(counter connections)" = "$1 $2" ]; }
has_told() { [ "$(status .seen_flows)" -ge "$1" ]; }
rss() { awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$agent/status"; }

# is_bounded WHEN
is_bounded() {
	local resident maps proc

	resident=$(status .extensions.memory.resident_bytes)
	maps=$(status .extensions.memory.kernel_maps_bytes)
	proc=$(rss)
	diag "$1: resident $((resident >> 10)) KiB ($((proc >> 10)) KiB), maps $((maps >> 10)) KiB"
	compare "$1: at most 32 MiB are resident" "$resident" -le $RESIDENT_MAX
	compare "$1: the kernel agrees" "$proc" -le $RESIDENT_MAX
	compare "$1: at most 64 MiB are the maps" "$maps" -le $MAPS_MAX
}

# What could not be told, or went nowhere. Events may be lost: the sweep makes up for them.
losses() { status '.extensions.losses | del(.events_lost, .flows_refused) | [.[] | tonumber] | add'; }

# ---- at one interface ----

agent_start --node-name full --timeout-udp 1h
flood "$(frame 02:00:00:00:00:02 10.9.14.9)" $((FLOWS + MORE))
await 60 knows $FLOWS $FLOWS || diag "$(counter legs) legs, $(counter connections) connections"
is "the flow map is full" "$(fill 'flow map')" "$FLOWS of $FLOWS"
await 60 has_told $FLOWS || diag "it has told $(status .seen_flows) records"
is "and so is the log" "$(fill 'flow log')" "$RECORDS of $RECORDS"
is "what found no room is counted" "$(iface left .remainders.no_room.packets)" $MORE
is "and so is everything else" "$(weir_raw left)" "$((FLOWS + MORE)) $(((FLOWS + MORE) * FRAME)) 0 0"
is_raw "as the kernel does" left
ok "flows and remainders add up to it" weir status --verify --for 1s
is "it answers" "$(weir observe --last 5 -o json | wc -l)" 5
is "it answers with all it has" "$(weir observe --all | wc -l)" $RECORDS
is "and nothing else was lost" "$(losses)" 0
is_bounded "one interface"
ok "it ends in order" agent_stop TERM

# ---- at two ----

agent_start --node-name full --timeout-udp 1h --update-interval 1s
routed=$(frame "$(ip -j link show dev left | jq -r '.[0].address')" 10.9.14.9)
flood "$routed" $((FLOWS / 2))
await 60 knows $FLOWS $((FLOWS / 2)) ||
	diag "$(counter legs) legs, $(counter connections) connections"
# The same again: each moves, so each is told of again, with its legs.
flood "$routed" $((FLOWS / 2))
await 60 has_told $FLOWS || diag "it has told $(status .seen_flows) records"
is "both maps and log are full" "$(fill 'flow map'), $(fill 'flow log')" \
	"$FLOWS of $FLOWS, $RECORDS of $RECORDS"
ok "flows and remainders add up" weir status --verify --for 1s
is "the newest record tells of both interfaces" \
	"$(weir observe --last 1 -o json | jq -c '[.flow.extensions.value.legs[].interface]')" \
	'["left","right"]'
is_bounded "two interfaces"
is "nothing was lost but events" "$(losses)" 0
