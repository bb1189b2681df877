#!/usr/bin/env bash
#
# weir observe --aggregate-by and --where against connections that are known: how many to which port,
# and what they moved. As tables, as JSON, out of a file, and while they come.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need script socat
plan 20

# ---- twenty connections refused at one port, five at another, three that move something ----

agent_start --node-name here --update-interval 1h
spawn host "$helpers/tcp" serve 127.0.0.1 7001 1000 >"$work/server" 2>&1
"$helpers/tcp" connect 127.0.0.1 9 20 refused 10000 >/dev/null
"$helpers/tcp" connect 127.0.0.1 10 5 refused 20000 >/dev/null
serves() { [ -n "$(ss -Hltn 'sport = 7001')" ]; }
await 5 serves || die "nobody serves"
"$helpers/tcp" connect 127.0.0.1 7001 3 fin 30000 >/dev/null
# Two records of each, and a third of those that were answered.
is_told() { [ "$(status .seen_flows)" -eq 59 ]; }
await 10 is_told || die "there are $(status .seen_flows) records: $(weir observe --all)"

# groups JQ OPTION...: of each group
groups() {
	local jq=$1

	shift
	weir observe -o json "$@" | jq -r ".aggregate.groups[] | $jq" | sort | xargs
}
keys='"\(.key | join("/")):\(.flows):\(.records)"'
is "connections and records of each port" "$(groups "$keys" --aggregate-by port)" "10:5:10 7001:3:9 9:20:40"
is "bytes and packets are those of the connections' ends" \
	"$(groups '"\(.bytes) \(.packets)"' --aggregate-by port --where 'port = 7001')" \
	"$(weir observe --all -o json --where 'port = 7001 and event = close' | jq -r '.flow.extensions.value | [.forward.bytes + .reverse.bytes, .forward.packets + .reverse.packets] | @tsv' | awk '{ b += $1; p += $2 } END { print b, p }')"
is "RTTs are counted once a connection" "$(groups '.rtts // 0' --aggregate-by port --where 'port = 7001')" 3
is "who began is the source, whoever tells it" \
	"$(groups "$keys" --aggregate-by destination.port,reply --where 'port = 9')" "9/true:20:40"
is "the last records are those that are counted" "$(groups "$keys" --aggregate-by event --last 3)" "close:1:3"
is "first and last seen" \
	"$(groups '"\(.first) \(.last)"' --aggregate-by protocol)" \
	"$(weir observe --all -o json | jq -r .flow.time | sort | sed -n '1p;$p' | xargs)"
same "the table" "$(weir observe --aggregate-by port | awk '{ print $1, $2, $3 }')" \
	"DESTINATION-PORT FLOWS RECORDS
7001 3 9
9 20 40
10 5 10"
is "nothing is counted, and that is told" "$(weir observe --aggregate-by port --where 'port = 11' -o json)" \
	'{"aggregate":{"fields":["destination.port"],"groups":[]}}'
weir observe --all -o json >"$work/flows.json"
is "a file's flows have the same groups" \
	"$(weir observe --input-file "$work/flows.json" --aggregate-by port,pod -o json | jq -S .)" \
	"$(weir observe --aggregate-by port,pod -o json | jq -S .)"

# ---- what is refused ----

said() { weir observe "$@" 2>&1 || true; }
is "a field that there is not" "$(said --aggregate-by prt)" \
	'weir: --aggregate-by prt: no field is called "prt": did you mean "port"?'
is "another format" "$(said --aggregate-by port -o dict)" \
	"weir: dict output format is not compatible with --aggregate-by"
agent_said() { socat -t 5 - "UNIX-CONNECT:$work/weir.sock" <<<"$1"; }
is "the agent says where an expression is wrong" \
	"$(agent_said '{"method":"GetFlows","params":{"whitelist":[{"where":["port > x"]}]}}')" \
	'{"error":{"code":"INVALID_ARGUMENT","message":"where: byte 7: \"x\" is neither a number nor a service of /etc/services"}}'

# ---- expressions ----

count() { weir observe --all -o json --where "$1" | wc -l; }
is "two ports" "$(count 'port in (9, 10)')" 50
is "the other" "$(count 'tcp and not port in (9, 10)')" 9
is "flags of what was refused" "$(count 'close_reason = refused and flags has RST and event = close')" 25

# A regular expression that takes too many steps: "Summary" has enough for it.
slow='summary =~ "(.*)*[!=]"'
is "what a regular expression gave up on is told" \
	"$(weir observe --last 1 --where "$slow" 2>&1 >/dev/null)" \
	"weir: a regular expression took too many steps on 59 texts: they count as not matching"
is "and of a file's flows" \
	"$(weir observe --input-file "$work/flows.json" --where "$slow" 2>&1 >/dev/null)" \
	"weir: a regular expression took too many steps on 59 texts: they count as not matching"

# ---- while they come ----

spawn host "$weir_build/weir" observe -f --aggregate-by port -o json >"$work/live" 2>"$work/live.err"
lines() { [ "$(wc -l <"$work/$1")" -ge "$2" ]; }
await 5 lines live 1 || die "there is no first table: $(cat "$work/live.err")"
"$helpers/tcp" connect 127.0.0.1 12 4 refused 40000 >/dev/null
live() { jq -r ".aggregate.groups[] | $keys" "$work/live" | tail -n 1; }
has_all() { [ "$(live)" = "12:4:8" ]; }
await 10 has_all || diag "the last table: $(live)"
is "-f: a table of what comes from now on" "$(live)" "12:4:8"
is "the first of them was empty" "$(head -n 1 "$work/live" | jq -c .aggregate.groups)" "[]"

# On a terminal each table takes the place of the one before.
spawn host env TERM=xterm script -qfc "$weir_build/weir observe -f --aggregate-by port" "$work/screen" >/dev/null 2>&1
await 5 contains "$work/screen" DESTINATION-PORT || die "there is no table on the terminal"
"$helpers/tcp" connect 127.0.0.1 13 2 refused 50000 >/dev/null
await 10 contains "$work/screen" '^13 ' || true
is "on a terminal it is drawn again from the corner" \
	"$(grep -cF $'\033[H\033[JDESTINATION-PORT' "$work/screen" || true)" 2
