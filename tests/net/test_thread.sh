#!/usr/bin/env bash
#
# The thread from end to end: one HTTP request over a veth, by a client in the other namespace and
# by one in the agent's own, as weir tells it; tcpdump's count of the same conversation is the
# truth. And how long a record takes to reach who follows.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need curl tcpdump ethtool
plan 48

LINES_A_BURST=100
DELAY_MS_MAX=50
LATEST_MS_MAX=1000
# The packet's process, the agent, weir and this script's: each may get its processor as late as a timer.
WAKES=4

ns_add pod
veth_add vweb pod
offloads host vweb off
offloads pod eth0 off
ip addr add 10.9.1.1/24 dev vweb
at pod ip addr add 10.9.1.2/24 dev eth0
up pod eth0
agent_start --node-name thread
up host vweb
await 5 is_up host vweb
mac_host=$(ip -j link show dev vweb | jq -r '.[0].address')
mac_pod=$(at pod ip -j link show dev eth0 | jq -r '.[0].address')

# serve NAMESPACE ADDRESS: an HTTP server of 20,000 bytes.
serve() {
	spawn "$1" "$helpers/tcp" serve "$2" 80 20000 >"$work/serve.$1"
	await 5 contains "$work/serve.$1" ready || die "the server does not start"
}

# The line that Hubble would print of a record, from its JSON alone.
as_hubble() {
	jq -r '.flow |
		def side: "\(.ip):\(.port) (\(.name))";
		{ip: .IP.source, port: .l4.TCP.source_port, name: .source.labels[0][9:]} as $from |
		{ip: .IP.destination, port: .l4.TCP.destination_port,
		 name: .destination.labels[0][9:]} as $to |
		(.time[0:19] + "Z" | strptime("%Y-%m-%dT%H:%M:%SZ") | strftime("%b %e %H:%M:%S")) +
		".\(.time[20:23]): " +
		(if .is_reply then "\($to | side) <- \($from | side)"
		 else "\($from | side) -> \($to | side)" end) +
		" \(.trace_observation_point | ascii_downcase | gsub("_"; "-")) FORWARDED (\(.Summary))"'
}

# field FILTER: of the record at hand
field() { jq -r ".flow | def x: .extensions.value; $1" <<<"$record"; }

# is_seen SENTENCE POINT DIRECTION SUB_TYPE IS_REPLY
is_seen() {
	is "$1" "$(field '"\(.trace_observation_point) \(.traffic_direction) \(.event_type.sub_type // 0) \(.is_reply)"')" \
		"$2 $3 $4 $5"
}

# told NAME CLIENT SERVER ADDRESSES... : a request, and every record of it.
told() {
	local name=$1 client=$2 server=$3 out_point=$4 out_direction=$5 out_type=$6
	local back_point=$7 back_direction=$8 back_type=$9
	local client_ip server_ip mac_client mac_server record id

	if [ "$client" = pod ]; then
		client_ip=10.9.1.2 server_ip=10.9.1.1 mac_client=$mac_pod mac_server=$mac_host
	else
		client_ip=10.9.1.1 server_ip=10.9.1.2 mac_client=$mac_host mac_server=$mac_pod
	fi
	serve "$server" "$server_ip"
	capture_start "$name" host vweb tcp
	is "$name: curl gets its answer" "$(at "$client" curl -s "http://$server_ip/" | wc -c)" 20000
	await_flows 1 "select(x.event == \"close\" and .IP.source == \"$client_ip\")"
	capture_stop "$name"
	flows "select(.IP.source == \"$client_ip\" or .IP.destination == \"$client_ip\") |
		select((x.initiator.side == \"source\") == (.IP.source == \"$client_ip\")) | {flow: .}" \
		>"$work/$name.json"

	is "$name: open, established, close, and nothing else" \
		"$(jq -r .flow.extensions.value.event "$work/$name.json" | xargs)" \
		"open established close"
	id=$(jq -r .flow.extensions.value.conn_id "$work/$name.json" | sort -u)
	ok "$name: one conn_id of 16 hex digits in all three" grep -qxE '[0-9a-f]{16}' <<<"$id"
	is "$name: one community id in all three" \
		"$(jq -r .flow.extensions.value.community_id "$work/$name.json" | sort -u | wc -l)" 1
	is "$name: they name the interface" \
		"$(jq -r '.flow.interface | "\(.name) \(.index)"' "$work/$name.json" | sort -u)" \
		"vweb $(cat /sys/class/net/vweb/ifindex 2>/dev/null || ip -j link show dev vweb | jq '.[0].ifindex')"

	record=$(sed -n 1p "$work/$name.json")
	is_seen "$name: open, as the client's packet passed" \
		"$out_point" "$out_direction" "$out_type" false
	is "$name: open carries the SYN" "$(field '.l4.TCP.flags | keys | join(",")')" SYN
	is "$name: the addresses of layer 2" "$(field '"\(.ethernet.source) \(.ethernet.destination)"')" \
		"$mac_client $mac_server"
	is "$name: the client began, by its SYN" "$(field '"\(x.initiator.side) \(x.initiator.by)"')" \
		"source syn"

	record=$(sed -n 2p "$work/$name.json")
	is_seen "$name: established, as the answer passed" \
		"$back_point" "$back_direction" "$back_type" true
	is "$name: established says SYN and ACK" "$(field '.l4.TCP.flags | keys | join(",")')" ACK,SYN
	is "$name: the round trip is the server's half and the client's" \
		"$(field 'x.rtt_ns == x.rtt_server_ns + x.rtt_client_ns and
			x.rtt_server_ns > 0 and x.rtt_client_ns > 0 and x.rtt_ns < 1e9')" true

	record=$(sed -n 3p "$work/$name.json")
	is_seen "$name: the client closed first" "$out_point" "$out_direction" "$out_type" false
	is "$name: closed by FIN" "$(field '"\(x.close_reason) \(.l4.TCP.flags | keys | join(","))"')" \
		"fin ACK,FIN"
	is "$name: sent packets and bytes are tcpdump's" \
		"$(field '"\(x.forward.packets) \(x.forward.bytes)"')" \
		"$(captured "$name" src host "$client_ip")"
	is "$name: received packets and bytes are tcpdump's" \
		"$(field '"\(x.reverse.packets) \(x.reverse.bytes)"')" \
		"$(captured "$name" src host "$server_ip")"
	is "$name: one leg, an endpoint's, with the same counts" \
		"$(field '(x.legs | length) == 1 and x.legs[0].interface == "vweb" and
			x.legs[0].role == "endpoint" and x.legs[0].forward == (x.forward | {packets, bytes}) and
			x.legs[0].reverse == (x.reverse | {packets, bytes})')" true
	is "$name: it lasted from the start to the last packet" \
		"$(field 'x.duration_ns > x.rtt_ns and x.duration_ns < 1e10 and x.start <= .time')" true
	same "$name: the lines are those that Hubble would print" \
		"$(weir observe --all --ip-translation=false | grep -F "$(jq -r '.flow.l4.TCP.source_port' <<<"$record")")" \
		"$(as_hubble <"$work/$name.json")"
}

told inbound pod host FROM_ENDPOINT EGRESS 5 TO_ENDPOINT INGRESS 0
told outbound host pod TO_ENDPOINT INGRESS 0 FROM_ENDPOINT EGRESS 5

is "no uuid is given twice" "$(flows .uuid | sort | uniq -d)" ""
is "every record names the node and this agent's namespace" \
	"$(flows '"\(.node_name) \(x.netns)"' | sort -u)" \
	"\"thread $(stat -Lc %i /proc/self/ns/net)\""
is_wire "what went over the wire is what the kernel counts" vweb

# Who follows: the time a line was read, less the time in the record.
stamp() {
	local line

	while IFS= read -r line; do
		echo "$EPOCHREALTIME $line"
	done
}
{ weir observe --follow -o json 2>/dev/null || true; } | stamp >"$work/follow" &
children+=("$!")
# How many milliseconds too late a timer of 5 ms is, again and again, while others do their work.
mkfifo "$work/silent"
timers() {
	local begin

	while :; do
		begin=${EPOCHREALTIME/./}
		read -rt 0.005 <>"$work/silent" || true
		echo $(((${EPOCHREALTIME/./} - begin) / 1000 - 5))
	done
}
follows() {
	at pod curl -s -o /dev/null http://10.9.1.1/
	[ -s "$work/follow" ]
}
await 10 follows || die "the follower is told nothing"
before=$(wc -l <"$work/follow")
timers >"$work/timers" &
children+=("$!")
timers=$!
for ((i = 0; i < LINES_A_BURST; i++)); do
	at pod curl -s -o /dev/null http://10.9.1.1/
done
all_told() { [ "$(wc -l <"$work/follow")" -ge $((before + 3 * LINES_A_BURST)) ]; }
ok "a follower is told of $LINES_A_BURST connections" await 10 all_told
end_process "$timers"
tail -n +$((before + 1)) "$work/follow" | jq -rR 'index(" ") as $space |
	(.[$space + 1:] | fromjson | .flow.time) as $time |
	(.[:$space] | tonumber) - ($time[0:19] + "Z" | fromdateiso8601) -
	("0" + $time[19:-1] | tonumber) | . * 1000000 | round / 1000' | sort -n >"$work/delays"
sort -no "$work/timers" "$work/timers"
# percent FILE PERCENT: so many of its numbers, which are in order, are at most that.
percent() { sed -n "$((($(wc -l <"$1") * $2 + 99) / 100))p" "$1"; }
# are_told PERCENT MS: so many of the records came within that time, and what timers took beside it.
are_told() {
	local delay late

	delay=$(percent "$work/delays" "$1") late=$(percent "$work/timers" "$1")
	diag "from the packet to the follower: $1 % within $delay ms; of timers: $late ms too late"
	ok "$1 % are told within $2 ms of their packets" \
		awk "BEGIN { exit !($delay <= $2 + $WAKES * $late) }"
}
are_told 50 $DELAY_MS_MAX
are_told 90 $DELAY_MS_MAX
are_told 100 $LATEST_MS_MAX

# Statuses of what was watched, as a whole.
ok "weir status --verify agrees" weir status --verify --for 1s
is "nothing was lost" "$(losses)" "{}"
ok "an agent that is asked to end does so well" agent_stop
