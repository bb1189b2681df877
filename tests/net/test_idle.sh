#!/usr/bin/env bash
#
# What the agent costs where nothing happens: processor time, wake-ups, memory; and how long it
# takes to be ready. Other work may run beside: it makes a start longer, by as much as it does what
# is measured in between, and the kernel tells the agent of cgroups that it makes and removes, which
# the agent counts. The figures are printed.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need socat
plan 15

STARTS=7
READY_MS_MAX=200
IDLE_SECONDS=5
RESIDENT_MAX=$((32 << 20))
RESIDENT_START_MAX=$((8 << 20)) # libraries, mostly
MAPS_MAX=$((64 << 20))

ns_add pod
veth_add vidle pod
ip addr add 10.9.12.1/24 dev vidle
at pod ip addr add 10.9.12.2/24 dev eth0
up pod eth0
up host vidle
await 5 is_up host vidle

# ---- starting ----

# slowdown: how many percent of its processor time something takes that only works
slowdown() {
	local TIMEFORMAT="%R %U %S"

	{ time jq -n '[range(300000)] | add' >"$work/sum"; } 2>&1 |
		awk '{ percent = 100 * $1 / ($2 + $3); print int(percent < 100 ? 100 : percent) }'
}

# started: milliseconds from its start to its word that it is ready; and of a machine of its own
started() {
	local begin end

	spawn host socat -u "UNIX-RECVFROM:$work/notify" "SYSTEM:date +%s%N >$work/ready; cat >$work/word"
	await 5 test -S "$work/notify" || die "socat does not listen"
	begin=$(date +%s%N)
	NOTIFY_SOCKET=$work/notify agent_start --node-name idle --update-interval 1s
	await 5 test -s "$work/word" || die "the agent has not said that it is ready"
	end=$(cat "$work/ready")
	echo $(((end - begin) / 1000000)) >>"$work/starts"
	echo $(((end - begin) * 2 / (slowdown + $(slowdown)) / 10000)) >>"$work/own"
}
# $median of the first time that it is good, or of the last of three
for try in {1..3}; do
	rm -f "$work/starts" "$work/own"
	for ((i = 0; i < STARTS; i++)); do
		[ -z "$agent" ] || agent_stop TERM
		rm -f "$work/notify" "$work/ready" "$work/word"
		slowdown=$(slowdown)
		started
	done
	median=$(sort -n "$work/own" | sed -n "$((STARTS / 2 + 1))p")
	diag "ready after $(xargs <"$work/starts") ms, on a machine of its own $(xargs <"$work/own")"
	[ "$median" -gt $READY_MS_MAX ] || break
done
is "it says that it is ready in systemd's words" "$(cat "$work/word")" "READY=1"
is "it is attached by then" "$(iface vidle '"\(.ingress) \(.egress)"')" "tcx tcx"
compare "half of its starts take at most $READY_MS_MAX ms" "$median" -le $READY_MS_MAX
resident=$(status .extensions.memory.resident_bytes)
diag "resident at the start: $((resident >> 10)) KiB"
compare "what it will need later is not resident yet" "$resident" -le $RESIDENT_START_MAX
is "and no huge page will make it so" "$(awk '/^THP_enabled/ { print $2 }' "/proc/$agent/status")" 0

# ---- doing nothing ----

ticks() { awk '{ print $14 + $15 }' "/proc/$agent/stat"; }
wakes() { awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }' "/proc/$agent/task/"*/status; }
# Two passes of its sweep after the last client.
is_quiet() {
	local before=$quiet_wakes

	quiet_wakes=$(wakes)
	sleep 1
	[ $((quiet_wakes - before)) -le 3 ]
}
quiet_wakes=0

# It is done with the last client.
is_at_rest() {
	local before

	before=$(wakes)
	sleep 0.05
	[ "$(wakes)" -eq "$before" ]
}

# What the kernel has told it of: a packet's flow, or a cgroup of whoever works beside.
events() { status .extensions.counters.events_read; }
EVENT_WAKES=8 # to read it, at the end of the rest that follows, to ask a runtime whose cgroup it is

# idle TICKS WAKES: $worked and $woken of the first time that has no more, or of the last of five;
# $may_wake: the wake-ups that there may be, with those for events of others
idle() {
	local try ticks_before wakes_before events_before

	await 5 is_quiet || diag "it does not calm down: $quiet_wakes wake-ups"
	for try in {1..5}; do
		events_before=$(events)
		await 2 is_at_rest || diag "it does not rest"
		ticks_before=$(ticks)
		wakes_before=$(wakes)
		sleep $IDLE_SECONDS # what is measured is this time
		woken=$(($(wakes) - wakes_before))
		worked=$(($(ticks) - ticks_before))
		may_wake=$(($2 + EVENT_WAKES * ($(events) - events_before)))
		[ $worked -gt "$1" ] || [ $woken -gt $may_wake ] || return 0
		diag "try $try: $worked ticks, $woken of $may_wake wake-ups"
	done
}
idle 1 $((IDLE_SECONDS + 1))
diag "in $IDLE_SECONDS s: $worked ticks of the processor, $woken of $may_wake wake-ups"
compare "idle it uses at most one tick of the processor in $IDLE_SECONDS s" "$worked" -le 1
compare "and wakes at most once a second" "$woken" -le "$may_wake"

# With a follower and a connection that is open and silent it is no busier.
spawn host "$helpers/tcp" serve 10.9.12.1 80 1 >"$work/serve"
await 5 contains "$work/serve" ready || die "the server does not start"
spawn host "$weir_build/weir" observe -f -o json >"$work/follow" 2>/dev/null
mkfifo "$work/hold"
spawn pod socat -u "OPEN:$work/hold,rdonly" TCP:10.9.12.1:80
exec 4>"$work/hold"
echo x >&4
await_flows 1 'select(x.event == "established")'
idle 2 $((4 * IDLE_SECONDS))
diag "with a silent connection and a follower: $worked ticks, $woken of $may_wake wake-ups"
compare "with a follower and a silent connection at most two ticks" "$worked" -le 2
compare "and about one wake-up a pass of the sweep" "$woken" -le "$may_wake"
# So long silent, it is passed over by the sweep, until it moves.
echo y >&4
await_flows 1 'select(x.event == "update" and (x.forward.packets | tonumber) == 4)'
pass "and what it sends after so long a silence is told by an update"
exec 4>&-

# ---- memory ----

resident=$(status .extensions.memory.resident_bytes)
maps=$(status .extensions.memory.kernel_maps_bytes)
diag "resident $((resident >> 10)) KiB, maps $((maps >> 10)) KiB"
compare "at most 32 MiB are resident" "$resident" -le $RESIDENT_MAX
compare "at most 64 MiB are the maps" "$maps" -le $MAPS_MAX
proc=$(awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$agent/status")
compare "the kernel says about the same of what is resident" $((resident > proc ? resident - proc : proc - resident)) -le $((2 << 20))
# Descriptors of one map are many, a map is one.
is "and of the maps" "$(for info in "/proc/$agent/fdinfo/"*; do
	awk '/^memlock:/ { bytes = $2 } /^map_id:/ { id = $2 } END { if (id) print id, bytes }' "$info" 2>/dev/null || true
done | sort -u | awk '{ n += $2 } END { print n }')" "$maps"
is "nothing was lost" "$(losses)" "{}"
