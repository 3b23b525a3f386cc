#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The catalog and the examples that people copy from.

load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

profiles() {
	find "$CATALOG" -name '*.yaml' ! -name devices.yaml | sort
}

# types_in FILE EXPRESSION: what Python finds in each type "t" of a file, merge keys and all, one a line
types_in() {
	python3 -c '
import sys, yaml
for section in yaml.safe_load(open(sys.argv[1]))["gpus"]:
    for t in section.get("mdevConfigs", []):
        print(eval(sys.argv[2]))' "$1" "$2"
}

@test "catalog: no mistake in any file" {
	run -0 "$MDEV_GPU" check "$CATALOG"
	[[ $output == *": no mistakes" ]]
}

@test "catalog: every architecture folder says which GPUs and which types" {
	local folder
	for folder in "$CATALOG"/*/*/; do
		echo "$folder"
		[ -s "$folder/devices.yaml" ]
		[ "$(find "$folder" -name '*.yaml' ! -name devices.yaml | wc -l)" -ge 1 ]
	done
}

@test "catalog: every vendor folder holds architectures or says why not" {
	local folder
	for folder in "$CATALOG"/*/; do
		echo "$folder"
		[ -s "$folder/README.md" ] || [ -n "$(find "$folder" -name devices.yaml)" ]
	done
}

@test "catalog: every number is auto, so that each model has its own, and so are instances but of the whole card" {
	local file
	local -i n=0
	while read -r file; do
		echo "$file"
		types_in "$file" 't["num"], t["maxInstances"], t["fbLen"] == t["fbRes"] == "auto"' >said
		run ! grep -vE "^\('auto', ('auto', False|1, True)\)$" said
		# nothing takes the card for another model
		[ -z "$(types_in "$file" 't.get("pDevId", "")' | tr -d '\n')" ]
		n+=$(wc -l <said)
	done < <(profiles)
	[ "$n" -eq 50 ]
}

@test "catalog: names are what KubeVirt and vgpu-device-manager can use, each with a word of its own in its file" {
	local file names
	local -i n=0
	while read -r file; do
		echo "$file"
		names=$(types_in "$file" 't["name"]')
		[ -n "$names" ] || continue
		n+=$(wc -l <<<"$names")
		run ! grep -vE '^[A-Za-z0-9][A-Za-z0-9._ -]{0,29}[A-Za-z0-9]$' <<<"$names"
		run ! grep -vE ' [A-Z0-9]+-(0|[1-9][0-9]*)[ABCQ]$' <<<"$names"
		[ "$(awk '{ print $NF }' <<<"$names" | sort | uniq -d)" = "" ]
	done < <(profiles)
	[ "$n" -eq 50 ]
	expect 0 "$(mdev_gpu check "$CATALOG")" '' mdev_gpu check --strict "$CATALOG"
}

@test "catalog: a new one comes beside the types of the old one, without a reload of the driver" {
	local old=$BATS_TEST_TMPDIR/old.yaml new=$CATALOG/Nvidia/Pascal/Open_vPascal.yaml
	new_world 535.104.05
	put "$old" <<-'END'
		gpus:
		- discardPrevious: false
		  mdevConfigs:
		  - {num: 50104, name: "GVM Geforce PASCAL-1A", gpuClass: Geforce, maxInstances: 10, fbLen: 896, fbRes: 128}
		  - {num: 50105, name: "GVM NVS PASCAL-1B", gpuClass: NVS, maxInstances: 10, fbLen: 896, fbRes: 128}
	END
	expect 0 "${gpu:?}: 2 types registered, 0 unchanged" '' program apply "$gpu" -c "$old"
	expect 0 "${gpu:?}: 8 types registered, 0 unchanged" '' program apply "$gpu" -c "$new"
	[ "$(listed)" = "50104 50105 $(seq -s ' ' 1783809 1783816)" ]
	# a type that is put before another one takes its number
	sed 's/^  - {<<: \*shape, name: "GVM NVS/  - {<<: *shape, name: "New"}\n&/' "$new" >"$old"
	run -1 program apply "$gpu" -c "$old"
	[[ $output == *"nvidia-1783810 is already defined otherwise: name is "* ]]
}

@test "catalog: nothing in it takes away types of others" {
	local file
	while read -r file; do
		echo "$file"
		# types that a driver brings itself discard nothing
		grep -q '^  mdevConfigs:' "$file" || continue
		[ "$(grep -c '^- ' "$file")" -eq "$(grep -c '^- discardPrevious: false$' "$file")" ]
	done < <(profiles)
}

@test "catalog: a share with its reserve is a whole number of GiB or half of one, or all of it is auto; the name has the size" {
	local file
	local -i n=0
	while read -r file; do
		echo "$file"
		# shellcheck disable=SC2016 # Python's
		types_in "$file" '(lambda size, length, reserved:
			(size, length, reserved) == ("0", "auto", "auto") or (size, length, reserved) == ("0", 416, 96) or
			length + reserved == int(size) * 1024 and reserved == 64 * (int(size) + 1))(
			t["name"].split("-")[-1][:-1], t["fbLen"], t["fbRes"]), t["license"]' >said
		run ! grep -vxF "(True, 'auto')" said
		n+=$(wc -l <said)
	done < <(profiles)
	[ "$n" -eq 50 ]
}

@test "catalog: every profile says whether its types were tried on hardware" {
	local file
	while read -r file; do
		echo "$file"
		[ -z "$(types_in "$file" 't["num"]')" ] || grep -q 'was tried on hardware' "$file"
	done < <(profiles)
}

@test "catalog: a folder without types says why, and what it has as a comment has no mistake" {
	local folder file=$BATS_TEST_TMPDIR/comment.yaml
	local -i empty=0 comments=0
	for folder in "$CATALOG"/*/*/; do
		echo "$folder"
		grep -qE '^ *(- )?(num|expectTypes):' "$folder"/*.yaml && continue
		empty+=1
		grep -qE '^# .*: (no mediated devices|mediated devices with driver [0-9]+ on older kernels only)$' "$folder/README.md"
		sed -n 's/^#  //p' "$folder"/*.yaml >"$file"
		[ -s "$file" ] || continue
		comments+=1
		run -0 --separate-stderr "$MDEV_GPU" check "$file"
		[ "$output" = "1 file, 1 type: no mistakes" ]
	done
	[ "$empty" -eq 3 ]
	[ "$comments" -eq 1 ]
}

@test "README: its examples have no mistake" {
	local n=0 file
	awk -v folder="$BATS_TEST_TMPDIR" '
		/^```/ { file = ""; begins = $0 == "```yaml"; next }
		begins { begins = 0; if ($0 == "gpus:") file = folder "/" ++n ".yaml" }
		file { print > file }' "${abs_top_srcdir:?}/README.md"
	for file in "$BATS_TEST_TMPDIR"/*.yaml; do
		run -0 "$MDEV_GPU" check "$file"
		n=$((n + 1))
	done
	[ "$n" -ge 2 ]
}

@test "README: its device patterns have no mistake beside those of the catalog" {
	local tree=$BATS_TEST_TMPDIR/tree patterns
	cp -r "$CATALOG" "$tree"
	mkdir "$tree/Nvidia/MyCard"
	patterns=$(sed -n 's/^    \(- 10de:[^#]*\).*/\1/p' "${abs_top_srcdir:?}/README.md")
	[ "$(wc -l <<<"$patterns")" -eq 3 ]
	cat >"$tree/Nvidia/MyCard/devices.yaml" <<<"$patterns"
	run -0 "$MDEV_GPU" check "$tree"
	[[ $output == *": no mistakes" ]]
}
