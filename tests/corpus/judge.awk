# usage: awk -f judge.awk from=known KNOWN { link=N from=told N.told from=fields N.fields }...
#
# What weir said of the frames (tests/corpus/dump.h) against what tshark did (`-T fields -E
# header=y -E occurrence=a` with the fields of tests/corpus/run): networks, protocol, addresses and
# ports of the outermost IP layer, of what a tunnel carries and of what an ICMP error quotes, or
# else the remainder. And the kernel's sums against the frames and bytes that tshark counts.
#
# A difference of a kind that is in KNOWN is counted there; each other one is printed, and the exit
# status is 1.

BEGIN {
	FS = "\t"
	# tshark's names of what follows an IPv6 extension header, by its number.
	after[0] = "ipv6.hopopts.nxt"
	after[43] = "ipv6.routing.nxt"
	after[44] = "ipv6.fraghdr.nxt"
	after[51] = "ah.next_header"
	after[60] = "ipv6.dstopts.nxt"
	after[135] = "mip6.proto"
	after[139] = "hip.proto"
	after[140] = "shim6.nxt"
	ports_of[6] = "tcp"
	ports_of[17] = ports_of[136] = "udp"
	ports_of[33] = "dccp"
	ports_of[132] = "sctp"
	tags["vlan"] = "vlan.id"
	tags["ieee8021ad"] = "ieee8021ad.id"
	networks["vxlan"] = "vxlan.vni"
	networks["geneve"] = "geneve.vni"
	networks["gre"] = "gre.key"
	# Between layers that matter there may stand only these.
	split("eth ethertype raw sll ppp null slip mpls pppoes chdlc ah tcp udp udplite sctp dccp " \
		"ipv6.hopopts ipv6.routing ipv6.fraghdr ipv6.dstopts mipv6 hip shim6", list, " ")
	for (i in list)
		passed[list[i]] = 1
	is_bad = "IPv4 total length exceeds packet length|IPv6 payload length exceeds framing" \
		"|Bogus IP|Short segment|Bogus TCP header|IPv6 payload length equals 0"
	# The least that a header takes, by its protocol.
	least[6] = 20
	least[1] = least[17] = least[58] = least[136] = 8
	least[33] = least[132] = 12
}

from == "known" {
	if ($0 !~ /^(#|$)/) {
		rule_weir[++rules] = $1
		rule_tshark[rules] = $2
		rule_layers[rules] = $3
		rule_why[rules] = $4
	}
	next
}

from == "told" && $1 == "file" {
	file = $2
	header = $3
	before = $4
}
from == "told" && $1 == "packet" {
	text = $3
	for (i = 4; i <= NF; i++)
		text = text " " $i
	at = link "/" before + $2
	if (at in told)
		text = told[at] "; " text
	else
		told_frames++
	told[at] = text
	file_of[at] = file
	header_of[at] = header
}
from == "told" && ($1 == "flow" || $1 == "remainder") {
	text = $4
	for (i = 5; i <= NF; i++)
		text = text " " $i
	sum_packets[file, text] = $2
	sum_bytes[file, text] = $3
}
from == "told" { next }

FNR == 1 {
	split("", column)
	for (i = 1; i <= NF; i++)
		column[$i] = i
	next
}
{ judge(link "/" $1) }

# The next of a field's values, which stand in the order of their layers.
function take(name,   n, values) {
	n = split($(column[name]), values, ",")
	return ++taken[name] <= n ? values[taken[name]] : ""
}

function number(text,   i, value) {
	if (substr(text, 1, 2) != "0x")
		return text + 0
	for (i = 3; i <= length(text); i++)
		value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return value
}

function is_set(text) { return text == "1" || text == "True" }

function icmp_endpoints(proto,   type) {
	type = icmp_type = take(proto == 1 ? "icmp.type" : "icmpv6.type") + 0
	icmp_code = take(proto == 1 ? "icmp.code" : "icmpv6.code") + 0
	if (proto == 1 ? type == 0 || type == 8 || (type >= 13 && type <= 18) : \
		type == 128 || type == 129)
		type = number(take(proto == 1 ? "icmp.ident" : "icmpv6.echo.identifier"))
	else
		type = 0
	return type " " type
}

# Of the layer behind IP: both ports, or what weir has instead.
function endpoints(proto) {
	if (proto == 1 || proto == 58)
		return icmp_endpoints(proto)
	if (!(proto in ports_of))
		return "0 0"
	return take(ports_of[proto] ".srcport") + 0 " " take(ports_of[proto] ".dstport") + 0
}

# An IPv4 header: sets proto, fragment_proto, part, id; of a fragment where it begins and ends in its
# datagram, the end 0 where it is the last.
function read_v4() {
	proto = fragment_proto = take("ip.proto")
	id = take("ip.id")
	ip_length = take("ip.len")
	payload = ip_length - take("ip.hdr_len")
	more = is_set(take("ip.flags.mf"))
	part = more ? "first" : "whole"
	piece_begin = take("ip.frag_offset") * 8
	if (piece_begin)
		part = "later"
	piece_end = more ? piece_begin + payload : 0
}

# IPv6 with its extension headers: the same.
function read_v6(   next_proto, rest) {
	proto = take("ipv6.nxt")
	payload = rest = take("ipv6.plen") + 0
	ip_length = payload + 40
	part = "whole"
	while (part != "later" && proto in after) {
		next_proto = take(after[proto])
		if (next_proto == "")
			return
		if (proto == 44) {
			id = take("ipv6.fraghdr.ident")
			more = is_set(take("ipv6.fraghdr.more"))
			fragment_proto = next_proto
			piece_begin = take("ipv6.fraghdr.offset") * 8
			piece_end = more ? piece_begin + rest - 8 : 0
			part = piece_begin ? "later" : more ? "first" : "whole"
		}
		proto = next_proto
		payload = 65535 # tshark does not say how much is left
	}
}

# Has tshark taken for a header what is none by its length? The rest of a first fragment's comes later.
function is_cut(   header) {
	if (part == "first" && proto in ports_of)
		return payload < 4
	header = proto == 6 ? take("tcp.hdr_len") + 0 : 0
	return payload < (header > least[proto] ? header : least[proto] + 0)
}

# A datagram has passed when as many of its fragments have begun at each place as have ended there.
function count_place(key, place, by,   was) {
	if (!place)
		return
	was = ended[key, times[key], place]
	ended[key, times[key], place] += by
	open_places[key] += (was + by != 0) - (was + 0 != 0)
}

function begin_datagram(key) {
	delete firsts[key]
	times[key]++
	open_places[key] = 0
}

function count_piece(key) {
	count_place(key, piece_begin, -1)
	count_place(key, piece_end, 1)
}

# An IP layer as weir would tell it.
function read_ip(layer, what, network,   source, destination, both, key, ends) {
	source = take(layer ".src")
	destination = take(layer ".dst")
	if (layer == "ip")
		read_v4()
	else
		read_v6()
	key = file " " source " " destination " " id " " fragment_proto " " network
	if (part == "later" && what != "quoted") {
		if (!open_places[key])
			begin_datagram(key)
		count_piece(key)
	}
	if (part == "later" && !(key in firsts))
		return "fragment"
	if (part == "later") {
		split(firsts[key], ends, " ")
		proto = ends[3]
	} else {
		if (is_cut())
			return "malformed"
		both = endpoints(proto)
		split(both, ends, " ")
		if (part == "first" && what != "quoted") {
			if (key in firsts)
				begin_datagram(key)
			firsts[key] = both " " proto
			count_piece(key)
		}
	}
	return what " " network " " proto " " source " " ends[1] " " destination " " ends[2]
}

# An ICMP error says that the packet it quotes went nowhere.
function is_failure() {
	if (proto == 58)
		return icmp_type == 1 || icmp_type == 3 || icmp_type == 4
	return (icmp_type == 3 && icmp_code != 4) || icmp_type == 11 || icmp_type == 12
}

# All layers that weir should tell of.
function layers_of(   n, names, i, layer, text, vlan, outer_vlan, tag_count, vni, is_tunnel) {
	split("", taken)
	ip_count = vlan = outer_vlan = tag_count = vni = 0
	n = split($(column["frame.protocols"]), names, ":")
	for (i = 1; i <= n; i++) {
		layer = names[i]
		if (layer in tags) {
			outer_vlan = tag_count++ ? vlan : 0
			vlan = take(tags[layer])
		} else if (layer in networks) {
			if (ip_count != 1)
				break
			vni = number(take(networks[layer]))
		} else if (layer == "icmp" || layer == "icmpv6") {
			return text is_quoting(names[i + 1], text)
		} else if (layer == "ip" || layer == "ipv6") {
			if (ip_count++ == 2)
				break
			if (ip_count == 2)
				outer_vlan = 0
			text = text (ip_count == 2 ? "; " : "") read_ip(layer, \
				ip_count == 1 ? "outer" : "inner", vlan + 0 " " outer_vlan " " vni)
			if (text ~ /^malformed/)
				return "malformed"
			if (ip_count == 1)
				first_length = ip_length
			vlan = outer_vlan = tag_count = vni = 0
			if (part != "whole")
				break
		} else if (ip_count && !(layer in passed)) {
			break
		}
	}
	return text
}

# Of an error that is in no tunnel itself.
function is_quoting(layer, text,   network, words, quoted) {
	if (ip_count != 1 || part == "later" || (layer != "ip" && layer != "ipv6") || !is_failure())
		return ""
	split(text, words, " ")
	quoted = read_ip(layer, "quoted", words[2] " " words[3] " " words[4])
	return part == "later" ? "" : "; " quoted
}

function ip_layers(names,   n, list, i, count) {
	n = split(names, list, ":")
	for (i = 1; i <= n; i++)
		count += list[i] == "ip" || list[i] == "ipv6"
	return count + 0
}

function expected(   text, words, has_ethernet, message) {
	words = $(column["frame.protocols"])
	text = layers_of()
	has_ethernet = words ~ /^eth/
	message = $(column["_ws.expert.message"])
	# A length of which tshark does not know whether it is in this fragment.
	if (part == "first" && payload < least[proto])
		sub(/Bogus TCP header|Short segment/, "", message)
	if (message ~ is_bad) {
		# The last IP layer is meant; or is it the first one, which may have no addresses then?
		if (ip_count < 2 && ip_layers(words) < 2)
			return "malformed"
		if (text ~ /^outer [0-9 ]*  / || \
			first_length > $(column["frame.len"]) - 14 * has_ethernet)
			return "malformed"
		if (ip_count == ip_layers(words))
			sub(/; [^;]*$/, "", text)
	}
	if (text != "")
		return text
	return $(column["frame.protocols"]) ~ /ethertype:arp(:|$)/ ? "arp" : "non_ip"
}

# The number of the rule for a difference, 0: there is none.
function rule_for(is, wanted, layers,   i) {
	for (i = 1; i <= rules; i++)
		if (is ~ rule_weir[i] && wanted ~ rule_tshark[i] && layers ~ rule_layers[i])
			return i
	return 0
}

function judge(at,   wanted, rule, parts, n, i) {
	if (!(at in told))
		return
	frames++
	file = file_of[at]
	# The kernel's sums: whatever weir said of the frame, tshark says how long it is.
	n = split(told[at], parts, "; ")
	for (i = 1; i <= n; i++) {
		if (parts[i] ~ /^quoted/)
			continue
		my_packets[file, parts[i]]++
		my_bytes[file, parts[i]] += $(column["frame.len"]) - header_of[at]
	}
	wanted = expected()
	if (wanted == told[at]) {
		same++
		return
	}
	rule = rule_for(told[at], wanted, $(column["frame.protocols"]) "|" $(column["_ws.expert.message"]))
	if (rule) {
		met[rule]++
		return
	}
	differences++
	print "frame " at " of " file ": " $(column["frame.protocols"]) " " $(column["_ws.expert.message"])
	print "  weir:   " told[at]
	print "  tshark: " wanted
}

END {
	if (frames + 0 != told_frames + 0 || !frames) {
		differences++
		print "weir saw " told_frames + 0 " frames, tshark " frames + 0 " of them"
	}
	for (sum in sum_packets) {
		split(sum, parts, SUBSEP)
		sums++
		# An inner packet's bytes are none of tshark's numbers.
		if (sum_packets[sum] == my_packets[sum] + 0 && \
			(parts[2] ~ /^inner/ || sum_bytes[sum] == my_bytes[sum]))
			continue
		differences++
		print parts[1] ": " parts[2] ": the kernel counted " sum_packets[sum] " packets, " \
			sum_bytes[sum] " bytes; of tshark's they are " my_packets[sum] + 0 ", " my_bytes[sum] + 0
	}
	for (sum in my_packets) {
		if (sum in sum_packets)
			continue
		differences++
		print sum ": not counted"
	}
	for (i = 1; i <= rules; i++)
		if (met[i])
			print "# " met[i] ": " rule_why[i]
	print "# " frames + 0 " frames, " same + 0 " of them as tshark has them, " sums + 0 " sums"
	exit differences > 0
}
