#!/usr/bin/env bash
#
# A flood from random sources at the rate the machine makes, of SYNs, of SYN-ACKs, of bare ACKs, of
# SYN and ACK for each connection, which nobody answers, of datagrams that come with their answers, and of
# all kinds at once, which leave no share of the flow map free; with real connections beside it: none of
# them is lost or wrong, the agent stays small and calm, totals stay exact.
# Half a minute and more: six floods of some seconds, and what they leave has to go.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need jq
plan 93

FLOOD_SECONDS=${TEST_SECONDS:-5} # of each kind, or longer: until the connections have been made
CONNECTIONS=1000
CPU_MAX=30 # percent of a processor
SMALL=32768 # flows, where all shares have to be taken
declare -A floods=([all]="syn synack ack udp")

ns_add pod

ticks() { awk '{ print $14 + $15 }' "/proc/$agent/stat"; }
resident() { status .extensions.memory.resident_bytes; }
unanswered() { status .extensions.losses.unanswered_refused; }

quiet() { [ "$(status '.extensions.fill[] | select(.name == "flow map").used')" -lt "$1" ]; }
is_pressed() { [ "$(unanswered)" -gt 0 ]; }

# Flows that wait for an answer, of all three kinds; the shares are 12, 1 and 2 sixteenths of the map.
pressure() {
	local kind id

	while read -r kind id; do
		if [ "$kind" = map ] && [[ $(bpftool map show id "$id") = *"name pressure "* ]]; then
			bpftool -j map dump id "$id" |
				jq -r '.[0].formatted.value | .unanswered, .answering, .one_sided'
		fi
	done < <(bpf_objects "$agent")
}

no_share_has_room() {
	local waits

	readarray -t waits < <(pressure)
	[ "${#waits[@]}" -eq 3 ] && [ "${waits[0]}" -ge $((SMALL * 12 / 16)) ] && [ "${waits[1]}" -ge $((SMALL / 16)) ] &&
		[ "${waits[2]}" -ge $((SMALL * 2 / 16)) ]
}

has_lasted() { [ $((SECONDS - $1)) -gt "$FLOOD_SECONDS" ]; }

# What is told of those that found no room when they began: by their SYN-ACK, which is in no record.
tells_the_late() {
	local late

	late=$(awk '$1 == "close" && $4 == "syn_ack"' "$work/records" | wc -l)
	compare "$1: most of them found no room with their SYN" "$late" -gt $((CONNECTIONS / 2))
	is "$1: each of them is established" "$(awk '$1 == "established" { print $5 }' "$work/records" | sort -un | wc -l)" $CONNECTIONS
	is "$1: and nobody else" "$(weir observe --all -o json --where 'event = established' | grep -cv "\"$there\"" || true)" 0
}

# survives KIND NUMBER LEFT WHAT BY [OPTION...]: a flood of that kind, on a link of that number; before long
# fewer than LEFT flows of it are in the map. WHAT tells who began the real connections, BY as a pattern
# of records; the options are the agent's.
survives() {
	local here=10.9.$2.1 there=10.9.$2.2 mac ticks_before began from kind flood flooders=() took cpu sent

	veth_add "v$1" pod "p$1"
	ip addr add "$here/24" dev "v$1"
	at pod ip addr add "$there/24" dev "p$1"
	up pod "p$1"
	up host "v$1"
	await 5 is_up host "v$1"
	acquaint "v$1" "$here" pod "p$1" "$there"
	mac=$(ip -j link show dev "v$1" | jq -r '.[0].address')
	spawn host "$helpers/tcp" serve "$here" 7001 1 >"$work/serve.$1"
	await 5 contains "$work/serve.$1" ready || die "the server does not start"

	# The log keeps all, that nothing of the real ones is pushed out by the flood.
	agent_start --node-name flooded --log-capacity 2000000 --timeout-syn 15s "${@:6}"
	ticks_before=$(ticks)
	began=$(date +%s%N)
	from=$SECONDS
	for kind in ${floods[$1]:-$1}; do
		spawn pod "$helpers/flood" "$kind" "p$1" "$mac" "$here" 9 3600 1000000000 >"$work/flood.$kind"
		flooders+=("$spawned")
	done
	ok "$1: the flood takes all that it may have" await 10 is_pressed
	[ -z "${floods[$1]-}" ] || await 10 no_share_has_room || die "shares are free: $(pressure)"
	at pod "$helpers/tcp" connect "$here" 7001 $CONNECTIONS fin "${2}000" >"$work/connect"
	ok "$1: the flood went on beside the connections" kill -0 "${flooders[@]}"
	await "$FLOOD_SECONDS" has_lasted "$from" || true
	kill "${flooders[@]}"
	for flood in "${flooders[@]}"; do
		await 10 is_gone "$flood" || die "the flood does not end"
	done
	took=$((($(date +%s%N) - began) / 1000000))
	cpu=$((($(ticks) - ticks_before) * 1000 * 100 / $(getconf CLK_TCK) / took))
	sent=$(awk '{ sum += $1 } END { print sum }' "$work"/flood.*)
	rm "$work"/flood.*
	diag "$1: $sent sent in $took ms, $(unanswered) refused, agent $cpu % of a processor, resident $(($(resident) >> 10)) KiB"
	is "$1: real connections are made" "$(cat "$work/connect")" $CONNECTIONS
	compare "$1: the agent takes at most $CPU_MAX % of a processor" "$cpu" -le $CPU_MAX
	compare "$1: beside the log, at most 32 MiB are resident" "$(resident)" -le $(((32 << 20) + $(status .seen_flows) * 168))
	settle

	# "event reason initiator by port packets packets". Of the flood, too, some have that port.
	weir observe --all -o json | grep -F 'port":7001' | grep -F "\"$there\"" >"$work/told"
	jq -r 'select(.flow.l4.TCP != null) | .flow |
		.extensions.value as $x | [$x.event, $x.close_reason // "-", $x.initiator.side, $x.initiator.by,
			(if .is_reply then .l4.TCP.destination_port else .l4.TCP.source_port end),
			$x.forward.packets // 0, $x.reverse.packets // 0] | join(" ")' "$work/told" >"$work/records"
	diag "$(cut -d' ' -f1-4 "$work/records" | sort | uniq -c)"
	is "$1: each of them has one end" "$(awk '$1 == "close"' "$work/records" | cut -d' ' -f5 | sort -un | wc -l)" $CONNECTIONS
	is "$1: and it is a FIN" "$(awk '$1 == "close" && $2 != "fin"' "$work/records" | wc -l)" 0
	is "$1: none is told to have ended twice" "$(awk '$1 == "close" { print $5 }' "$work/records" | sort | uniq -d | wc -l)" 0
	is "$1: the client is the initiator of all" "$(awk '$1 == "close" && $5 < 10000' "$work/records" | wc -l)" 0
	is "$1: and that is told by its $4" "$(awk -v by="$5" '$1 == "close" && $4 ~ by' "$work/records" | wc -l)" $CONNECTIONS
	[ -z "${floods[$1]-}" ] || tells_the_late "$1"
	ok "$1: weir status --verify agrees" weir status --verify --for 1s
	is_raw "$1: the interface's counters are the kernel's" "v$1"
	status '.extensions.losses' >"$work/losses"
	diag "$(jq -c . "$work/losses")"
	compare "$1: what was refused is told" "$(unanswered)" -gt 1000
	ok "$1: the map empties by itself" await 60 quiet "$3"
	ok "$1: the agent ends" agent_stop
}

survives syn 15 10000 "SYN or SYN-ACK" '^syn'
# Those have a tenth of the map, and stay there if they are no more.
survives ack 16 15000 SYN '^syn$'
survives synack 18 10000 SYN '^syn$'
survives echo 19 80000 "SYN or SYN-ACK" '^syn'
# Established by one side, as where the other takes another way: what is silent goes only while they are
# more than three fifths of the map.
survives both 17 80000 "SYN or SYN-ACK" '^syn'
survives all 20 10000 "SYN or SYN-ACK" '^syn' --max-flows $SMALL
