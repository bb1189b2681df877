#!/usr/bin/env bash
#
# The agent on a router that translates: a published port, a redirect, a masquerade, both, for TCP
# and UDP, IPv4 and IPv6, new connections and such as are older than the agent, and pings. Both
# halves of each connection carry the other's tuple, as conntrack itself has them; what is not
# translated says nothing; and the packets are counted once where the twins are left out.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/who.sh
. "${BASH_SOURCE[0]%/*}/who.sh"
test_begin "$@"
need nft conntrack
plan 19

nft 'table inet probe { chain c { type nat hook prerouting priority -100; }; }' 2>/dev/null ||
	skip_all "needs nftables that translate"
nft delete table inet probe
[ -r /proc/sys/net/netfilter/nf_conntrack_count ] || skip_all "needs conntrack"

ns_add client server
for ns in host client server; do
	ns_ipv6 $ns
done
# side NAME NAMESPACE NUMBER
side() {
	veth_add "$1" "$2"
	ip addr add "10.$3.0.1/24" dev "$1"
	ip addr add "fd0$3::1/64" dev "$1" nodad
	at "$2" ip addr add "10.$3.0.2/24" dev eth0
	at "$2" ip addr add "fd0$3::2/64" dev eth0 nodad
	up "$2" eth0
	up host "$1"
	await 5 is_up host "$1"
	at "$2" ip route add default via "10.$3.0.1"
	at "$2" ip -6 route add default via "fd0$3::1"
}
side left client 1
side right server 2
ns_sysctl host ipv4/ip_forward=1 ipv6/conf/all/forwarding=1 netfilter/nf_conntrack_acct=1
# What conntrack has is compared with: it keeps all of it, however long that takes (of a connection
# that was reset 10 s otherwise).
ns_sysctl host netfilter/nf_conntrack_{tcp_timeout_{close,time_wait},udp_timeout{,_stream}}=600

# 10.9.9.9 and fd09::9 are a service's; port 9000 is masqueraded, 9080 both; 81 is served here.
nft -f - <<-END
	table inet t {
	  chain pre { type nat hook prerouting priority -100;
	    ip daddr 10.9.9.9 meta l4proto {tcp, udp} th dport 80 dnat ip to 10.2.0.2:8080
	    ip6 daddr fd09::9 meta l4proto {tcp, udp} th dport 80 dnat ip6 to [fd02::2]:8080
	    ip daddr 10.1.0.1 meta l4proto {tcp, udp} th dport 9080 meta mark set 9 dnat ip to 10.2.0.2:8080
	    ip6 daddr fd01::1 meta l4proto {tcp, udp} th dport 9080 meta mark set 9 dnat ip6 to [fd02::2]:8080
	    ip daddr 10.9.9.9 tcp dport 82 dnat ip to 10.2.0.2:8082
	    ip6 daddr fd01::1 tcp dport 9082 meta mark set 9 dnat ip6 to [fd02::2]:8082
	    ip daddr 10.9.9.9 icmp type echo-request dnat ip to 10.2.0.2
	    meta l4proto {tcp, udp} th dport 81 redirect to :8081
	  }
	  chain post { type nat hook postrouting priority 100;
	    meta l4proto {tcp, udp} th dport 9000 masquerade
	    meta mark 9 masquerade
	  }
	}
END

# serve NAMESPACE tcp|udp PORT: for both families
serve() {
	local -A as=([tcp]="serve :: $3 10" [udp]="echo :: $3")

	# shellcheck disable=SC2086 # words
	spawn "$1" "$helpers/$2" ${as[$2]} >"$work/serve.$2.$3"
	await 10 contains "$work/serve.$2.$3" ready || die "$2 $3 is not served"
}
for proto in tcp udp; do
	for port in 7000 8080 9000; do
		serve server $proto $port
	done
	serve host $proto 8081
done
who_spawn server server serve tcp :: 8082 1 0

# Where the client goes: what it is called, address, port, whether it is translated.
cases=(
	"nothing 10.2.0.2 7000 -" "nothing fd02::2 7000 -"
	"dnat 10.9.9.9 80 +" "dnat fd09::9 80 +"
	"masquerade 10.2.0.2 9000 +" "masquerade fd02::2 9000 +"
	"both 10.1.0.1 9080 +" "both fd01::1 9080 +"
	"redirect 10.2.0.2 81 +" "redirect fd02::2 81 +"
)

# talk PROTO ADDRESS PORT FIRST_PORT
talk() {
	if [ "$1" = tcp ]; then
		at client timeout 20 "$helpers/tcp" connect "$2" "$3" 1 fin "$4"
	else
		at client timeout 20 "$helpers/udp" exchange "$2" "$3" 1 "$4"
	fi
}

# talk_all PROTO FIRST_PORT: one of each case, from that port on.
talk_all() {
	local row port=$2

	for row in "${cases[@]}"; do
		# shellcheck disable=SC2086 # words
		set -- "$1" $row
		talk "$1" "$3" "$4" $((port++)) || die "no $1 to $3:$4"
	done >/dev/null
}

# truth PROTO FIRST_PORT: of each translated connection that began at one of ten ports from that on
# both halves, each with the other: `10.1.0.2 40000 10.9.9.9 80 is original of ...`.
truth() {
	local family

	for family in ipv4 ipv6; do
		conntrack -L -f $family -p "$1" 2>/dev/null
	done | awk -v first="$2" '
		function side(n) { return v["src" n] " " v["sport" n] " " v["dst" n] " " v["dport" n] }
		function back(n) { return v["dst" n] " " v["dport" n] " " v["src" n] " " v["sport" n] }
		{
			split("", v)
			for (i = 1; i <= NF; i++) {
				if (split($i, word, "=") != 2)
					continue
				n = ((word[1] 1) in v) ? 2 : 1
				v[word[1] n] = word[2]
			}
			if (v["sport1"] < first || v["sport1"] >= first + 10 || side(1) == back(2))
				next
			print side(1), "is original of", back(2)
			# What is for this host itself passes no interface any more once it is translated.
			if (v["sport2"] != 8081)
				print back(2), "is translated of", side(1)
		}' | sort
}

# told PROTO FIRST_PORT [FILTER]: the same as the log has it, of all records that the filter lets
# pass; they all say the same of a connection, or there are more lines.
told() {
	flows "select((.l4.$1 // null) != null) | ${3-.} | . as \$f | x as \$x | \$x.nat | select(.) |
		[\$f.IP.source, \$f.l4.$1.source_port, \$f.IP.destination, \$f.l4.$1.destination_port] as \$a |
		[.source, .source_port, .destination, .destination_port] as \$b |
		(if \$f.is_reply then [\$a[2, 3, 0, 1], \$b[2, 3, 0, 1]] else [\$a[], \$b[]] end) as \$c |
		(if .role == \"original\" then \$c[1] else \$c[5] end) as \$port |
		select(\$port >= $2 and \$port < $2 + 10) |
		\"\(\$c[0:4] | join(\" \")) is \(.role) of \(\$c[4:8] | join(\" \"))\"" | jq -r . | sort -u
}

# silent PROTO FIRST_PORT: where connections from those ports went to that say nothing of a twin
silent() {
	flows "select(.is_reply | not) | select(x.nat | not) | .l4.$1 | select(.) |
		select(.source_port >= $2 and .source_port < $2 + 10) | .destination_port" | sort -u | xargs
}

is_told() { [ "$(told "$1" "$3" "${4-.}")" = "$(truth "$2" "$3")" ]; }

# twins SENTENCE PROTO FIRST_PORT [FILTER]
twins() {
	local key=${2^^}

	await 10 is_told "$key" "$2" "$3" "${4-.}" || true
	same "$1" "$(told "$key" "$3" "${4-.}")" "$(truth "$2" "$3")"
}

# ---- older than the agent ----

# hold ADDRESS PORT FROM_PORT: one that sends a byte for each line of $work/hold
mkfifo "$work/hold.4" "$work/hold.6"
spawn client "$helpers/tcp" hold 10.9.9.9 82 39000 <>"$work/hold.4" >"$work/held.4"
spawn client "$helpers/tcp" hold fd01::1 9082 39001 <>"$work/hold.6" >"$work/held.6"
has_entries() { [ "$(truth tcp 39000 | wc -l)" -eq 4 ]; }
await 10 has_entries || die "there are no old connections: $(conntrack -L 2>&1)"
talk_all udp 39100

agent_start --node-name router --update-interval 1s
is "conntrack can be asked" \
	"$(status '.extensions.capabilities[] | select(.name == "translations").available')" true
# The first one finds conntrack's socket closed; a later record says it.
is_all_told() {
	echo >"$work/hold.4"
	echo >"$work/hold.6"
	[ "$(told TCP 39000 'select(x.event == "update")')" = "$(truth tcp 39000)" ]
}
await 10 is_all_told || true
twins "TCP that is older than the agent: both halves of each, as conntrack has them" tcp 39000
talk_all udp 39100
twins "UDP whose entries are older than the agent" udp 39100

# ---- new ----

port=40000
for proto in tcp udp; do
	talk_all $proto $port
	settle
	twins "new $proto: both halves of each, as conntrack has them" $proto $port
	is "that are so many" "$(truth $proto $port | wc -l)" 14
	is "what is not translated says nothing" "$(silent ${proto^^} $port)" 7000
	twins "$proto: so does every record of the first answer" $proto $port \
		'select(x.event == "established")'
	port=$((port + 100))
done
twins "TCP: and every close" tcp 40000 'select(x.event == "close")'

# ---- pings ----

at client ping -c 1 -W 5 10.9.9.9 >/dev/null || die "no answer to a ping"
is_pinged() { [ "$(pinged)" = "$expected" ]; }
pinged() {
	flows 'select(.l4.ICMPv4 and (.is_reply | not) and x.nat) |
		"\(x.nat.role) \(x.nat.source) \(x.nat.destination) \(x.nat.icmp_id == x.icmp_id)"' |
		jq -r . | sort -u | paste -sd,
}
expected="original 10.1.0.2 10.2.0.2 true,translated 10.1.0.2 10.9.9.9 true"
await 5 is_pinged || true
is "pings are told by their id" "$(pinged)" "$expected"

# ---- what it is good for ----

is "Hubble's source_xlated: the masquerade's, and nothing else's" "$(flows 'select(.IP.source_xlated) |
	"\(.IP.source) \(.IP.source_xlated) \(x.nat.role) \(.is_reply)"' | jq -r . | sort -u | paste -sd,)" \
	"10.1.0.2 10.2.0.1 original false,fd01::2 fd02::1 original false"
is "and --snat-ip finds what it is of" "$(weir observe --all --snat-ip 10.2.0.1 -o json |
	jq -r '.flow | select(.) | .IP.source' | sort -u)" 10.1.0.2
alone() {
	flows 'select(.l4.TCP and x.event == "close" and x.nat and (x.nat.twin | not)) |
		.l4.TCP | [.source_port, .destination_port] | max' | sort -u | xargs
}
is "whose other half is seen by nobody says so" "$(alone)" "40008 40009"
# Packets of the TCP connections above, both ways.
sum() {
	flows "select(x.event == \"close\" and .l4.TCP) | select($1) |
		select([.l4.TCP.source_port, .l4.TCP.destination_port, (x.nat | .source_port, .destination_port)]
			| any(. >= 40000 and . < 40010)) |
		x.forward.packets + x.reverse.packets" | awk '{ n += $1 } END { print n + 0 }'
}
counted=$({ conntrack -L -f ipv4 -p tcp && conntrack -L -f ipv6 -p tcp; } 2>/dev/null |
	grep 'sport=4000[0-9]' | grep -o 'packets=[0-9]*' | awk -F= '{ n += $2 } END { print n + 0 }')
is "a sum without the twins counts each packet once, as conntrack does" \
	"$(sum 'x.nat.role != "translated"')" "$counted"
compare "with them it is more" "$(sum true)" -gt "$counted"
is "nobody was left out" "$(status '.extensions.losses | "\(.translations_refused) \(.translations_not_asked)"')" "0 0"
