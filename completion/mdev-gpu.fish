# SPDX-License-Identifier: GPL-2.0-only
#
# Completion of mdev-gpu and mdev-cli in fish. What there is to choose from, the program is asked: its help is printed
# from its table of options.

function __mdev_gpu_commands
    mdev-gpu --help 2>/dev/null | sed -nE '/^Commands:/,/^$/{s/^  ([a-z]+) .*/\1/;t name;s/^         ([a-z])/\1/;t summary;d;:name;h;d;:summary;H;x;s/\n/\t/p}'
end

# the command of the line, if it has one yet
function __mdev_gpu_command
    set -l commands (__mdev_gpu_commands | string split -f 1 \t)
    for word in (commandline -opc)[2..]
        contains -- $word $commands; and echo $word; and return
    end
    return 1
end

# __mdev_gpu_takes WORD: whether the command's help has it
function __mdev_gpu_takes
    mdev-gpu (__mdev_gpu_command) --help 2>/dev/null | string match -qr -- $argv
end

function __mdev_gpu_devices
    mdev-gpu status --json 2>/dev/null | grep -oE '"address":"[^"]*","name":(null|"[^"]*")' |
        sed -E 's/"address":"([^"]*)","name":(null|"([^"]*)")/\1\t\3/'
end

function __mdev_gpu_files
    set -l suffix 'ya?ml|json'
    test "$(__mdev_gpu_command)" = import; and set suffix toml
    complete -C "'' $(commandline -ct | string replace -r '^--[a-z]+=' '')" | string match -er "(/|\.($suffix))\$"
end

# __mdev_gpu_options PROGRAM [COMMAND]: a completion for each option in its help; of a command that is a program for those of its own
function __mdev_gpu_options
    for line in ($argv --help 2>/dev/null | sed -E '/^  -., --[a-z-]+ [A-Z]+$/{N;s/\n */ /}' | string match -r '^  -.*')
        set -l part (string match -r '^  -(.), --([a-z-]+)( [A-Z]+|) *(.*)' -- $line)
        set -l options -c $argv[1] -s $part[2] -l $part[3] -d "$part[5]"
        test (count $argv) -gt 1; and contains -- $part[3] root help; and continue
        test $argv[1] = mdev-cli; or set -a options -n "__mdev_gpu_takes '^  -., --$part[3]\b'"
        switch $part[4]
            case ' FILE'
                set -a options -x -a '(__mdev_gpu_files)'
            case ' DIR'
                set -a options -x -a '(__fish_complete_directories)'
            case ' FORM'
                set -a options -x -a "(string match -rg -- '--format ([a-z |]+)' (mdev-gpu (__mdev_gpu_command) --help)[1] | string match -ra '[a-z]+')"
            case ' CLASS'
                set -a options -x -a "(string match -rg -- '--class ([A-Za-z |]+)' (mdev-gpu suggest --help)[1] | string match -ra '[A-Za-z]+')"
            case ' *'
                set -a options -x
        end
        complete $options
    end
end

complete -c mdev-gpu -f
complete -c mdev-cli -f
complete -c mdev-gpu -n 'not __mdev_gpu_command' -a '(__mdev_gpu_commands)'
complete -c mdev-gpu -n '__mdev_gpu_takes "^Usage: .*DEVICE"' -a '(__mdev_gpu_devices)'
complete -c mdev-gpu -n '__mdev_gpu_takes "^Usage: mdev-gpu [a-z]+ \[?FILE"' -a '(__mdev_gpu_files)'
__mdev_gpu_options mdev-gpu
__mdev_gpu_options mdev-gpu report
__mdev_gpu_options mdev-gpu suggest
__mdev_gpu_options mdev-cli
