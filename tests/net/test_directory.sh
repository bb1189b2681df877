#!/usr/bin/env bash
#
# The directory that an agent has made for its socket goes with it, however far the agent came; one
# that was there, or that holds somebody else's, stays.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need setpriv
plan 8

mkdir -m 777 "$work/run"
export WEIR_SERVER=unix://$work/run/weir/weir.sock
there() { (cd "$work/run" && find . -mindepth 1 | sort | xargs); }

agent_start --log-capacity 256
is "the agent makes the directory of its socket" "$(there)" "./weir ./weir/weir.sock ./weir/weir.sock.lock"
agent_stop TERM
is "and removes it when it ends" "$(there)" ""
agent_start --log-capacity 256
touch "$work/run/weir/note"
agent_stop TERM
is "but not with what somebody else has put there" "$(there)" "./weir ./weir/note"
rm "$work/run/weir/note"
agent_start --log-capacity 256
agent_stop TERM
is "nor if it was there before" "$(there)" "./weir"
rmdir "$work/run/weir"

# fails COMMAND...: the agent does not start; what it says
fails() { ! timeout 20 "$@" "$weir_build/weir-agent" --config /dev/null >"$work/said" 2>&1; }
chmod 755 "$work"
ok "who may not load programs does not start" fails setpriv --reuid 65534 --regid 65534 --clear-groups
is "and is told what it takes" "$(cat "$work/said")" "weir-agent: cannot load the BPF programs: that takes root, or \
the capabilities BPF, PERFMON and NET_ADMIN: Operation not permitted"
is "no directory is left of it" "$(there)" ""
agent_start --log-capacity 256
is "the next one starts as ever" "$(there)" "./weir ./weir/weir.sock ./weir/weir.sock.lock"
