#!/usr/bin/env bash
#
# Names that processes give themselves: newlines, escape sequences, bytes that are no UTF-8, in the
# name of a process, its arguments, its program's path and its cgroup's. Nothing of it breaks a line
# or a terminal.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/net/who.sh
. "${BASH_SOURCE[0]%/*}/who.sh"
test_begin "$@"

ESC=$'\x1b'
names=(
	$'\n{"flow":{}}\n' "${ESC}]0;owned\a" "${ESC}[2J${ESC}[H" $'a\rb\tc\vd' $'"}],"x":"'
	$'\x9b31mred' $'\xff\xfe\xc0\x80' $'\xe2\x80\xae gnp.exe' $'\\u0000\\n' "a b  c" $'\x7f\x01\x02'
	' -> 1.2.3.4:5 to' $'\xed\xa0\x80' "%s%n%x" "\$(id)" "<script>" "'; --"
)
formats=(compact wide json)
cgroup_root=$(cgroup2_root)
cgroup=$cgroup_root/weir-test-$$-${ESC}[31m$'\n\xff'
has_cgroup=false
at_hostile_end() {
	local status=$?

	for pid in "${children[@]}"; do
		[ "$pid" = "$agent" ] || end_process "$pid"
	done 2>/dev/null
	! $has_cgroup || rmdir "$cgroup"
	(exit $status)
	on_exit
}
trap at_hostile_end EXIT
if [ -n "$cgroup_root" ] && mkdir "$cgroup" 2>/dev/null; then
	has_cgroup=true
fi

ns_add pod
veth_add veth0 pod
ip addr add 10.9.32.1/24 dev veth0
at pod ip addr add 10.9.32.2/24 dev eth0
up pod eth0
up host veth0
await 5 is_up host veth0
agent_start --node-name hostile
who_spawn pod hostile serve tcp 10.9.32.2 7500 1 0
mkdir "$work/bin"
port=20000
for name in "${names[@]}"; do
	program=$work/bin/${name//\//_}
	cp "$helpers/who" "$program"
	(exec -a "$name" "$program" named tcp 10.9.32.2 7500 1 $port "$name") >>"$work/hostile.truth"
	port=$((port + 1))
done
if $has_cgroup; then
	# shellcheck disable=SC2016 # for the inner shell to expand
	sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$cgroup" \
		"$helpers/who" connect tcp 10.9.32.2 7500 1 $port >>"$work/hostile.truth"
	port=$((port + 1))
fi
count=$((port - 20000))
plan $((5 + ${#formats[@]} * 2))
who_all_right "each is known by its pid, whatever it is called" $((2 * count)) hostile hostile
records=$(weir observe --all -o json | wc -l)
is "each line is one object, and its text UTF-8" \
	"$(weir observe --all -o json | iconv -f UTF-8 -t UTF-8 | jq -c 'select(.flow.uuid)' | wc -l)" "$records"
is "the names are told as they are, where they are text" "$(weir observe --all -o json |
	jq -r '.flow.extensions.value.source | select(.comm == "a\rb\tc\u000bd") | .comm | length' | sort -u)" 7

# controls FILE: bytes and characters that a terminal obeys, but for the newlines that end lines
controls() {
	tr -d '\n\40-\176\200-\377' <"$1" | wc -c
	grep -acP '\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$1" || true
}
for format in "${formats[@]}"; do
	weir observe --all -o "$format" >"$work/out.$format"
	is "$format: nothing that a terminal obeys" "$(controls "$work/out.$format" | xargs)" "0 0"
	is "$format: a line for each record" "$(wc -l <"$work/out.$format")" "$records"
done
is "wide: each process has its pid in its line" "$(awk '$3 >= 20000 { print $6 }' "$work/hostile.truth" |
	while read -r pid; do grep -ac "/$pid]" "$work/out.wide" || true; done | sort -u)" 3
ok "the agent is alive" kill -0 "$agent"
