#!/usr/bin/env bash
#
# When an interface goes, deleted or moved into another namespace, its peer, its addresses and its
# routes go first. The last records of its connections say of whom and from where they are as the
# first ones did.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need ping
ways=(delete move down_first)
# Each has addresses of its own: what closes behind its interface sends its FIN by the next one that leads there.
nets=(10.9.41 10.9.42 10.9.43)
plan $((2 * ${#ways[@]}))

ns_add pod other
agent_start --update-interval 1s

# From the host into the pod by TCP, and from the pod to the host by ping.
begin() {
	veth_add "$name" pod
	ip addr add "$net.1/24" dev "$name"
	at pod ip addr add "$net.2/24" dev eth0
	up pod eth0
	up host "$name"
	await 5 is_up host "$name"
	await 5 is_attached "$name" || die "not attached to"
	spawn pod "$helpers/tcp" serve "$net.2" 7000 1 >"$work/serve"
	server=$spawned
	await 5 contains "$work/serve" ready || die "the server does not start"
	exec 4<>"/dev/tcp/$net.2/7000"
	at pod ping -q -c 1 "$net.1" >/dev/null
	await_flows 2 "select($here and x.event == \"established\")"
}

end() {
	case $way in
	delete) ip link del "$name" ;;
	move) ip link set "$name" netns "$work/ns/other" ;;
	down_first) ip link set "$name" down && ip addr flush dev "$name" && ip link del "$name" ;;
	esac
	exec 4>&-
	end_process "$server"
	at other ip link del "$name" 2>/dev/null || true
}

# said: all that is to stay the same, of each record; without its answers, which go the other way
said() {
	flows "select($here and (.is_reply | not))" | jq -r "[(.l4 | keys[0]), .source.identity, .destination.identity, .trace_observation_point, .traffic_direction] | join(\" \")" | sort -u
}

for i in "${!ways[@]}"; do
	way=${ways[i]} net=${nets[i]}
	name=v$way
	here=".interface.name == \"$name\""
	begin
	end
	await_flows 2 "select($here and x.event == \"close\")"
	is "$way: both ends are told because the interface is gone" \
		"$(flows "select($here and x.event == \"close\")" | jq -r '.extensions.value.close_reason' | sort | uniq -c | xargs)" \
		"2 interface_gone"
	same "$way: each record says what the first did" "$(said)" \
		"ICMPv4 2 1 FROM_ENDPOINT EGRESS
TCP 1 2 TO_ENDPOINT INGRESS"
done
