#!/usr/bin/env bash
#
# Clients that do no more than cost memory: 500 that ask for everything and never read it, 200 that
# send requests without an end, 40 whose short requests have filters of megabytes, and some of these at
# once. The agent stays within what it promises to take, at its defaults, and a follower that reads
# gets every record.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 31

PLACES=128 # of clients
CROWD=500
ENDLESS=200
LARGE=40
CONNECTIONS=4000 # in a round: three records each
RESIDENT_MAX=$((32 << 10)) # KiB
BUFFERS_MAX=$((4 << 20))

ns_add pod
veth_add vpod pod
ip addr add 10.9.61.1/24 dev vpod
at pod ip addr add 10.9.61.2/24 dev eth0
up pod eth0
up host vpod
await 5 is_up host vpod
acquaint vpod 10.9.61.1 pod eth0 10.9.61.2
spawn host "$helpers/tcp" serve 10.9.61.1 80 1 >"$work/serve"
await 5 contains "$work/serve" ready || die "the server does not start"

agent_start --interface vpod
socket=$work/weir.sock
memory() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$agent/status"; }
forget_peak() { echo 5 >"/proc/$agent/clear_refs"; }
# What clients hold, by whoever still can ask; the socket's places are taken else.
fill() { status '.extensions.fill[] | select(.name == "client buffers").used'; }

cut_short() { status .extensions.losses.answers_cut_short; }
readers_lost() { status .extensions.losses.records_lost_by_readers; }

# ---- who behaves ----

spawn host "$weir_build/weir" observe --follow -o json >"$work/follow"
follower=$spawned
early=1000 # ports of those before the first round
follows() {
	at pod "$helpers/tcp" connect 10.9.61.1 80 1 fin "$((++early))" >/dev/null
	[ -s "$work/follow" ]
}
await 10 follows || die "the follower is told nothing"
round=0
seen() { jq -nr '[inputs | select(.flow.l4.TCP)] | length' "$work/follow"; }
lost() { jq -nr '[inputs | select(.lost_events)] | length' "$work/follow"; }
# traffic: a round of connections from ports that follow one another
traffic() {
	local from=$((11000 + round * CONNECTIONS))

	round=$((round + 1))
	is "$CONNECTIONS connections, $1" \
		"$(at pod "$helpers/tcp" connect 10.9.61.1 80 $CONNECTIONS fin $from)" $CONNECTIONS
}

# leave PID NAME: how many were hung up on, and how many of those were told why
leave() {
	kill "$1"
	await 10 is_gone "$1" || die "$2 does not end"
	tail -n 1 "$work/$2"
}

crowd() {
	spawn host "$helpers/clients" "$socket" crowd "$2" <"$work/line" >"$work/$1"
	await 10 contains "$work/$1" ready || die "the crowd does not connect"
}

traffic "and nobody else"
diag "resident: $(memory VmRSS) KiB"

# ---- who never reads ----

all='{"method":"GetFlows","params":{"number":"65536","follow":true}}'
echo "$all" >"$work/line"
forget_peak
crowd silent $CROWD
traffic "while $CROWD clients do not read"
compare "with them the agent has been within 32 MiB" "$(memory VmHWM)" -le $RESIDENT_MAX
diag "peak: $(memory VmHWM) KiB"
refused=$((CROWD - PLACES + 1))
is "those without a place were told so, the others may wait" "$(leave "$spawned" silent)" "$refused $refused"
is_alone() { [ "$(status .extensions.counters.clients)" = 2 ]; }
ok "they are forgotten" await 10 is_alone
compare "and what they held is given back" "$(fill)" -le $((1 << 20))

# ---- who never ends ----

forget_peak
spawn host "$helpers/clients" "$socket" endless $ENDLESS >"$work/endless"
await 30 contains "$work/endless" ready || die "requests without an end are taken"
traffic "while $ENDLESS requests have no end"
read -r ended told < <(leave "$spawned" endless)
diag "$ended requests without an end were given up"
is "each of them was told why" "$told" "$ended"
compare "with them the agent has been within 32 MiB, too" "$(memory VmHWM)" -le $RESIDENT_MAX
diag "peak: $(memory VmHWM) KiB"
ok "they are forgotten" await 10 is_alone
compare "the agent counts them" "$(cut_short)" -gt 0

# ---- whose filters are large ----

jq -nc '{method: "GetFlows", params: {follow: true, extensions:
	{where: [range(1000) | "port == \(.)"]}}}' >"$work/line"
forget_peak
cut_before=$(cut_short)
crowd large $LARGE
large=$spawned
traffic "while $LARGE ask by 1000 expressions each"
are_cut() { [ "$(($(cut_short) - cut_before))" -ge $((LARGE - 1)) ]; }
await 10 are_cut || diag "$(cut_short) were cut short, and $cut_before before"
compare "with them the agent has been within 32 MiB, too" "$(memory VmHWM)" -le $RESIDENT_MAX
diag "peak: $(memory VmHWM) KiB"
# Each may have that much alone; of several the largest gives way.
is "one of them is answered, the others were told why they are not" "$(leave "$large" large)" \
	"$((LARGE - 1)) $((LARGE - 1))"
ok "they are forgotten" await 10 is_alone

# ---- who stops reading ----

# It holds more than anybody else when the bound is reached, so it loses what waits for it.
spawn host "$weir_build/weir" observe --follow -o json >"$work/slow"
slow=$spawned
slow_follows() {
	at pod "$helpers/tcp" connect 10.9.61.1 80 1 fin "$((++early))" >/dev/null
	[ -s "$work/slow" ]
}
await 10 slow_follows || die "the follower is told nothing"
settle
last_uuid() { tail -n 1 "$1" | jq -r .flow.uuid; }
is_up_to_date() { [ "$(last_uuid "$work/slow")" = "$(weir observe --last 1 -o json | jq -r .flow.uuid)" ]; }
await 5 is_up_to_date || die "the follower is behind"
seen=$(status .seen_flows)
told=$(wc -l <"$work/slow")
kill -STOP "$slow"
stopped=$EPOCHSECONDS
traffic "while a follower has stopped"
# Who has taken anything in the last second is one who reads.
has_stopped() { [ $((EPOCHSECONDS - stopped)) -ge 3 ]; }
await 5 has_stopped
printf '{"method":"%36000s' x >"$work/line"
cut_before=$(cut_short)
lost_before=$(readers_lost)
crowd half 100
is_squeezed() { [ "$(cut_short)" -gt "$cut_before" ]; }
await 10 is_squeezed || die "100 halves of requests find room"
leave "$spawned" half >/dev/null
settle
total=$(($(status .seen_flows) - seen))
kill -CONT "$slow"
# got: how many records it has got since, and how many of them it was told that it has lost
got() {
	tail -n "+$((told + 1))" "$work/slow" | jq -rn 'reduce inputs as $l ([0, 0];
		if $l.flow then .[0] += 1 else .[1] += ($l.lost_events.num_events_lost // "0" | tonumber) end) |
		join(" ")'
}
is_accounted() { [ "$(got | awk '{ print $1 + $2 }')" -eq "$total" ]; }
ok "what it gets and what it lost are all of the $total" await 10 is_accounted
diag "got, lost: $(got)"
compare "it has lost what waited for it" "$(got | cut -d' ' -f2)" -ge 100
is "the agent counts that" "$(($(readers_lost) - lost_before))" "$(got | cut -d' ' -f2)"
is "its records are in order, none twice" "$(jq -r '.flow.uuid // empty' "$work/slow" | sort -cu 2>&1)" ""
kill "$slow"
ok "they are forgotten" await 10 is_alone

# ---- all of it, and answers of one piece ----

forget_peak
echo "$all" >"$work/line"
crowd silent 40
silent=$spawned
for ((i = 0; i < 200; i++)); do
	echo '{"method":"ServerStatus"}'
	echo '{"method":"Interfaces"}'
done >"$work/line"
crowd piled 40
piled=$spawned
spawn host "$helpers/clients" "$socket" endless $ENDLESS >"$work/endless"
await 30 contains "$work/endless" ready || die "requests without an end are taken"
traffic "with all of them at once"
read -r ended told < <(leave "$spawned" endless)
is "who was hung up on was told why" "$told" "$ended"
compare "with them the agent has been within 32 MiB, too" "$(memory VmHWM)" -le $RESIDENT_MAX
diag "peak: $(memory VmHWM) KiB"
compare "all buffers are within their bound" "$(fill)" -le $BUFFERS_MAX
leave "$silent" silent >/dev/null
leave "$piled" piled >/dev/null
ok "they are forgotten" await 10 is_alone

# ---- what it was all about ----

expected=$((3 * round * CONNECTIONS))
has_all() { [ "$(grep -c '"flow"' "$work/follow")" -ge "$expected" ]; }
await 20 has_all || diag "the follower has $(grep -c '"flow"' "$work/follow") of $expected records"
kill "$follower"
await 5 is_gone "$follower"
first=$(jq -nr '[inputs | select(.flow.l4.TCP | .source_port < 11000 and .destination_port < 11000)] | length' "$work/follow")
is "the follower has three records of each connection" "$(($(seen) - first))" "$expected"
is "and nothing was lost to it" "$(lost)" 0
is "or to anybody whom the agent counts" "$(losses | jq -c 'del(.answers_cut_short, .records_lost_by_readers)')" "{}"
ok "weir status --verify agrees" weir status --verify --for 1s
ok "the agent ends" agent_stop
