#!/usr/bin/env bash
#
# Clients of the socket that are broken, greedy, slow or gone: each gets a plain answer or is hung
# up on, loses at most its own records and is told how many, and nobody else notices.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
test_begin "$@"
plan 83

CAPACITY=256
CONNECTIONS=1700
CLIENTS=200
CLIENTS_MAX=128

ns_add pod
veth_add vhost pod
ip addr add 10.9.10.1/24 dev vhost
at pod ip addr add 10.9.10.2/24 dev eth0
up pod eth0
agent_start --log-capacity $CAPACITY --max-flows 16384
up host vhost
await 5 is_up host vhost
spawn host "$helpers/tcp" serve 10.9.10.1 80 1 >"$work/serve"
await 5 contains "$work/serve" ready || die "the server does not start"
socket=$work/weir.sock

# One of good manners, all the time: how often it was answered, and how often not.
well_behaved() {
	local served=0 failed=0

	while [ -e "$work/behave" ]; do
		if timeout 5 "$weir_build/weir" status >/dev/null 2>&1; then
			served=$((served + 1))
		else
			failed=$((failed + 1))
		fi
		sleep 0.02
	done
	echo "$served $failed" >"$work/behaved"
}
touch "$work/behave"
well_behaved &
polite=$!
children+=("$polite")
resident() { status .extensions.memory.resident_bytes; }
resident_before=$(resident)

# say: what the agent answers to the input, until it hangs up
say() { timeout 10 "$helpers/clients" "$socket" say; }

# is_refused SENTENCE CODE MESSAGE_PATTERN LINE: a printf format
is_refused() {
	local answer

	# shellcheck disable=SC2059 # it is one
	answer=$(printf "$4" | say | head -c 4096)
	is "$1" "$(jq -r '"\(.error.code) \(.error.message | test("'"$3"'"))"' <<<"$answer" 2>&1)" "$2 true"
}

is_refused "half an object" INVALID_ARGUMENT "unexpected end" '{"method":"ServerStatus"\n'
is_refused "no JSON behind a brace" INVALID_ARGUMENT "not a JSON object" '{method: ServerStatus}\n'
is_refused "single quotes" INVALID_ARGUMENT "single quotes" "{'method':\"ServerStatus\"}\\n"
is_refused "a comment" INVALID_ARGUMENT "byte 1" '{/* hello */"method":"ServerStatus"}\n'
is_refused "something behind the object" INVALID_ARGUMENT "more than one" '{"method":"ServerStatus"} x\n'
is_refused "a plain number of 20 digits" INVALID_ARGUMENT "beyond 64 bits.*number" \
	'{"method":"GetFlows","params":{"number":99999999999999999999}}\n'
is_refused "a number that is not one" INVALID_ARGUMENT "none of JSON.*number" \
	'{"method":"GetFlows","params":{"number":NaN}}\n'
is_refused "two objects on a line" INVALID_ARGUMENT "more than one" '{"method":"ServerStatus"}{}\n'
is_refused "no method" INVALID_ARGUMENT "no .method" '{}\n'
is_refused "a method that is a number" INVALID_ARGUMENT "method 7 is not a string" '{"method":7}\n'
is_refused "an unknown method" UNIMPLEMENTED "GetPods" '{"method":"GetPods"}\n'
is_refused "an unknown parameter" INVALID_ARGUMENT "params.lats" '{"method":"GetFlows","params":{"lats":"1"}}\n'
is_refused "parameters that are a list" INVALID_ARGUMENT "params" '{"method":"GetFlows","params":[]}\n'
is_refused "a number that is a word" INVALID_ARGUMENT "params.number" '{"method":"GetFlows","params":{"number":"all"}}\n'
is_refused "a number below zero" INVALID_ARGUMENT "params.number" '{"method":"GetFlows","params":{"number":-1}}\n'
is_refused "a number of 21 digits" INVALID_ARGUMENT "params.number" '{"method":"GetFlows","params":{"number":"100000000000000000000"}}\n'
is_refused "a flag that is a word" INVALID_ARGUMENT "params.follow" '{"method":"GetFlows","params":{"follow":"yes"}}\n'
is_refused "a time that is none" INVALID_ARGUMENT "params.since" '{"method":"GetFlows","params":{"since":"noon"}}\n'
is_refused "first together with follow" INVALID_ARGUMENT "first.*follow" '{"method":"GetFlows","params":{"first":true,"follow":true}}\n'
is_refused "a duration of two hours" INVALID_ARGUMENT "params.for.*between 1ms and 1h" \
	'{"method":"Verify","params":{"for":"2h"}}\n'
is_refused "a byte of zero" INVALID_ARGUMENT "byte" '{"method":"Server\0Status"}\n'
is_refused "bytes that are no UTF-8" INVALID_ARGUMENT "utf-8" '{"method":"\xff\xfe"}\n'
is_refused "a list in a list, 5,000 deep" INVALID_ARGUMENT "deep" \
	"{\"method\":$(printf '%5000s' '' | tr ' ' '[')$(printf '%5000s' '' | tr ' ' ']')}\\n"
is_refused "an object in an object, 5,000 deep" INVALID_ARGUMENT "deep" \
	"$(printf '%5000s' '' | sed 's/ /{"a":/g')1$(printf '%5000s' '' | tr ' ' '}')\\n"

# ---- lines without end ----

brace() { printf '{"method":"'; }
letters() { head -c "$1" /dev/zero | tr '\0' x; }
is "a line of nearly 1 MiB is read, and refused for what it says" \
	"$({ brace && letters 1048000 && printf '"}\n'; } | say | jq -r .error.code)" UNIMPLEMENTED
is "a line of 2 MiB is refused" \
	"$({ brace && letters 2097152 && printf '"}\n'; } | say | jq -r .error.code)" RESOURCE_EXHAUSTED
is "2 MiB without any newline are refused" \
	"$({ brace && letters 2097152; } | say | jq -r .error.code)" RESOURCE_EXHAUSTED
is_refused "a method that stands twice" INVALID_ARGUMENT "method.*twice" \
	'{"method":"GetFlows","method":"ServerStatus"}\n'

# ---- what is no request, or half of one ----

not_one='a request is a JSON object'
is_refused "a list" INVALID_ARGUMENT "$not_one" '[]\n'
is_refused "null" INVALID_ARGUMENT "$not_one" 'null\n'
is_refused "a string" INVALID_ARGUMENT "$not_one" '"x"\n'
is_refused "bytes that are no text" INVALID_ARGUMENT "$not_one" '\xff\xfe\n'
is_refused "half a word of HTTP, and no more" INVALID_ARGUMENT "$not_one" 'GE'
is_refused "half a request, and no more" INVALID_ARGUMENT "unexpected end at byte 20" '{"method":"GetFlows"'
is_refused "a request behind which there is half of one" INVALID_ARGUMENT "unexpected end at byte 9" '\n{"method"'
is "a request without its newline is one, where nothing more comes" \
	"$(printf '{"method":"ServerStatus"}' | say | jq -c 'keys[0]' | paste -sd' ')" '"extensions" "end"'
is "half of one is told behind the answers of those before" \
	"$(printf '{"method":"ServerStatus"}\n{"method":"Serv' | say | jq -c 'keys[0]' | paste -sd' ')" \
	'"extensions" "end" "error"'
is "blanks are nothing" "$(printf ' \n \t ' | say)" ""
is "2 MiB of them are nothing either, and do not stop who goes on" \
	"$({ head -c 2097152 /dev/zero | tr '\0' ' ' && printf '{"method":"ServerStatus"}\n'; } | say | jq -c 'has("num_flows")' | head -n 1)" true
is_refused "a byte of zero in front" INVALID_ARGUMENT "$not_one" '\0\n'
is "HTTP is answered in its words" "$(printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' | say | head -n 1 | tr -d '\r')" \
	"HTTP/1.1 404 Not Found"
read -r length < <(printf 'GET / HTTP/1.1\r\n\r\n' | say | tr -d '\r' | sed -n 's/^Content-Length: //p')
is "with a body as long as it says" "$(printf 'GET / HTTP/1.1\r\n\r\n' | say | tr -d '\r' | sed '1,/^$/d' | wc -c)" "$length"
is "2 MiB of what is no protocol are hung up on, with a word" \
	"$(letters 2097152 | say | jq -r .error.code)" INVALID_ARGUMENT
is "an empty line is none" "$(printf '\n \n{"method":"ServerStatus"}\n' | say | jq -c 'has("num_flows")' | head -n 1)" true
for text in '{' '{"method":"ServerStatus"' '{"method":"GetFlows","params":{"follow":true}}' ' ' 'G' ''; do
	printf '%s' "$text" | "$helpers/clients" "$socket" drop
done
pass "half a line, and gone"

# ---- pipelined ----

for ((i = 0; i < 100; i++)); do
	printf '{"method":"Interfaces"}\n{"method":"GetFlows","params":{"number":1}}\n'
	printf '{"method":"Unknown%d"}\n{"method":"ServerStatus"}\n' $i
done | say >"$work/pipelined"
is "400 requests at once are answered in their order" "$(jq -r 'if .end then (if .end.flows then "flows" else "end" end)
	elif .error then .error.message | sub("method (?<m>[^ ]*) .*"; "\(.m)")
	elif .num_flows then "status" elif .interface then empty else "?" end' "$work/pipelined" |
	paste -sd' ' | cksum)" \
	"$(for ((i = 0; i < 100; i++)); do echo "end flows Unknown$i status end"; done | paste -sd' ' | cksum)"
is "with all interfaces in each answer" "$(jq -c 'select(.interface)' "$work/pipelined" | wc -l)" 200

# ---- many ----

rm "$work/behave"
await 10 is_gone "$polite"
read -r served failed <"$work/behaved"
answers=$("$helpers/clients" "$socket" many $CLIENTS)
is "of $CLIENTS clients at once $CLIENTS_MAX are served, the others told so" \
	"$answers" "$CLIENTS_MAX $((CLIENTS - CLIENTS_MAX))"
has_no_clients() { [ "$(status .extensions.counters.clients)" -eq 1 ]; }
ok "when they are gone they are forgotten" await 5 has_no_clients
# ---- many, and silent ----

# hold NAME COUNT: so many clients, each says what stands in $work/line
hold() {
	spawn host "$helpers/clients" "$socket" hold "$2" <"$work/line" >"$work/hold.$1"
	await 5 contains "$work/hold.$1" ready || die "the clients do not connect"
}

# ended PID NAME: how many of them were hung up on, and how many of those were told why
ended() {
	kill "$1"
	await 5 is_gone "$1"
	tail -n 1 "$work/hold.$2"
}

is_served() { weir status >/dev/null 2>&1; }
is_refused_now() { [[ "$(weir status 2>&1)" == *"too many clients"* ]]; }
follow='{"method":"ServerStatus"}\n{"method":"GetFlows","params":{"follow":true}}\n'
# shellcheck disable=SC2059 # it is one
printf "$follow" >"$work/line"
hold followers 60
followers=$spawned
: >"$work/line"
hold silent 60
silent=$spawned
printf '{"method":"Serv' >"$work/line"
hold half 7
half=$spawned
is "127 clients, and who asks" "$(status .extensions.counters.clients)" $CLIENTS_MAX
hold last 1
last=$spawned
ok "all places are taken: before long one who is silent makes room" await 10 is_served
for ((i = 0; i < 10; i++)); do
	is_served || break
done
is "from then on everybody is served" "$i" 10
compare "the agent counts who made room" "$(status .extensions.counters.clients_evicted)" -ge 1
# shellcheck disable=SC2059
printf "$follow" >"$work/line"
hold late 68
late=$spawned
ok "followers alone leave no place" is_refused_now
is "every silent client was hung up on, and told why" "$(ended $silent silent)" "60 60"
is "every half request, too" "$(ended $half half) $(ended $last last)" "7 7 1 1"
is "no follower was" "$(ended $followers followers) $(ended $late late)" "0 0 0 0"
ok "when they are gone they are forgotten, too" await 5 has_no_clients
compare "the agent counts who was refused" "$(status .extensions.counters.clients_refused)" -gt 0
touch "$work/behave"
well_behaved &
polite=$!
children+=("$polite")

# ---- slow ----

# A follower that has stopped reading.
spawn host "$weir_build/weir" observe --follow -o json >"$work/slow" 2>"$work/slow.err"
slow=$spawned
at pod "$helpers/tcp" connect 10.9.10.1 80 1 fin 10000 >/dev/null
follows() { [ -s "$work/slow" ]; }
follow_more() {
	at pod "$helpers/tcp" connect 10.9.10.1 80 1 fin "$next" >/dev/null
	next=$((next + 1))
	follows
}
next=10001
await 10 follow_more || die "the follower is told nothing"
settle
all_there() { [ "$(tail -n 1 "$work/slow" | jq -r .flow.uuid)" = "$(weir observe --last 1 -o json | jq -r .flow.uuid)" ]; }
await 5 all_there || die "the follower is behind"
seen=$(status .seen_flows)
told=$(wc -l <"$work/slow")
kill -STOP "$slow"
is "$CONNECTIONS connections while it sleeps" \
	"$(at pod "$helpers/tcp" connect 10.9.10.1 80 $CONNECTIONS fin 20000)" $CONNECTIONS
settle
total=$(($(status .seen_flows) - seen))
is "make three records each" "$total" $((3 * CONNECTIONS))
is "the log has kept the last of them" "$(weir observe --all -o json | jq -s 'map(select(.flow)) | length')" $CAPACITY
kill -CONT "$slow"
got() { tail -n "+$((told + 1))" "$work/slow" | jq -s '[(map(select(.flow)) | length), (map(.lost_events.num_events_lost // "0" | tonumber) | add)] | join(" ")' -r; }
is_accounted() { [ "$(got | awk '{ print $1 + $2 }')" -eq "$total" ]; }
ok "when it wakes, what it gets and what it lost are all of them" await 10 is_accounted
read -r got lost <<<"$(got)"
diag "it got $got and lost $lost of $total"
compare "it has lost some" "$lost" -gt 0
compare "and got at least what the log keeps" "$got" -ge $CAPACITY
is "the loss is told as Hubble tells it" \
	"$(tail -n "+$((told + 1))" "$work/slow" | jq -c '.lost_events | select(.) | .source' | sort -u)" \
	'"HUBBLE_RING_BUFFER"'
is "its records are in order, none twice" "$(jq -r '.flow | select(.) | .uuid' "$work/slow" | sort -c 2>&1; jq -r '.flow | select(.) | .uuid' "$work/slow" | uniq -d)" ""
is "the agent counts what readers lose" "$(status .extensions.losses.records_lost_by_readers)" "$lost"
follow_more
ok "it follows on" await 5 all_there
kill "$slow"

# One who never reads the answers to what it asks: the agent stops reading its questions.
yes '{"method":"GetFlows","params":{"number":"256"}}' | head -c 4M >"$work/questions" || true
spawn host "$helpers/clients" "$socket" drop <"$work/questions"
is_blocked() { [ "$(awk '{ print $3 }' "/proc/$spawned/stat")" = S ]; }
ok "who asks for much and reads nothing has to wait" await 5 is_blocked
compare "and costs little memory meanwhile" "$(($(resident) - resident_before))" -le $((8 << 20))
end_process "$spawned"

# Gone in the middle of an answer.
for ((i = 0; i < 20; i++)); do
	weir observe --all -o json 2>/dev/null | head -n 1 >/dev/null || true
	printf '{"method":"Verify","params":{"for":"1h"}}\n' | "$helpers/clients" "$socket" drop
done
pass "gone in the middle of an answer"

# ---- after all of it ----

rm "$work/behave"
await 10 is_gone "$polite"
read -r served_later failed_later <"$work/behaved"
diag "the well-behaved client was served $((served + served_later)) times"
is "the well-behaved client was always served" "$failed $failed_later" "0 0"
compare "and often" $((served + served_later)) -ge 20
ok "the agent is alive" kill -0 "$agent"
ok "it has no client left but who asks" await 5 has_no_clients
compare "its memory has grown by less than 8 MiB" "$(($(resident) - resident_before))" -le $((8 << 20))
is "it has said nothing of it" "$(wc -l <"$work/agent.log")" 1
ok "weir status --verify agrees" weir status --verify --for 1s
ok "it ends well" agent_stop

# ---- who may ask ----

cp /etc/group "$work/group"
sed -i '/^weir:/d' "$work/group"
mount --bind "$work/group" /etc/group
agent_start
is "without a group of its own the socket is root's" "$(stat -c '%a %g' "$socket")" "660 0"
agent_stop TERM
echo 'weir:x:4711:' >>"$work/group"
agent_start
is "where there is a group weir, the socket is its" "$(stat -c '%a %g' "$socket")" "660 4711"
is "no name service is loaded for that" "$(grep -c /libnss_ "/proc/$agent/maps" || true)" 0
agent_stop TERM
umount /etc/group
