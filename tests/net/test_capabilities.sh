#!/usr/bin/env bash
#
# The capabilities of the systemd unit are all that the agent needs to tell both ends of a connection
# to another network namespace, and what a missing one takes away is in the status.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/who.sh
. "${BASH_SOURCE[0]%/*}/who.sh"
test_begin "$@"
need setpriv
unit=$(realpath "${BASH_SOURCE[0]%/*}/../../docs/examples/weir-agent.service")
mapfile -t granted < <(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | tr ' ' '\n' | sed 's/^CAP_//')
cgroup_root=$(cgroup2_root)
home=$cgroup_root$(sed -n 's/^0:://p' /proc/self/cgroup)
path=/weir-test-$$
if [ -z "$cgroup_root" ] || ! mkdir "$cgroup_root$path" 2>/dev/null; then
	skip_all "needs cgroup v2, and to make one"
fi

# What the test has started ends before the cgroup that it is in can go.
leave_cgroup() {
	local status=$? pid

	echo $$ >"$home/cgroup.procs"
	for pid in "${children[@]}"; do
		end_process "$pid"
	done 2>/dev/null
	rmdir "$cgroup_root$path"
	(exit $status)
	on_exit
}
trap leave_cgroup EXIT
plan 13

# only CAPABILITY...: agent_start gives the agent these, as systemd does.
only() {
	local set

	printf -v set ',+%s' "${@,,}"
	agent_under=(setpriv --no-new-privs --inh-caps=-all --bounding-set="-all$set")
}

# but CAPABILITY: those of the unit, without that one.
but() {
	local name left=()

	for name in "${granted[@]}"; do
		[ "$name" = "$1" ] || left+=("$name")
	done
	only "${left[@]}"
}

# bits: how many capabilities the agent has
bits() {
	local mask count

	mask=$((16#$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$agent/status")))
	for ((count = 0; mask; mask &= mask - 1)); do
		count=$((count + 1))
	done
	echo "$count"
}

# lacking: what is not available, and why.
lacking() { status '.extensions.capabilities[] | select(.available | not) | "\(.name): \(.detail)"'; }

# said NAME: of that capability
said() { status ".extensions.capabilities[] | select(.name == \"$1\") | \"\\(.available) \\(.detail)\""; }

ns_add pod
veth_add veth0 pod
ip addr add 10.9.37.1/24 dev veth0
at pod ip addr add 10.9.37.2/24 dev eth0
up pod eth0
up host veth0
await 5 is_up host veth0
echo $$ >"$cgroup_root$path/cgroup.procs"
agent_start
kernel_lacks=$(lacking)
agent_stop TERM

# ---- those of the unit ----

only "${granted[@]}"
agent_start --update-interval 1s
is "the agent has as many as the unit grants" "$(bits)" ${#granted[@]}
same "it lacks nothing that all of root's would give" "$(lacking)" "$kernel_lacks"
who_spawn pod unit serve tcp 10.9.37.2 7100 1 0
who_at host unit connect tcp 10.9.37.2 7100 20 20000
who_all_right "both ends of connections to another namespace have their process" 40 unit unit
# closed COLUMN: of the sides' last records
closed() { awk -v column="$1" '$6 == "close" { print $3 == 7100 ? "server" : "client", $column }' \
	"$work/sides.unit" | sort | uniq -c | xargs; }
is "their cgroup" "$(closed 9)" "20 client $path 20 server $path"
is "and their namespaces" "$(closed 12)" \
	"20 client $(stat -L -c %i /proc/self/ns/net) 20 server $(stat -c %i "$work/ns/pod")"
# Which namespaces there are is looked up once a second at most.
listener() { weir list listeners -o json | jq -r '.[] | select(.port == 7100) | "\(.owner.comm) \(.owner.exe)"'; }
expected() { echo "who $helpers/who"; }
is_soon "who listens there is listed, with his program" listener expected
agent_stop TERM

# ---- one less ----

but NET_BROADCAST
agent_start
is "without NET_BROADCAST the status says what is not known" "$(said network_namespaces)" \
	"false to hear of all of them takes CAP_NET_BROADCAST"
agent_stop TERM
but DAC_READ_SEARCH
agent_start
is "without DAC_READ_SEARCH it says that cgroups have no names" "$(said cgroup_names)" \
	"false to find them by their ids takes CAP_DAC_READ_SEARCH and open_by_handle_at"
ok "and the agent ends in order" agent_stop

# ---- no /proc ----

# shellcheck disable=SC2016 # for the inner shell to expand
agent_under=(unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' sh)
agent_start
is "without /proc nobody knows how much memory it takes" "$(status .extensions.memory)" null
ok "which weir status leaves out" weir status
is "as a whole" "$(weir status | grep -c -e Memory -e resident || true)" 0
ok "and it ends in order, too" agent_stop
