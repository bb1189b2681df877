#!/usr/bin/env bash
#
# Connections older than the agent, from a low port to a high one: who listens here is the server,
# whatever the ports look like. Where nobody is known to listen the ports decide, which is a guess.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 15

ns_add pod
veth_add vpod pod
ns_ipv6 pod
ns_ipv6 host
ip addr add 10.9.51.1/24 dev vpod
ip addr add fd09:51::1/64 dev vpod nodad
at pod ip addr add 10.9.51.2/24 dev eth0
at pod ip addr add fd09:51::2/64 dev eth0 nodad
up pod eth0
up host vpod
await 5 is_up host vpod
acquaint vpod 10.9.51.1 pod eth0 10.9.51.2
acquaint vpod fd09:51::1 pod eth0 fd09:51::2

# held SERVER_NAMESPACE LISTEN_ADDRESS PORT CLIENT_NAMESPACE ADDRESS FROM_PORT: a connection that
# sends when its fifo is written to.
fds=()
held() {
	local fd

	spawn "$1" "$helpers/tcp" serve "$2" "$3" 1 >"$work/serve.$3"
	await 5 contains "$work/serve.$3" ready || die "the server does not start"
	mkfifo "$work/fifo.$3"
	exec {fd}<>"$work/fifo.$3"
	fds+=("$fd")
	spawn "$4" "$helpers/tcp" hold "$5" "$3" "$6" <"$work/fifo.$3" >"$work/hold.$3"
	await 5 contains "$work/hold.$3" ready || die "the client does not connect"
}

# told SENTENCE PORT WANTED: "BY, the port of who began, and what the update or close says".
told() {
	local of="select([.l4.TCP.source_port?, .l4.TCP.destination_port?] | index($2))"

	await_flows 1 "$of | select(x.event == \"open\")"
	is "$1" "$(flows "$of | select(x.event == \"open\") |
		\"\(x.initiator.by) \(if x.initiator.side == \"source\" then .l4.TCP.source_port
			else .l4.TCP.destination_port end)\"")" "\"$3\""
}

held host 10.9.51.1 40001 pod 10.9.51.1 701
held host fd09:51::1 40002 pod fd09:51::1 702
held host 0.0.0.0 40003 pod 10.9.51.1 703
held host :: 40004 pod 10.9.51.1 704
held host :: 40005 pod fd09:51::1 705
held host 127.0.0.1 40006 host 127.0.0.1 706
held host ::1 40007 host ::1 707
held host :: 40008 host 127.0.0.1 708
held host 10.9.51.1 40009 host 10.9.51.1 709
held pod 10.9.51.2 40010 host 10.9.51.2 710
held host 10.9.51.1 711 pod 10.9.51.1 40011

agent_start --node-name listeners --timeout-tcp 1s
is "the kernel tells who listens" \
	"$(status '.extensions.capabilities[] | select(.name == "listeners").available')" true
for fd in "${fds[@]}"; do
	echo >&"$fd"
done
told "IPv4" 40001 "listener 701"
told "IPv6" 40002 "listener 702"
told "a wildcard of IPv4" 40003 "listener 703"
told "a wildcard of both families, IPv4" 40004 "listener 704"
told "a wildcard of both families, IPv6" 40005 "listener 705"
told "loopback, IPv4" 40006 "listener 706"
told "loopback, IPv6" 40007 "listener 707"
told "loopback, IPv4, a wildcard of both families" 40008 "listener 708"
told "our own address, over loopback" 40009 "listener 709"
told "others' listeners are not known: the ports" 40010 "ports 40010"
told "a listener at a low port" 711 "listener 40011"

# A connection that is new has a SYN, whatever its ports.
held host 10.9.51.1 40012 pod 10.9.51.1 712
told "a new one" 40012 "syn 712"

# It is given up after a while of silence, and then goes on. Its listener is younger than the agent.
of="select(.l4.TCP.source_port == 712 or .l4.TCP.destination_port == 712)"
await_flows 1 "$of | select(x.event == \"close\")"
echo >&"${fds[-1]}"
await_flows 2 "$of | select(x.event == \"open\")"
is "a listener that came later" \
	"$(flows "$of | select(x.event == \"open\") | x.initiator.by" | paste -sd,)" \
	'"syn","listener"'
ok "the agent ends" agent_stop
