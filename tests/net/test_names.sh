#!/usr/bin/env bash
#
# Both ends by their names: pod and service as the endpoints file has them, the names of /etc/hosts
# and of a DNS answer that was seen, processes and systemd units; in records, in compact output, and
# live.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need dnsmasq dig
plan 15

# A cgroup of systemd's kind. It is not in a namespace of the test's own: it goes by its name.
cgroup_root=$(cgroup2_root)
unit=weir-names-$$.service
cgroup=$cgroup_root/$unit
has_cgroup=false
at_names_end() {
	local status=$?

	trap - ERR
	set +e
	rmdir "$cgroup"
	(exit $status)
	on_exit
}
if [ -n "$cgroup_root" ] && mkdir "$cgroup" 2>/dev/null; then
	has_cgroup=true
	trap at_names_end EXIT
fi

ns_add pod
veth_add veth0 pod
me=10.9.34.1 resolver=10.9.34.2 pod=10.9.34.3 service=10.9.34.4 printer=10.9.34.5 backend=10.9.34.6
ip addr add $me/24 dev veth0
for address in $resolver $pod $service $printer $backend; do
	at pod ip addr add "$address/24" dev eth0
done
up pod eth0
up host veth0
await 5 is_up host veth0

cat >"$work/endpoints.json" <<-END
	{
	  "$pod": { "namespace": "shop", "pod": "db-0", "labels": { "app": "db" },
	            "workload": "StatefulSet/db" },
	  "$service": { "namespace": "shop", "service": "db", "names": ["db.shop.svc"] }
	}
END
echo "$printer printer.example.org printer" >"$work/hosts"
mount --bind "$work/hosts" /etc/hosts # in the test's mount namespace, and so for its agent
spawn pod dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root \
	--pid-file= --log-facility=- --bind-interfaces --listen-address=$resolver \
	--address=/backend.example.org/$backend 2>"$work/dnsmasq"
dnsmasq=$spawned
await 5 contains "$work/dnsmasq" ' started, ' || die "dnsmasq does not start: $(cat "$work/dnsmasq")"
spawn pod "$helpers/tcp" serve 0.0.0.0 8080 1 >"$work/server"
server=$spawned
await 5 contains "$work/server" ready || die "the server does not start"
agent_start --node-name names --endpoints "$work/endpoints.json"

# run COMMAND...: to its end; $client was its PID.
run() {
	"$@" >"$work/answer" &
	client=$!
	wait $client || die "$* has failed"
}

# visit ADDRESS PORT: from that port of ours to its end.
visit() {
	run "$helpers/tcp" connect "$1" 8080 1 fin "$2"
	await_flows 1 "$(from "$2") | select(x.event == \"close\")"
}
# try ADDRESS PORT: where nobody listens, so that no process can be named.
try() {
	run "$helpers/tcp" connect "$1" 9 1 refused "$2"
	await_flows 1 "select(x.event == \"close\" and .l4.TCP.destination_port == $2)"
}
from() { echo "select(.is_reply == false and .l4.TCP.source_port == $1)"; }
# last FILTER: of the records that it makes something of, the last.
last() { flows "$1" | tail -n 1; }
# ends: what compact output has before the verdict, without the time
ends() { sed 's/^.\{21\}//; s/ FORWARDED .*//'; }
compact() { weir observe --all "$@" | ends | tail -n 1; }

# ---- the endpoints file ----

visit $pod 40001
is "a pod that the file names" \
	"$(last "$(from 40001) | .destination | [.identity, .namespace, .pod_name, .labels[], .workloads[0].kind]")" \
	'[16852706,"shop","db-0","k8s:app=db","StatefulSet"]'
is "and in compact output" "$(compact --port 40001)" \
	"tcp:40001 (host) -> shop/db-0:8080 (ID:16852706) to-endpoint"
visit $service 40002
is "a service that the file names, and its names" \
	"$(last "$(from 40002) | [.destination_service, .destination_names, .destination.pod_name]")" \
	'[{"name":"db","namespace":"shop"},["db.shop.svc"],null]'
is "and in compact output" "$(compact --port 40002)" \
	"tcp:40002 (host) -> shop/db:8080 (world) to-endpoint"

# ---- names of addresses ----

try $printer 40003
is "/etc/hosts: all names of the address" "$(last "$(from 40003) | .destination_names")" \
	'["printer.example.org","printer"]'
is "and in compact output" "$(compact --port 40003)" \
	"tcp:40003 (host) <- printer.example.org,printer:9 (world) from-endpoint"
try $backend 40004
is "an address that nobody has asked for has no name" \
	"$(last "$(from 40004) | .destination_names")" null
run dig @$resolver +short backend.example.org
is "dig is told its address" "$(cat "$work/answer")" $backend
dig=$client
answered='select(.l4.UDP.destination_port == 53 or .l4.UDP.source_port == 53)'
await_flows 1 "$answered | select(x.event == \"established\")"
is "who asks, and who answers" \
	"$(last "$answered | [x.source, x.destination | .comm, .pid]")" \
	"[\"dnsmasq\",$dnsmasq,\"dig\",$dig]"
try $backend 40005
is "DNS: the name that was asked for, from the first record on" \
	"$(flows "$(from 40005) | [x.event, .destination_names]")" '["open",["backend.example.org"]]'
is "and in compact output" "$(compact --port 40005)" \
	"tcp:40005 (host) <- backend.example.org:9 (world) from-endpoint"

# ---- processes ----

is "compact output: the processes where nothing is above them" "$(compact --port 53 | sed 's/:[0-9]* / /')" \
	"dig (host) <- dnsmasq:53 (world) from-endpoint"
visit $pod 40006
is "--print-process: behind other names too" "$(compact --port 40006 --print-process)" \
	"tcp:40006 [tcp/$client] (host) -> shop/db-0:8080 [tcp/$server] (ID:16852706) to-endpoint"
if $has_cgroup; then
	# shellcheck disable=SC2016 # for the inner shell to expand
	run sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$cgroup" \
		"$helpers/tcp" connect $pod 8080 1 fin 40007
	await_flows 1 "$(from 40007) | select(x.event == \"close\")"
	is "and with the unit" "$(compact --port 40007 --print-process)" \
		"$unit:40007 [tcp/$client $unit] (host) -> shop/db-0:8080 [tcp/$server] (ID:16852706) to-endpoint"
else
	pass "and with the unit # SKIP no cgroup can be made"
fi

# ---- live ----

is_live() { [ "$(wc -l <"$work/live")" -ge "$1" ]; }
spawn host "$weir_build/weir" observe --follow --last 1 --port 8080 --print-process >"$work/live"
live=$spawned
await 5 is_live 1 || die "nothing is followed"
visit $pod 40008
await 5 is_live 4 || true
here="tcp:40008 [tcp/$client] (host)" there="shop/db-0:8080 [tcp/$server] (ID:16852706)"
same "-f: both ends, while it happens" "$(tail -n +2 "$work/live" | ends)" "$here -> $there to-endpoint
$here <- $there from-endpoint
$here -> $there to-endpoint"
end_process "$live"
