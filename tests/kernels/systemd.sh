#!/usr/bin/env bash
# usage: scripts/kernels/boot 6.12 bash tests/kernels/systemd.sh
#
# Units of a real systemd, in a guest of scripts/kernels/boot: a service that listens, one of a user's
# slice that connects to it, one that is over at once, one whose name systemd has to escape. It is
# process 1 of a namespace, and has the whole tree of cgroups.
# shellcheck source=tests/net/lib.sh
. "${BASH_SOURCE[0]%/*}/../net/lib.sh"
test_begin "$@"
systemd=/lib/systemd/systemd
[ -x $systemd ] || skip_all "needs systemd"
plan 10
poll=0.2 # to look is dear
units=/run/systemd/system
mkdir -p $units

# unit NAME LINE...: each line of the section that says what it does.
unit() {
	local name=$1

	shift
	printf '%s\n' "[Unit]" "DefaultDependencies=no" "[Service]" "$@" \
		"StandardError=append:$work/units.log" >"$units/$name"
}

agent_start --node-name units --update-interval 1s
tcp=$helpers/tcp
unit web.service "ExecStart=$tcp serve 127.0.0.1 8001 1" "StandardOutput=file:$work/web"
unit 'odd\x2dname@one.service' "ExecStart=$tcp serve 127.0.0.1 8002 1" "StandardOutput=file:$work/odd"
unit cart.service "Slice=user-1000.slice" "Type=oneshot" \
	"ExecStart=$tcp connect 127.0.0.1 8001 3 fin 41000" "ExecStart=$tcp connect 127.0.0.1 8002 1 fin 41010"
unit short.service "Type=oneshot" "ExecStart=$tcp connect 127.0.0.1 8001 1 fin 41020"
cat >"$units/weir-test.target" <<-END
	[Unit]
	DefaultDependencies=no
	Requires=web.service odd\\x2dname@one.service
END

# Its own process 1, and none of the host's units.
spawn host env -i container=weir PATH="$PATH" unshare --pid --fork --kill-child --mount-proc \
	$systemd --system --unit=weir-test.target --show-status=no --log-target=console \
	>"$work/systemd.log" 2>&1
serve() { contains "$work/web" ready && contains "$work/odd" ready; }
await 60 serve || die "the units do not start: $(tail -n 20 "$work/systemd.log" "$work/units.log")"
first=$(pgrep -P "$spawned")
ctl() { nsenter --target "$first" --pid --mount --root --wd systemctl "$@"; }
ctl start cart.service short.service

closed='select(x.event == "close" and .l4.TCP)'
await_flows 5 "$closed"
# unit SIDE PORT: what the record of that client's port says of the side.
unit_of() {
	flows "$closed | select(.l4.TCP.source_port == $2) | x.$1 | [.unit, .cgroup, .comm, .via]" |
		jq -r 'join(" ")'
}
group_of() { ctl show --value --property=ControlGroup "$1"; }
is "a service that listens" "$(unit_of destination 41000)" "web.service $(group_of web.service) tcp user"
is "one whose name is escaped" "$(unit_of destination 41010)" \
	"odd-name@one.service $(group_of 'odd\x2dname@one.service') tcp user"
for port in 41000 41001 41002 41010; do
	is "one in the slice of a user, port $port" "$(unit_of source $port)" \
		"cart.service /user.slice/user-1000.slice/cart.service tcp creator"
done
is "one that is over at once" "$(unit_of source 41020)" \
	"short.service /system.slice/short.service tcp creator"
weir observe --all >"$work/compact"
ok "people are told the unit" contains "$work/compact" 'cart\.service:41000.* web\.service:8001'
is "so they are of who listens" "$(weir list listeners -o json |
	jq -c '[.[] | select(.port == 8001 or .port == 8002) | .owner.unit] | sort')" \
	'["odd-name@one.service","web.service"]'
ok "the agent ends" agent_stop TERM
