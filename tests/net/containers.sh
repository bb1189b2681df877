# shellcheck shell=bash
#
# Real container runtimes for tests, each with its state in $work and its network in the test's own
# namespaces. Sourced behind lib.sh, and after test_begin. A runtime that this machine can't run
# leaves its reason in $why_not. A runtime's containers are no children of the test: however that
# ends, they are removed through the runtime first.

image=localhost/weir/test:1
why_not=
started=() # what has to be removed

containers_exit() {
	local status=$? what

	trap - ERR
	trap '' INT TERM HUP
	set +e
	for what in "${started[@]}"; do
		"${what}_end"
	done
	# on_exit takes its status from here.
	(exit "$status")
	on_exit
}

trap containers_exit EXIT

# image_make: an image of nothing but busybox, as `docker save` would write it, in $work/image.tar.
image_make() {
	local dir=$work/image busybox layer

	[ ! -e "$work/image.tar" ] || return 0
	busybox=$(command -v busybox) || { why_not="no busybox" && return 1; }
	if ldd "$busybox" >/dev/null 2>&1; then
		why_not="busybox is not static" && return 1
	fi
	mkdir -p "$dir/root/bin" "$dir/root/etc" "$dir/root/tmp" "$dir/out"
	cp "$busybox" "$dir/root/bin/busybox"
	ln -s busybox "$dir/root/bin/sh"
	echo root:x:0:0:root:/:/bin/sh >"$dir/root/etc/passwd"
	tar -C "$dir/root" --owner=0 --group=0 -cf "$dir/out/layer.tar" .
	layer=$(sha256sum "$dir/out/layer.tar")
	jq -n --arg layer "sha256:${layer%% *}" --arg arch "$(image_arch)" '{ architecture: $arch,
		os: "linux", rootfs: { type: "layers", diff_ids: [$layer] },
		config: { Entrypoint: ["/bin/busybox", "sleep", "100000"], Env: ["PATH=/bin"] } }' \
		>"$dir/out/config.json"
	jq -n --arg name "$image" '[{ Config: "config.json", RepoTags: [$name],
		Layers: ["layer.tar"] }]' >"$dir/out/manifest.json"
	tar -C "$dir/out" -cf "$work/image.tar" .
	rm -rf "$dir"
}

image_arch() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) uname -m ;;
	esac
}

# ---- containerd ----

cri() { "$helpers/cri" "$work/containerd.sock" "$@"; }

containerd_is_up() { cri version >/dev/null 2>&1; }

# containerd_start: with the runtime interface of Kubernetes, at $work/containerd.sock. Its pods are
# on a bridge of the test's namespace, 10.88.99.0/24.
containerd_start() {
	local tool plugins=

	for tool in containerd ctr runc; do
		command -v "$tool" >/dev/null || { why_not="needs $tool" && return 1; }
	done
	for tool in /opt/cni/bin /usr/lib/cni; do
		[ ! -x "$tool/bridge" ] || plugins=$tool
	done
	[ -n "$plugins" ] || { why_not="no CNI plugins" && return 1; }
	image_make || return 1
	mkdir -p "$work/cni"
	jq -n --arg dir "$work/ipam" '{ cniVersion: "0.4.0", name: "weir", plugins: [{ type: "bridge",
		bridge: "weircni0", isGateway: true, ipam: { type: "host-local", dataDir: $dir,
		ranges: [[{ subnet: "10.88.99.0/24" }]] } }] }' >"$work/cni/10-weir.conflist"
	# Nothing here needs to outlive what memory is short of, and not everybody may set that.
	cat >"$work/containerd.toml" <<-END
		version = 2
		root = "$work/containerd/root"
		state = "$work/containerd/state"
		[grpc]
		  address = "$work/containerd.sock"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "$image"
		  disable_apparmor = true
		  restrict_oom_score_adj = true
		  tolerate_missing_hugetlb_controller = true
		  disable_hugetlb_controller = true
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "$plugins"
		    conf_dir = "$work/cni"
		  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		    runtime_type = "io.containerd.runc.v2"
	END
	containerd_again || return 1
	started+=(containerd)
	ctr -a "$work/containerd.sock" -n k8s.io images import "$work/image.tar" >/dev/null
}

# containerd_again: the same once more, after containerd_stop.
containerd_again() {
	containerd -c "$work/containerd.toml" >>"$work/containerd.log" 2>&1 &
	containerd=$!
	children+=("$containerd")
	if ! await 20 containerd_is_up; then
		why_not="containerd does not start: $(tail -n 3 "$work/containerd.log")"
		return 1
	fi
}

# containerd_stop: its containers go on.
containerd_stop() { end_process "$containerd"; }

# containerd_end: everything in it goes.
containerd_end() {
	local id

	containerd_is_up || containerd_again
	for id in $(containerd_ids 'labels."io.cri-containerd.kind"==sandbox'); do
		cri remove "$id"
	done
	for id in $(ctr -a "$work/containerd.sock" -n default tasks ls -q); do
		ctr -a "$work/containerd.sock" -n default tasks rm -f "$id"
	done
} >/dev/null 2>&1

# containerd_ids [FILTER]: of its containers in pods, sandboxes too.
containerd_ids() { ctr -a "$work/containerd.sock" -n k8s.io containers ls -q "$@" | sort; }

# ---- Podman ----

# podman_start: its storage in $work/podman, its service at $work/podman.sock. What it makes is called
# by podman_do.
podman_start() {
	local tool

	for tool in podman runc conmon; do
		command -v "$tool" >/dev/null || { why_not="needs $tool" && return 1; }
	done
	image_make || return 1
	started+=(podman)
	mkdir -p "$work/podman"
	cat >"$work/podman/storage.conf" <<-END
		[storage]
		driver = "overlay"
		graphroot = "$work/podman/storage"
		runroot = "$work/podman/run"
	END
	# Limits that somebody without the right to raise them can't have are left as they are.
	cat >"$work/podman/containers.conf" <<-END
		[containers]
		default_sysctls = []
		default_ulimits = ["nofile=1024:1024","nproc=1024:1024"]
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "runc"
		infra_image = "$image"
		static_dir = "$work/podman/libpod"
		tmp_dir = "$work/podman/tmp"
		volume_path = "$work/podman/volumes"
		[network]
		network_config_dir = "$work/podman/networks"
	END
	echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$work/podman/policy.json"
	if ! podman_do load --signature-policy "$work/podman/policy.json" -i "$work/image.tar" \
		>"$work/podman.log" 2>&1; then
		why_not="podman can't load an image: $(tail -n 1 "$work/podman.log")"
		return 1
	fi
}

# Its exec is for podman_serve: what is started there is what is ended.
podman_exec() {
	export CONTAINERS_CONF=$work/podman/containers.conf
	export CONTAINERS_STORAGE_CONF=$work/podman/storage.conf
	exec podman "$@"
}

podman_do() { (podman_exec "$@"); }

podman_serve() {
	podman_exec system service -t 0 "unix://$work/podman.sock" >>"$work/podman.log" 2>&1 3>&- &
	children+=("$!")
	await 10 test -S "$work/podman.sock"
}

podman_end() {
	podman_do pod rm -f -a -t 0 || true
	podman_do rm -f -a -t 0 || true
	umount -l "$work/podman/storage/overlay" || true
} >/dev/null 2>&1

# ---- Docker ----

docker_get() { curl -sf --unix-socket "$work/docker.sock" "$@"; }

docker_is_up() { docker_get http://localhost/_ping >/dev/null; }

# docker_start: dockerd at $work/docker.sock, without any network of its own.
docker_start() {
	local tool

	for tool in dockerd containerd runc curl; do
		command -v "$tool" >/dev/null || { why_not="needs $tool" && return 1; }
	done
	image_make || return 1
	mkdir -p "$work/docker"
	jq -n --arg dir "$work/docker" --arg socket "unix://$work/docker.sock" '{ hosts: [$socket],
		"data-root": ($dir + "/data"), "exec-root": ($dir + "/exec"),
		pidfile: ($dir + "/pid"), bridge: "none", iptables: false, ip6tables: false,
		"exec-opts": ["native.cgroupdriver=cgroupfs"] }' >"$work/docker/daemon.json"
	dockerd --config-file "$work/docker/daemon.json" >"$work/docker.log" 2>&1 &
	children+=("$!")
	if ! await 30 docker_is_up; then
		why_not="dockerd does not start: $(tail -n 3 "$work/docker.log")"
		return 1
	fi
	started+=(docker)
	docker_get -H 'Content-Type: application/x-tar' --data-binary @"$work/image.tar" \
		http://localhost/images/load >/dev/null
}

# docker_run NAME LABEL VALUE: its id.
docker_run() {
	local id

	id=$(jq -n --arg image "$image" --arg key "$2" --arg value "$3" '{ Image: $image,
		Labels: { ($key): $value }, HostConfig: { NetworkMode: "none" } }' |
		docker_get -H 'Content-Type: application/json' --data-binary @- \
			"http://localhost/containers/create?name=$1" | jq -r .Id)
	docker_get -X POST "http://localhost/containers/$id/start"
	echo "$id"
}

docker_end() {
	local id

	for id in $(docker_get 'http://localhost/containers/json?all=true' | jq -r '.[].Id'); do
		docker_get -X DELETE "http://localhost/containers/$id?force=true"
	done
}
