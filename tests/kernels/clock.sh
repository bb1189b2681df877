#!/usr/bin/env bash
# usage: scripts/kernels/boot 6.12 bash tests/kernels/clock.sh
#
# Somebody sets the clock, forward, back, and right again, while connections begin, go on and end: each
# record has the time of the clock as it is then, and bounds of time find what they say. This needs a
# machine whose clock nobody else reads: a guest of scripts/kernels/boot, and nothing else will do.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/../net/lib.sh"
grep -qw weir.guest /proc/cmdline || skip_all "sets the clock: needs a guest of scripts/kernels/boot"
test_begin "$@"
plan 17
poll=0.2 # to look is dear
HOUR=3600

now() { date +%s%N; }
# ns TIME: of RFC 3339
ns() { date -d "$1" +%s%N; }
rfc3339() { date -u -d "@$((before / 1000000000 + $1))" +%FT%TZ; }

ns_add pod
veth_add v0 pod
ip addr add 10.2.1.1/24 dev v0
at pod ip addr add 10.2.1.2/24 dev eth0
up pod eth0
up host v0
await 30 is_up host v0
acquaint v0 10.2.1.1 pod eth0 10.2.1.2
spawn pod "$helpers/udp" echo 10.2.1.2 7 >"$work/echo"
spawn pod "$helpers/tcp" serve 10.2.1.2 80 1 >"$work/serve"
await 30 contains "$work/echo" ready || die "the echo server does not start"
await 30 contains "$work/serve" ready || die "the server does not start"
agent_start --node-name clock

# What goes on while the clock is set.
mkfifo "$work/hold"
exec 4<>"$work/hold"
began=$(now)
spawn host "$helpers/tcp" hold 10.2.1.2 80 4000 <"$work/hold" >/dev/null
holder=$spawned
echo >&4
await_flows 1 'select(x.event == "established" and .l4.TCP)'

# opened PORT: the record of its beginning.
opened() { flows "select(x.event == \"open\" and .l4.UDP.source_port == $1)"; }
# in_between TIME FROM TO: RFC 3339, ns, ns; the clock of a packet is older by a tick.
in_between() { [ "$(ns "$1")" -ge $(($2 - 10000000)) ] && [ "$(ns "$1")" -le "$3" ]; }

# passes PORT: an exchange, and what time it was before and behind it.
declare -A from to
passes() {
	from[$1]=$(now)
	"$helpers/udp" exchange 10.2.1.2 7 1 "$1" >/dev/null
	to[$1]=$(now)
	await_flows 1 "select(x.event == \"open\" and .l4.UDP.source_port == $1)"
}
# is_told PORT WHEN
is_told() {
	local record

	record=$(opened "$1")
	ok "what begins $2 has the time of the clock" in_between \
		"$(jq -r .time <<<"$record")" "${from[$1]}" "${to[$1]}"
	ok "and the beginning that the clock says" in_between \
		"$(jq -r .extensions.value.start <<<"$record")" "${from[$1]}" "${to[$1]}"
}

# set_clock SECONDS: by so much, give or take the second that it takes
set_clock() { date -s "@$(($(date +%s) + $1))" >/dev/null; }
before=$(now)
passes 5000
is_told 5000 "before anybody sets it"
set_clock $((2 * HOUR))
passes 5001
is_told 5001 "two hours later"
set_clock $((-4 * HOUR))
passes 5002
is_told 5002 "four hours earlier"
set_clock $((2 * HOUR))
passes 5003
is_told 5003 "when it is right again"
said() { sed -n 's/.*the clock has gone \([0-9]*h\).* \([a-z]*\) at once.*/\1 \2/p' "$work/agent.log" | xargs; }
is "the agent says each time that it was set" "$(said | sed 's/1h/2h/g; s/3h/4h/')" \
	"2h forward 4h back 2h forward"

# ports OPTION...: of the UDP connections that began, in the order of the log.
ports() {
	weir observe --protocol udp -o json "$@" |
		jq -r '.flow | select(.extensions.value.event == "open").l4.UDP.source_port' | xargs
}
is "nothing is lost, and the order is that of what happened" "$(ports --all)" "5000 5001 5002 5003"
is "since an hour later" "$(ports --since "$(rfc3339 $HOUR)")" 5001
is "until an hour earlier" "$(ports --all --until "$(rfc3339 -$HOUR)")" 5002
is "between" "$(ports --since "$(rfc3339 -$HOUR)" --until "$(rfc3339 $HOUR)")" "5000 5003"
compare "the rate is of what came since the clock was set back" \
	"$(status '.flows_rate * 1000 | floor')" -gt 0

# The connection that went on all the while.
end_process "$holder"
await_flows 1 'select(x.event == "close" and .l4.TCP)'
ended=$(now)
record=$(flows 'select(x.event == "close" and .l4.TCP)')
start=$(ns "$(jq -r .extensions.value.start <<<"$record")")
# It was set three times since.
compare "what began when it was right began then" \
	$((start > began ? start - began : began - start)) -le 10000000000
compare "and lasts for as long as it has" \
	$(((ended - start) - $(jq -r '.extensions.value.duration_ns' <<<"$record"))) -ge 0
ok "the agent ends" agent_stop
