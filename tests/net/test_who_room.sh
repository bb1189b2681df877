#!/usr/bin/env bash
#
# What found no room in the tables of who is at the ends is among the losses, by number.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 4

ADDRESSES=16384 # of a hosts file that have names
MORE=100

who_losses() {
	status '.extensions.losses | to_entries[] | select(.key | test("_without_room$|^owners_")) |
		"\(.key) \(.value)"' | sort
}

agent_start --node-name room
same "at first nothing is without room" "$(who_losses)" "connections_without_room 0
containers_without_room 0
names_without_room 0
namespaces_without_room 0
owners_not_asked 0
processes_without_room 0
resending_sockets_without_room 0
sides_without_room 0"
is "and the status in plain words has no losses" "$(weir status | grep -c without_room || true)" 0
agent_stop TERM

awk -v count=$((ADDRESSES + MORE)) 'BEGIN { for (i = 0; i < count; i++)
	printf "10.%d.%d.%d h%d\n", i / 65536, i / 256 % 256, i % 256, i }' >"$work/hosts"
mount --bind "$work/hosts" /etc/hosts
agent_start --node-name room
names_refused() { status .extensions.losses.names_without_room; }
names_more() { echo $MORE; }
is_soon "names of more addresses than there is room for are counted" names_refused names_more
ok "and told in plain words" contains <(weir status) "names_without_room: $MORE\$"
