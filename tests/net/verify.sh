# shellcheck shell=bash
#
# weir status --verify while something happens. Sourced behind lib.sh; the agent runs with --debug, by
# which it says when it counts and when it compares.

verify_for=500 # ms, or longer: until what is to happen fits in
name=	       # the interface in question

verify_times() { grep -c "verify: $1" "$work/agent.log" || true; }
verify_is_counting() { [ "$(verify_times counting)" -gt "$1" ]; }

# verify COMMAND...: while it verifies that is run; again, and longer, if it took longer. $work/verify has
# the answer, $verdict its exit status.
verify() {
	local counted compared ms=$verify_for pid=

	until [ -n "$pid" ] && [ "$compared" -eq "$counted" ]; do
		[ -z "$pid" ] || wait $pid || true
		counted=$(verify_times counting)
		"$weir_build/weir" status --verify --for ${ms}ms -o json >"$work/verify" 2>"$work/verify.err" &
		pid=$!
		await 5 verify_is_counting "$counted" || die "it does not verify: $(cat "$work/verify.err")"
		"$@" >"$work/said" 2>&1 || die "$*: $(cat "$work/said")"
		compared=$(verify_times comparing)
		ms=$((ms * 2))
	done
	verdict=0
	wait $pid || verdict=$?
}

# compared CHECK FIELDS: of that comparison
compared() { jq -r --arg check "$1" "select(.check == \$check) | $2" "$work/verify"; }

# verified CHECK: "ok", "not comparable" or "FAILED"
verified() {
	compared "$1" 'if .comparable == false then "not comparable" elif .ok then "ok" else "FAILED" end'
}

# line HOOK UNIT, note HOOK UNIT: of the interface $name
line() { verified "$name $1 $2"; }
note() { compared "$name $1 $2" '.note // ""'; }

# judged SENTENCE HOOK PACKETS BYTES PATTERN: the results of the interface $name, where nothing else has
# failed, and the note of the bytes
judged() {
	local failures=$test_failures

	# shellcheck disable=SC2154 # verify() leaves it
	is "$1" "$(line "$2" packets), $(line "$2" bytes), exit $verdict" "$3, $4, exit 0"
	ok "$1: it says how or why" grep -qE -- "$5" <<<"$(note "$2" bytes)"
	[ "$failures" -eq "$test_failures" ] ||
		diag "$(jq -c --arg name "$name $2 " 'select(.check | startswith($name))' "$work/verify")"
}
