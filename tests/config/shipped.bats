#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The catalog and the examples that people copy from.

load ../helpers

profiles() {
	find "$CATALOG" -name '*.yaml' ! -name devices.yaml | sort
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

@test "catalog: a type number stands for one type in the whole catalog, and is none of NVIDIA's" {
	local numbers
	numbers=$(profiles | xargs sed -n 's/^ *- num: //p')
	[ "$(wc -l <<<"$numbers")" -ge 21 ]
	[ -z "$(sort <<<"$numbers" | uniq -d)" ]
	[ "$(sort -n <<<"$numbers" | head -n 1)" -ge 50001 ]
}

@test "catalog: names are what KubeVirt and vgpu-device-manager can use, each with a word of its own in its file" {
	local file names
	local -i n=0
	while read -r file; do
		echo "$file"
		names=$(sed -n 's/^ *name: "\(.*\)"$/\1/p' "$file")
		[ -n "$names" ] || continue
		n+=$(wc -l <<<"$names")
		run ! grep -vE '^[A-Za-z0-9][A-Za-z0-9._ -]{0,29}[A-Za-z0-9]$' <<<"$names"
		run ! grep -vE ' [A-Z0-9]+-(0|[1-9][0-9]*)[ABCQ]$' <<<"$names"
		[ "$(awk '{ print $NF }' <<<"$names" | sort | uniq -d)" = "" ]
	done < <(profiles)
	[ "$n" -eq 21 ]
	expect 0 "$(mdev_gpu check "$CATALOG")" '' mdev_gpu check --strict "$CATALOG"
}

@test "catalog: a new one comes beside the types of the old one, without a reload of the driver" {
	local old=$BATS_TEST_TMPDIR/old.yaml new=$CATALOG/Nvidia/Pascal/Open_vPascal.yaml
	new_world 535.104.05
	sed -e 's/50104/50101/; s/50105/50102/; s/50106/50103/' -e 's/"GVM \(.*\) PASCAL-.*"/"GVM [\1 \/10]"/' "$new" >"$old"
	grep -qF '"GVM [Geforce /10]"' "$old"
	expect 0 "${gpu:?}: 3 types registered, 0 unchanged" '' program apply "$gpu" -c "$old"
	expect 0 "${gpu:?}: 3 types registered, 0 unchanged" '' program apply "$gpu" -c "$new"
	[ "$(listed)" = "50101 50102 50103 50104 50105 50106" ]
	# as an old number with a new name would be
	sed -i 's/\[Geforce .10\]/Geforce PASCAL-1A/' "$old"
	run -1 program apply "$gpu" -c "$old"
	[[ $output == *"nvidia-50101 is already defined otherwise: name is "* ]]
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

@test "catalog: a share with its reserve is a whole number of GiB, or all of it is auto" {
	# shellcheck disable=SC2016 # awk's
	profiles | xargs awk '
		/^#/ { next }
		/fbLen:/ { len = $2 }
		/fbRes:/ && $2 == "auto" && len == "auto" { n++; next }
		/fbRes:/ { n++; if ((len + $2) % 1024 || $2 != 64 * ((len + $2) / 1024 + 1)) { print FILENAME ": " len "+" $2; bad = 1 } }
		END { exit bad || n < 21 }'
}

@test "catalog: every profile says whether its types were tried on hardware" {
	local file
	while read -r file; do
		echo "$file"
		! grep -q 'num:' "$file" || grep -q 'was tried on hardware' "$file"
	done < <(profiles)
}

@test "catalog: a folder without types says why, and what it has as a comment has no mistake" {
	local folder file=$BATS_TEST_TMPDIR/comment.yaml
	local -i empty=0 comments=0
	for folder in "$CATALOG"/*/*/; do
		echo "$folder"
		grep -qE '^ *- (num|expectTypes):' "$folder"/*.yaml && continue
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
