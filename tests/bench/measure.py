# SPDX-License-Identifier: GPL-2.0-only
"""What is measured, and how: one simulated host, the runs that are compared in it, and what each takes.

A run is laid out anew each time: the driver has no types, no node is there and /run is empty, but for what an earlier run is to
have left. Its environment is a few words, and it works in a folder whose path has the same length wherever the build is, because
both cost instructions. glibc is told to take the same string functions on each machine, as far as it can be told.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

GPU = "0000:65:00.0"
RELEASE = "535.104.05"
TYPE = "  - {num: %d, maxInstances: 2, fbLen: 896, fbRes: 128}\n"
FIRST = 60001
PIN = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,-ERMS,-FSRM,-RTM,-BMI2,-MOVBE,-LZCNT,-SSE4_2,-SSE4_1,-SSSE3"

# what udevd hands to the rule's run
EVENT = {
    "ACTION": "bind", "SUBSYSTEM": "pci", "DRIVER": "nvidia", "DEVPATH": "/devices/pci0000:65/" + GPU, "PCI_CLASS": "30200",
    "PCI_ID": "10DE:1B38", "PCI_SUBSYS_ID": "10DE:11D9", "PCI_SLOT_NAME": GPU, "SEQNUM": "2342",
    "MODALIAS": "pci:v000010DEd00001B38sv000010DEsd000011D9bc03sc02i00",
}


def lay_profile(path, types):
    with open(path, "w", encoding="utf-8") as file:
        file.write("gpus:\n- mdevConfigs:\n" + "".join(TYPE % (FIRST + i) for i in range(types)))


def fail(text):
    sys.exit("bench: " + text)


def output(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, **options).stdout


class Run:
    """A command, what has to be run before it, and how it ends."""

    def __init__(self, name, command, before=(), status=0, event=False):
        self.name, self.command, self.before, self.status, self.event = name, command, before, status, event


class Bench:
    """A simulated host with one GPU or more, a copy of the program, and its configurations; with-statement."""

    def __init__(self, build, source, confdir, gpus=1, release=RELEASE):
        if set(os.listdir("/run")) - {"mdev-gpu"}:
            fail("/run is not empty: make bench gives it one of its own")
        self.build, self.confdir, self.release = build, confdir, release
        self.simulate_command = source + "/tests/driver/simulate"
        self.cost = build + "/tests/bench/cost"
        self.folder = tempfile.mkdtemp(prefix="mdev-gpu-bench.", dir="/tmp")
        self.world = self.folder + "/world"
        self.gpus = ["%04x:65:00.0" % i for i in range(gpus)]
        os.environ["RM_LIBDIR"] = build + "/tests/driver"
        self.program, self.cli, self.bare = (self.folder + "/" + name for name in ("mdev-gpu", "mdev-cli", "bare"))
        for name in ("mdev-gpu", "nvidia-guest-ids", "tests/bench/bare", "tests/driver/librm-preload.so"):
            shutil.copy(build + "/" + name, self.folder)
        os.symlink("mdev-gpu", self.cli)
        self.simulate("new", "--driver", release,
                      *("--gpu=%s=10de:1b38:10de:11d9,fb=24576" % gpu for gpu in self.gpus))
        self.simulate("snapshot", self.folder + "/fresh")
        self.run(Run("warm", [self.bare, GPU]))  # what it leaves in the world's folder is there for each run

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def simulate(self, verb, *words):
        return output([self.simulate_command, verb, self.world, *words])

    def root(self, name):
        return self.folder + "/" + name

    def catalog(self, name):
        """Where the configuration of that name lies."""
        return self.root(name) + self.confdir

    def lay_catalog(self, name, types=3):
        """The catalog as it is shipped, but for the profile of the GPU where there is to be so many types."""
        shutil.copytree(self.build + "/catalog", self.catalog(name))
        if types:
            lay_profile(self.catalog(name) + "/Nvidia/Pascal/Open_vPascal.yaml", types)

    def helper(self, root, *words):
        return [self.program, "--root", self.root(root), *words]

    def environment(self, run, trace):
        return {"LD_PRELOAD": self.folder + "/librm-preload.so:libumockdev-preload.so.0", "RM_DIR": self.world,
                "UMOCKDEV_DIR": self.world, "RM_TRACE": str(trace), "GLIBC_TUNABLES": PIN, **(EVENT if run.event else {})}

    def prepare(self, run):
        self.simulate("restore", self.folder + "/fresh")
        self.simulate("clear")
        for root in ("", *map(self.root, os.listdir(self.folder))):
            shutil.rmtree(root + "/run/mdev-gpu", ignore_errors=True)
        for before in run.before:
            self.watched(Run("before", before))

    def watched(self, run, watcher=(), trace=0):
        done = subprocess.run([*watcher, *run.command], env=self.environment(run, trace), cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != run.status:
            fail("%s\nfailed with %d: %s" % (done.stdout, done.returncode, " ".join(run.command)))
        return done.stdout

    def run(self, run):
        self.prepare(run)
        return self.watched(run)

    def instructions(self, run):
        """Of the whole process: the dynamic linker, libraries, and the simulated driver's among them."""
        self.prepare(run)
        text = self.watched(run, ["/usr/bin/valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"])
        return int(re.search(r"Collected : (\d+)", text)[1])

    def calls(self, run):
        """All system calls of the run, and those that are not the doubles' nor the dynamic linker's.

        Of the first thread: how far the one that watches the deadline comes before the end differs from run to run.
        """
        log = self.folder + "/strace"
        self.prepare(run)
        self.watched(run, ["/usr/bin/strace", "-qq", "-o", log], trace=1)
        with open(log, encoding="utf-8", errors="replace") as file:
            lines = [line for line in file if re.match(r"\w+\(", line)]
        driver = [line for line in self.simulate("transcript").splitlines() if not re.match(r"\S+ (note|wait) ", line)]
        return len(lines), len(own_calls(lines, self.folder)) + len(driver)

    def taken(self, run):
        """Microseconds, of which CPU, and KiB at the most."""
        self.prepare(run)
        words = ["%s=%s" % word for word in self.environment(run, 0).items()]
        status, wall, cpu, peak = map(int, output([self.cost, *words, *run.command], cwd=self.folder).split())
        if status != run.status:
            fail("failed with %d: %s" % (status, " ".join(run.command)))
        return wall, cpu, peak


# umockdev's for each call that it passes on, and the simulated driver's for each that it takes
DOUBLES = re.compile(r'(rt_sigprocmask|getcwd|getpid|gete[ug]id|umask|process_vm_\w+)\(|[^"]*"[^"]*(/\.rm|/disabled|/transcript|/proc/self/fd)')


def own_calls(lines, folder):
    """Of a run's system calls those that the program and its libraries make, but for those that the simulated driver takes.

    Left out: the dynamic linker's; what the doubles do around a call that they pass on, by its name, its path, or the descriptor
    of such a path; umockdev's look at what has just been opened; and all between the moments when the simulated driver copies
    parameters in and out.
    """
    begin = 1 + next(i for i, line in enumerate(lines) if line.startswith("munmap("))
    theirs, working, own, looked_at = set(), False, [], None
    for line in lines[begin:]:
        descriptor = re.match(r"mmap\(.*, (?=\d+, \w+\))(\d+)|", line)[1] or re.match(r"(?:\w+\((\d+)[,)])?", line)[1]
        if line.startswith("process_vm_"):
            working = line.startswith("process_vm_readv")
        elif working or line.startswith('readlink("%s/' % folder):
            continue
        elif looked_at and line.startswith('newfstatat(%s, "", ' % looked_at):
            looked_at = None
        elif DOUBLES.match(line) or '"%s/world", ' % folder in line:
            opened = re.match(r"openat.* = (\d+)$", line)
            theirs |= {opened[1]} if opened else set()
        elif descriptor in theirs:
            theirs -= {descriptor} if line.startswith("close(") else set()
        else:
            own.append(line)
            looked_at = re.match(r"openat.* = (\d+)$|", line)[1]
    return own


def paths(bench):
    """The runs that the gate holds, by name. All have three types, in the catalog as it is shipped."""
    bench.lay_catalog("right")
    bench.lay_catalog("wrong")
    with open(bench.catalog("wrong") + "/Nvidia/Pascal/Open_vPascal.yaml", "a", encoding="utf-8") as file:
        file.write("  - {num: 60004, maxInstances: 0, fbLen: 896, fbRes: 128}\n")
    os.mkdir(bench.root("nothing"))
    lay_profile(bench.folder + "/three.yaml", 3)
    apply = bench.helper("right", "apply", GPU)
    return [
        Run("apply, first", apply),
        Run("apply, unchanged", apply, [apply]),
        Run("apply, refused", bench.helper("wrong", "apply", GPU), status=3),
        Run("mdev-cli", [bench.cli, "-c", bench.folder + "/three.yaml"]),
        Run("plan", bench.helper("right", "plan", GPU)),
        Run("no folder", bench.helper("nothing", "apply", GPU)),
        Run("apply --udev", bench.helper("right", "apply", "--udev", GPU), event=True),
    ]
