#!/usr/bin/env bash
#
# weir list of a real pod of containerd with two containers, one of which listens, and of a network
# namespace that has a name. What containerd, ip and ctr say of them is what is listed.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
# The runtime's socket is where the agent looks for it, and /run/netns is ours: in these mounts only.
mount -t tmpfs none /run
mkdir -p /run/containerd
mount --bind "$work" /run/containerd
# shellcheck source=tests/net/containers.sh
. "${BASH_SOURCE[0]%/*}/containers.sh"
[ -n "$(cgroup2_root)" ] || skip_all "needs cgroup v2, which is mounted nowhere"
plan 17

rows() { weir list "$1" -o json | jq -c ".[] | $2"; }

# ---- a namespace with a name, and nobody in it ----

agent_start --node-name pods
ip netns add blue
blue_inode=$(stat -Lc %i /run/netns/blue)
ip netns exec blue ip addr add 10.9.62.1/32 dev lo
ip netns exec blue ip link set lo up
is_known() { [ -n "$(rows "$1" "select($2)")" ]; }
ok "a namespace is known by its name" await 10 is_known netns '.name == "blue" and .ips == ["10.9.62.1"]'
is "and its inode" "$(rows netns 'select(.name == "blue") | [.netns, .pids]')" "[\"$blue_inode\",[]]"
spawn host ip netns exec blue "$helpers/tcp" serve 10.9.62.1 47020 1 >"$work/serve"
await 5 contains "$work/serve" ready || die "the server does not start"
is "who listens in it" "$(rows listeners 'select(.port == 47020) | [.netns_name, .owner.comm]')" \
	'["blue","tcp"]'
end_process "$spawned"
ip netns del blue
is_unknown() { ! is_known "$@"; }
ok "it goes with its name" await 10 is_unknown netns '.name == "blue"'

# ---- a pod ----

# events_of POD: what agent events tell of it, without the times and its number
events_of() {
	weir observe agent-events --all | sed 's/^[^ ]* *[^ ]* [^ ]*: //; s/identity: [0-9]*/identity: N/' |
		grep -F "$1" || true
}
# types_of POD: of all events that have its name, in order
types_of() {
	weir observe agent-events --all -o json | jq -r --arg pod "$1" '.agent_event |
		select((.endpoint_update // .ipcache_update).pod_name == $pod) | .type' | xargs
}
has_types() { [ "$(types_of "$1")" = "$2" ]; }

# with_events ADDRESS: the pod is told of, and another that comes and goes.
with_events() {
	local id sandbox
	local pod=(shop leaving-0 6f2b0c1e-1111-4222-8333-777777777777)

	id=$(rows endpoints 'select(.kind == "pod") | .identity')
	same "it is an agent event" "$(events_of "id: $id, ")" \
		"ENDPOINT_CREATED (id: $id, namespace: shop, pod name: cart-7d9f8b6c5d-x2x7k)"
	same "and so is its address" "$(events_of "cidr: $1/32")" \
		"IPCACHE_UPSERTED (cidr: $1/32, identity: N, encrypt key: 0)"
	sandbox=$(cri pod "${pod[@]}" app=leaving)
	await 10 has_types leaving-0 "ENDPOINT_CREATED IPCACHE_UPSERTED" || true
	is "one that comes is told of, and its address" "$(types_of leaving-0)" \
		"ENDPOINT_CREATED IPCACHE_UPSERTED"
	cri remove "$sandbox"
	await 10 has_types leaving-0 "ENDPOINT_CREATED IPCACHE_UPSERTED IPCACHE_DELETED ENDPOINT_DELETED" || true
	is "and both when it goes" "$(types_of leaving-0)" \
		"ENDPOINT_CREATED IPCACHE_UPSERTED IPCACHE_DELETED ENDPOINT_DELETED"
}

with_pod() {
	local sandbox app side id pid ip uid=6f2b0c1e-1111-4222-8333-444444444444
	local pod=(shop cart-7d9f8b6c5d-x2x7k "$uid")

	sandbox=$(cri pod "${pod[@]}" app=cart pod-template-hash=7d9f8b6c5d)
	app=$(cri run "$sandbox" "${pod[@]}" "$image" app /bin/sh -c \
		'while :; do busybox nc -l -p 47021; done')
	side=$(cri run "$sandbox" "${pod[@]}" "$image" side /bin/sh -c 'exec busybox sleep 1000')
	pid=$(ctr -a "$work/containerd.sock" -n k8s.io tasks ls | awk -v id="$app" '$1 == id { print $2 }')
	ip=$(nsenter --net="/proc/$pid/ns/net" ip -4 -j addr show eth0 |
		jq -r '.[0].addr_info[0].local')
	both() { [ "$(rows pods .containers)" = 2 ] && [ "$(rows pods '.ips | length')" != 0 ]; }
	await 20 both || diag "$(weir list pods -o json)"
	is "the pod" "$(rows pods '[.namespace, .pod_name, .uid, .ips[0], .workloads[0].name,
		.workloads[0].kind, .containers, .runtime, (.labels | index("k8s:app=cart") != null)]')" \
		"[\"shop\",\"${pod[1]}\",\"$uid\",\"$ip\",\"cart\",\"Deployment\",2,\"containerd\",true]"
	same "its containers" "$(rows containers '[.id, .name, .pod.name, .runtime]')" \
		"[\"$app\",\"app\",\"${pod[1]}\",\"containerd\"]
[\"$side\",\"side\",\"${pod[1]}\",\"containerd\"]"
	is "in the table with 12 digits" "$(weir list containers | awk '{ print $1 }' | paste -sd,)" \
		"ID,${app:0:12},${side:0:12}"
	is "as an endpoint" "$(rows endpoints 'select(.kind == "pod") | [.name, .namespace, .ips[0]]')" \
		"[\"${pod[1]}\",\"shop\",\"$ip\"]"
	is "its namespace" "$(weir list namespaces | paste -sd,)" NAMESPACE,shop
	with_events "$ip"
	owned() { is_known listeners '.port == 47021 and .owner.container.name == "app"'; }
	await 10 owned || diag "$(rows listeners 'select(.port == 47021)')"
	# Of its end the kernel tells: the runtime is asked for nothing.
	ctr -a "$work/containerd.sock" -n k8s.io tasks kill -s KILL "$side"
	one() { [ "$(rows containers .id)" = "\"$app\"" ]; }
	ok "a container that ends is listed no more" await 10 one
	is "its listener" "$(rows listeners 'select(.port == 47021) |
		[.owner.comm, .owner.container.id, .pod.namespace, .pod.name]' | sort -u)" \
		"[\"busybox\",\"$app\",\"shop\",\"${pod[1]}\"]"
	agent_stop TERM
	agent_start --container-runtime "cri:$work/containerd.sock"
	await 10 one || diag "$(weir list containers -o json)"
	is "the runtime that was named is asked" "$(rows containers .name)" '"app"'
	agent_stop TERM
	agent_start --container-runtime none
	await 10 is_known listeners ".port == 47021 and .owner.container.id == \"$app\"" || true
	is "or none: the path of the cgroup tells of the container, and nobody of its name" \
		"$(rows listeners 'select(.port == 47021) | [.owner.container.id, .owner.container.name]' |
			sort -u), $(rows containers .id)" "[\"$app\",null], "
}

if containerd_start; then
	with_pod
else
	for _ in {1..13}; do
		echo "ok $((++test_count)) # SKIP $why_not"
	done
fi
