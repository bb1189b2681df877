#!/usr/bin/env bash
#
# UDP that is older than the agent: questions that were asked before it started, and are answered
# behind that. The server is heard first, and yet is not told as who began.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need dnsmasq dig
plan 13

ns_add pod root
veth_add vpod pod
veth_add vroot root
ip addr add 10.9.71.1/24 dev vpod
ip addr add 10.9.72.1/24 dev vroot
at pod ip addr add 10.9.71.2/24 dev eth0
at root ip addr add 10.9.72.2/24 dev eth0
up pod eth0
up root eth0
up host vpod vroot
await 5 is_up host vpod
await 5 is_up host vroot
acquaint vpod 10.9.71.1 pod eth0 10.9.71.2
acquaint vroot 10.9.72.1 root eth0 10.9.72.2

# dns NAME NAMESPACE ADDRESS OPTION...: a real server; its number is $spawned
dns() {
	local name=$1 ns=$2 address=$3

	shift 3
	spawn "$ns" dnsmasq -C /dev/null -k -u root -g root --no-hosts --no-resolv --pid-file= \
		--bind-interfaces --except-interface=lo --listen-address="$address" --cache-size=0 \
		--log-facility=- --log-queries "$@" 2>"$work/dns.$name"
	await 5 contains "$work/dns.$name" 'started' || die "dnsmasq does not start"
}

dns root root 10.9.72.2 --address=/demo.test/192.0.2.7
root=$spawned
dns near host 10.9.71.1 --server=10.9.72.2 --query-port=40053
spawn host "$helpers/udp" echo 127.0.0.1 40002 >"$work/echo.high"
high=$spawned
spawn host "$helpers/udp" echo 127.0.0.1 5302 >"$work/echo.low"
low=$spawned
await 5 contains "$work/echo.high" ready || die "the server does not start"
await 5 contains "$work/echo.low" ready || die "the server does not start"

# ---- asked before ----

kill -STOP "$root" "$high" "$low"
spawn pod dig +short +tries=1 +time=60 -b 10.9.71.2#50053 @10.9.71.1 demo.test >"$work/dig"
asked=$spawned
await 5 contains "$work/dns.near" 'forwarded demo.test to 10.9.72.2' || die "nothing is asked"
spawn host "$helpers/udp" exchange 127.0.0.1 40002 1 50002 >"$work/exchange.high"
spawn host "$helpers/udp" exchange 127.0.0.1 5302 1 50003 >"$work/exchange.low"
# waits PORT: a question lies there that nobody has taken
waits() { ss -Huan "sport = :$1" | awk '$2 > 0 { found = 1 } END { exit !found }'; }
await 5 waits 40002 || die "nothing is asked"
await 5 waits 5302 || die "nothing is asked"

# told PORT SIDES: "BY, the port of who began, who sent the first record"
told() {
	flows "select([.l4.UDP.source_port?, .l4.UDP.destination_port?] | index($1)) |
		select(x.event == \"$2\") |
		\"\(x.initiator.by) \(if x.initiator.side == \"source\" then .l4.UDP.source_port
			else .l4.UDP.destination_port end)\""
}

# is_told SENTENCE PORT WANTED
is_told() {
	await_flows 1 "select([.l4.UDP.source_port?, .l4.UDP.destination_port?] | index($2)) |
		select(x.event == \"open\")"
	is "$1" "$(told "$2" open)" "\"$3\""
}

# ---- answered later ----

agent_start --node-name older
kill -CONT "$root" "$high" "$low"
await 10 is_gone "$asked" || die "dig gets no answer"
is "what was asked before the agent came is answered" "$(cat "$work/dig")" 192.0.2.7
is_told "a server at a port of servers" 50053 "listener 50053"
is "which is the source of the record, as it was heard" \
	"$(flows 'select(.l4.UDP.destination_port == 50053 and x.event == "open") | .is_reply')" true
is_told "a client here, of a server elsewhere" 40053 "ports 40053"
is_told "on this host, the server at a port of servers" 50003 "listener 50003"
is_told "on this host, the server at a port of clients" 50002 "listener 50002"

# ---- whose beginning was seen ----

is "a name that is asked for now" \
	"$(at pod dig +short +tries=1 -b 10.9.71.2#50054 @10.9.71.1 demo.test)" 192.0.2.7
is_told "is told by its first packet" 50054 "first 50054"
is "a new exchange on this host" "$("$helpers/udp" exchange 127.0.0.1 5302 1 50004)" 1
is_told "is, too" 50004 "first 50004"

ok "the agent ends" agent_stop

# ---- no longer young ----

# What is silent for three times --timeout-udp has ended, to an agent that had been there as well.
kill -STOP "$low"
spawn host "$helpers/udp" exchange 127.0.0.1 5302 1 50005 >"$work/exchange.late"
await 5 waits 5302 || die "nothing is asked"
agent_start --node-name older --timeout-udp 1s
is_old() { [ "$(status .uptime_ns)" -gt 3000000000 ]; }
await 10 is_old
kill -CONT "$low"
is_told "what comes after that begins with its first packet" 50005 "first 5302"
ok "the agent ends" agent_stop
