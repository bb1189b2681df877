#!/usr/bin/env bash
#
# Interfaces get other names while an agent watches some by their names: what keeps one that is meant is
# told by the new one, what gets one is attached to, what loses it is let go, and its packets are nobody's.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 12

ns_add pod
# pair NAME PEER NET
pair() {
	veth_add "$1" pod "$2"
	ip addr add "$3.1/24" dev "$1"
	at pod ip addr add "$3.2/24" dev "$2"
	up pod "$2"
	up host "$1"
	await 5 is_up host "$1"
	acquaint "$1" "$3.1" pod "$2" "$3.2"
	spawn pod "$helpers/udp" echo "$3.2" 7 >"$work/echo.$2"
	await 5 contains "$work/echo.$2" ready || die "the echo server does not start"
}
pair web0 eth0 10.9.51
pair tmp0 eth1 10.9.52
agent_start --interface 'web*' --update-interval 1s

# rename FROM TO: before Linux 6.2 it must be down for that, and forgets who is where.
rename() {
	ip link set "$1" down
	ip link set "$1" name "$2"
	ip link set "$2" up
	await 5 is_up host "$2"
}
# exchange NET PORT
exchange() { "$helpers/udp" exchange "$1.2" 7 1 "$2" >/dev/null; }
# told PORT: interface and event of the records of what came from there
told() {
	flows "select(.l4.UDP.source_port == $1 and .is_reply == false)" |
		jq -r '"\(.interface.name) \(.extensions.value.event)"' | sort -u | xargs
}
is_told() { [ -n "$(told "$1")" ]; }
names() { weir list interfaces -o json | jq -r '.[].interface.name' | sort | xargs; }
# are NAMES...
are() { [ "$(names)" = "$*" ]; }

# Those of one interface, and those that are at none.
links() { bpf_objects "$agent" | grep -c ^link; }
before_links=$(links)
links_before() { echo "$before_links"; }

is "what is named is watched" "$(names)" web0
exchange 10.9.51 5000
await 5 is_told 5000 || die "nothing is told"
is "and told by its name" "$(told 5000)" "web0 open"

rename web0 web1
ok "by another name that is meant it is watched on" await 5 are web1
acquaint web1 10.9.51.1 pod eth0 10.9.51.2
before=$(weir_raw web1)
exchange 10.9.51 5001
await 5 is_told 5001 || die "nothing is told"
is "what begins then is told by the new one" "$(told 5001)" "web1 open"
is "and counted on" "$(minus "$(weir_raw web1)" "$before")" "1 43 1 43"

rename tmp0 web2
ok "what gets a name that is meant is attached to" await 5 are web1 web2
await 5 is_attached web2 || die "not attached to"
acquaint web2 10.9.52.1 pod eth1 10.9.52.2
exchange 10.9.52 5002
await 5 is_told 5002 || die "nothing is told"
is "and what passes is told" "$(told 5002)" "web2 open"

rename web1 tmp1
ok "what loses it is not watched any more" await 5 are web2
acquaint tmp1 10.9.51.1 pod eth0 10.9.51.2
exchange 10.9.51 5003
exchange 10.9.52 5004
await 5 is_told 5004 || die "nothing is told"
is "what passes there is nobody's" "$(told 5003)" ""
await_flows 2 'select(x.event == "close" and x.close_reason == "interface_gone")'
is "what passed before has ended with it" \
	"$(flows 'select(x.event == "close")' | jq -r '"\(.l4.UDP.source_port) \(.extensions.value.close_reason)"' |
		sort -u | xargs)" "5000 interface_gone 5001 interface_gone"
is_soon "nothing of ours is left there" links links_before

rename tmp1 web9
await 5 are web2 web9 || die "it does not come back"
await 5 is_attached web9 || die "not attached to"
acquaint web9 10.9.51.1 pod eth0 10.9.51.2
exchange 10.9.51 5005
await 5 is_told 5005 || die "nothing is told"
is "with a name that is meant it is watched anew" "$(told 5005)" "web9 open"
