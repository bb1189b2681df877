#!/usr/bin/env bash
#
# Who it was, of many: 5,000 processes that are gone before anybody can look, each with its one
# connection; connections and listeners that are older than the agent; cgroups that live for
# milliseconds. At least 99.9 % are right, none is false, and the agent's memory stays in bounds.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/who.sh
. "${BASH_SOURCE[0]%/*}/who.sh"
test_begin "$@"

PROCESSES=5000
RESIDENT_MAX=$((32 << 20))
cgroup_root=$(cgroup2_root)
cgroup=$cgroup_root/weir-test-$$
made=()

# Those are not in a namespace of the test's own: they go by their names.
cgroups_remove() {
	local path

	for path in "${made[@]}"; do
		rmdir "$path" 2>/dev/null || true
	done
}
at_cgroups_end() {
	local status=$?

	for pid in "${children[@]}"; do
		[ "$pid" = "$agent" ] || end_process "$pid"
	done 2>/dev/null
	cgroups_remove
	(exit $status)
	on_exit
}
if [ -n "$cgroup_root" ] && mkdir "$cgroup" 2>/dev/null; then
	made+=("$cgroup")
	trap at_cgroups_end EXIT
	plan 20
else
	plan 16
fi

ns_add pod
ns_ipv6 host
ns_ipv6 pod
veth_add veth0 pod
ip addr add 10.9.31.1/24 dev veth0
ip addr add fd09:31::1/64 dev veth0 nodad
at pod ip addr add 10.9.31.2/24 dev eth0
at pod ip addr add fd09:31::2/64 dev eth0 nodad
up pod eth0
up host veth0
await 5 is_up host veth0

# ---- what is older than the agent ----

# older NAME PROTO NAMESPACE ADDRESS CLIENT_NAMESPACE NUMBER FIRST_PORT
older() {
	who_spawn "$3" "$1" serve "$2" "$4" 7200 1 0
	mkfifo "$work/$1.lines"
	who_spawn "$5" "$1" hold "$2" "$4" 7200 "$6" "$7" <>"$work/$1.lines"
}
# moves NAME: an exchange in each of them
moves() {
	local ready

	ready=$(grep -c ^ready "$work/$1.truth")
	echo go >"$work/$1.lines"
	await 10 who_is_ready "$work/$1.truth" $((ready + 1)) || die "$1 does not move"
}
older here tcp pod 10.9.31.2 host 100 20000
older there tcp host 10.9.31.1 pod 100 20200
older six tcp host fd09:31::1 pod 20 20400
older loop tcp host 127.0.0.1 host 20 20600
older udp udp pod 10.9.31.2 host 20 20800
mkfifo "$work/passed.lines"
who_spawn host forked serve tcp 10.9.31.1 7201 4 0
who_spawn pod late serve tcp 10.9.31.2 7202 1 0
agent_start --node-name many --update-interval 1s
for name in here there six loop udp; do
	moves $name
done
who_all_right "100 older connections from here: both ends" 200 here here
who_all_right "100 older connections from elsewhere" 200 there there
who_all_right "older ones of IPv6" 40 six six
who_all_right "older ones of the loopback" 40 loop loop
is "both ends in the first record" "$(for name in here there six loop; do
	who_first $name $name
done)" "$(printf '%s\n' "200 open right" "200 open right" "40 open right" "40 open right")"
diag "by: $(who_summary here)"
is "they are known as what was there before" "$(who_count here right existing)" 200
who_at host late connect tcp 10.9.31.2 7202 20 20900
who_all_right "new connections to an older listener: both ends" 40 late late
who_at pod forked connect tcp 10.9.31.1 7201 40 21000
who_all_right "and to an older pre-forked one: the worker" 80 forked forked
who_all_right "older sockets of UDP" 40 udp udp
agent_stop TERM

# ---- processes that are gone ----

agent_start --node-name many
rss() { awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$agent/status"; }
before=$(rss)
who_spawn pod short serve tcp 10.9.31.2 7300 1 0
who_at host short spawn tcp 10.9.31.2 7300 $((PROCESSES / 2)) 30000 &
one=$!
children+=("$one")
who_at host short spawn tcp 10.9.31.2 7300 $((PROCESSES - PROCESSES / 2)) 40000
wait "$one"
after=$(rss)
who_judge short short
diag "$PROCESSES processes: $(who_summary short)"
diag "resident: $((before >> 10)) KiB before, $((after >> 10)) KiB after"
right=$(who_count short right)
compare "$PROCESSES short-lived processes: 99.9 % of both ends are right" \
	$((right * 1000)) -ge $((2 * PROCESSES * 999))
is "of those marked user, creator, existing none is wrong" "$(who_count short false)" 0
is "no side is anybody else's" "$(who_count short wrong)" 0
is "each has the program it was, though it is gone" "$(awk -F'\t' -v exe="$helpers/who" '
	$3 >= 30000 && $8 != "-" && $11 != exe && n++ < 3' "$work/sides.short")" ""
is "and the network namespace that it was in" "$(awk -F'\t' -v netns="$(at host stat -Lc %i /proc/self/ns/net)" '
	$3 >= 30000 && $12 != netns && n++ < 3' "$work/sides.short")" ""
compare "at most 32 MiB are resident" "$after" -le $RESIDENT_MAX
ok "it ends in order" agent_stop TERM
[ ${#made[@]} -ne 0 ] || exit 0

# ---- cgroups ----

agent_start --node-name many
# The kernel tells of them, so the tree is not watched as well.
if [ "$(status '.extensions.capabilities[] | select(.name == "short_lived_cgroups").available')" = true ]; then
	minor=$(awk -v at="$cgroup_root" '$5 == at { sub(/.*:/, "", $3); print $3; exit }' \
		/proc/self/mountinfo)
	is "no directory of the tree is watched" "$(cat "/proc/$agent/fdinfo/"* |
		grep -c "^inotify .* sdev:$(printf %x "$minor") " || true)" 0
else
	pass "no directory of the tree is watched # SKIP the kernel does not tell of cgroups"
fi
path=${cgroup#"$cgroup_root"}
who_spawn pod cgroups serve tcp 10.9.31.2 7400 1 0
# shellcheck disable=SC2016 # for the inner shell to expand
who_in() { sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$@"; }
who_in "$cgroup" "$helpers/who" connect tcp 10.9.31.2 7400 5 50000 >>"$work/cgroups.truth"
for ((i = 0; i < 100; i++)); do
	made+=("$cgroup/short-$((50100 + i))")
done
who_at host cgroups cgroups tcp 10.9.31.2 7400 100 50100 "$cgroup/short"
who_all_right "100 cgroups that live as long as a connection: the processes" 210 cgroups cgroups
is "a process in a cgroup of its own has its path" \
	"$(awk '$3 >= 50000 && $3 < 50100 { print $9 }' "$work/sides.cgroups" | sort -u)" "$path"
is "and so has each of those that were gone at once" \
	"$(awk -v path="$path" '$3 >= 50100 && $9 != path "/short-" $3 && n++ < 3' "$work/sides.cgroups")" ""
