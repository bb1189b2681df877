#!/usr/bin/env bash
#
# Pods and containers on flows: two pods of containerd that talk to each other directly, by the
# address of a service and through a published port, and a container of Podman on the host's network.
# Both ends have their pod, container and process, as the runtime itself lists them.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/who.sh
. "${BASH_SOURCE[0]%/*}/who.sh"
test_begin "$@"
need nft
# The runtimes' sockets are where the agent looks for them, in this test's mounts only.
mount -t tmpfs none /run
mkdir -p /run/containerd /run/podman
mount --bind "$work" /run/containerd
mount --bind "$work" /run/podman
# shellcheck source=tests/net/containers.sh
. "${BASH_SOURCE[0]%/*}/containers.sh"
plan 23

# skip NUMBER: tests of a runtime that can't run here.
skip() {
	local i

	for ((i = 0; i < $1; i++)); do
		echo "ok $((++test_count)) # SKIP $why_not"
	done
}

ns_add outside
veth_add veth0 outside
ip addr add 10.9.33.1/24 dev veth0
at outside ip addr add 10.9.33.2/24 dev eth0
up outside eth0
up host veth0
await 5 is_up host veth0
at outside ip route add default via 10.9.33.1
ns_sysctl host ipv4/ip_forward=1
agent_start --node-name pods --update-interval 1s

# ---- pods ----

cart=(shop cart-7d9f8b6c5d-x2x7k 6f2b0c1e-1111-4222-8333-444444444444)
db=(shop db-0 6f2b0c1e-1111-4222-8333-555555555555)
proxy=(kube-system proxy-x2x7k 0123456789abcdef0123456789abcdef)
service=10.96.0.10

# tasks CONTAINER: the pids of its processes
tasks() { ctr -a "$work/containerd.sock" -n k8s.io tasks ps "$1" | awk 'NR > 1 { print $1 }'; }

# task CONTAINER TEXT: the pid of the process whose command line begins so
task() {
	local pid

	for pid in $(tasks "$1"); do
		[[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" != "$2"* ]] || echo "$pid"
	done 2>/dev/null
}

pid_of() { ctr -a "$work/containerd.sock" -n k8s.io tasks ls | awk -v id="$1" '$1 == id { print $2 }'; }
pod_ip() { nsenter --net="/proc/$1/ns/net" ip -4 -j addr show eth0 | jq -r '.[0].addr_info[0].local'; }

# run_in POD CONTAINER SCRIPT: a container of that sandbox that runs the script; its id.
run_in() {
	local -n pod=$1 sandbox=$1_sandbox

	cri run "$sandbox" "${pod[@]}" "$image" "$2" /bin/sh -c "$3"
}

# talk ADDRESS PORT: the script of a client that goes on talking
talk() { echo "while :; do echo x; busybox sleep 0.3; done | exec busybox nc $1 $2"; }

# says FILTER: the ends of the last record that the filter lets pass
says() {
	flows "select($1) | def side(e; o): \"\(e.namespace // \"-\")/\(e.pod_name // \"-\") \(\
o.container.name // \"-\")\"; \"\(side(.source; x.source)) > \(side(.destination; x.destination))\"" |
		jq -r . | tail -n 1
}
is_said() { [ "$(says "$1")" = "$2" ]; }
# is_told SENTENCE FILTER EXPECTED
is_told() {
	await 8 is_said "$2" "$3" || true
	is "$1" "$(says "$2")" "$3"
}

pids() { flows "select($1) | \"\(x.source.pid) \(x.destination.pid)\"" | tail -n 1; }
# is_owned FILTER PID CONTAINER: by that process, and by one of the container's.
is_owned() {
	local client server

	read -r client server <<<"$(pids "$1" | jq -r .)"
	[ "$client" = "$2" ] && tasks "$3" | grep -qx "$server"
}
shows() { weir observe --all | grep -q "$1"; }

# nat_of SOURCE_PORT DESTINATION PORT: the other tuple of that flow
nat_of() {
	flows "select(.l4.TCP.source_port == $1 and .IP.destination == \"$2\" and
		.l4.TCP.destination_port == $3) | x.nat | select(.) | \"\(.source):\(.source_port) > \
\(.destination):\(.destination_port)\"" | jq -r . | tail -n 1
}
is_nat() { [ "$(nat_of "${@:2}")" = "$1" ]; }
# nat_is SENTENCE EXPECTED SOURCE_PORT DESTINATION PORT
nat_is() {
	await 8 is_nat "${@:2}" || true
	is "$1" "$(nat_of "${@:3}")" "$2"
}

with_pods() {
	local app main own address client server port twin

	cart_sandbox=$(cri pod "${cart[@]}" app=cart pod-template-hash=7d9f8b6c5d)
	db_sandbox=$(cri pod "${db[@]}" app=db)
	# shellcheck disable=SC2034 # by its name
	proxy_sandbox=$(cri pod "${proxy[@]}" --host app=proxy)
	main=$(run_in db db 'exec busybox nc -ll -p 5432 -e /bin/busybox cat')
	run_in db metrics 'exec busybox nc -ll -p 9100 -e /bin/busybox cat' >/dev/null
	address=$(pod_ip "$(pid_of "$main")")
	nsenter --net="/proc/$(pid_of "$db_sandbox")/ns/net" ip route add default via 10.88.99.1
	nsenter --net="/proc/$(pid_of "$cart_sandbox")/ns/net" ip route add default via 10.88.99.1
	nft -f - <<-END
		table ip pods {
		  chain translate {
		    ip daddr $service tcp dport 80 dnat to $address:5432
		    ip daddr 10.9.33.1 tcp dport 8088 dnat to $address:5432
		  }
		  chain in { type nat hook prerouting priority -100; jump translate; }
		  chain out { type nat hook output priority -100; jump translate; }
		  chain post { type nat hook postrouting priority 100; ct status dnat masquerade; }
		}
	END

	own=$(pod_ip "$(pid_of "$cart_sandbox")")
	app=$(run_in cart app "$(talk "$address" 5432)")
	is_told "from pod to pod: pods and containers" "$forward and .l4.TCP.destination_port == 5432" \
		"shop/${cart[1]} app > shop/db-0 db"
	client=$(task "$app" "busybox nc $address")
	server=$(task "$main" "/bin/busybox cat")
	await_flows 1 "select($forward and .l4.TCP.destination_port == 5432 and x.destination.via == \"user\")"
	is "and the processes, once it is known who serves" "$(pids "$forward and .l4.TCP.destination_port == 5432")" "\"$client $server\""
	ok "compact output calls them by their names" await 5 shows \
		"shop/${cart[1]}:[0-9]* .*-> shop/db-0:5432 "
	is "labels and workload are told" "$(flows "select(.source.pod_name == \"${cart[1]}\") |
		\"\(.source.labels | map(select(. == \"k8s:app=cart\")) | length) \(.source.workloads[0].kind) \
\(.source.workloads[0].name)\"" | tail -n 1)" '"1 Deployment cart"'

	run_in cart side "$(talk "$address" 9100)" >/dev/null
	is_told "two containers in each of two pods are told apart" \
		"$forward and .l4.TCP.destination_port == 9100" "shop/${cart[1]} side > shop/db-0 metrics"

	run_in proxy proxy "$(talk 10.9.33.2 7600)" >/dev/null
	is_told "a pod on the host's network" "$forward and .l4.TCP.destination_port == 7600" \
		"kube-system/${proxy[1]} proxy > -/- -"

	run_in cart shopper "$(talk $service 80)" >/dev/null
	is_told "to a service: who asks, and who answers" "$forward and .l4.TCP.destination_port == 80 and
		.IP.destination == \"$service\"" "shop/${cart[1]} shopper > shop/db-0 db"
	port=$(flows "select($forward and .IP.destination == \"$service\") | .l4.TCP.source_port" | tail -n 1)
	nat_is "the service's flow tells where it went" "10.88.99.1:$port > $address:5432" \
		"$port" "$service" 80
	nat_is "and that which went there, what it was" "$own:$port > $service:80" \
		"$port" "$address" 5432

	spawn outside sh -c "while :; do echo x; sleep 0.3; done | exec $helpers/who talk tcp 10.9.33.1 8088 1 26000" \
		>/dev/null 2>&1
	is_told "through a published port: who serves" "$forward and .l4.TCP.destination_port == 5432 and
		.IP.source == \"10.88.99.1\" and .l4.TCP.source_port == 26000" "-/- - > shop/db-0 db"
	nat_is "the flow to the published port tells where it went" \
		"10.88.99.1:26000 > $address:5432" 26000 10.9.33.1 8088
	nat_is "and that which went there, what it was" \
		"10.9.33.2:26000 > 10.9.33.1:8088" 26000 "$address" 5432

	# The same from a pod: it is masqueraded, so that its address is the host's behind that.
	app=$(run_in cart visitor "$(talk 10.9.33.1 8088)")
	twin="$forward and .IP.source == \"10.88.99.1\" and x.nat.source == \"$own\" and
		x.nat.destination == \"10.9.33.1\" and x.nat.role == \"translated\""
	is_told "from pod to pod through a published port: both, behind the masquerade too" "$twin" \
		"shop/${cart[1]} visitor > shop/db-0 db"
	client=$(task "$app" "busybox nc 10.9.33.1")
	ok "and the right processes" await 5 is_owned "$twin" "$client" "$main"
	is_told "so they are before translation" \
		"$forward and .IP.source == \"$own\" and .IP.destination == \"10.9.33.1\"" \
		"shop/${cart[1]} visitor > shop/db-0 db"
	ok "compact output has both names" await 5 shows \
		"shop/${cart[1]}:[0-9]* .*-> shop/db-0:8088 "
}

with_podman() {
	local id

	podman_do run -d --name web --network host --entrypoint '["/bin/sh"]' "$image" -c \
		"$(talk 10.9.33.2 7601)" >"$work/podman.id" \
		2>"$work/podman.err" || why_not="podman can't run a container: $(tail -n 1 "$work/podman.err")"
	if [ -n "$why_not" ]; then
		skip 3
		return
	fi
	id=$(cat "$work/podman.id")
	is_told "a container of Podman on the host's network" "$forward and .l4.TCP.destination_port == 7601" \
		"-/- web > -/- -"
	is "and its runtime" "$(flows 'select(.l4.TCP.destination_port == 7601) | x.source.container |
		select(.) | "\(.id) \(.runtime)"' | tail -n 1)" "\"$id podman\""
	is "it is an agent event" "$(weir observe agent-events --all | grep -F 'container: web)' |
		sed 's/.*: ENDPOINT/ENDPOINT/; s/id: [0-9]*/id: N/')" "ENDPOINT_CREATED (id: N, container: web)"
}

# A port that Podman itself publishes.
with_podman_ports() {
	local address

	nft delete table ip pods 2>/dev/null || true # its masquerade
	podman_do run -d --name echo -p 10.9.33.1:8090:5432 --entrypoint '["/bin/sh"]' "$image" -c \
		'exec busybox nc -ll -p 5432 -e /bin/busybox cat' >/dev/null 2>"$work/podman.err" ||
		why_not="podman can't publish a port: $(tail -n 1 "$work/podman.err")"
	if [ -n "$why_not" ]; then
		skip 4
		return
	fi
	address=$(podman_do inspect -f '{{.NetworkSettings.IPAddress}}' echo)
	spawn outside sh -c "while :; do echo x; sleep 0.3; done | exec $helpers/who talk tcp 10.9.33.1 8090 1 27000" \
		>/dev/null 2>&1
	is_told "through a port that Podman publishes: who serves" "$forward and
		.IP.destination == \"$address\" and .l4.TCP.source_port == 27000" "-/- - > -/- echo"
	is_told "and before translation" "$forward and .IP.destination == \"10.9.33.1\" and
		.l4.TCP.destination_port == 8090" "-/- - > -/- echo"
	nat_is "the flow to Podman's port tells where it went" \
		"10.9.33.2:27000 > $address:5432" 27000 10.9.33.1 8090
	nat_is "and that which went there, what it was" \
		"10.9.33.2:27000 > 10.9.33.1:8090" 27000 "$address" 5432
}

forward='.is_reply == false'
for port in 7600 7601; do
	who_spawn outside outside serve tcp 10.9.33.2 $port 1 0
done
if containerd_start; then
	with_pods
else
	skip 16
fi
why_not=
if podman_start && podman_serve; then
	with_podman
	why_not=
	with_podman_ports
else
	skip 7
fi
