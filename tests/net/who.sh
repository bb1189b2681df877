# shellcheck shell=bash
#
# The owner of each side of each flow against the truth, which the helper `who` writes down: sourced
# behind lib.sh, after test_begin. The truth is in the files $work/*.truth.

# who_at NAMESPACE FILE ARGUMENT...: runs the helper to its end; its truth is added to the file.
who_at() {
	local ns=$1 file=$work/$2.truth

	shift 2
	at "$ns" timeout 60 "$helpers/who" "$@" >>"$file" || die "who $* has failed"
}

# nobody FILE PROTO OWN_ADDRESS OWN_PORT PEER_ADDRESS FIRST_PORT NUMBER: the kernel itself is there,
# or somebody elsewhere: no process may be named for that side.
nobody() {
	local i

	for ((i = $6; i < $6 + $7; i++)); do
		echo "$2 $3 $4 $5 $i -"
	done >>"$work/$1.truth"
}

# who_spawn NAMESPACE FILE ARGUMENT...: in the background, until the test ends; and is ready.
who_spawn() {
	local ns=$1 file=$work/$2.truth ready

	shift 2
	touch "$file"
	ready=$(grep -c ^ready "$file" || true)
	spawn "$ns" "$helpers/who" "$@" >>"$file"
	await 10 who_is_ready "$file" $((ready + 1)) || die "who $* does not get ready"
}

who_is_ready() { [ "$(grep -c ^ready "$1")" -ge "$2" ]; }

# who_sides: of each record and side a line: protocol, own address and port, the peer's, event,
# via, pid, container's or process's cgroup, comm, exe, netns. "-" is what is not known.
who_sides() {
	weir observe --all -o json | jq -r '.flow | select(.) | .extensions.value as $x |
		(.l4.TCP // .l4.UDP // {}) as $p |
		[(.l4 | keys[0] | ascii_downcase), .time, $x.conn_id, $x.event, $x.start] as $about |
		[.IP.source, ($p.source_port // $x.icmp_id // 0)] as $source |
		[.IP.destination, ($p.destination_port // $x.icmp_id // 0)] as $destination |
		([$x.source, $source, $destination], [$x.destination, $destination, $source]) |
		.[0] as $o |
		[$about[0], .[1][], .[2][], $about[3], $o.via // "-", $o.pid // "-",
		$o.cgroup // "-", $o.comm // "-", $o.exe // "-", $o.netns // "-"] |
		map(tostring | if . == "" then "-" else . end) | @tsv'
}

# who_judge NAME FILE...: reads the log once; what it makes of the truth of these files goes into
# $work/judged.NAME: per side of which there is a truth `right|wrong|unknown VIA LINE`, by the last
# record that there is; and `false VIA LINE` for any record that says user, creator or existing of
# another process than those that had the socket.
who_judge() {
	local name=$1 file files=()

	shift
	for file; do
		files+=("$work/$file.truth")
	done
	settle
	who_sides >"$work/sides.$name"
	awk '
	function key() { return $1 " " $2 " " $3 " " $4 " " $5 }
	FILENAME != sides {
		if (NF >= 6) {
			user[key()] = $6
			creator[key()] = $7
		}
		next
	}
	!(key() in user) { next }
	{
		via[key()] = $7
		pid[key()] = $8
		if (($7 == "user" || $7 == "creator" || $7 == "existing") &&
		    $8 != user[key()] && $8 != creator[key()])
			print "false", $0
	}
	END {
		for (k in user) {
			verdict = pid[k] == user[k] ? "right" : "wrong"
			if (pid[k] == "-" && user[k] != "-")
				verdict = "unknown"
			if (!(k in via))
				verdict = via[k] = "missing"
			print verdict, via[k], k, "is", user[k], creator[k], "not", pid[k]
		}
	}' sides="$work/sides.$name" "${files[@]}" "$work/sides.$name" >"$work/judged.$name"
}

# who_count NAME VERDICT [VIA]
who_count() { grep -c "^$2 ${3-}" "$work/judged.$1" || true; }

# who_summary NAME: "100 right creator" and the like, joined.
who_summary() {
	awk '$1 != "false" { print $1, $2 }' "$work/judged.$1" | sort | uniq -c | xargs
}

# who_first NAME FILE...: what `open` and `established` said of the sides of which there is a truth,
# as who_judge has read them last: "40 established right 40 open right".
who_first() {
	local name=$1 file files=()

	shift
	for file; do
		files+=("$work/$file.truth")
	done
	awk '
	FILENAME != sides {
		if (NF >= 6)
			user[$1, $2, $3, $4, $5] = $6
		next
	}
	($6 == "open" || $6 == "established") && ($1, $2, $3, $4, $5) in user {
		print $6, $8 == user[$1, $2, $3, $4, $5] ? "right" : $8 == "-" ? "unknown" : "wrong"
	}' sides="$work/sides.$name" "${files[@]}" "$work/sides.$name" | sort | uniq -c | xargs
}

who_is_right() {
	shift 1
	who_judge "$@"
	! grep -qv ^right "$work/judged.$1"
}

# who_all_right SENTENCE NUMBER NAME FILE...: so many sides, each right by its last record, and none
# of the records before it is false.
who_all_right() {
	local sentence=$1 number=$2 name=$3

	await 6 who_is_right "$sentence" "${@:3}" || true
	if ! grep -qv ^right "$work/judged.$name" && [ "$(who_count "$name" right)" -eq "$number" ]; then
		pass "$sentence"
	else
		fail "$sentence"
		diag "$number are right, but: $(who_summary "$name"), $(who_count "$name" false) false"
		diag "$(awk '$1 != "right" && n++ < 8' "$work/judged.$name")"
	fi
}
