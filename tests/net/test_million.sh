#!/usr/bin/env bash
#
# A million live flows: each is counted, the agent answers, and takes a tenth of a processor for
# them, not more.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 9

FLOWS=1048576
PORTS=65536
CPU_MAX=25 # percent of a processor, where a pass takes as long as here
WATCH_SECONDS=15

ns_add a
veth_add left a
ip addr add 10.9.19.1/24 dev left
up a eth0
agent_start --node-name million --max-flows $FLOWS --timeout-udp 1h --timeout-tcp 1h
up host left
await 5 is_up host left
# Who asks is the host, and who answers is behind the interface.
declare -A lines=([host]=1 [a]=1) device=([host]=left [a]=eth0)
for from in host a; do
	mkfifo "$work/frames.$from"
	spawn $from "$helpers/frames" raw "${device[$from]}" <>"$work/frames.$from" >"$work/sent.$from"
	await 5 contains "$work/sent.$from" ready || die "no frames can be sent"
done

has_answered() { [ "$(wc -l <"$work/sent.$1")" -ge "${lines[$1]}" ]; }
# frames NAMESPACE HEX OFFSET: one for each port, which is at that place
frames() {
	echo "$2 times $PORTS $3" >"$work/frames.$1"
	lines[$1]=$((lines[$1] + 1))
	await 60 has_answered "$1" || die "the frames are not sent"
	[ "$(tail -n 1 "$work/sent.$1")" = sent ] || die "frames: $(tail -n 1 "$work/sent.$1")"
}
# exchanges N: of server N with a client whose port is 0; UDP, without checksums. A question, its answer,
# and the next question: else they would wait for more, and those who wait have a share of the map only.
exchanges() {
	local eth=02000000000202000000000108004500002000000000401100 client=0a091309 server

	server=0a0914$(printf '%02x' "$1")
	frames host "${eth}00$client${server}00000000000c000061626364" 34
	frames a "${eth}00$server${client}00000000000c000061626364" 32
	frames host "${eth}00$client${server}00000000000c000061626364" 34
}

for ((server = 0; server < FLOWS / PORTS; server++)); do
	exchanges $server
done
used() { status '.extensions.fill[] | select(.name == "flow map").used'; }
is_full() { [ "$(used)" -eq $FLOWS ]; }
ok "a million flows are in the map" await 30 is_full
is "every packet was counted" "$(weir_raw left)" "$FLOWS $((FLOWS * 46)) $((2 * FLOWS)) $((2 * FLOWS * 46))"
is_raw "as the kernel does" left
knows() { [ "$(status .extensions.counters.legs)" -eq $FLOWS ]; }
ok "the agent knows all of them" await 60 knows
ok "weir status --verify agrees" weir status --verify --for 1s --request-timeout 100s
is "nothing found no room" "$(iface left .remainders.no_room.packets)" 0

ticks() { awk '{ print $14 + $15 }' "/proc/$agent/stat"; }
before=$(ticks)
sleep $WATCH_SECONDS # what is measured is this time
cpu=$((($(ticks) - before) * 100 / $(getconf CLK_TCK) / WATCH_SECONDS))
diag "$cpu % of a processor, resident $(($(status .extensions.memory.resident_bytes) >> 20)) MiB, maps $(($(status .extensions.memory.kernel_maps_bytes) >> 20)) MiB"
compare "to keep them takes at most $CPU_MAX % of a processor" "$cpu" -le $CPU_MAX
took=$(date +%s%N)
is "it answers" "$(weir observe --last 5 -o json | wc -l)" 5
took=$((($(date +%s%N) - took) / 1000000))
compare "within half a second" "$took" -le 500
