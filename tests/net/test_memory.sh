#!/usr/bin/env bash
#
# The agent at its defaults, with everything full: the flow map, the log, the legs beside the log.
# Resident memory and maps stay within their bounds, sums stay exact, and it still answers. Once
# with connections of one interface each, once with connections that are routed from one to another.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 20

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
# Nobody takes what is sent there: no answer comes but the test's own.
ip neigh replace 10.9.14.8 lladdr 02:00:00:00:00:08 dev right nud permanent
ip neigh replace 10.9.14.9 lladdr 02:00:00:00:00:09 dev right nud permanent
ip neigh replace 10.9.13.9 lladdr 02:00:00:00:00:0a dev left nud permanent
ns_sysctl host ipv4/ip_forward=1

# ---- frames ----

declare -A lines=([a]=1 [b]=1 [host]=1) device=([a]=eth0 [b]=eth0 [host]=left)
for from in a b host; do
	mkfifo "$work/frames.$from"
	spawn $from "$helpers/frames" raw "${device[$from]}" <>"$work/frames.$from" >"$work/sent.$from"
	await 5 contains "$work/sent.$from" ready || die "no frames can be sent"
done

has_answered() { [ "$(wc -l <"$work/sent.$1")" -ge "${lines[$1]}" ]; }

# words ADDRESS: as two numbers
words() {
	local bytes

	IFS=. read -ra bytes <<<"$1"
	echo $((bytes[0] << 8 | bytes[1])) $((bytes[2] << 8 | bytes[3]))
}

# frame MAC SOURCE DESTINATION SOURCE_PORT DESTINATION_PORT: in hex, UDP with 4 bytes.
frame() {
	local word sum=0 addresses=

	for word in $(words "$2") $(words "$3"); do
		addresses+=$(printf '%04x' "$word")
		sum=$((sum + word))
	done
	sum=$((sum + 0x4500 + 0x0020 + 0x4011))
	printf '%s020000000001080045000020000000004011%04x%s%04x%04x000c000061626364' "${1//:/}" \
		$((0xffff - sum % 0xffff)) "$addresses" "$4" "$5"
}

# flood NAMESPACE FRAME NUMBER OFFSET: the number at that place grows.
flood() {
	echo "$2 times $3 $4" >"$work/frames.$1"
	lines[$1]=$((lines[$1] + 1))
	await 60 has_answered "$1" || die "the frames are not sent"
	[ "$(tail -n 1 "$work/sent.$1")" = sent ] || die "frames: $(tail -n 1 "$work/sent.$1")"
}

# exchanges ASKER MAC ANSWERER REPLY_MAC SERVER FIRST NUMBER: each is answered, and asks once more, for
# those who still wait may not have the whole map. The client's port is 0, the server's FIRST and so on.
exchanges() {
	local question

	question=$(frame "$2" 10.9.13.9 "$5" 0 "$6")
	flood "$1" "$question" "$7" 34
	flood "$3" "$(frame "$4" "$5" 10.9.13.9 "$6" 0)" "$7" 32
	flood "$1" "$question" "$7" 34
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
nobody=02:00:00:00:00:02
for server in 10.9.14.8 10.9.14.9; do
	exchanges host $nobody a $nobody $server 0 $((FLOWS / 2)) # what comes in alone, or goes out, would be forged
done
flood host "$(frame $nobody 10.9.13.9 10.9.14.7 0 0)" $MORE 34
await 60 knows $FLOWS $FLOWS || diag "$(counter legs) legs, $(counter connections) connections"
is "the flow map is full" "$(fill 'flow map')" "$FLOWS of $FLOWS"
await 60 has_told $FLOWS || diag "it has told $(status .seen_flows) records"
is "and so is the log" "$(fill 'flow log')" "$RECORDS of $RECORDS"
is "what found no room is counted" "$(iface left .remainders.no_room.packets)" $MORE
is "and so is everything else" "$(weir_raw left)" "$FLOWS $((FLOWS * FRAME)) $((2 * FLOWS + MORE)) $(((2 * FLOWS + MORE) * FRAME))"
is_raw "as the kernel does" left
ok "flows and remainders add up to it" weir status --verify --for 1s
is "it answers" "$(weir observe --last 5 -o json | wc -l)" 5
is "it answers with all it has" "$(weir observe --all | wc -l)" $RECORDS
is "and nothing else was lost" "$(losses)" 0
is_bounded "one interface"
ok "it ends in order" agent_stop TERM

# ---- at two ----

agent_start --node-name full --timeout-udp 1h --update-interval 1s
left_mac=$(ip -j link show dev left | jq -r '.[0].address')
right_mac=$(ip -j link show dev right | jq -r '.[0].address')
# rounds: of so many that what is unanswered at a time finds room
rounds() {
	local first

	for ((first = 0; first < FLOWS / 2; first += FLOWS / 4)); do
		exchanges a "$left_mac" b "$right_mac" 10.9.14.9 $first $((FLOWS / 4))
	done
}
rounds
await 60 knows $FLOWS $((FLOWS / 2)) ||
	diag "$(counter legs) legs, $(counter connections) connections"
# The same again: each moves, so each is told of again, with its legs.
rounds
await 60 has_told $FLOWS || diag "it has told $(status .seen_flows) records"
is "both maps and log are full" "$(fill 'flow map'), $(fill 'flow log')" \
	"$FLOWS of $FLOWS, $RECORDS of $RECORDS"
ok "flows and remainders add up" weir status --verify --for 1s
# Openings and answers have no totals: updates have, of those that move once more.
exchanges a "$left_mac" b "$right_mac" 10.9.14.9 0 1000
newest_totals() {
	weir observe --last 1000 -o json |
		jq -c '.flow.extensions.value.legs // empty | [.[].interface]' | tail -n 1
}
has_totals() { [ -n "$(newest_totals)" ]; }
await 60 has_totals || diag "none of the last 1,000 records has totals"
is "the newest record with totals tells of both interfaces" "$(newest_totals)" '["left","right"]'
is_bounded "two interfaces"
is "nothing was lost but events" "$(losses)" 0
