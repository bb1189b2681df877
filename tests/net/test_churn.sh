#!/usr/bin/env bash
#
# Interfaces come, are renamed, go, and move into another namespace and back, while traffic flows:
# the agent's attachments follow, the flows of what has gone are closed, and nothing piles up.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 40

TOGETHER=50
AT_ONCE=200
STORM=400 # interfaces of a storm: pairs, both ends of which are here
GROUP=7	  # theirs
IN_ALL=${TEST_INTERFACES:-4000}

ns_add pod other
veth_add vstay pod
ip addr add 10.9.6.1/24 dev vstay
at pod ip addr add 10.9.6.2/24 dev eth0
up pod eth0
agent_start --timeout-tcp 1h
up host vstay
await 5 is_up host vstay
spawn pod "$helpers/udp" echo 0.0.0.0 7 >"$work/echo"
await 5 contains "$work/echo" ready || die "the echo does not start"

# Traffic that never ends, on the interface that stays.
keep_on() {
	while [ -e "$work/keep_on" ]; do
		"$helpers/udp" exchange 10.9.6.2 7 20 40000 && sleep 0.05 || return
	done
}
touch "$work/keep_on"
keep_on >/dev/null &
traffic=$!
children+=("$traffic")

# What the links of the agent say: "ifindex attach_type" of each.
links() {
	local info

	for info in "/proc/$agent/fdinfo/"*; do
		sed -n 's/^ifindex:[[:space:]]*//p' "$info" 2>/dev/null || true
	done | sort -n | xargs
}
count() { find "/proc/$agent/$1" -mindepth 1 | wc -l; }
index_of() { ip -j link show dev "$1" | jq '.[0].ifindex'; }
is_listed() { [ -n "$(iface "$1" .role)" ]; }
is_unlisted() { ! is_listed "$1"; }
exchange() { "$helpers/udp" exchange "$1" 7 1 "$2" >/dev/null; }

# told PORT: "interface event reason" of each record
told() {
	flows "select([.l4.UDP[]?] | index($1)) | \"\(.interface.name) \(x.event) \(x.close_reason // \"-\")\"" |
		jq -r . | paste -sd,
}
# closed PORT: by the interface's going
closed() { [ "$(flows "select([.l4.UDP[]?] | index($1)) | select(x.close_reason == \"interface_gone\")" | wc -l)" -ge 1 ]; }

links_before=$(links)
is "links at both hooks of the veth, one at the loopback" "$links_before" \
	"$(index_of lo) $(index_of vstay) $(index_of vstay)"

# ---- added ----
veth_add vnew pod eth1
ip addr add 10.9.16.1/24 dev vnew
at pod ip addr add 10.9.16.2/24 dev eth1
up pod eth1
up host vnew
ok "an interface that is added is attached to" await 5 is_attached vnew
await 5 is_up host vnew
index=$(index_of vnew)
is "at both hooks" "$(links)" "$links_before $index $index"
exchange 10.9.16.2 30001
await_flows 2 'select([.l4.UDP[]?] | index(30001))'
is "its connections are told" "$(told 30001)" "vnew open -,vnew established -"
is_raw "its counters are the kernel's from the first packet" vnew

# ---- renamed ----
ip link set vnew down
ip link set vnew name vold
ip link set vnew up 2>/dev/null || ip link set vold up
ok "a new name is taken over" await 5 is_listed vold
ok "and the old one forgotten" await 5 is_unlisted vnew
is "with the links that it had" "$(links)" "$links_before $index $index"
await 5 is_up host vold
exchange 10.9.16.2 30002
await_flows 2 'select([.l4.UDP[]?] | index(30002))'
is "connections since then have the new name" "$(told 30002)" "vold open -,vold established -"

# ---- moved away, and back ----
home=$$
ip link set vold netns "$work/ns/other"
ok "an interface that has moved away is watched no more" await 5 is_unlisted vold
are_links() { [ "$(links)" = "$1" ]; }
ok "its links are closed" await 5 are_links "$links_before"
ok "its connections end" await 10 closed 30001
is "for that reason" "$(told 30002)" \
	"vold open -,vold established -,vold close interface_gone"
counts=$(flows 'select(x.event == "close" and ([.l4.UDP[]?] | index(30002))) | x |
	"\(.forward.packets) \(.forward.bytes) \(.reverse.packets) \(.reverse.bytes)"')
is "with what they had counted" "$counts" '"1 43 1 43"'
at other ip link set vold netns "$home"
ok "back again it is attached to" await 5 is_attached vold
is "as the same one" "$(links)" "$links_before $(index_of vold) $(index_of vold)"
up host vold
await 5 is_up host vold
ip addr add 10.9.16.1/24 dev vold
exchange 10.9.16.2 30003
await_flows 2 'select([.l4.UDP[]?] | index(30003))'
is "its connections are told again" "$(told 30003)" "vold open -,vold established -"

# Away and back at once, as the same index: the connections have ended, and others begun.
exchange 10.9.16.2 30004
ip link set vold netns "$work/ns/other"
at other ip link set vold netns "$home"
up host vold
ip addr add 10.9.16.1/24 dev vold
await 5 is_attached vold
await 5 is_up host vold
exchange 10.9.16.2 30004
settle
await 5 closed 30004
is "away and back at once: its connections end and begin anew" \
	"$(told 30004 | tr , '\n' | sort | paste -sd,)" \
	"vold close interface_gone,vold established -,vold established -,vold open -,vold open -"
ok "weir status --verify agrees" weir status --verify --for 1s

# ---- removed ----
exchange 10.9.16.2 30005
ip link del vold
ok "an interface that is removed is watched no more" await 5 is_unlisted vold
ok "its links are closed" await 5 are_links "$links_before"
ok "its connections end" await 10 closed 30005
is "for that reason, and under its name" "$(told 30005)" \
	"vold open -,vold established -,vold close interface_gone"
only_stays() { [ "$(weir list interfaces -o json | jq -r 'map(.interface.name) | sort | join(" ")')" = "lo vstay" ]; }
ok "what is left is what was there before" await 5 only_stays

# ---- hundreds ----
fds_before=$(count fd)
objects_before=$(bpf_objects "$agent" | grep -c ^link)
resident() { status .extensions.memory.resident_bytes; }
now_us() { echo "${EPOCHREALTIME/./}"; }
for ((i = 0; i < AT_ONCE; i++)); do
	echo "link add vmany$i type veth peer name pmany$i netns $work/ns/other"
done >"$work/add"
sed 's/link add \([^ ]*\) .*/link del \1/' "$work/add" >"$work/del"
begin=$(now_us)
head -n $TOGETHER "$work/add" | ip -batch -
are_all() { [ "$(weir list interfaces -o json | jq '[.[] | select(.ingress == "tcx" and .egress == "tcx")] | length')" -eq "$1" ]; }
ok "$TOGETHER new interfaces are attached to" await 60 are_all $((TOGETHER + 1))
attach_us=$((($(now_us) - begin) / TOGETHER))
is "two links each" "$(bpf_objects "$agent" | grep -c ^link)" $((objects_before + 2 * TOGETHER))
resident_with=$(resident)
head -n $TOGETHER "$work/del" | ip -batch -
ok "and left alone when they have gone" await 60 are_all 1
links_are() { [ "$(bpf_objects "$agent" | grep -c ^link)" -eq "$1" ]; }
ok "no link is left of them" await 20 links_are "$objects_before"
fds_are() { [ "$(count fd)" -eq "$1" ]; }
ok "nor a descriptor" await 20 fds_are "$fds_before"

# Each is gone before the next comes: the agent is late for most.
paste -d '\n' "$work/add" "$work/del" | ip -batch -
ok "after $AT_ONCE that came and went at once no link is left" await 60 are_links "$links_before"

# Crowds of them come together and go together. To attach to one costs Linux a wait for all its
# processors, with its lock on interfaces held: who attached to each would hold up whoever makes them.
diag "before: $fds_before descriptors, $objects_before links, $((resident_with >> 10)) KiB resident"
for ((i = 0; i < STORM / 2; i++)); do
	echo "link add vmany$i group $GROUP type veth peer name pmany$i"
done >"$work/add"
storm() {
	local many

	for ((many = 0; many < IN_ALL / 2; many += STORM)); do
		ip -batch "$work/add"
		ip link del group $GROUP
	done
}
begin=$(now_us)
storm
veth_add vamid pod eth2 # and stays
storm
each_us=$((($(now_us) - begin) / IN_ALL))
diag "$IN_ALL interfaces came and went, $each_us us each; to attach to one takes $attach_us us"
compare "storms are not held up" $each_us -lt $((attach_us / 2))
ok "what stays of a storm is attached to" await 20 is_attached vamid
ok "and nothing else" await 60 are_all 2
ip link del vamid
ok "when that has gone too, no link is left" await 60 are_links "$links_before"
ok "not a descriptor" await 20 fds_are "$fds_before"
ok "not an interface" await 5 only_stays
resident_after=$(resident)
diag "after: $(count fd) descriptors, $(bpf_objects "$agent" | grep -c ^link) links, $((resident_after >> 10)) KiB resident"
compare "not much memory" $((resident_after - resident_with)) -le $((2 << 20))

# The traffic of all the time.
rm "$work/keep_on"
await 10 is_gone "$traffic" || die "the traffic does not end"
is_raw "the interface that stayed has counted every packet" vstay
ok "weir status --verify agrees" weir status --verify --for 1s
is "nothing was lost, and no interface not attached to" \
	"$(losses)" "{}"
