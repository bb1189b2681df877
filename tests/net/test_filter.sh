#!/usr/bin/env bash
#
# GetFlows with filters, on the socket: what the agent lets through of connections that are known,
# what it counts, and what it refuses before it sends anything.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 26

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
burst 127.0.0.1 30000
socket=$work/weir.sock

say() { timeout 10 "$helpers/clients" "$socket" say; }
# ask PARAMS: the answer's lines
ask() { echo "{\"method\":\"GetFlows\",\"params\":$1}" | say; }
# count PARAMS: how many records, and how many the agent says
count() { ask "$1" | jq -rs '"\([.[] | select(.flow)] | length) \(.[-1].end.flows)"'; }
# ports PARAMS: the clients' ports
ports() { ask "$1" | jq -r 'select(.flow) | .flow.l4.TCP | [.source_port, .destination_port] | max' | xargs; }
# refused PARAMS: the only line
refused() { ask "$1" | jq -r '"\(.error.code): \(.error.message)"'; }

is "without a filter: all" "$(count '{}')" "60 60"
is "empty lists: all" "$(count '{"whitelist":[],"blacklist":[],"extensions":{}}')" "60 60"
is "an address" "$(count '{"whitelist":[{"destination_ip":["127.9.9.9"]}]}')" "10 10"
is "a network, on either side" "$(count '{"extensions":{"ip":["127.9.0.0/16"]}}')" "20 20"
is "all but these" "$(count '{"blacklist":[{"source_ip":["127.9.9.9"]},{"destination_ip":["127.9.9.9"]}]}')" "40 40"
is "an event, and a range of ports" "$(count '{"whitelist":[{"event":["close"],"destination_port":["10000-10004"]}]}')" "5 5"
is "the same side" "$(count '{"extensions":{"ip":["127.9.9.9"],"port":["20000-20009"]}}')" "0 0"
is "the last two that fit, however far back" "$(ports '{"number":"2","extensions":{"port":["10000-10009"],"event":["open"]}}')" "10008 10009"
is "the first two that fit" "$(ports '{"number":"2","first":true,"extensions":{"port":["20000-20009"],"event":["open"]}}')" "20000 20001"
is "who has done it" "$(count '{"whitelist":[{"source_process":["t*p"],"event":["open"]}]}')" "30 30"
is "who has not" "$(count '{"extensions":{"process":["nobody"]}}')" "0 0"
is "the host's label" "$(count '{"whitelist":[{"source_label":["reserved:host"],"destination_identity":[1]}]}')" "60 60"
is "flags" "$(count '{"whitelist":[{"tcp_flags":[{"SYN":true}]}]}')" "30 30"
is "an expression" "$(count '{"extensions":{"where":"destination.port = 9 and event = open"}}')" "30 30"
is "verdict and reply" "$(count '{"whitelist":[{"verdict":["FORWARDED"],"reply":[true]}]}')" "30 30"
is "the machine" "$(count '{"whitelist":[{"node_name":["fil*"]}]}') $(count '{"whitelist":[{"node_name":["x"]}]}')" "60 60 0 0"

is "an interface by index, with its name and without" "$(count '{"whitelist":[{"interface":[{"index":1},{"index":1,"name":"lo"}]}]}') $(count '{"whitelist":[{"interface":[{"index":2},{"index":1,"name":"eth0"}]}]}')" \
	"60 60 0 0"

is "an unknown key is refused" "$(refused '{"whitelist":[{"foo":1}]}')" 'INVALID_ARGUMENT: unknown field "foo" in a FlowFilter'
is "so is a value" "$(refused '{"whitelist":[{"source_port":["http"]}]}')" \
	'INVALID_ARGUMENT: invalid source port filter: invalid port "http": strconv.ParseUint: parsing "http": invalid syntax'
is "and Hubble's expression" "$(refused '{"blacklist":[{"experimental":{"cel_expression":["true"]}}]}' | grep -c 'where')" 1
is "the connection goes on" "$(printf '%s\n' '{"method":"GetFlows","params":{"whitelist":[{"x":1}]}}' \
	'{"method":"GetFlows","params":{"number":"1"}}' | say | jq -rs 'map(keys[0]) | join(" ")')" "error flow end"

# ---- fields ----

is "only the fields that are asked for" \
	"$(ask '{"number":"1","field_mask":"l4.TCP.destinationPort,verdict","whitelist":[{"event":["open"]}]}' | jq -c 'del(.time)' | head -1)" \
	'{"flow":{"verdict":"FORWARDED","l4":{"TCP":{"destination_port":9}}},"node_name":"filter"}'
is "as older clients ask for them" "$(ask '{"field_mask":"time,l4.TCP"}' | cksum)" \
	"$(ask '{"experimental":{"field_mask":"time,l4.TCP"}}' | cksum)"
is "a field that no flow has is refused" "$(refused '{"follow":true,"field_mask":"time,source.pod"}')" \
	'INVALID_ARGUMENT: params.field_mask: a flow has no field "source.pod"'

# ---- following ----

follow() { echo "{\"method\":\"GetFlows\",\"params\":$1}" | timeout 20 stdbuf -oL "$helpers/clients" "$socket" say; }
follow '{"follow":true,"number":"1","extensions":{"ip":["127.9.9.9"],"event":["open"]}}' >"$work/followed" &
children+=($!)
await 5 contains "$work/followed" 20009 || die "nothing is followed"
burst 127.0.0.1 40000
burst 127.9.9.9 50000
await 5 contains "$work/followed" 50009
is "a follower sees what fits, from the last one on" \
	"$(jq -r '.flow.l4.TCP.source_port' "$work/followed" | xargs)" \
	"20009 $(seq 50000 50009 | xargs)"

follow '{"follow":true,"number":"1","field_mask":"l4.TCP.source_port","extensions":{"port":["9"],"event":["open"]}}' >"$work/masked" &
children+=($!)
await 5 contains "$work/masked" 50009 || die "nothing is followed with a mask"
burst 127.0.0.1 60000
await 5 contains "$work/masked" 60009
is "a follower, too, sees only the fields that it asked for" "$(jq -c .flow "$work/masked" | xargs)" \
	"$(for port in 50009 {60000..60009}; do echo "{l4:{TCP:{source_port:$port}}}"; done | xargs)"

agent_stop TERM
