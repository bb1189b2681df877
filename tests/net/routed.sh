# shellcheck shell=bash
#
# Namespaces that reach one another through the agent's, which routes. Sourced behind lib.sh.

# routed_add NUMBER NAMESPACE...: makes them. The first has a pair to 10.9.<NUMBER>1.1 and
# fd09:<NUMBER>1::1, itself being .2 and ::2; the next has 10.9.<NUMBER>2.0/24, and so on. The
# agent's ends are vNAMESPACE, theirs eth0.
routed_add() {
	local number=$1 ns at=1 net

	shift
	ns_add "$@"
	ns_ipv6 host
	ns_sysctl host ipv4/ip_forward=1 ipv6/conf/all/forwarding=1
	for ns; do
		net=$number$((at++))
		veth_add "v$ns" "$ns"
		ns_ipv6 "$ns"
		ip addr add "10.9.$net.1/24" dev "v$ns"
		ip addr add "fd09:$net::1/64" dev "v$ns" nodad
		at "$ns" ip addr add "10.9.$net.2/24" dev eth0
		at "$ns" ip addr add "fd09:$net::2/64" dev eth0 nodad
		up "$ns" eth0
		up host "v$ns"
		at "$ns" ip route add default via "10.9.$net.1"
		at "$ns" ip route add default via "fd09:$net::1"
		acquaint "v$ns" "10.9.$net.1" "$ns" eth0 "10.9.$net.2"
		acquaint "v$ns" "fd09:$net::1" "$ns" eth0 "fd09:$net::2" # there are no link-local addresses
	done
	for ns; do
		await 5 is_up host "v$ns"
	done
}
