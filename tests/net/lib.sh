# shellcheck shell=bash
#
# What the end-to-end tests share: TAP, a network namespace of the test's own with an agent in it,
# and questions to weir and to the kernel. A test sources this file and calls test_begin. When it
# ends, however it ends, everything that it made goes with its namespaces, and the processes that
# it started are ended by their numbers; nothing outside is touched.

set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin
: "${WEIR_BUILD:=$(dirname "${BASH_SOURCE[0]}")/../../build}"
weir_build=$(realpath "$WEIR_BUILD")
# shellcheck disable=SC2034 # for the tests
helpers=$weir_build/tests/net
work=
agent=
agent_under=() # the command that runs the agent: setpriv, say
spawned=
children=()
test_count=0
test_planned=0
test_failures=0
poll=0.02 # seconds between two looks at what is awaited
patience=4
exec 3>&1 # where TAP goes, whatever is redirected

# ---- TAP ----

diag() {
	local text=$*

	echo "# ${text//$'\n'/$'\n'# }" >&3
}

# The whole test cannot run here.
skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

# Where cgroup v2 is mounted, be it beside v1; empty: nowhere.
cgroup2_root() { awk '$(NF - 2) == "cgroup2" { print $5; exit }' /proc/self/mountinfo; }

# The rest makes no sense any more; tests that were planned and did not run have failed.
die() {
	diag "$*"
	exit 1
}

plan() {
	test_planned=$1
	echo "1..$1"
}

pass() { echo "ok $((++test_count)) - $*"; }

fail() {
	echo "not ok $((++test_count)) - $*"
	test_failures=$((test_failures + 1))
}

# skip COUNT REASON: so many tests cannot run here.
skip() {
	local i

	for ((i = 0; i < $1; i++)); do
		pass "# SKIP $2"
	done
}

# ok SENTENCE COMMAND...: it succeeds.
ok() {
	local sentence=$1

	shift
	if "$@" >"$work/said" 2>&1; then
		pass "$sentence"
	else
		fail "$sentence"
		diag "failed: $*"
		diag "$(cat "$work/said")"
	fi
}

# is SENTENCE ACTUAL EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diag "expected: $3"
		diag "  actual: $2"
	fi
}

# compare SENTENCE ACTUAL OPERATOR BOUND: operator of test(1), as -le.
compare() {
	if test "$2" "$3" "$4"; then
		pass "$1"
	else
		fail "$1"
		diag "$2 is not $3 $4"
	fi
}

# same SENTENCE ACTUAL EXPECTED: texts of many lines; the difference is shown.
same() {
	local difference

	if difference=$(diff <(printf '%s\n' "$3") <(printf '%s\n' "$2")); then
		pass "$1"
	else
		fail "$1"
		diag "< expected, > actual"
		diag "$difference"
	fi
}

# ---- waiting ----

# await SECONDS COMMAND...: until it succeeds; fails if it has not by then. That is how long it may
# take on a machine of one's own; one that is busy or slow has some times as much.
await() {
	local deadline=$((SECONDS + $1 * patience))

	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		# bash may lose track of a process whose number one of its others has had.
		sleep "$poll" || true
	done
}

contains() { grep -qe "$2" "$1" 2>/dev/null; }

is_gone() { ! kill -0 "$1" 2>/dev/null; }

# ---- begin and end ----

on_error() {
	local status=$?

	diag "line ${BASH_LINENO[0]}: '$BASH_COMMAND' failed with status $status"
}

# end_process PID: asks, then insists.
end_process() {
	kill "$1" 2>/dev/null || return 0
	await 10 is_gone "$1" || kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

on_exit() {
	local status=$? pid mount

	trap - ERR
	trap '' INT TERM HUP
	set +e
	if [ "$test_count" -ne "$test_planned" ]; then
		diag "$test_count of $test_planned tests have run"
		status=1
	fi
	[ "$test_failures" -eq 0 ] || status=1
	if [ "$status" -ne 0 ] && [ -s "$work/agent.log" ]; then
		diag "the agent said:"
		diag "$(tail -n 40 "$work/agent.log")"
	fi
	for pid in "${children[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${children[@]}"; do
		end_process "$pid"
	done 2>/dev/null
	for mount in "$work"/ns/* "$work/bpf" "$work/disk"; do
		umount -l "$mount" 2>/dev/null
	done
	rm -rf "$work"
	exit "$status"
}

# need COMMAND...: skips the test where one is missing.
need() {
	local tool

	for tool; do
		command -v "$tool" >/dev/null || skip_all "needs $tool"
	done
}

# test_begin "$@": as the first thing; the test goes on in namespaces of its own.
test_begin() {
	if [ "${WEIR_NET_TEST-}" != "$0" ]; then
		[ "$(id -u)" -eq 0 ] || skip_all "needs root"
		need unshare nsenter ip jq bpftool
		unshare -n -m true 2>/dev/null || skip_all "needs network and mount namespaces"
		bpftool prog >/dev/null 2>&1 || skip_all "needs the right to load BPF programs"
		WEIR_NET_TEST=$0 exec unshare -n -m "$BASH" "$0" "$@"
	fi
	unset "${!WEIR_@}" HUBBLE_SERVER NO_COLOR
	export LC_ALL=C TZ=UTC
	work=$(mktemp -d /tmp/weir-net-XXXXXX)
	export XDG_CONFIG_HOME=$work/config
	mkdir "$work/ns" "$work/bpf"
	trap on_error ERR
	trap on_exit EXIT
	trap 'exit 143' TERM
	trap 'exit 130' INT
	trap 'exit 129' HUP
	set -E
	export WEIR_SERVER=unix://$work/weir.sock
	ns_quieten host
	ip link set lo up
}

# ---- namespaces and interfaces ----

# at NAMESPACE COMMAND...: runs it there; "host" is the agent's namespace.
at() {
	local ns=$1

	shift
	if [ "$ns" = host ]; then
		"$@"
	else
		nsenter --net="$work/ns/$ns" "$@"
	fi
}

# spawn NAMESPACE COMMAND...: in the background, until the test ends; $spawned is its PID.
spawn() {
	local ns=$1 enter=()

	shift
	[ "$ns" = host ] || enter=(nsenter --net="$work/ns/$ns")
	"${enter[@]}" "$@" <&0 &
	spawned=$!
	children+=("$spawned")
}

# ns_sysctl NAMESPACE KEY=VALUE...
ns_sysctl() {
	local ns=$1 setting

	shift
	for setting; do
		# shellcheck disable=SC2016 # for the inner shell to expand
		at "$ns" sh -c 'echo "${1#*=}" >"/proc/sys/net/${1%%=*}"' sh "$setting"
	done
}

# The kernel sends nothing by itself that a test has not asked for: no IPv6 before ns_ipv6.
ns_quieten() { ns_sysctl "$1" ipv6/conf/{all,default}/disable_ipv6=1; }

# ns_ipv6 NAMESPACE: IPv6, but no link-local addresses, duplicate detection or solicitations.
ns_ipv6() {
	local of

	for of in all default; do
		ns_sysctl "$1" ipv6/conf/$of/{accept_dad=0,router_solicitations=0,addr_gen_mode=1} \
			ipv6/conf/$of/disable_ipv6=0
	done
}

# ns_add NAME...
ns_add() {
	local ns

	for ns; do
		: >"$work/ns/$ns"
		unshare --net="$work/ns/$ns" true
		ns_quieten "$ns"
		at "$ns" ip link set lo up
	done
}

# veth_add NAME NAMESPACE [PEER]: a pair, down; the other end is eth0 in that namespace.
veth_add() { ip link add "$1" type veth peer name "${3:-eth0}" netns "$work/ns/$2"; }

# up NAMESPACE INTERFACE...
up() {
	local ns=$1 name

	shift
	for name; do
		at "$ns" ip link set "$name" up
	done
}

# is_up NAMESPACE INTERFACE: carrier included.
is_up() { [ "$(at "$1" ip -j link show dev "$2" | jq -r '.[0].operstate')" = UP ]; }

# acquaint INTERFACE ADDRESS NAMESPACE PEER ADDRESS: the ends of a pair know each other, so that no
# ARP comes between what is counted.
acquaint() {
	local mac

	mac=$(at "$3" ip -j link show dev "$4" | jq -r '.[0].address')
	ip neigh replace "$5" lladdr "$mac" dev "$1" nud permanent
	mac=$(ip -j link show dev "$1" | jq -r '.[0].address')
	at "$3" ip neigh replace "$2" lladdr "$mac" dev "$4" nud permanent
}

# offloads NAMESPACE INTERFACE on|off: whether the device takes super-packets (and makes them).
offloads() {
	at "$1" ethtool -K "$2" tso "$3" gso "$3" tx-udp-segmentation "$3" gro off >/dev/null
}

# ---- the agent ----

weir() { "$weir_build/weir" "$@"; }

# It says so when it has attached to everything that was there.
agent_is_ready() {
	kill -0 "$agent" 2>/dev/null || die "the agent has ended: $(cat "$work/agent.log")"
	contains "$work/agent.log" '^weir-agent: watching' &&
		timeout 10 "$weir_build/weir" status >/dev/null 2>&1
}

# agent_start OPTION...: and waits until it is ready. $agent is its PID.
agent_start() {
	rm -f "$work/agent.log" # of the one before
	"${agent_under[@]}" "$weir_build/weir-agent" --config /dev/null "$@" >"$work/agent.out" 2>"$work/agent.log" &
	agent=$!
	children+=("$agent")
	await 30 agent_is_ready || die "the agent does not get ready"
}

# agent_stop [SIGNAL]: its exit status.
agent_stop() {
	local status=0

	kill "-${1:-TERM}" "$agent"
	await 15 is_gone "$agent" || die "the agent does not end"
	wait "$agent" || status=$?
	return $status
}

# bpf_objects PID: "prog 12", "map 7", "link 3": all that the process holds. A file may be closed
# meanwhile, which sed minds.
bpf_objects() {
	{ sed -n 's/^\(prog\|map\|link\)_id:[[:space:]]*/\1 /p' "/proc/$1/fdinfo/"* 2>/dev/null || true; } |
		sort -u
}

# bpf_left OBJECTS: those of them that are still there.
bpf_left() {
	local kind id

	while read -r kind id; do
		! bpftool "$kind" show id "$id" >/dev/null 2>&1 || echo "$kind $id"
	done <<<"$1"
}

are_gone() { [ -z "$(bpf_left "$1")" ]; }

# iface NAME FILTER: what weir list interfaces says of it.
iface() {
	weir list interfaces -o json |
		jq -r --arg name "$1" ".[] | select(.interface.name == \$name) | $2"
}

is_attached() { [ -n "$(iface "$1" 'select(.egress != "none")')" ]; }

# weir_raw NAME, kernel_raw NAME: packets and bytes in, packets and bytes out.
weir_raw() {
	iface "$1" '.raw | "\(.ingress.packets) \(.ingress.bytes) \(.egress.packets) \(.egress.bytes)"'
}

weir_wire() {
	iface "$1" '.wire | "\(.ingress.packets) \(.ingress.bytes) \(.egress.packets) \(.egress.bytes)"'
}

kernel_raw() {
	ip -s -j link show dev "$1" | jq -r '.[0].stats64 |
		"\(.rx.packets) \(.rx.bytes) \(.tx.packets) \(.tx.bytes)"'
}

# settles ACTUAL EXPECTED: two functions that print the same; what they printed stays in variables.
settles() {
	actual=$("$1")
	expected=$("$2")
	[ "$actual" = "$expected" ]
}

# is_soon SENTENCE ACTUAL EXPECTED: the outputs of two functions are the same before long. A packet
# between two counters heals at once, a miscount never.
is_soon() {
	local actual expected

	await 3 settles "$2" "$3" || true
	is "$1" "$actual" "$expected"
}

# is_raw SENTENCE INTERFACE
is_raw() {
	local interface=$2

	weir_side() { weir_raw "$interface"; }
	kernel_side() { kernel_raw "$interface"; }
	is_soon "$1" weir_side kernel_side
}

# is_wire SENTENCE INTERFACE: where the device takes no super-packets it counts their segments.
is_wire() {
	local interface=$2

	weir_side() { weir_wire "$interface"; }
	kernel_side() { kernel_raw "$interface"; }
	is_soon "$1" weir_side kernel_side
}

# minus "5 6 7" "1 2 3": 4 4 4
minus() {
	local a b i out=()

	read -ra a <<<"$1"
	read -ra b <<<"$2"
	for i in "${!a[@]}"; do
		out+=("$((a[i] - b[i]))")
	done
	echo "${out[*]}"
}

# flows [FILTER]: the flows of the log that a jq filter lets pass, where x is the extension.
flows() {
	weir observe --all -o json |
		jq -c ".flow | select(.) | def x: .extensions.value; ${1:-.}"
}

has_flows() { [ "$(flows "$2" | wc -l)" -ge "$1" ]; }

# await_flows NUMBER FILTER
await_flows() { await 15 has_flows "$1" "$2" || die "no $1 records of: $2: $(flows | tail -n 30)"; }

status() { weir status -o json | jq -r "$1"; }

# losses: what found no room, or was not seen, by its name: "{}" if there is nothing.
losses() { status '.extensions.losses | map_values(select(. != "0")) | tojson'; }

is_drained() { [ "$(status '.extensions.fill[] | select(.name == "event ring").used')" = 0 ]; }

# Everything that the kernel has told so far is in the log.
settle() { await 10 is_drained || die "the event ring is not read"; }

# tcp_sent NAMESPACE: what its TCP has sent, retransmissions included.
tcp_sent() {
	# shellcheck disable=SC2016 # awk's
	at "$1" awk '$1 == "Tcp:" && !n { n = split($0, name); next }
		$1 == "Tcp:" { for (i = 1; i <= n; i++) value[name[i]] = $i }
		END { print value["OutSegs"] + value["RetransSegs"] }' /proc/self/net/snmp
}

# ---- tcpdump ----

declare -A capture_pid capture_seen

# capture_start NAME NAMESPACE INTERFACE [FILTER...]
capture_start() {
	local name=$1 ns=$2 interface=$3

	shift 3
	spawn "$ns" tcpdump -Z root --immediate-mode -n -s 128 -B 16384 -i "$interface" \
		-w "$work/$name.pcap" "$@" 2>"$work/$name.tcpdump"
	capture_pid[$name]=$spawned
	# On the loopback the filter sees a packet twice, and tcpdump once.
	capture_seen[$name]=$([ "$interface" = lo ] && echo 2 || echo 1)
	await 10 contains "$work/$name.tcpdump" '^tcpdump: listening' || die "tcpdump does not start"
}

# It has written all that its filter let pass. tcpdump tells what it has so far on SIGUSR1.
capture_is_complete() {
	kill -USR1 "${capture_pid[$1]}"
	tail -n 1 "$work/$1.tcpdump" |
		awk -v seen="${capture_seen[$1]}" '{ exit !(/captured/ && $2 * seen == $5) }'
}

capture_stop() {
	local pid=${capture_pid[$1]}

	await 5 capture_is_complete "$1" || diag "tcpdump is behind: $(tail -n 1 "$work/$1.tcpdump")"
	kill -INT "$pid"
	await 5 is_gone "$pid"
	wait "$pid" || true
	! grep -qE '^[1-9][0-9]* packets dropped' "$work/$1.tcpdump" || diag "tcpdump has lost packets"
}

# captured NAME [FILTER...]: packets and bytes of a capture that has ended.
captured() {
	local name=$1

	shift
	tcpdump -n -e -r "$work/$name.pcap" "$@" 2>/dev/null | awk '
		match($0, /, length [0-9]+: /) { bytes += substr($0, RSTART + 9, RLENGTH - 11) }
		END { print NR + 0, bytes + 0 }'
}
