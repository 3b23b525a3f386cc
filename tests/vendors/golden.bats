#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What the driver is sent, byte for byte. data/golden holds what Mdev-GPU itself sent to driver 510.47.03, one parameter
# block of 4544 bytes for each type.

# shellcheck disable=SC2154 # helpers.bash sets them
load ../helpers

data=${abs_top_srcdir:?}/tests/data

# equals FILE GPU GOLDEN: the blocks that mdev-cli sends for FILE are the recorded ones
equals() {
	new_world 510.47.03 "$2"
	run -0 cli -c "$data/mdev-gpu/$1"
	sent_blocks
	cmp "$BATS_TEST_TMPDIR/sent" "$data/golden/$3"
	closed
}

# sent_blocks: what was sent, in "sent"
sent_blocks() {
	cat "$world"/blocks/*-a0810101.bin >"$BATS_TEST_TMPDIR/sent"
}

# fields <TABLE: whether each line "BLOCK OFFSET SIZE VALUE WHAT" is so. A value in quotes is a text, the rest of its field zero.
fields() {
	python3 -c '
import re, sys

sent = open(sys.argv[1], "rb").read()
wrong = 0
for line in sys.stdin:
    block, offset, size, value, what = re.match(r"(\d+) (\d+) (\d+) (\"[^\"]*\"|\S+) (.*)", line).groups()
    at = int(block) * 4544 + int(offset)
    field = sent[at:at + int(size)]
    want = value[1:-1].encode().ljust(int(size), b"\0") if value[0] == "\"" else int(value, 0).to_bytes(int(size), "little")
    if field != want:
        print(f"block {block}: {what} is {field.hex()}, expected {want.hex()}")
        wrong = 1
sys.exit(wrong)' "$BATS_TEST_TMPDIR/sent"
}

@test "golden: a type with every default, byte for byte" {
	equals minimal.yaml 0000:65:00.0=10de:1b38:10de:11d9 mdevgpu_minimal_1b38_11d9.run.bin
}

@test "golden: Open_vPascal on a Tesla P40, byte for byte" {
	equals Open_vPascal.yaml 0000:65:00.0=10de:1b38:10de:11d9 mdevgpu_Open_vPascal_1b38_11d9.run.bin
}

@test "golden: Open_vTuring on a Quadro RTX 6000, byte for byte" {
	equals Open_vTuring.yaml 0000:17:00.0=10de:1e30:10de:12ba mdevgpu_Open_vTuring_1e30_12ba.run.bin
}

@test "golden: discard is in the first block only, and in none with -k" {
	new_world 510.47.03
	run -0 program apply "$gpu" -c "$data/mdev-gpu/Open_vPascal.yaml"
	sent_blocks
	fields <<<$'0 0 4 1 discard\n1 0 4 0 discard\n2 0 4 0 discard'
	new_world 510.47.03
	run -0 program apply "$gpu" -k -c "$data/mdev-gpu/Open_vPascal.yaml"
	sent_blocks
	fields <<<$'0 0 4 0 discard\n1 0 4 0 discard\n2 0 4 0 discard'
	# nothing else differs
	cmp <(tail -c +5 "$BATS_TEST_TMPDIR/sent") <(tail -c +5 "$data/golden/mdevgpu_Open_vPascal_1b38_11d9.run.bin")
}

@test "golden: every field of edge.yaml is where Mdev-GPU had it" {
	new_world 510.47.03
	run -0 program apply "$gpu" -c "$data/mdev-gpu/edge.yaml"
	sent_blocks
	[ "$(wc -c <"$BATS_TEST_TMPDIR/sent")" -eq $((2 * 4544)) ]

	fields <<-END
		0 0 4 1 discard
		0 4 4 0 padding
		0 8 4 0xffff type
		0 332 4 0 padding
		0 336 4 32 maxInstances
		0 340 4 1 heads
		0 344 4 7680 width
		0 348 4 4320 height
		0 352 4 $((7680 * 4320)) pixels
		0 356 4 120 frlConfig
		0 360 4 1 cuda
		0 364 4 0 ecc
		0 368 4 0 instance size
		0 372 4 1 multiMdev
		0 376 8 37 encoder
		0 384 8 0x1EB8128A vDevId
		0 392 8 0x1EB8 pDevId
		0 400 8 $((81920 << 20)) fbLen
		0 408 8 $((8192 << 20)) mapVideoSize
		0 416 8 $((4095 << 20)) fbRes
		0 424 8 0x10000 bar1Len
		0 432 4 0 frlEnable
		1 0 4 0 discard
		1 8 4 41 type
		1 336 4 1 maxInstances
		1 344 4 1024 width
		1 356 4 120 frlConfig
		1 384 8 0x1b3811d9 vDevId
		1 392 8 0x1b38 pDevId
		1 400 8 $((1 << 20)) fbLen
		1 408 8 $((24 << 20)) mapVideoSize
		1 416 8 0 fbRes
		1 424 8 0x100 bar1Len
		1 432 4 1 frlEnable
		0 12 32 "0123456789012345678901234567890" name
		0 44 32 "Quadro-vDWS" class
		0 204 128 "NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0" licence
		0 436 4108 0 extra parameters
		1 12 32 "Arc GPU" name
		1 44 32 "Compute" class
		1 204 128 "NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0" licence
		1 436 4108 0 extra parameters
	END
}
