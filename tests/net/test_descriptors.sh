#!/usr/bin/env bash
#
# An agent that may have few file descriptors: who finds none is told so, at once and for little, and
# it is served again as soon as there are some.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need prlimit
plan 17

LIMIT=140
CLIENTS=$LIMIT
QUESTIONS=50

agent_under=(prlimit "--nofile=$LIMIT:$LIMIT")
agent_start --interface lo
agent_under=()
socket=$work/weir.sock
counter() { status ".extensions.counters.$1"; }

# ticks: of the processor's time that the agent has had, in hundredths of a second.
ticks() { awk '{ print $14 + $15 }' "/proc/$agent/stat"; }

# ---- clients ----

# Who follows never gives up his place, so that the last of them find none.
clients=()
for ((i = 0; i < CLIENTS; i++)); do
	spawn host "$weir_build/weir" observe --follow -o json >/dev/null 2>"$work/follow.$i"
	clients+=("$spawned")
done
refused() { cat "$work"/follow.* | grep -c "no file descriptor is left" || true; }
is_full() { [ "$(refused)" -gt 0 ] && [[ "$(weir status 2>&1)" == *"no file descriptor is left"* ]]; }
ok "when there is no descriptor left clients are told so" await 10 is_full
before=$(ticks)
start=${EPOCHREALTIME/[.,]/}
for ((i = 0; i < QUESTIONS; i++)); do
	weir status >/dev/null 2>>"$work/told" || true
done
is "each of them" "$(sort "$work/told" | uniq -c | sed 's/^ *//')" \
	"$QUESTIONS weir: the agent refused ServerStatus: no file descriptor is left (RESOURCE_EXHAUSTED)"
took=$(((${EPOCHREALTIME/[.,]/} - start) / 10000))
compare "the agent does not spin over it" $(($(ticks) - before)) -le $((took / 4 + 5))
is "it says so once" "$(grep -c 'a client is turned away.*: Too many open files' "$work/agent.log")" 1
compare "and little beside" "$(wc -l <"$work/agent.log")" -le 2
for pid in "${clients[@]}"; do
	kill "$pid" 2>/dev/null || true
done
is_served() { weir status >/dev/null 2>&1; }
ok "when some have gone it serves others" await 10 is_served
compare "and has counted who was turned away" "$(counter clients_refused)" -ge $((QUESTIONS + $(refused)))

# Who is silent makes room here, too.
: >"$work/line"
spawn host "$helpers/clients" "$socket" hold $CLIENTS <"$work/line" >"$work/hold"
await 5 contains "$work/hold" ready || die "the clients do not connect"
ok "where all are silent, one of them makes room" await 10 is_served
compare "which is counted, too" "$(counter clients_evicted)" -ge 1
agent_stop TERM

# ---- interfaces ----

VETHS=40

ns_add pod
for ((i = 1; i <= VETHS; i++)); do
	veth_add "v$i" pod "eth$i"
done
agent_under=(prlimit "--nofile=$LIMIT:$LIMIT")
agent_start
agent_under=()
hooks() { weir list interfaces -o json | jq -r ".[] | select(.role != \"loopback\") | $1" | sort | uniq -c | xargs; }
# shellcheck disable=SC2046 # words
set -- $(hooks .egress)
diag "egress: $*"
is "more interfaces than descriptors: none is left out" "$(hooks '.ingress != "none" and .egress != "none"')" \
	"$VETHS true"
is "nothing has failed" "$(losses)" "{}"
free=$((LIMIT - $(find "/proc/$agent/fd" -mindepth 1 | wc -l)))
compare "some descriptors are kept" "$free" -ge 11 # what is yet to be loaded has of them, too
clients=()
for ((i = 0; i < 10; i++)); do
	spawn host "$weir_build/weir" observe --follow -o json >/dev/null 2>"$work/follow.$i"
	clients+=("$spawned")
done
has_clients() { [ "$(counter clients)" -eq 11 ]; }
ok "for clients" await 10 has_clients
is "of whom none was turned away" "$(counter clients_refused)" 0
for pid in "${clients[@]}"; do
	kill "$pid" 2>/dev/null || true
done
agent_stop TERM

# The soft limit is for programs that use select(), which the agent does not.
agent_under=(prlimit --nofile=32:4096)
agent_start
limits() { awk '/^Max open files/ { print $4, $5 }' "/proc/$agent/limits"; }
is "the agent takes all descriptors that it may have" "$(limits)" "4096 4096"
is "with which every interface is attached to" "$(hooks '.ingress != "none" and .egress != "none"')" "$VETHS true"
is "and to each in the same way" "$(hooks .egress | wc -w)" 2
