#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The catalog and the examples that people copy from.

bats_require_minimum_version 1.5.0

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
		/^```yaml$/ { file = folder "/" ++n ".yaml"; next }
		/^```$/ { file = ""; next }
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
