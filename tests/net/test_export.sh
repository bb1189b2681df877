#!/usr/bin/env bash
#
# The flow log in a file: every record once and in order, whatever becomes of the file: it is put
# aside when it is full, compressed, moved, deleted; the disk is full; the agent is killed.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need gzip zcat socat
plan 70

logs=$work/logs
mkdir "$logs"

# burst FIRST_PORT [COUNT]: refused connections, an open and a close of each of so many ports
burst() { "$helpers/tcp" connect 127.0.0.1 9 "${2:-10}" refused "$1" >/dev/null; }
# restart OPTION...: another agent, whose log has all that it will ever tell
restart() {
	[ -z "$agent" ] || is_gone "$agent" || agent_stop
	agent_start --export-file "$logs/flows.log" --log-capacity 100000 "$@"
}
flow_lines() { grep '^{"flow":' "${1:-$logs/flows.log}"; }
uuids() { jq -r 'select(.flow).flow.uuid' "$@"; }
logged() { weir observe --all -o json | uuids; }
backups() { find "$logs" -name 'flows-*' | sort; }
# All that is in files, the oldest first.
exported() { backups | { xargs -r zcat -f && cat "$logs/flows.log"; } | uuids; }
is_exported() { [ "$(status .extensions.export.records)" = "$(status .seen_flows)" ]; }
await_export() { await 20 is_exported || die "not exported: $(status .extensions.export)"; }
is_tidy() { [ -z "$(find "$logs" -name '*.part')" ] && ! backups | grep -q "\.log$"; }
# same SENTENCE ACTUAL EXPECTED: as is, of many lines
same() {
	ok "$1" diff <(printf '%s\n' "$2") <(printf '%s\n' "$3")
}
failures() { status .extensions.export.failures; }
has_failures() { [ "$(failures)" -ge "$1" ]; }
said() { grep -c -- "$1" "$work/agent.log" || true; }
say() { status ".extensions.export.$1"; }

# ---- off ----

agent_start
burst 10000
settle
is "without --export-file there is nothing in the status" "$(status '.extensions | has("export")')" false
is "and no file" "$(ls "$logs")" ""
kill -HUP "$agent"
burst 11000
has_records() { [ "$(status .seen_flows)" -eq "$1" ]; }
ok "and SIGHUP does no harm" await 5 has_records 40
agent_stop

# ---- one file ----

restart
burst 10000
await_export
same "every record is in the file once, in order" "$(exported)" "$(logged)"
same "a line is what a client gets" "$(flow_lines)" "$(weir observe --all -o json)"
same "agent events stand between them" "$(grep '^{"agent_event":' "$logs/flows.log")" \
	"$(weir observe agent-events --all -o json)"
same "which can be observed of the file, as of the agent" \
	"$(weir observe agent-events --input-file "$logs/flows.log")" "$(weir observe agent-events --all)"
ip addr add 10.9.7.1/32 dev lo
has_address() { grep -q '"IPCACHE_UPSERTED","ipcache_update":{"cidr":"10.9.7.1/32"' "$logs/flows.log"; }
ok "one that comes is there at once" await 5 has_address
ip addr del 10.9.7.1/32 dev lo
is "others cannot read it" "$(stat -c %a "$logs/flows.log")" 640
before=$(logged)
agent_stop
was=$(cat "$logs/flows.log")

restart
burst 12000
await_export
same "the next agent goes on behind it" "$(exported)" "$before"$'\n'"$(logged)"
same "and leaves what was there as it was" "$(head -n "$(wc -l <<<"$was")" "$logs/flows.log")" "$was"

# ---- files that are full ----

rm -rf "${logs:?}"/*
restart --export-max-size 64K --export-max-backups 0 --export-compress
burst 13000 1000
await_export
await 20 is_tidy || die "not compressed: $(backups)"
same "over many files: every record once, in order" "$(exported)" "$(logged)"
is "there are as many as rotations" "$(backups | wc -l)" "$(say rotations)"
compare "of which there were many" "$(say rotations)" -ge 20
is "gzip finds nothing wrong" "$(backups | xargs gzip -t 2>&1)" ""
is "their names tell the time" "$(backups | grep -vcE '/flows-20[0-9]{2}(-[0-9]{2}){2}T[0-9]{2}(-[0-9]{2}){2}\.[0-9]{3}\.log\.gz$' || true)" 0
is "others cannot read them" "$(backups | xargs stat -c %a | sort -u)" 640
is "none is larger than it may be" "$(find "$logs" -name '*.log' -size +64k)" ""
largest=$(backups | while read -r file; do zcat "$file" | wc -c; done | sort -n | tail -n 1)
compare "nor was one before it was compressed" "$largest" -le 65536

timed() { backups | grep 'T..-..-..\.[0-9]'; }
newest=$(timed | tail -n 3)
touch "$logs/flows-other.log" "$logs/flows-2026-11-22T07-30-02.log" "$logs/other-2026-11-22T07-30-02.123.log"
: >"$logs/flows-2020-01-01T00-00-00.000.log.gz.part"
restart --export-max-size 64K --export-max-backups 3
has_three() { [ "$(timed | wc -l)" -eq 3 ]; }
ok "the oldest go, and what is half done" await 10 has_three
is "the newest stay" "$(timed)" "$newest"
is "and so does what is called otherwise" "$(cat "$logs"/{flows-other,flows-2026-11-22T07-30-02,other-2026-11-22T07-30-02.123}.log)" ""
burst 14000 200
await_export
is "and no more than that are kept" "$(timed | wc -l)" 3
rm -f "$logs"/flows-other.log "$logs"/flows-2026-11-22T07-30-02.log
same "of which the last records are there" "$(exported | tail -n 100)" "$(logged | tail -n 100)"

# ---- some of the records ----

rm -rf "${logs:?}"/*
restart --export-max-size 0 --export-allowlist '{"source_port":["17000"]} {"destination_port":["17001","17002"]}' \
	--export-denylist '{"tcp_flags":[{"RST":true}]}' --export-denylist '{"destination_port":["17002"]}'
burst 17000
is_written() { [ "$(status .extensions.export.records)" -ge "$1" ]; }
# Of 17000 the SYN, of 17001 only the RST of the answer, of 17002 nothing
await 5 is_written 1 || die "nothing is exported"
agent_stop
is "only what the lists let through is in the file" \
	"$(jq -r '.flow | "\(.l4.TCP.source_port) \(.extensions.value.event)"' "$logs/flows.log")" "17000 open"

rm -rf "${logs:?}"/*
restart --export-max-size 0 --export-denylist '{}'
burst 17005
settle
agent_stop
is "agent events pass what is denied, and no list of what is allowed" \
	"$(jq -r '.agent_event.type' "$logs/flows.log")" AGENT_STARTED

rm -rf "${logs:?}"/*
restart --export-max-size 0 --export-field-mask 'time source.identity l4.TCP.flags' --export-field-mask verdict,extensions
burst 17010
await_export
same "only what the mask names is, as weir observe masks it" "$(flow_lines)" \
	"$(weir observe --all -o json --field-mask time,source.identity,l4.TCP.flags,verdict,extensions)"
is "and nothing else" "$(flow_lines | jq -r '.flow | keys_unsorted | join(" ")' | sort -u)" \
	"time verdict l4 source extensions"

# ---- files that others move ----

rm -rf "${logs:?}"/*
restart --export-max-size 64K
burst 15000
await_export
mv "$logs/flows.log" "$logs/moved-1"
burst 15100
await_export
same "a file that was moved is written to" "$(uuids "$logs/moved-1")" "$(logged)"
kill -HUP "$agent"
has_file() { [ -e "$logs/flows.log" ]; }
ok "until SIGHUP: then there is another" await 5 has_file
burst 15200
await_export
same "in which is what came then" "$(uuids "$logs/moved-1" "$logs/flows.log")" "$(logged)"
mv "$logs/flows.log" "$logs/moved-2"
echo '{"not":"ours"}' >"$logs/flows.log"
burst 15300 30
await_export
is "a file that another has put there is not put aside" "$(head -n 1 "$logs/flows.log")" '{"not":"ours"}'
same "but written to, when the one that was moved is full" \
	"$(uuids "$logs/moved-1" "$logs/moved-2" "$logs/flows.log")" "$(logged)"
rm "$logs/flows.log"
before=$(logged | wc -l)
burst 15400
await_export
same "what was deleted is made again" "$(uuids "$logs/flows.log")" "$(logged | tail -n +$((before + 1)))"
: >"$logs/flows.log"
before=$(logged | wc -l)
burst 15500
await_export
same "what was emptied is gone on with" "$(uuids "$logs/flows.log")" "$(logged | tail -n +$((before + 1)))"

# SIGHUP after SIGHUP, while records come
hang_up() {
	while kill -HUP "$agent"; do :; done
}
rm -rf "${logs:?}"/*
restart --export-max-size 64K --export-max-backups 0
hang_up 2>/dev/null &
children+=($!)
burst 16000 1000
await_export
end_process "${children[-1]}"
same "any number of SIGHUP loses nothing" "$(exported)" "$(logged)"

# ---- a disk that is full ----

mkdir "$work/disk"
mount -t tmpfs -o size=128k weir "$work/disk"
logs=$work/disk
restart --export-max-size 0
burst 17000 200
ok "a full disk is noticed" await 10 has_failures 1
is "and told" "$(say error)" "No space left on device"
ok "it is tried again" await 10 has_failures 2
is "but said once" "$(said "$logs/flows.log: cannot be written, and is tried again: No space left on device")" 1
is "what is there are whole lines" "$(jq -c . "$logs/flows.log" | wc -l)" "$(wc -l <"$logs/flows.log")"
mount -o remount,size=1m "$work/disk"
kill -HUP "$agent"
await_export
same "when there is room again nothing is missing" "$(exported)" "$(logged)"
is "and that is said" "$(said "$logs/flows.log: is written again")" 1

agent_stop
rm "$logs/flows.log"
mount -o remount,size=64k "$work/disk"
restart --export-max-size 0 --log-capacity 100
burst 18000 2000
is_lost() { [ "$(status .extensions.losses.records_lost_by_export)" -gt 0 ]; }
ok "when the log runs over, too, records are lost, and counted" await 10 is_lost
mount -o remount,size=64m "$work/disk"
kill -HUP "$agent"
has_all() { [ $(($(status .extensions.losses.records_lost_by_export) + $(say records))) = "$(status .seen_flows)" ]; }
ok "the others are written when there is room" await 10 has_all
has_told() { [ "$(told)" = "$(status .extensions.losses.records_lost_by_export)" ]; }
told() { jq -s '[.[].lost_events.num_events_lost // "0" | tonumber] | add' "$logs/flows.log"; }
burst 20000
ok "the file says how many they were" await 10 has_told
is "which is just those that are not in it" "$(($(told) + $(uuids "$logs/flows.log" | wc -l)))" "$(status .seen_flows)"
agent_stop
umount "$work/disk"
logs=$work/logs

# ---- files that cannot be written ----

restart --export-file "$logs/none/flows.log"
is "a directory that is not there is told" "$(say error)" "No such file or directory"
burst 20000
mkdir "$logs/none"
kill -HUP "$agent"
await_export
same "and all is written once it is there" "$(uuids "$logs/none/flows.log")" "$(logged)"
mkfifo "$logs/fifo"
restart --export-file "$logs/fifo"
is "a FIFO is none that it could be" "$(say error)" "not a regular file"

# ---- an agent that is killed ----

rm -rf "${logs:?}"/*
restart --export-max-size 0
burst 21000 2000 &
children+=($!)
has_some() { [ -s "$logs/flows.log" ]; }
await 10 has_some
agent_stop KILL 2>/dev/null || true
wait "${children[-1]}" || true
is "all lines are whole, but maybe the last" "$(head -n -1 "$logs/flows.log" | jq -c . | wc -l)" "$(head -n -1 "$logs/flows.log" | wc -l)"
printf '{"flow":{"time":"2026-11-' >>"$logs/flows.log"
restart --export-max-size 0
burst 24000
await_export
is "the next agent takes half a line away" "$(jq -c . "$logs/flows.log" | wc -l)" "$(wc -l <"$logs/flows.log")"
same "and goes on behind it" "$(exported | tail -n 20)" "$(logged)"
agent_stop
printf 'not of weir' >"$logs/flows.log"
restart
burst 25000
await_export
is "half a line of another's stays, as a line" "$(head -n 1 "$logs/flows.log")" "not of weir"
agent_stop

# ---- the end ----

spawn host socat -u TCP-LISTEN:7001,bind=127.0.0.1 OPEN:/dev/null
is_listening() { [ -n "$(ss -Hltn "sport = :7001")" ]; }
await 5 is_listening || die "the server does not listen"
rm -f "$logs/flows.log"
restart
exec 5>/dev/tcp/127.0.0.1/7001
await_flows 1 'select(x.event == "established")'
agent_stop
is "what is open is told to have ended with the agent" \
	"$(jq -r '.flow.extensions.value.close_reason // empty' "$logs/flows.log")" agent_stop
exec 5>&-

# ---- standard output ----

rm -f "$work/agent.out"
agent_start --export-file stdout --log-capacity 100000
kill -HUP "$agent"
burst 25000 200
await_export
same "with --export-file stdout records go there" "$(flow_lines "$work/agent.out")" "$(weir observe --all -o json)"
is "the status says so, and there are no backups" "$(say file) $(say rotations) $(say failures)" "stdout 0 0"
agent_stop
is "up to the end of a line" "$(tail -c 1 "$work/agent.out")" ""
ok "no file is made of that name" test ! -e stdout

# A pipe, and nobody who reads: it holds 64 KiB.
rm -f "$work/agent.out"
mkfifo "$work/agent.out"
exec 6<>"$work/agent.out"
agent_start --export-file stdout --log-capacity 100000
burst 26000 200
await 10 has_failures 1
is "that nobody reads is told" "$(say error); $(said 'export-file stdout: cannot be written, and is tried again: nobody reads it')" \
	"nobody reads it; 1"
compare "what did not get out waits" "$(say records)" -lt "$(status .seen_flows)"
spawn host cat <"$work/agent.out" >"$work/read"
await_export
has_read() { [ "$(flow_lines "$work/read" | wc -l)" -ge "$1" ]; }
await 5 has_read 400
same "who comes late gets every record, once and in order" "$(flow_lines "$work/read")" "$(weir observe --all -o json)"
end_process "$spawned"
burst 27000 200
burst 28000 200
begun=$(date +%s%N)
agent_stop
compare "and the end does not wait for who does not read" $((($(date +%s%N) - begun) / 1000000)) -lt 5000
exec 6<&-
rm -f "$work/agent.out"

# ---- options ----

status=0
"$weir_build/weir-agent" --config /dev/null --export-file stdout --export-compress >"$work/agent.out" 2>"$work/err" || status=$?
is "standard output is not compressed" "$status $(cat "$work/err")" \
	"2 weir-agent: --export-file stdout: goes with no export-compress, which is for files"
printf 'export-file = stdout\nexport-max-size = 1M\n' >"$work/weir.conf"
status=0
"$weir_build/weir-agent" --config "$work/weir.conf" >"$work/agent.out" 2>"$work/err" || status=$?
is "nor put aside" "$status $(cat "$work/err")" \
	"2 weir-agent: $work/weir.conf: export-file: stdout: goes with no export-max-size, which is for files"
status=0
"$weir_build/weir-agent" --config /dev/null --export-file stdout >&- 2>"$work/err" || status=$?
is "and is refused if it is closed" "$status $(cat "$work/err")" \
	"2 weir-agent: --export-file stdout: standard output is closed"
status=0
"$weir_build/weir-agent" --config /dev/null --export-max-size 4K >"$work/agent.out" 2>"$work/err" || status=$?
is "a size that is too small is refused" "$status $(cat "$work/err")" \
	"2 weir-agent: --export-max-size 4K: neither 0 nor at least 64K"
status=0
"$weir_build/weir-agent" --config /dev/null --export-denylist '{} {"verdit":["DROPPED"]}' >"$work/agent.out" 2>"$work/err" || status=$?
is "and a filter that is none" "$status $(cat "$work/err")" \
	"2 weir-agent: --export-denylist {} {\"verdit\":[\"DROPPED\"]}: unknown field \"verdit\" in a FlowFilter"
status=0
"$weir_build/weir-agent" --config /dev/null --export-field-mask 'time source.pod' >"$work/agent.out" 2>"$work/err" || status=$?
is "and a field that no flow has" "$status $(cat "$work/err")" \
	"2 weir-agent: --export-field-mask time source.pod: a flow has no field \"source.pod\""
echo 'export-allowlist = {"verdict":["DROPPED"]' >"$work/weir.conf"
status=0
"$weir_build/weir-agent" --config "$work/weir.conf" >"$work/agent.out" 2>"$work/err" || status=$?
is "in the file, too, by its line" "$status $(cat "$work/err")" \
	"2 weir-agent: $work/weir.conf:1: export-allowlist = {\"verdict\":[\"DROPPED\"]: not JSON: unexpected end of data at byte 22"
