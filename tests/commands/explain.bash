# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of explain share: situations, and what is said of them.

# shellcheck disable=SC2154 # helpers.bash sets them

own=Nvidia/Pascal/one.yaml
igpu=0000:00:02.0

# one folder for a Tesla P40, with one type, and the rule in its place
explain_setup() {
	put "$configuration/Nvidia/Pascal/devices.yaml" '- 10de:1b38'
	put "$configuration/$own" < <(section 60001)
	mkdir -p "$root$UDEVRULESDIR"
	cp "$RULES" "$root$UDEVRULESDIR/90-mdev-gpu.rules"
}

# verdict WORD TEXT [ADDRESS]: the first line of what explain says, whole; and nothing was touched
verdict() {
	local address=${3:-$gpu} before
	before=$(fingerprint)
	run -0 --separate-stderr program explain "$address"
	echo "$output"
	[ -z "$stderr" ]
	[ "${lines[0]}" = "$address: $1: $2" ] || {
		printf 'expected:\n%s\n' "$address: $1: $2"
		return 1
	}
	advised
	diff <(echo "$before") <(fingerprint)
}

# advised: every cause in $output says what to do
advised() {
	awk '/^  [^ ]/ { if (cause && !told) exit; told = 0; cause = substr($0, 18, 5) == "cause" }
		/^ *-> / { told = 1 }
		END { if (cause && !told) { print "no advice"; exit 1 } }' <<<"$output"
}

# fingerprint: what explain must not change: the driver, its nodes, sysfs, configuration and records
fingerprint() {
	simulate transcript full
	simulate nodes
	find "$world" "$root" ! -path "$world/.rm/*" -printf '%p %s %T@\n' | sort
}

# advice LINK [ADDRESS]: what explain advises at a link
advice() {
	program explain --json "${2:-$gpu}" | read_json "[l for l in it[0]['chain'] if l['link'] == '$1'][0]['advice']"
}

# seen LINK [ADDRESS]: "STATE TEXT" of a link, and its other lines
seen() {
	program explain --json "${2:-$gpu}" |
		read_json "'\\n'.join([l['state'] + ' ' + l['seen'] + ''.join('\\n' + m for m in l['more']) for l in it[0]['chain'] if l['link'] == '$1'])"
}

# failing COMMAND…: a run that is expected to fail, and is none of what is tested
failing() {
	run ! program "$@"
}

# syspath [ADDRESS]
syspath() {
	local path
	path=$(readlink -f "$world/sys/bus/pci/devices/${1:-$gpu}")
	echo "${path#"$world"}"
}

# catalog VENDOR/FOLDER…: the shipped ones
catalog() {
	local folder
	for folder; do
		mkdir -p "$configuration/$folder"
		cp -rT "$CATALOG/$folder" "$configuration/$folder"
	done
	chmod -R go-w "$configuration"
}

# intel_world DEVICE: an Intel GPU with GVT-g on, as far as i915's parameters go
intel_world() {
	new_world 535.104.05 "$igpu=8086:$1,class=0300,driver=i915"
	catalog Intel
	put "$world/sys/module/i915/parameters/enable_gvt" Y
	put "$world/sys/module/i915/parameters/enable_guc" -1
	put "$world/sys/module/i915/initstate" live
	put "$world/sys/module/kvmgt/initstate" live
}

# gvt_types ID…: what i915 shows, without a name attribute
gvt_types() {
	local id
	for id; do
		put "$world/sys/bus/pci/devices/$igpu/mdev_supported_types/$id/available_instances" 1
	done
}
