#!/usr/bin/env bash
# Real container runtimes tell the registry of containers who is there: what it knows is what they
# list themselves, whether they start before it or after it, start anew, or leave files only.
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
test_begin "$@"
# shellcheck source=tests/net/containers.sh
. "$(dirname "$0")/containers.sh"
plan 25

# skip NUMBER: tests of a runtime that can't run here.
skip() {
	local i

	for ((i = 0; i < $1; i++)); do
		echo "ok $((++test_count)) # SKIP $why_not"
	done
}

# ---- the registry, asked by lines ----

# registry_start OPTION...
registry_start() {
	coproc registry { exec "$helpers/registry" "$@" 2>>"$work/registry.log" 3>&-; }
	# shellcheck disable=SC2154 # bash's own
	registry_pid=$registry_PID
	children+=("$registry_pid")
	exec {ask}>&"${registry[1]}" {answer}<&"${registry[0]}"
}

registry_stop() {
	end_process "$registry_pid"
	exec {ask}>&- {answer}<&-
}

tell() { echo "$*" >&"$ask"; }

# known FILTER: of all it knows.
known() {
	local line

	tell dump
	read -r -t 10 line <&"$answer" || die "the registry does not answer"
	jq -r "$1" <<<"$line"
}

# knows FILTER: is it so?
knows() { [ "$(known "$1")" = true ]; }

known_ids() { known '[.containers[] | select(.gone | not).id] | sort[]'; }

# is_list SENTENCE COMMAND...: before long it knows whom the command lists.
is_list() {
	local sentence=$1

	shift
	lists() { [ "$(known_ids)" = "$("$@" | sort)" ]; }
	await 5 lists "$@" || true
	same "$sentence" "$(known_ids)" "$("$@" | sort)"
}

ns_address() { nsenter --net="/proc/$1/ns/net" ip -4 -j addr show eth0 | jq -r '.[0].addr_info[0].local'; }

# ---- containerd with pods ----

with_pods() {
	local cart=(shop cart-7d9f8b6c5d-x2x7k 6f2b0c1e-1111-4222-8333-444444444444)
	local proxy=(kube-system proxy-x2x7k 0123456789abcdef0123456789abcdef)
	local sandbox host app side late pid asked hostile

	registry_start --no-files "cri:$work/containerd.sock"
	is "a socket that is not there is waited for" "$(known '.places[0].there')" false
	if ! containerd_start; then
		registry_stop
		skip 12
		return
	fi
	hostile=$(printf 'a\nb\033[31m%s' "$(head -c 4000 /dev/zero | tr '\0' x)")
	sandbox=$(cri pod "${cart[@]}" app=cart pod-template-hash=7d9f8b6c5d "hostile=$hostile")
	host=$(cri pod "${proxy[@]}" --host app=proxy controller-revision-hash=64bfd7c9c8)
	app=$(cri run "$sandbox" "${cart[@]}" "$image" app /bin/busybox sleep 1000)
	side=$(cri run "$sandbox" "${cart[@]}" "$image" side /bin/busybox sleep 1000)
	cri run "$host" "${proxy[@]}" "$image" proxy /bin/busybox sleep 1000 >/dev/null
	for id in "$sandbox" "$host" "$app" "$side"; do
		tell want "$id"
	done
	ok "a runtime that starts later is found" await 10 knows '.places[0].answered'
	for id in $(containerd_ids); do
		tell want "$id"
	done
	is_list "the registry knows whom containerd lists" containerd_ids
	await 10 knows '[.pods[].details] == [true, true]' || true
	is "pods have names, owners and containers" \
		"$(known '.pods | sort_by(.name)[] | "\(.namespace)/\(.name) \(.kind) \(.workload) \(.live)"')" \
		"shop/${cart[1]} Deployment cart 3
kube-system/${proxy[1]} DaemonSet proxy 2"
	is "containers are in their pods" \
		"$(known '.containers | map(select(.sandbox | not)) | sort_by(.name)[] |
			"\(.name) \(.pod) \(.runtime)"')" \
		"app ${cart[2]} containerd
proxy ${proxy[2]} containerd
side ${cart[2]} containerd"
	pid=$(known ".pods[] | select(.sandbox == \"$sandbox\").pid")
	is "a pod has its address" "$(known '.pods[] | select(.name | test("cart")).ips | join(" ")')" \
		"$(ns_address "$pid")"
	is "a pod has the namespace that its process is in" \
		"$(stat -Lc %i "$(known '.pods[] | select(.name | test("cart")).netns')")" \
		"$(stat -Lc %i "/proc/$pid/ns/net")"
	is "a pod on the host's network has no address, and is marked" \
		"$(known '.pods[] | select(.host) | "\(.name) \(.ips | length)"')" "${proxy[1]} 0"
	is "a long label with escapes is kept, cut" \
		"$(known '.pods[].labels.hostile | select(.) | "\(length) \(.[0:8] | @json)"')" \
		'256 "a\nb\u001b[31m"'

	late=$(cri run "$sandbox" "${cart[@]}" "$image" late /bin/busybox sleep 1000)
	tell want "$late"
	ok "a container that starts later is told when somebody sees it" await 2 \
		knows "[.containers[] | select(.id == \"$late\").name] == [\"late\"]"
	asked=$(known .asked)
	tell want "$(printf '%064d' 7)"
	ok "who is unknown is given up" await 10 knows '.unknown == 1'
	is "after four questions" "$(($(known .asked) - asked))" 4

	# Nobody tells that this one is gone: the next list of everything does.
	cri remove "$host"
	containerd_stop
	containerd_again
	is_list "after a new start it knows whom containerd lists" containerd_ids
	registry_stop
}

# ---- containerd's files, with what ctr has started too ----

with_files() {
	if [ ! -d "$work/containerd/state" ]; then
		skip 3
		return
	fi
	ctr -a "$work/containerd.sock" -n default images import "$work/image.tar" >/dev/null
	ctr -a "$work/containerd.sock" -n default run -d "$image" by-hand
	mkdir -p "$work/root/run" "$work/root/var/lib"
	ln -s "$work/containerd/state" "$work/root/run/containerd"
	registry_start --root "$work/root" cri:/nowhere/containerd.sock
	all_ids() { containerd_ids && echo by-hand; }
	is_list "without a socket the files tell the same" all_ids
	is "and the pod" "$(known '.pods[] | "\(.namespace)/\(.name) \(.kind) \(.workload) \(.live)"')" \
		"shop/cart-7d9f8b6c5d-x2x7k Deployment cart 4"
	is "and a container that is in none" \
		"$(known '.containers[] | select(.pod == "") | "\(.name) \(.runtime)"')" "by-hand containerd"
	registry_stop
}

# ---- Podman ----

podman_ids() { podman_do ps -q --no-trunc; }

with_podman() {
	if ! podman_start; then
		skip 4
		return
	fi
	podman_do pod create --name shop --network none --label app=shop >/dev/null
	podman_do run -d --pod shop --name srv "$image" >/dev/null
	podman_do run -d --network host --name alone --label tier=front "$image" >/dev/null
	podman_do create --network none --name never "$image" >/dev/null
	podman_serve
	registry_start --no-files "podman:$work/podman.sock"
	is_list "the registry knows whom podman lists" podman_ids
	is "with pod and labels" \
		"$(known '(.pods[] | "\(.name) \(.labels.app)"), (.containers | sort_by(.name)[] |
			select(.sandbox | not) | "\(.name) \(.labels.tier)")')" \
		"shop shop
alone front
srv null"
	registry_stop

	mkdir -p "$work/root/var/lib/containers" "$work/root/run/containers"
	ln -s "$work/podman/storage" "$work/root/var/lib/containers/storage"
	ln -s "$work/podman/run" "$work/root/run/containers/storage"
	rm -f "$work/root/run/containerd"
	registry_start --root "$work/root" cri:/nowhere/podman.sock
	is_list "without the socket the files tell the same" podman_ids
	is "and the pod" "$(known '(.pods[] | "\(.name) \(.live)"),
		(.containers[] | select(.host) | .name)')" "shop 2
alone"
	registry_stop
}

# ---- Docker ----

docker_ids() { docker_get http://localhost/containers/json | jq -r '.[].Id'; }

with_docker() {
	local late

	if ! docker_start; then
		skip 4
		return
	fi
	docker_run web app $'a\nb' >/dev/null
	docker_run db tier "$(head -c 65536 /dev/zero | tr '\0' x)" >/dev/null
	registry_start --no-files "docker:$work/docker.sock"
	is_list "the registry knows whom docker lists" docker_ids
	is "with names and labels, cut" "$(known '.containers | sort_by(.name)[] |
		"\(.name) \(.labels | tojson | .[0:20]) \(.labels[] | length)"')" \
		'db {"tier":"xxxxxxxxxxx 256
web {"app":"a\nb"} 3'
	late=$(docker_run late x y)
	tell want "$late"
	ok "a container that starts later is told when somebody sees it" await 2 \
		knows "[.containers[] | select(.id == \"$late\").name] == [\"late\"]"
	tell gone "$late"
	ok "one that is gone is still known" knows \
		"[.containers[] | select(.id == \"$late\").gone] == [true]"
	registry_stop
}

with_pods
with_files
with_podman
with_docker
# containerd's socket is there some moments before it answers, when it starts anew.
is "nobody has failed to answer, but who was started anew" \
	"$(grep "doesn't tell" "$work/registry.log" | grep -v "cri at .*Remote I/O error" || true)" ""
