#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# docs/fleet.md: its files parse, and what they name of mdev-gpu is there.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

fleet=${abs_top_srcdir:?}/docs/fleet.md

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# block LANGUAGE N: the Nth fenced block of that language
block() {
	awk -v fence="^\`\`\`$1\$" -v wanted="$2" '
		/^```/ { open = !open; inside = open && $0 ~ fence; n += inside; next }
		inside && n == wanted' "$fleet"
}

@test "fleet: the play checks each file before it takes its place, and asserts at the end" {
	block yaml 1 >play.yaml
	run -0 python3 -c 'import yaml
play, = yaml.safe_load(open("play.yaml"))
handlers = {it["name"] for it in play["handlers"]}
assert all(it["name"] for it in play["tasks"]) and all(it.get("notify", "Look at the GPUs again") in handlers for it in play["tasks"])
print(play["tasks"][0]["ansible.builtin.copy"]["validate"])
print(play["tasks"][-1]["ansible.builtin.command"])
print(*(it["ansible.builtin.systemd_service"]["name"] for it in play["tasks"] if "ansible.builtin.systemd_service" in it))'
	[ "$output" = "mdev-gpu check --strict %s
mdev-gpu assert --all
mdev-gpu-metrics.timer" ]
	[ -e "${abs_top_builddir:?}/systemd/${lines[2]}" ]
}

@test "fleet: alert rules are of metrics that there are, with labels and words that they have" {
	local name
	new_world 535.104.05
	program status --format prometheus "$gpu" >metrics
	block yaml 2 >rules.yaml
	python3 -c 'import yaml
for rule in yaml.safe_load(open("rules.yaml"))["groups"][0]["rules"]:
    assert rule["alert"] and rule["annotations"]["summary"] and rule["labels"]["severity"]
    print(rule["expr"])' >expressions
	[ "$(wc -l <expressions)" -eq 5 ]
	while read -r name; do
		echo "$name"
		grep -q "{ \"${name#mdev_gpu_}\", \"" "$abs_top_srcdir/helper/commands/status/metrics.c"
	done < <(grep -ohE 'mdev_gpu_[a-z_]+' expressions "$fleet" | sort -u)
	for name in $(grep -oE 'verdict=~?"[a-z|-]+"' expressions | grep -oE '"[^"]+"' | tr -d '"' | tr '|' ' '); do
		table causes | grep -qx -- "$name"
	done
	grep -qF 'result!~"done|running"' expressions
	[ "$(sed -n 's/^Environment=FOLDER=//p' "$abs_top_builddir/systemd/mdev-gpu-metrics.service")" = /var/lib/prometheus/node-exporter ]
	grep -q 'mdev-gpu.prom"' "$abs_top_builddir/systemd/mdev-gpu-metrics.service"
}

@test "fleet: drop-ins wait for the target, and systemd reads them" {
	local n
	for n in 1 2; do
		{
			printf '[Service]\nType=oneshot\nExecStart=/bin/true\n'
			block ini "$n"
		} >"after$n.service"
		grep -qx 'After=mdev-gpu.target' "after$n.service"
		sed -i "s|/usr/bin/mdev-gpu|$MDEV_GPU|" "after$n.service"
		systemd-analyze verify --man=no "$PWD/after$n.service" "$abs_top_builddir/systemd/mdev-gpu.target" \
			"$abs_top_builddir/systemd/mdev-gpu-settle.service"
	done
}

@test "fleet: the check for Nagios says so in its words" {
	new_world 535.104.05
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/Nvidia/Pascal/one.yaml" < <(section 60001)
	block "" 2 | sed "s|mdev-gpu assert|$MDEV_GPU --root $root assert|" >check.sh
	run -2 in_world sh check.sh
	[[ $output == "CRITICAL: mdev-gpu: $gpu: 1 of 1 types is missing"* ]]
	program apply "$gpu"
	run -0 in_world sh check.sh
	[ "$output" = "OK: $gpu: 1 type is there" ]
}

@test "fleet: what it calls mdev-gpu with, it takes" {
	local command n=0
	while read -r command; do
		echo "$command"
		# shellcheck disable=SC2086 # words
		run mdev_gpu ${command#mdev-gpu } --help
		[ "$status" -eq 0 ]
		n=$((n + 1))
	done < <(grep -ohE 'mdev-gpu (check|assert|plan|report|explain|status)( --?[a-z]+)*' "$fleet" | sed -E 's/ (--root|-o)$//' | sort -u)
	[ "$n" -ge 6 ]
}
