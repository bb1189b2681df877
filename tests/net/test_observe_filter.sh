#!/usr/bin/env bash
#
# The filter flags of weir observe, end to end.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 23

agent_start --node-name filter
# burst ADDRESS FIRST_PORT: ten refused connections, an open and a close each
burst() {
	"$helpers/tcp" connect "$1" 9 10 refused "$2" >/dev/null
	expected=$((expected + 20))
	await 5 is_told || die "only $(status .seen_flows) records"
}
is_told() { [ "$(status .seen_flows)" -eq "$expected" ]; }
expected=0
burst 127.0.0.1 10000
burst 127.9.9.9 20000

# lets_through COUNT FLAG...: so many flows
lets_through() {
	local count=$1
	shift
	is "$*" "$(weir observe --all -o json "$@" | wc -l)" "$count"
}

lets_through 40 --port 9
lets_through 20 --ip 127.9.0.0/16
lets_through 20 --not --ip 127.9.0.0/16
lets_through 0 --ip 127.9.9.9 --port 20000-20009
lets_through 10 --from-ip 127.9.9.9 --not --event open --from-port 20000-20009,9
lets_through 10 --event close --to-port 10000-10004,20005-20009
lets_through 20 --from-process 't*p' --event open
lets_through 20 --process tcp --event open
lets_through 0 --process nobody
lets_through 20 --tcp-flags SYN
lets_through 40 -l reserved:host --identity host -4 --protocol TCP --verdict FORWARDED
lets_through 40 -t trace --interface lo --node-name 'fil*'
lets_through 20 --where 'destination.port = 9 and event = open'
lets_through 0 --min-bytes 1M
lets_through 10 --allowlist '{"destination_ip":["127.9.9.9"]}' --denylist '{"event":["close"]} {"uuid":["x"]}' --not --uuid x
lets_through 20 --from-uid 0 --event open

# ---- what is refused ----

# refuses STATUS MESSAGE FLAG...
refuses() {
	local status=$1 message=$2 got=0
	shift 2
	weir observe "$@" >"$work/out" 2>"$work/err" || got=$?
	is "$* is refused" "$got $(head -n 1 "$work/err")" "$status $message"
}

refuses 2 'weir: invalid argument "foo" for "--verdict" flag: invalid --verdict value: foo' --verdict foo
refuses 2 'weir: invalid argument "1" for "--from-port" flag: filters --port and --from-port cannot be combined' \
	--port 80 --from-port 1
refuses 2 'weir: trailing --not found in the arguments' --not
refuses 2 'weir: invalid argument "rtt >" for "--where" flag: byte 5: expected a value, not the end' --where 'rtt >'
refuses 2 'weir: invalid argument "nothing" for "--port" flag: neither a port nor a service of /etc/services' \
	--port nothing
refuses 1 'weir: the agent refused GetFlows: invalid source port filter: invalid port "70000": strconv.ParseUint: parsing "70000": value out of range (INVALID_ARGUMENT)' \
	--port 70000

ok "the agent ends" agent_stop
