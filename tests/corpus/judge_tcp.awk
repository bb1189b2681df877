# usage: awk -f judge_tcp.awk from=known KNOWN { link=N from=told N.told from=fields N.fields }...
#
# What weir has counted of each direction of a TCP connection against what tshark makes of it: packets
# with data that were sent again or overtaken, windows of zero, and whether the handshake was seen.
# Compared is what is one connection to both: a tuple of one flow and of one stream, in one file. Only
# whole handshakes are: tshark tells of none without the SYN, and takes a RST for the end of one.
#
# A difference in a file of KNOWN is counted there; each other one is printed, and the exit status
# is 1.

BEGIN { FS = "\t" }

from == "known" {
	if ($0 !~ /^(#|$)/) {
		rule_file[++rules] = $1
		rule_why[rules] = $2
	}
	next
}

from == "told" && $1 == "file" {
	file = $2
	before = $4
}
from == "told" && $1 == "packet" { file_of[link "/" before + $2] = file }
from == "told" && $1 == "tcp" && $5 == "outer" {
	key = file " " $10 " " $11 " " $12 " " $13
	flows[key]++
	resent[key] = $2
	zero_windows[key] = $3
	is_established[key] = $4
}
from == "told" { next }

FNR == 1 {
	split("", column)
	for (i = 1; i <= NF; i++)
		column[$i] = i
	next
}
# TCP in the frame's only IP layer.
field("frame.protocols") ~ /^(eth|ethertype|vlan|sll|raw|ppp|null|chdlc|mpls|:)*(ip|ipv6)(:ipv6\.[a-z]+)*:tcp(:|$)/ {
	read_segment(file_of[link "/" $1])
}

function field(name) { return $(column[name]) }
function is_set(name) { return field(name) == "1" || field(name) == "True" }

function read_segment(file,   source, destination, stream, key, answer) {
	source = field("ip.src") field("ipv6.src") " " field("tcp.srcport")
	destination = field("ip.dst") field("ipv6.dst") " " field("tcp.dstport")
	key = file " " source " " destination
	answer = file " " destination " " source
	stream = link "/" field("tcp.stream")
	if (!(stream in owner))
		owner[stream] = file
	if (!(key in stream_of))
		stream_of[key] = stream_of[answer] = stream
	if (owner[stream] != file || stream_of[key] != stream)
		is_mixed[stream] = is_mixed[stream_of[key]] = is_mixed[key] = is_mixed[answer] = 1
	again[key] += field("tcp.len") > 0 && field("tcp.analysis.keep_alive") == "" && \
		field("tcp.analysis.retransmission") field("tcp.analysis.out_of_order") != ""
	zero[key] += field("tcp.analysis.zero_window") != ""
	if (is_set("tcp.flags.syn"))
		syns[stream, is_set("tcp.flags.ack")] = 1
	if (field("tcp.analysis.initial_rtt") != "")
		is_shaken[stream] = 1
}

function check(key, what, is, wanted,   i) {
	compared[what]++
	if (is + 0 == wanted + 0)
		return
	for (i = 1; i <= rules; i++) {
		if (key ~ rule_file[i]) {
			met[i]++
			return
		}
	}
	differences++
	print key ": " what ": weir " is + 0 ", tshark " wanted + 0
}

END {
	for (key in again) {
		stream = stream_of[key]
		if (flows[key] != 1 || (key in is_mixed) || (stream in is_mixed))
			continue
		check(key, "packets sent again or overtaken", resent[key], again[key])
		check(key, "windows of zero", zero_windows[key], zero[key])
		if ((stream, 0) in syns && (stream, 1) in syns)
			check(key, "handshakes", is_established[key], stream in is_shaken)
	}
	for (i = 1; i <= rules; i++)
		if (met[i])
			print "# " met[i] ": " rule_why[i]
	for (what in compared)
		print "# " compared[what] " directions of TCP: " what
	if (!compared["windows of zero"])
		print "no connection was compared"
	exit differences > 0 || !compared["windows of zero"]
}
