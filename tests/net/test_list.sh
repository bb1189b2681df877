#!/usr/bin/env bash
#
# What weir list says of real processes, sockets and namespaces, row by row.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 20

ns_add pod
veth_add vpod pod
ns_ipv6 pod
ip addr add 10.9.61.1/24 dev vpod
at pod ip addr add 10.9.61.2/24 dev eth0
at pod ip addr add fd09:61::2/64 dev eth0 nodad
up pod eth0
up host vpod
await 5 is_up host vpod
pod_inode=$(at pod stat -Lc %i /proc/self/ns/net)
own_inode=$(stat -Lc %i /proc/self/ns/net)

cat >"$work/endpoints.json" <<-'END'
	{
	  "192.0.2.7": { "namespace": "shop", "pod": "db-0", "labels": { "app": "db" },
	                 "workload": "StatefulSet/db" },
	  "192.0.2.8": { "namespace": "shop", "pod": "db-1" },
	  "198.51.100.0/24": { "names": ["office.example.org", "second.example.org"] },
	  "2001:db8::/32": { "namespace": "front", "service": "web" }
	}
END

# serve NAMESPACE TOOL MODE ADDRESS PORT COUNT...: $spawned waits there.
serve() {
	local ns=$1 tool=$2 mode=$3

	shift 3
	spawn "$ns" "$helpers/$tool" "$mode" "$@" >"$work/serve.$2"
	await 5 contains "$work/serve.$2" ready || die "the server does not start"
}

rows() { weir list "$1" -o json | jq -c ".[] | $2"; }
listeners() {
	rows listeners 'select(.port >= 47000 and .port <= 47099) | [.protocol, .address, .port,
		.netns, .owner.pid, .owner.comm, .owner.via]'
}

# Older than the agent, and younger.
serve host tcp serve 10.9.61.1 47001 1
old=$spawned
serve pod tcp serve fd09:61::2 47002 1
old_pod=$spawned
agent_start --node-name lister --endpoints "$work/endpoints.json"
serve host tcp serve 0.0.0.0 47003 1
tcp_any=$spawned
serve host udp echo 127.0.0.1 47004
udp=$spawned
serve pod udp echo :: 47005
udp_pod=$spawned
serve pod tcp serve 10.9.61.2 47006 1
tcp_pod=$spawned

knows_namespace() { [ -n "$(rows netns "select(.netns == \"$pod_inode\") | .pids[0]?")" ]; }
await 10 knows_namespace || die "the namespace is not known: $(rows netns .)"

# wanted PROTOCOL ADDRESS PORT NETNS PID COMM VIA
wanted() { printf '["%s","%s",%s,"%s",%s,"%s","%s"]\n' "$@"; }
same "who listens, in every namespace" "$(listeners | sort)" "$(sort <<<"$(
	wanted TCP 10.9.61.1 47001 "$own_inode" "$old" tcp existing
	wanted TCP fd09:61::2 47002 "$pod_inode" "$old_pod" tcp existing
	wanted TCP 0.0.0.0 47003 "$own_inode" "$tcp_any" tcp creator
	wanted UDP 127.0.0.1 47004 "$own_inode" "$udp" udp creator
	wanted UDP :: 47005 "$pod_inode" "$udp_pod" udp creator
	wanted TCP 10.9.61.2 47006 "$pod_inode" "$tcp_pod" tcp creator
)")"

is "their table" "$(weir list listeners | awk '$3 >= 47000 && $3 <= 47099 { print $1, $2, $3, $4, $6 }' |
	sed "s/$pod_inode/POD/" | paste -sd,)" "TCP 10.9.61.1 47001 host tcp,TCP 0.0.0.0 47003 host tcp,$(
	)UDP 127.0.0.1 47004 host udp,TCP fd09:61::2 47002 POD tcp,TCP 10.9.61.2 47006 POD tcp,$(
	)UDP :: 47005 POD udp"
is "its process in wide" "$(weir list listeners -o wide | awk -v pid="$udp" '$5 == pid { print $6, $(NF - 2) }')" \
	"udp $(realpath "$helpers/udp")"
end_process "$udp_pod"
is "one that has ended is not listed" "$(rows listeners 'select(.port == 47005)')" ""

# ---- network namespaces ----

netns() { rows netns "select(.netns == \"$1\") | [.is_own, (.ips | sort)]"; }
is "our own network namespace is the first" "$(rows netns '[.is_own, .netns]' | head -n 1)" \
	"[true,\"$own_inode\"]"
is "with its addresses" "$(netns "$own_inode")" '[true,["10.9.61.1","127.0.0.1"]]'
is "another, with its own" "$(netns "$pod_inode")" '[null,["10.9.61.2","fd09:61::2"]]'
is "and who is in it" "$(rows netns "select(.netns == \"$pod_inode\") | .pids[0]")" "$old_pod"

# ---- endpoints ----

same "the host, and what the file tells" \
	"$(rows endpoints '[.kind, .name, .namespace, .ips[], .labels[]?, .workloads[0]?.name]')" \
	'["host","lister",null,"10.9.61.1","127.0.0.1","reserved:host",null]
["file","db-0","shop","192.0.2.7","k8s:app=db","db"]
["file","db-1","shop","192.0.2.8",null]
["file","office.example.org",null,"198.51.100.0/24","reserved:world",null]
["file","web","front","2001:db8::/32","reserved:world",null]'
same "their table" "$(weir list endpoints -o wide | sed '1d; s/  */ /g; s/ *$//' |
	awk '{ $5 = $5 > 2 ? "N" : $5; print }')" \
	"host - lister 10.9.61.1,127.0.0.1 1 reserved:host - - -
file shop db-0 192.0.2.7 N k8s:app=db StatefulSet/db - -
file shop db-1 192.0.2.8 N - - - -
file - office.example.org 198.51.100.0/24 2 reserved:world - - office.example.org,second.example.org
file front web 2001:db8::/32 2 reserved:world - front/web -"
is "no pods" "$(weir list pods -o json)" "[]"
is "no containers" "$(weir list containers)" "ID   NAME   RUNTIME   POD   PID   IMAGE"

# ---- what Hubble lists too ----

is "the namespaces of pods" "$(weir list namespaces -o json | jq -c .)" '[{"namespace":"shop"}]'
is "their table" "$(weir list namespaces | paste -sd,)" "NAMESPACE,shop"
is "the node" "$(rows nodes '[.name, .state, .address, .max_flows]')" \
	"[\"lister\",\"NODE_CONNECTED\",\"$WEIR_SERVER\",\"65536\"]"
is "its table" "$(weir list nodes -o wide | awk 'NR == 2 { print $1, $2, $NF }')" \
	"lister Connected Disabled"

# ---- long lists ----

jq -n '[range(60000) | { key: "10.\(. / 65536 | floor).\(. / 256 % 256 | floor).\(. % 256)",
	value: { namespace: "ns-\(. % 3000)", pod: "pod-\(.)" } }] | from_entries' \
	>"$work/endpoints.new"
mv "$work/endpoints.new" "$work/endpoints.json"
has_many() { [ "$(weir list endpoints | wc -l)" -gt 60000 ]; }
ok "60000 endpoints are listed" await 20 has_many
is "each once, in order" "$(rows endpoints 'select(.kind == "file") | .ips[0]' | tr -d '"' |
	sort -Vcu && echo yes)" yes
is "and 3000 namespaces" "$(weir list namespaces -o json | jq length)" 3000
ok "the agent ends" agent_stop
