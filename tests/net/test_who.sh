#!/usr/bin/env bash
#
# Who is at both ends: each side's process against what the processes themselves say. Clients and
# servers of TCP and UDP, IPv4 and IPv6, in other network namespaces and over the loopback;
# servers of many processes; sockets that change hands; connections that fail; ping.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/who.sh
. "${BASH_SOURCE[0]%/*}/who.sh"
test_begin "$@"
need ping
if command -v nginx >/dev/null; then
	plan 53
else
	plan 51
fi

ns_add pod
ns_ipv6 host
ns_ipv6 pod
veth_add veth0 pod
ip addr add 10.9.30.1/24 dev veth0
ip addr add fd09:30::1/64 dev veth0 nodad
at pod ip addr add 10.9.30.2/24 dev eth0
at pod ip addr add fd09:30::2/64 dev eth0 nodad
up pod eth0
up host veth0
await 5 is_up host veth0
# Somebody who never answers.
ip neigh replace 10.9.30.9 lladdr 02:00:00:00:00:09 dev veth0 nud permanent
# Whose namespaces are is found by who is in them, but only once a second.
spawn pod sleep infinity
agent_start --node-name who --update-interval 1s
me=10.9.30.1 pod=10.9.30.2 me6=fd09:30::1 pod6=fd09:30::2

# ---- clients and servers, each way ----

port=7100
# both NAME FAMILY NAMESPACE ADDRESS CLIENT_NAMESPACE CLIENT_ADDRESS
both() {
	local name=$1 ns=$2 address=$3 client_ns=$4 client=$5

	port=$((port + 10))
	who_spawn "$ns" "$name.tcp" serve tcp "$address" $port 1 0
	who_at "$client_ns" "$name.tcp" connect tcp "$address" $port 20 20000
	who_all_right "TCP, $name: both ends" 40 "$name.tcp" "$name.tcp"
	is "from the first record on" "$(who_first "$name.tcp" "$name.tcp")" \
		"40 established right 40 open right"
	who_spawn "$ns" "$name.udp" serve udp "$address" $port 1 0
	who_at "$client_ns" "$name.udp" connect udp "$address" $port 20 20000
	who_at "$client_ns" "$name.udp" sendto udp "$address" $port 20 21000 "$client"
	who_all_right "UDP, connected and not, $name: both ends" 80 "$name.udp" "$name.udp"
	is "from the first record on" "$(who_first "$name.udp" "$name.udp")" \
		"80 established right 80 open right"
}

both "a client here" pod $pod host $me
both "a server here" host $me pod $pod
both "a client here, IPv6" pod $pod6 host $me6
both "a server here, IPv6" host $me6 pod $pod6
both "loopback" host 127.0.0.1 host 127.0.0.1
both "loopback, IPv6" host ::1 host ::1

# ---- servers of many processes ----

who_spawn host forked serve tcp $me 7000 4 0
for ((i = 0; i < 4; i++)); do
	who_at pod forked connect tcp $me 7000 20 $((22000 + i * 20))
done
diag "workers: $(awk '$3 == 7000 { print $6 }' "$work/forked.truth" | sort | uniq -c | xargs)"
who_all_right "a pre-forked server: the worker, not the master" 160 forked forked
is "and by use" "$(who_count forked right user)" 80

for proto in tcp udp; do
	who_spawn host $proto.group serve $proto $me 7001 4 1
	who_at pod $proto.group connect $proto $me 7001 80 23000
	compare "SO_REUSEPORT, $proto: several processes serve" \
		"$(awk '$3 == 7001 { print $6 }' "$work/$proto.group.truth" | sort -u | wc -l)" -gt 1
	who_all_right "SO_REUSEPORT, $proto: that of the group which serves" 160 $proto.group $proto.group
done

who_spawn pod passed serve tcp $pod 7002 1 0
who_at host passed pass tcp $pod 7002 20 24000
who_all_right "sockets that were passed: who uses them" 40 passed passed
is "and by use" "$(grep -c '^right user tcp 10.9.30.1' "$work/judged.passed")" 20

# A process that becomes another program, and that one another: the first one's connection is closed
# by the server when its process is the second, and the third makes one of its own.
who_spawn host exec serve tcp $me 7020 1 0
server=$spawned
# becomes FILE PORT: the last one's, and of its truth.
becomes() {
	# shellcheck disable=SC2016 # for the inner shells to expand
	at pod timeout 10 bash -c 'exec 3<>"/dev/tcp/$1/7020"; echo -n x >&3; read -r -n 1 -u 3
		kill -STOP "$4"; exec 3>&-
		exec sh -c "kill -CONT \$4; exec \"\$2\" connect tcp \$1 7020 1 \$3" sh "$@"' \
		bash $me "$helpers/who" "$2" "$server" >>"$work/$1.truth" ||
		die "no answer on port 7020"
}
# programs NAME PORT: those that its process was at the end of its connections.
programs() {
	awk '$5 == 7020 && $6 == "close" && $8 == pid { print $10 }' \
		pid="$(awk -v port="$2" '$3 == port { print $6 }' "$work/$1.truth")" "$work/sides.exec" |
		sort | paste -sd,
}
are_two() {
	who_judge exec exec "$1"
	[[ $(programs "$1" "$2") == *,* ]]
}
becomes first 27000
who_all_right "after an exec: the same process" 3 exec exec first
await 6 are_two first 27000 || true
is "and the program that it was each time" "$(programs first 27000)" "bash,who"
kill -STOP "$agent"
becomes second 27001
kill -CONT "$agent"
who_all_right "the same if the agent looks when all is over" 6 exec exec first second
await 6 are_two second 27001 || true
is "and the program that it was each time, although /proc tells of the last one only" \
	"$(programs second 27001)" "bash,who"

# ---- sockets that nobody uses ----

# held FILE PORT FIRST_PORT: 20 connections that say nothing, for a while
held() { sleep 0.3 | who_at pod "$1" hold tcp $me "$2" 20 "$3"; }
who_spawn host quiet quiet tcp $me 7010 0 0
quiet=$spawned
held quiet 7010 26000
who_all_right "accepted, and never read: who has it" 40 quiet quiet
# At first it is told by who listens, which is the same process.
heirs() { grep -c '^right inherited tcp 10.9.30.1' "$work/judged.quiet" || true; }
are_heirs() {
	who_judge quiet quiet
	[ "$(heirs)" -eq 20 ]
}
await 6 are_heirs || true
is "as heir of the listener" "$(heirs)" 20
kill -STOP "$quiet"
held waiting 7010 26100
for ((i = 26100; i < 26120; i++)); do
	echo "tcp $me 7010 $pod $i $quiet"
done >>"$work/waiting.truth"
who_all_right "never accepted: whose the listener is" 40 waiting waiting
is "none of them is a user" "$(grep -c '^right \(user\|creator\) tcp 10.9.30.1' "$work/judged.waiting" || true)" 0
kill -CONT "$quiet"
end_process "$quiet"
spawn host "$helpers/udp" sink $me 7011 >"$work/sink"
await 5 contains "$work/sink" ready || die "the sink does not start"
for ((i = 0; i < 20; i++)); do
	echo "udp $me 7011 $pod $((26200 + i)) $spawned" >>"$work/sink.truth"
done
who_at pod sink oneway udp $me 7011 20 26200
who_all_right "UDP that is never answered: who receives" 40 sink sink

# ---- connections that fail ----

who_at host refused refused tcp $pod 7003 20 25000 $me
nobody refused tcp $pod 7003 $me 25000 20
who_all_right "refused: who tried, and nobody there" 40 refused refused
who_at pod refused.here refused tcp $me 7003 20 25100 $pod
nobody refused.here tcp $me 7003 $pod 25100 20
who_all_right "refused here: who tried there, and nobody here" 40 refused.here refused.here
who_at host timeout timeout tcp 10.9.30.9 7003 20 25200
nobody timeout tcp 10.9.30.9 7003 $me 25200 20
who_all_right "unanswered: who tried, and nobody there" 40 timeout timeout

# ---- ping ----

# pings SENTENCE PROTO NAMESPACE ADDRESS OWN_ADDRESS ID
pings() {
	# shellcheck disable=SC2016 # for the inner shell to expand
	at "$3" sh -c 'echo "$1 $2 $4 $3 $4 $$" >>"$5"; exec ping -q -n -e "$4" -c 2 -i 0.1 "$3"' \
		sh "$2" "$5" "$4" "$6" "$work/ping.$6.truth" >/dev/null || die "no answer to ping"
	nobody "ping.$6" "$2" "$4" "$6" "$5" "$6" 1
	who_all_right "$1: the process, and nobody where the kernel answers" 2 "ping.$6" "ping.$6"
}

pings "ping" icmpv4 host $pod $me 30001
pings "ping from elsewhere" icmpv4 pod $me $pod 30002
pings "ping of IPv6" icmpv6 host $pod6 $me6 30003
pings "ping to this host itself" icmpv4 host 127.0.0.2 127.0.0.1 30004
ns_sysctl host "ipv4/ping_group_range=0 2147483647"
pings "ping by a socket that is not raw" icmpv4 host $pod $me 30005
pings "the same of IPv6" icmpv6 host $pod6 $me6 30006

# ---- nginx ----

if ! command -v nginx >/dev/null; then
	pass "nginx: each connection's worker # SKIP needs nginx"
	exit 0
fi
mkdir "$work/nginx"
cat >"$work/nginx/conf" <<-END
	pid $work/nginx/pid;
	error_log $work/nginx/error.log;
	user root;
	daemon off;
	worker_processes 4;
	events { worker_connections 64; accept_mutex off; }
	http {
	  log_format owner 'tcp \$server_addr \$server_port \$remote_addr \$remote_port \$pid';
	  access_log $work/nginx.truth owner;
	  client_body_temp_path $work/nginx/body;
	  proxy_temp_path $work/nginx/proxy;
	  fastcgi_temp_path $work/nginx/fastcgi;
	  uwsgi_temp_path $work/nginx/uwsgi;
	  scgi_temp_path $work/nginx/scgi;
	  server { listen $me:8080; location / { return 200 "hello\n"; } }
	}
END
spawn host nginx -c "$work/nginx/conf" 2>"$work/nginx/stderr"
nginx=$spawned
nginx_serves() { at pod curl -s -o /dev/null http://$me:8080/; }
await 10 nginx_serves || die "nginx does not start: $(cat "$work/nginx/stderr")"
for ((i = 0; i < 40; i++)); do
	nginx_serves &
	children+=($!)
	[ $((i % 8)) -ne 7 ] || wait $!
done
logged() { [ "$(grep -c "^tcp $me 8080" "$work/nginx.truth")" -ge 41 ]; }
await 10 logged || die "nginx has not served all"
diag "workers: $(awk '{ print $6 }' "$work/nginx.truth" | sort | uniq -c | xargs)"
compare "nginx: several workers serve" "$(awk '{ print $6 }' "$work/nginx.truth" | sort -u | wc -l)" -gt 1
is "none of them is the master" "$(grep -c " $nginx\$" "$work/nginx.truth" || true)" 0
who_all_right "nginx: each connection's worker" 41 nginx nginx
