#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whatever happens to two GPUs, in an order that a seed has drawn, at the end everything is as it should be. More of it, by hand:
# tests/vm/run … --kernel soak.steps=1000 --limit 7200 soak
# kernel: soak.seed=1 soak.steps=70
# shellcheck source=../guest.sh disable=SC2317,SC2119
. /usr/lib/vm/guest.sh

# The last one counts: a word by hand stands behind the suite's own.
parameter() {	# NAME
	sed -n "s/.*soak\.$1=\([0-9]*\).*/\1/p" /proc/cmdline
}

seed=$(parameter seed) steps=$(parameter steps)
gpus=(0001:41:00.0 0001:42:00.0)
own=$conf/generate-vgpu-types.yaml
driver=/sys/module/nvidia/parameters
counts=/run/soak	# what claims hand on: each is a shell of its own

# ---------------------------------------------------------------------- steps

draw() {	# N: leaves a number below N in $drawn
	drawn=$((RANDOM % $1))
}

# What the driver has counted is gone with it.
count_driver() {
	local counter number
	for counter in kills leaks; do
		read_counter "$counter" number
		echo $(($(<"$counts/$counter") + number)) >"$counts/$counter"
	done
}

no_handles() {
	same 0 "$(<"$driver/handles")" "open nodes of the driver"
}

reload() {
	settle
	no_handles
	count_driver
	modprobe -r nvidia-vgpu-vfio nvidia
	modprobe nvidia
}

vfio_reload() {
	settle
	rmmod nvidia-vgpu-vfio
	modprobe nvidia-vgpu-vfio
}

toggle_driver() {	# ADDRESS
	local to=unbind
	[ -e "$sys/devices/$1" ] || return 0
	[ -e "$sys/devices/$1/driver" ] || to=bind
	echo "$1" >"$sys/drivers/nvidia/$to"
}

toggle_presence() {	# ADDRESS
	if [ -e "$sys/devices/$1" ]; then
		echo 1 >"$sys/devices/$1/remove"
	else
		echo 1 >"$sys/rescan"
	fi
}

trigger() {	# ADDRESS ACTION
	[ ! -e "$sys/devices/$1" ] || udevadm trigger --action="$2" "$sys/devices/$1"
}

# The next run that comes to this call of the driver ends there. A run has some thirty.
kill_run() {	# CALL
	echo 1 >/sys/kernel/debug/nvidia/clear	# one that nobody has come to
	echo "any#$1=kill" >/sys/kernel/debug/nvidia/inject
}

# Some of six types, each always the same. HOW: with a mistake beside them, written in their place, or there at once.
edit() {	# SET HOW
	local num text='gpus:'$'\n''- mdevConfigs:'
	for num in 0 1 2 3 4 5; do
		[ $(($1 >> num & 1)) -eq 0 ] || text+=$'\n'"  - {num: 6000$num, name: \"Soak $num\", maxInstances: 1, fbLen: 896, fbRes: 128}"
	done
	[ "$2" != mistake ] || text+=$'\n''  - {num: 60009, maxInstances: 1, fbLenn: 896, fbRes: 128}'
	if [ "$2" = place ]; then
		echo "$text" >"$own"
	else
		echo "$text" >"$own.new"
		mv "$own.new" "$own"
	fi
}

# ---------------------------------------------------------------- in between

# The types of the file, as far as it is valid.
wanted() {
	sed -n 's/.*num: \([0-9]*\), name: "\(.*\)", max.*/\1|\2/p' "$own"
}

is_bound() {	# ADDRESS
	[ "$(bound "$1")" = nvidia ]
}

# Of a GPU whose last run has ended well, with the file as it is, nothing is lacking, and no further event is needed.
judge_settled() {
	local gpu record
	settle
	for gpu in "${gpus[@]}"; do
		record=/run/mdev-gpu/$gpu.yaml
		is_bound "$gpu" || continue
		expect_record "$gpu"
		grep -qx 'result: "done"' "$record" || continue
		[ "$record" -nt "$own" ] || continue
		same "$(wanted)" "$(shown "$gpu")" "types of $gpu"
		judged=$((judged + 1))
	done
}

step() {
	local gpu how hows=(mistake place once once)
	draw 2
	gpu=${gpus[drawn]}
	draw 20
	case $drawn in
	0 | 1 | 2 | 3) echo "$gpu: driver"; toggle_driver "$gpu" ;;
	4 | 5) echo "$gpu: presence"; toggle_presence "$gpu" ;;
	6 | 7 | 16 | 17) echo "$gpu: trigger"; trigger "$gpu" change ;;
	8 | 18) echo "$gpu: trigger add"; trigger "$gpu" add ;;
	9) echo "reload"; reload ;;
	10) echo "reload of nvidia-vgpu-vfio"; vfio_reload ;;
	11 | 12 | 13 | 19) draw 30; echo "kill at call $((drawn + 1))"; kill_run $((drawn + 1)) ;;
	14 | 15)
		draw 4
		how=${hows[drawn]}
		draw 63
		echo "edit: $((drawn + 1)), $how"
		settle	# a run has seen the file as it was, or as it is
		edit $((drawn + 1)) "$how"
		;;
	esac
	draw 2
	[ "$drawn" -eq 0 ] || settle
}

soak() {
	local n judged=0
	RANDOM=$seed
	mkdir -p "$counts"
	echo 0 | tee "$counts/kills" >"$counts/leaks"
	plug "$P40" "$RTX6000"
	edit 63 once
	load
	for ((n = 1; n <= steps; n++)); do
		echo -n "step $n: "
		step
		[ $((n % 10)) -ne 0 ] || judge_settled
	done
	settle
	echo "# soak: in between, $judged times a GPU had all that its last run gave it" >/run/figures
}
judge "soak, seed $seed: $steps steps go through" soak

# ------------------------------------------------------------- what is promised

# What is recorded is of GPUs that their driver has. Beside it there are only locks, and the time of the last wait in the driver.
clean_run() {
	local file gpu
	for file in /run/mdev-gpu/*; do
		file=${file##*/}
		case $file in
		*.lock | progress) ;;
		*.yaml | *.properties) gpu=${file%.*}; is_bound "$gpu" || fail "$file is left of a GPU that has gone" ;;
		*) fail "$file is nobody's" ;;
		esac
	done
}
judge "soak: /run has records of GPUs that their driver has, and of no others" clean_run

# What a kill or an edit has left is repaired by the GPU's next event.
all_types() {
	local gpu
	for gpu in "${gpus[@]}"; do
		[ -e "$sys/devices/$gpu" ] || toggle_presence "$gpu"
		settle
		is_bound "$gpu" || toggle_driver "$gpu"
	done
	settle
	edit 21 once
	echo 1 >/sys/kernel/debug/nvidia/clear
	for gpu in "${gpus[@]}"; do
		trigger "$gpu" change
	done
	settle
	for gpu in "${gpus[@]}"; do
		same "$(wanted)" "$(shown "$gpu")" "types of $gpu"
		grep -qx 'result: "done"' "/run/mdev-gpu/$gpu.yaml"
	done
}
judge "soak: a valid configuration and one event, and the types are exactly the configuration's" all_types

# A run says one line, unless it was killed.
one_line_each() {
	local started said killed
	count_driver
	started=$(runs) said=$(read_journal -o cat -t mdev-gpu "${journal[@]}" | wc -l) killed=$(<"$counts/kills")
	echo "# soak: $started runs, $killed of them killed, $said lines" | tee -a /run/figures
	same "$((started - killed))" "$said" "lines in the journal"
}
judge "soak: one line in the journal for each run that was not killed" one_line_each
cat /run/figures

no_leaks() {
	no_handles
	# a run has two nodes open
	[ "$(<"$counts/leaks")" -le $((2 * $(<"$counts/kills"))) ] || same 0 "$(<"$counts/leaks")" "nodes that no program has closed"
}
judge "soak: no node of the driver is open, and only those who were killed have not closed theirs" no_leaks

no_zombies() {
	same "" "$(grep -l '^State:	Z' /proc/[0-9]*/status || true)" "zombies"
	same "" "$(pgrep mdev-gpu || true)" "helpers at work"
}
judge "soak: nobody is left" eventually no_zombies

finish
