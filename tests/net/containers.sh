# shellcheck shell=bash
#
# Real container runtimes for tests, each with its state in $work and its network in the test's own
# namespaces. Sourced behind lib.sh, after test_begin. A runtime that this machine can't run leaves
# its reason in $why_not. What was started is ended by containers_end, which tests call by
# at_end (lib.sh's trap ends the processes, but a runtime's children are not its own).

image=localhost/weir/test:1
why_not=

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

# pods_remove: all that are left.
pods_remove() {
	local id

	for id in $(ctr -a "$work/containerd.sock" -n k8s.io containers ls -q \
		'labels."io.cri-containerd.kind"==sandbox' 2>/dev/null); do
		cri remove "$id" || true
	done
}
