#!/usr/bin/env bash
#
# The agent is asked to end while connections go on and somebody follows: each of them is told to
# have ended with the agent, with what it has moved so far. Nobody who does not read can hold it up.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need socat
plan 15

CONNECTIONS=20

ns_add pod
veth_add vbye pod
ip addr add 10.9.20.1/24 dev vbye
at pod ip addr add 10.9.20.2/24 dev eth0
up pod eth0
up host vbye
await 5 is_up host vbye

serve() {
	spawn host socat -u TCP-LISTEN:7001,bind=10.9.20.1,fork,reuseaddr OPEN:/dev/null
	await 5 is_listening || die "the server does not listen"
}
is_listening() { [ -n "$(ss -Hltn 'sport = :7001')" ]; }

# hold N: so many connections that are open, silent after their 5 bytes
mkfifo "$work/hold"
hold() {
	local i

	for ((i = 0; i < $1; i++)); do
		spawn pod socat -u "OPEN:$work/hold,rdonly" TCP:10.9.20.1:7001
	done
	exec 4>"$work/hold"
}

serve
agent_start --node-name bye
spawn host "$weir_build/weir" observe -f -o json >"$work/follow" 2>"$work/follow.err"
follower=$spawned
echo '{"method":"GetFlows","params":{"follow":true,"number":"1"}}' |
	timeout 60 "$helpers/clients" "$work/weir.sock" say >"$work/talk" &
children+=($!)
talker=$!
spawn host "$weir_build/weir" observe agent-events -f >"$work/events" 2>"$work/events.err"
watcher=$spawned
# has_clients N: so many besides the one who asks
has_clients() { [ "$(status .extensions.counters.clients)" -gt "$1" ]; }
await 10 has_clients 3 || die "nobody follows"
hold $CONNECTIONS
await_flows $CONNECTIONS 'select(x.event == "established" and (.l4.TCP | [.source_port, .destination_port] | index(7001)))'
told() { jq -r "select(.flow != null) | .flow | select(.extensions.value.$1) | $2" "$work/follow"; }
follows() { [ "$(told 'event == "established"' .uuid | wc -l)" -ge $CONNECTIONS ]; }
await 10 follows || die "the follower is told nothing"

before=$(date +%s%N)
ok "asked to end it does so" agent_stop TERM
took=$((($(date +%s%N) - before) / 1000000))
diag "in $took ms"
compare "within a second" "$took" -le 1000
ok "a follower ends with it" await 5 is_gone "$follower"
status=0
wait "$follower" || status=$?
is "and says why" "$status $(cat "$work/follow.err")" "1 weir: the agent at unix://$work/weir.sock has stopped"
await 5 is_gone "$watcher" || diag "the follower of events goes on"
is "who follows its events is told so, too" "$(cat "$work/events.err")" "$(cat "$work/follow.err")"
ok "so does who speaks to the socket himself" await 5 is_gone "$talker"
is "whose last line tells it" "$(tail -n 1 "$work/talk")" \
	'{"error":{"code":"UNAVAILABLE","message":"the agent has stopped"}}'
is "behind all that was for him" "$(jq -r 'select(.flow.extensions.value.close_reason == "agent_stop") | .flow.uuid' "$work/talk" | wc -l)" $CONNECTIONS
is "each connection is told to have ended" \
	"$(told 'close_reason == "agent_stop"' .extensions.value.conn_id | sort -u | wc -l)" $CONNECTIONS
is "once" "$(told 'close_reason == "agent_stop"' .extensions.value.conn_id | sort | uniq -d | wc -l)" 0
is "with the packets of its handshake, at least" \
	"$(told 'close_reason == "agent_stop"' '.extensions.value | .forward.packets >= 2 and .reverse.packets >= 1' | sort -u)" true

# Who follows and does not read.
agent_start --node-name bye
mkfifo "$work/stuck"
exec 5<>"$work/stuck"
spawn host "$weir_build/weir" observe -f -o json >&5 2>/dev/null
stuck=$spawned
ok "somebody follows who does not read" await 5 has_clients 1
before=$(date +%s%N)
ok "it ends all the same" agent_stop TERM
took=$((($(date +%s%N) - before) / 1000000))
compare "within a second" "$took" -le 1000
end_process "$stuck"

agent_start --node-name bye
ok "and at once where nobody listens" agent_stop INT
