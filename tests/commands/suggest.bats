#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# A profile for a card: what it says and why, where the memory is known from, and that nothing is wrong with it for any known card.

# shellcheck disable=SC2030,SC2031,SC2154 # helpers.bash sets them
load ../helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p "${configuration%/*}"
	cp -r "$CATALOG" "$configuration"
}

# named MODEL [ADDRESS]: what udev's database calls a GPU
named() {
	echo "ID_MODEL_FROM_DATABASE=$1" >>"$(readlink -f "$world/sys/bus/pci/devices/${2:-$gpu}")/uevent"
}

# suggested ARGUMENT…: the values of each type, without the reasons: "NUM NAME CLASS VDEVID INSTANCES LEN+RES"
suggested() {
	program suggest "$@" >p.yaml
	python3 -c 'import yaml
for t in yaml.safe_load(open("p.yaml"))["gpus"][0]["mdevConfigs"]:
    print(t["num"], t["name"], t["gpuClass"], "%x" % t.get("vDevId", 0), t["maxInstances"], "%s+%s" % (t["fbLen"], t["fbRes"]))'
}

@test "suggest: a GPU that is here, each line with its reason; the driver is not spoken to" {
	new_world 535.104.05
	named 'GP102GL [Tesla P40]'
	run -0 --separate-stderr program suggest --size 4G --memory 24G
	[ "$stderr" = "" ]
	same "# Made by mdev-gpu suggest for $gpu, 10de:1b38 GP102GL [Tesla P40], with 24576 MiB (--memory).
# In $CONFDIR/generate-vgpu-types.yaml it takes the place of the catalog for these cards.
gpus:
- filteredGpus:
  - {vendorId: 0x10de, deviceId: 0x1b38} # every card of this model
  discardPrevious: false                 # types of others stay
  mdevConfigs:
  - num: 60001                           # nvidia-60001 in sysfs; nothing on this host has it
    name: \"Own P40-4Q\"                   # the last word is what vgpu-device-manager takes
    gpuClass: Quadro                     # the desktop of a workstation, and CUDA
    license: auto                        # what NVIDIA's types of the class ask for
    vDevId: 0x1B3811E9                   # the guest sees GRID P40-2Q, the nearest that is known to guest drivers
    maxInstances: 6                      # 6 x 4096 of 24576 MiB
    fbLen: 3776                          # MiB for the guest: the share without fbRes
    fbRes: 320                           # MiB that NVIDIA reserves: 64 * (4 + 1)
    # displays as NVIDIA's types of the class and size have them, with so many pixels in all
    virtDisplay: {numHeads: 4, maxResX: 7680, maxResY: 4320, frlConfig: 60, frlEnable: 1}
    maxPixels: 58982400
    cuda: true                           # NVIDIA's types of the class have it
    ecc: true                            # the board has ECC memory
    mapVideoSize: 4                      # MiB, as all of NVIDIA's types
    bar1Len: 0x100                       # 256 MiB, as all of NVIDIA's types for desktops" <(echo "$output") suggestion
	[ ! -s "$world/transcript" ]
	[ ! -e "$state_folder" ]
}

@test "suggest: a card's memory is what the driver told a run, what NVIDIA's type of the whole card has, or auto" {
	new_world 535.104.05
	[ "$(suggested "$gpu" --size 2G)" = "60001 Own 1B38-2Q Quadro 1b3811e9 auto 1856+192" ]
	[ "$(suggested "$gpu" --instances 4)" = "60001 Own 1B38-0Q Quadro 1b3811e9 4 auto+auto" ]
	mdev_gpu check --strict p.yaml
	# a run by hand that the next run does not leave behind: both autos are what it makes of the card
	expect 0 "$gpu: 1 type registered, 0 unchanged" '' program apply --strict "$gpu" -c p.yaml
	[ "$("$SIMULATE" types "$world" "$gpu" | sed 's/.* fb=\([0-9]*\) reserved=\([0-9]*\) .*/\1+\2/')" = 5696+448 ]
	simulate clear
	[ "$(suggested "$gpu" --size 2G)" = "60002 Own 1B38-2Q Quadro 1b3811e9 12 1856+192" ]
	grep -q "with 24576 MiB (what the driver told the last run)" p.yaml
	[ "$(suggested "$gpu" --size 2G --memory 16G)" = "60002 Own 1B38-2Q Quadro 1b3811e9 8 1856+192" ]
	[ "$(simulate calls)" -eq 0 ]
	rm -r "$state_folder"
	put "$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-53/name" 'GRID P40-24Q'
	put "$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-53/description" \
		'num_heads=4, frl_config=60, framebuffer=24576M, max_resolution=7680x4320, max_instance=1'
	put "$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-48/name" 'GRID P40-3Q'
	put "$world/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-48/description" \
		'num_heads=4, frl_config=60, framebuffer=49152M, max_resolution=7680x4320, max_instance=8'
	suggested "$gpu" --instances 4 | grep ' 4 5696+448$'
	grep -q "with 24576 MiB (what NVIDIA's type for the whole card has)" p.yaml
	# a card that passes for another one shows that one's types
	mv world other
	new_world 535.104.05 "$gpu=10de:1b06:1043:85e4,fb=11264"
	cp -r "$BATS_TEST_TMPDIR/other/sys/bus/pci/devices/$gpu/mdev_supported_types" "$(readlink -f "$world/sys/bus/pci/devices/$gpu")/"
	suggested "$gpu" --instances 4 | grep ' 4 auto+auto$'
}

@test "suggest: the sizes of NVIDIA's series and the whole card, as many as there is room for" {
	new_world 580.95.05
	[ "$(suggested --ladder --memory 11G | cut -d ' ' -f 1,3,6,7)" = "60001 1B38-1Q 11 896+128
60002 1B38-2Q 5 1856+192
60003 1B38-3Q 3 2816+256
60004 1B38-4Q 2 3776+320
60005 1B38-6Q 1 5696+448
60006 1B38-8Q 1 7616+576
60007 1B38-11Q 1 10496+768" ]
	expect 0 "1 file, 7 types: no mistakes" '' mdev_gpu check --strict p.yaml
	[ "$(suggested --ladder --memory 48G | cut -d ' ' -f 3,6,7 | sed -n '1p;$p')" = $'1B38-1Q 48 896+128\n1B38-48Q 1 46016+3136' ]
	[ "$(suggested --ladder | cut -d ' ' -f 3,6,7 | sed -n '1p;$p')" = $'1B38-1Q auto 896+128\n1B38-0Q 1 auto+auto' ]
	expect 0 "$gpu: 10 types registered, 0 unchanged; 1 left out, the GPU has no room for it" '' program apply --strict "$gpu" -c p.yaml
	# of a driver that is not known, what every one takes
	[ "$(mdev_gpu suggest --device 10de:1b38 --memory 48G --size 1G | grep -c 'maxInstances: 32 ')" -eq 1 ]
}

@test "suggest: the number is one that no profile and no GPU has" {
	new_world 535.104.05 "$P40" 0000:b3:00.0=10de:1e30:10de:12ba
	put "$configuration/generate-vgpu-types.yaml" < <(section 60001 'filteredGpus: [{bus: 7}]')
	put "$configuration/Nvidia/Pascal/own.yaml" < <(section 60003)
	put "$world/sys/bus/pci/devices/0000:b3:00.0/mdev_supported_types/nvidia-60002/name" Type
	[ "$(suggested "$gpu" --memory 2G --ladder | cut -d ' ' -f 1 | paste -sd ' ')" = "60004 60005" ]
	put "$configuration/generate-vgpu-types.yaml" < <(grep -v '^#' p.yaml && section 60001 'filteredGpus: [{bus: 7}]' | sed 1d)
	rm "$configuration/Nvidia/Pascal/own.yaml"
	mdev_gpu check --strict
}

@test "suggest: of Ampere's cards it says where their types show" {
	local where='# Types of Ampere show on virtual functions (virtualFunctions: all), and nowhere with NVIDIA'\''s own VFIO.'
	[ "$(mdev_gpu suggest --device 10de:2235 | sed -n 3p)" = "$where" ]
	run -0 --separate-stderr mdev_gpu suggest --device 10de:1b38
	[[ $output != *"virtual functions"* ]]
}

@test "suggest: a GPU whose types cannot be read has none of the numbers" {
	new_world 535.104.05 "$P40" 0000:b3:00.0=10de:1e30:10de:12ba
	rm -rf "$world/sys/bus/pci/devices/0000:b3:00.0/mdev_supported_types"
	put "$world/sys/bus/pci/devices/0000:b3:00.0/mdev_supported_types" 'no folder'
	[ "$(suggested "$gpu" --memory 2G --size 1G | cut -d ' ' -f 1)" = 60001 ]
}

@test "suggest: a card whose vGPUs are NVIDIA's own gets these on its functions" {
	new_world 550.90.07 "$gpu=10de:26b9:10de:16ca,fb=49152,totalvfs=8"
	named 'AD102GL [L40S]'
	run -0 --separate-stderr program suggest --size 4G
	same "# Made by mdev-gpu suggest for $gpu, 10de:26b9 AD102GL [L40S], with 49152 MiB (what NVIDIA's largest vGPU of such a card has).
# In $CONFDIR/generate-vgpu-types.yaml it is carried out by mdev-gpu functions, and at every boot.
gpus:
- filteredGpus:
  - {vendorId: 0x10de, deviceId: 0x26b9} # every card of this model
  virtualFunctions: all                  # vGPUs are made on functions, which are gone after every boot
  vgpus:
  - type: \"NVIDIA L40S-4Q\"               # NVIDIA's own, for the desktop of a workstation, and CUDA
    count: 8                             # 8 x 4096 of 49152 MiB" <(echo "$output") suggestion
	[ "$(mdev_gpu suggest --device 10de:26b9 --instances 5 --class NVS | sed -n 's/.* type: \(".*"\) .*/\1/p; s/.* count: \([0-9]*\) .*/\1/p' | paste -sd ' ')" = '"NVIDIA L40S-3B" 5' ]
	expect 5 '' "mdev-gpu: 10de:2684 is of a generation that has vGPUs of NVIDIA's own only, and NVIDIA has none for it" \
		mdev_gpu suggest --device 10de:2684 --ladder
	expect 5 '' "mdev-gpu: 10de:26b9 has vGPUs of NVIDIA's own only, and none of class Geforce with 2048 MiB is known" \
		mdev_gpu suggest --device 10de:26b9 --class Geforce
}

@test "suggest: what no card can be, and what cannot be understood" {
	new_world 535.104.05 "$P40" 0000:b3:00.0=10de:1e30:10de:12ba 0000:00:02.0=8086:5912,class=0300,driver=i915
	expect 2 '' "mdev-gpu: name one of the GPUs: $gpu, 0000:b3:00.0; try --help" program suggest
	expect 5 '' "mdev-gpu: 0000:00:02.0: another vendor's GPU: types of one's own are for NVIDIA's GPUs" program suggest 00:02.0
	expect 1 '' "mdev-gpu: $gpu: no room: 32768 MiB are more than the card's 24576" program suggest "$gpu" --size 32G --memory 24G
	expect 1 '' "mdev-gpu: $gpu: no room: of 8192 MiB each of 17 has 481, and 512 is the least" program suggest "$gpu" --instances 17 --memory 8G
	expect 1 '' "mdev-gpu: $gpu: no room: the driver takes 32 instances" program suggest "$gpu" --instances 33
	local line text
	while IFS='|' read -r line text; do
		# shellcheck disable=SC2086 # words
		expect 2 '' "mdev-gpu: $text; try --help" mdev_gpu suggest $line
	done <<-'END'
		--size 3000M|--size: NVIDIA's rule for what is reserved is for whole GiB and for 512M, not for '3000M'
		--size 2|--size: '2' is no size (2G, 512M)
		--memory much|--memory: 'much' is no size (2G, 512M)
		--instances 0|--instances: '0' is no number from 1 on
		--class Tesla|--class: 'Tesla' is none of Compute, Quadro, NVS, Geforce
		--device 1b38|--device: '1b38' is no device (10de:1b38)
		--device 10de:1b38-1b39|--device: '10de:1b38-1b39' is no device (10de:1b38)
		--device 8086:5912|--device: types of one's own are for NVIDIA's GPUs (10de:1b38)
		--device 10de:1b38 65:00.0|a GPU that is here or --device, not both
		--size 2G --ladder|--size, --instances or --ladder: one of them
		65:00.0 b3:00.0|'b3:00.0' is one word too many
		65:00.0.1|'65:00.0.1' is neither a PCI address (0000:65:00.0) nor a path below /sys
	END
	run -2 --separate-stderr mdev_gpu suggest --strict
	[ "${stderr##*$'\n'}" = "mdev-gpu: wrong usage; try --help" ]
	expect 2 '' "mdev-gpu: unknown command 'sugest'; try --help" mdev_gpu sugest
}

@test "suggest: with a mistake in a folder's devices.yaml the architecture is not known, and the mistake is told" {
	echo '- 10de:1b38-xyz' >>"$configuration/Nvidia/Volta/devices.yaml"
	run -3 --separate-stderr mdev_gpu suggest --device 10de:1b38
	[ -z "$output" ]
	[[ $stderr == "mdev-gpu: $configuration/Nvidia/Volta/devices.yaml:"*"10de:1b38-xyz"* ]]
}

@test "suggest: check --strict has nothing to say for any known card and class" {
	local device class data=${abs_top_srcdir:?}/tests/data
	local -a wishes=('' --ladder '--instances 3' '--ladder --memory 11G' '--size 512M --memory 24G')
	local -i n=0 status
	{
		sed '/^#/d' "$data/nvidia-memory.tsv" | cut -f 1
		sed '/^#/d' "$abs_top_srcdir/helper/vendors/nvidia/nvidia-guest-ids" | cut -d : -f 1
		sed '/^#/d' "$data/nvidia-architectures.tsv" | cut -f 3 | cut -c 3-
	} | sort -u >known
	[ "$(wc -l <known)" -gt 130 ]
	mkdir suggested
	while read -r device; do
		for class in Compute Quadro NVS Geforce; do
			n+=1 status=0
			# shellcheck disable=SC2086 # words
			mdev_gpu suggest --device "10de:$device" --class "$class" ${wishes[n % ${#wishes[@]}]} \
				>"suggested/$device-$class.yaml" 2>said || status=$?
			[ "$status" -ne 0 ] || { [ ! -s said ] && continue; }
			# of Hopper and later only what NVIDIA has can be
			[ "$status" -eq 5 ] && [ "$((0x$device))" -ge "$((0x2302))" ] && grep -q "NVIDIA's own only" said
			rm "suggested/$device-$class.yaml"
		done
	done <known
	echo "$(find suggested -type f | wc -l) profiles"
	[ "$(find suggested -type f | wc -l)" -gt 350 ]
	run -0 --separate-stderr mdev_gpu check --strict suggested/*
	[ -z "$stderr" ]
	[[ $output == *": no mistakes" ]]
}
