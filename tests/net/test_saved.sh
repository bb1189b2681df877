#!/usr/bin/env bash
#
# What weir observe has printed as JSON can be searched later as the agent can be now: the same flags
# choose the same flows of a file, plain or packed, and print them the same way.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
need gzip

# What chooses flows; blanks part the words of a line but for the last field, which is one.
choices=(
	"--all"
	"--last 7"
	"--first 7"
	"--verdict FORWARDED --last 5"
	"--verdict DROPPED"
	"--port 9"
	"--to-port 10000-10004"
	"--from-port 9 --tcp-flags RST"
	"--protocol udp"
	"--protocol icmp"
	"--not --protocol tcp"
	"--ip 127.0.0.1 --port 10003"
	"--from-ip 127.0.0.0/8 --last 3"
	"--ip 10.0.0.0/8"
	"--identity host --first 4"
	"--type trace:to-host --last 2"
	"--traffic-direction egress --first 2"
	"--interface lo --last 4"
	"--event close"
	"--event open,update"
	"--process tcp --first 6"
	"--min-bytes 100"
	"--label reserved:host --last 3"
	"--not --port 9 --not --protocol tcp"
	'--allowlist {"reply":[true]}'
	"--node-name saved --last 1"
	"--node-name other"
	"--where close_reason=refused"
	"--where tcp||icmp"
	"--where port>10004&&!flags=RST"
)
formats=(compact wide dict table json)
plan $((${#choices[@]} + 3 * ${#formats[@]} + 4))

agent_start --node-name saved
"$helpers/tcp" connect 127.0.0.1 9 10 refused 10000 >/dev/null
echo hello >/dev/udp/127.0.0.1/9
# Ten connections' beginnings and ends, the datagram, and the error that answers it.
is_told() { [ "$(status .seen_flows)" -ge 22 ]; }
await 10 is_told || die "only $(status .seen_flows) records"
# Of what comes later nobody asks.
end=$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)

observe() { weir observe "$@" 2>>"$work/err"; }

saved=$work/flows.json
weir observe --all --until "$end" -o json >"$saved"
gzip -k "$saved"
compare "flows were saved" "$(wc -l <"$saved")" -ge 22

for choice in "${choices[@]}"; do
	read -ra words <<<"$choice"
	selector=(--all)
	case " $choice " in
	*" --last "* | *" --first "* | *" --all "*) selector=() ;;
	esac
	same "of the file as of the agent: $choice" \
		"$(observe --input-file "$saved" -o json "${words[@]}")" \
		"$(observe --until "$end" "${selector[@]}" -o json "${words[@]}")"
done
for format in "${formats[@]}"; do
	same "$format of the file as of the agent" "$(observe --input-file "$saved" -o "$format")" \
		"$(observe --all --until "$end" -o "$format")"
	same "$format of the packed file" "$(observe --input-file "$saved.gz" -o "$format")" \
		"$(observe --input-file "$saved" -o "$format")"
	same "$format of standard input" "$(observe --input-file - -o "$format" <"$saved")" \
		"$(observe --input-file "$saved" -o "$format")"
done

mask=time,source.identity,l4.TCP.flags,event_type
same "a mask leaves of the agent's flows what it leaves of the file's" \
	"$(observe --all --until "$end" -o json --field-mask $mask)" \
	"$(observe --input-file "$saved" -o json --field-mask $mask)"
same "and that is these fields" \
	"$(observe --input-file "$saved" -o json --field-mask $mask | jq -c .flow)" \
	"$(jq -c '.flow | {time} + (if .l4.TCP then {l4: {TCP: {flags: .l4.TCP.flags}}} else
		(if .l4 then {l4: {}} else {} end) end)
		+ {source: {identity: .source.identity}, event_type}' "$saved")"
is "nothing was refused, and there was nothing to warn of" "$(cat "$work/err")" ""
