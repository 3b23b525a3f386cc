#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Mdev-GPU's own four files, unmodified: with its command line, and as the
# administrator's file by the rule.
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

p40=0001:41:00.0
data=/usr/lib/vm/data/mdev-gpu
own=$conf/generate-vgpu-types.yaml

# Only the file's own types: Mdev-GPU discarded what was there.
expect_file() {	# FILE
	local expected
	expected=$(profile_types "$data/$1" | sort -n)
	[ -n "$expected" ]
	same "$expected" "$(shown "$p40")" "types of $p40"
}

fresh() {
	unload
	rm -f "$own"
}

by_hand() {	# FILE
	fresh
	load fb_mib=49152
	expect_types "$p40" Pascal
	mdev-cli -c "$data/$1"
	expect_file "$1"
	expect_runs 1
}

by_rule() {	# FILE
	fresh
	cp "$data/$1" "$own"
	load fb_mib=49152
	expect_file "$1"
	expect_runs 1
	same "$(profile_types "$data/$1" | wc -l)" "$(sent)" "types sent"
	udevadm trigger --settle "$sys/devices/$p40"
	expect_file "$1"
	expect_runs 2
	same "$(profile_types "$data/$1" | wc -l)" "$(sent)" "types sent"
}

by_unit() {
	fresh
	cp "$data/Open_vPascal.yaml" "$own"
	load
	systemctl start mdev-post.service
	expect_file Open_vPascal.yaml
	same 3 "$(sent)" "types sent"
	systemctl stop mdev-post.service
}

plug "$P40"
for file in Open_vAmpere.yaml Open_vGeneric.yaml Open_vPascal.yaml Open_vTuring.yaml; do
	claim "mdev-cli -c $file: its types, in place of the catalog's" by_hand "$file"
	claim "$file as generate-vgpu-types.yaml: its types by the rule, in place of the catalog's" by_rule "$file"
done
claim "mdev-post.service of those who have it: nothing is sent twice" by_unit

finish
