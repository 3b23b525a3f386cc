# SPDX-License-Identifier: GPL-2.0-only
#
# The fuzzers, one for each kind of input, for Makefile.am. clang's, whatever compiler the program is built with, and never
# built by default:
#
#	make fuzz                                  build them
#	make fuzz FUZZ=record FUZZ_SECONDS=600     … and run one that long (without FUZZ each, one after the other); what it
#	                                           learns stays in fuzz/learnt/record
#	make fuzz-corpus FUZZ=record               put what that reaches and the seeds do not into tests/data/fuzz
#	make check-fuzz                            a run of each from the seeds alone, as tests
#
# A finding is left in fuzz/ as crash-*, slow-unit-*, oom-* or leak-*; fuzz/fuzz-record FILE repeats it. All of it is made
# in the build folder, and "make clean" takes it away.

FUZZ_CC = clang
FUZZ = config catalog record sysfs device proc driver
FUZZ_SECONDS =

# in the test so many inputs, which take ten seconds each, the same for everybody; the bound is for what hangs
CHECK_FUZZ_SECONDS = 300
fuzz_runs_config = 16000
fuzz_runs_catalog = 8000
fuzz_runs_record = 12000
fuzz_runs_sysfs = 8000
fuzz_runs_device = 150000
fuzz_runs_proc = 20000
fuzz_runs_driver = 4000

# the real sources; a target has functions of its own for what it answers itself, and the linker takes the rest
fuzz_sources = $(base_sources) $(config_sources) $(core_sources) $(model_sources) $(system_sources) $(vendors_sources) \
	helper/commands/import/carry.c \
	helper/commands/import/convert.c \
	helper/commands/import/gvm.c \
	helper/commands/import/unlock.c
fuzz_objects = $(patsubst %.c,fuzz/obj/%.o,$(filter %.c,$(fuzz_sources)))
fuzz_headers = $(wildcard $(srcdir)/helper/*/*.h $(srcdir)/helper/*/*/*.h) $(srcdir)/tests/fuzz/fuzz.h config.h

fuzz_flags = -O1 -g -Wall -Wextra -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	$(AM_CPPFLAGS)

# folders of files to begin with; libFuzzer reads what lies below them, too
fuzz_seeds = $(wildcard $(srcdir)/tests/data/fuzz/$(1) $(fuzz_seeds_$(1)))
fuzz_seeds_config = $(srcdir)/tests/data/corpus $(srcdir)/tests/data/mdev-gpu $(srcdir)/tests/data/import $(srcdir)/$(catalog_from)

# what each is linked with, and what the linker sends to it: files of the kernel's, or a driver's calls
fuzz_parts_config = fuzz/toml.o
kernel_part = fuzz/obj/tests/fuzz/kernel.o
kernel_calls = open fopen opendir access stat lstat readlink mknod
fuzz_parts_record = $(kernel_part)
fuzz_wraps_record = $(kernel_calls)
fuzz_parts_sysfs = $(kernel_part)
fuzz_wraps_sysfs = $(kernel_calls)
fuzz_parts_device = $(kernel_part)
fuzz_wraps_device = $(kernel_calls) realpath
fuzz_parts_proc = $(kernel_part)
fuzz_wraps_proc = $(kernel_calls)
fuzz_parts_driver = $(kernel_part) fuzz/driver.o
fuzz_wraps_driver = $(kernel_calls) close ioctl

# as the program's, see configure.ac
fuzz/toml.o: helper/commands/import/toml.cc $(fuzz_headers)
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(FUZZ_CC)++ $(fuzz_flags) -fno-sanitize=unreachable -std=c++17 $(TOML_CFLAGS) -c -o $@ $(filter %.cc,$^)

fuzz/obj/%.o: %.c $(fuzz_headers)
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(FUZZ_CC) $(fuzz_flags) -std=gnu11 -I$(srcdir)/tests $(library_cflags) -c -o $@ $<

# the simulated driver, some of whose names are the program's, too
fuzz/driver.o: $(driver_tools)
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(LD) -r -o $@ tests/driver/obj/rm.o tests/driver/obj/rm-*.o
	$(AM_V_at)objcopy --localize-symbol=rm_alloc --localize-symbol=rm_control $@

fuzz/libhelper.a: $(fuzz_objects)
	$(AM_V_GEN)rm -f $@ && $(AR) rcs $@ $^

fuzz_programs = $(FUZZ:%=fuzz/fuzz-%)

.SECONDEXPANSION:
fuzz/fuzz-%: fuzz/obj/tests/fuzz/fuzz-%.o fuzz/obj/tests/fuzz/fuzz.o $$(fuzz_parts_$$*) fuzz/libhelper.a nvidia-guest-ids
	$(AM_V_at)cp nvidia-guest-ids $(@D)
	$(AM_V_GEN)$(FUZZ_CC)++ $(fuzz_flags) $(filter %.o %.a,$^) $(fuzz_wraps_$*:%=-Wl,--wrap=%) -o $@ $(LIBUDEV_LIBS) $(LIBYAML_LIBS) -ldl

.PRECIOUS: fuzz/obj/%.o

# fuzz_run NAME: without what the program prints
fuzz_run = cd fuzz && nice ./fuzz-$(1) $(patsubst %,-dict=%,$(wildcard $(abs_srcdir)/tests/fuzz/$(1).dict)) -timeout=30 \
	-rss_limit_mb=1024 -close_fd_mask=3 -print_final_stats=1

fuzz: $(fuzz_programs)
	@test -z '$(FUZZ_SECONDS)' || { $(foreach name,$(FUZZ),$(MKDIR_P) fuzz/learnt/$(name) && \
		($(call fuzz_run,$(name)) -max_total_time=$(FUZZ_SECONDS) learnt/$(name) $(abspath $(call fuzz_seeds,$(name)))) &&) :; }

# the standard set cover, of code alone: few files, each of which reaches what no other does
fuzz-corpus: $(fuzz_programs)
	$(foreach name,$(FUZZ),$(MKDIR_P) $(srcdir)/tests/data/fuzz/$(name) && ($(call fuzz_run,$(name)) -set_cover_merge=1 \
		-use_counters=0 $(abs_srcdir)/tests/data/fuzz/$(name) $(abspath $(fuzz_seeds_$(name))) learnt/$(name)) &&) :

# A run without a finding counts if it went beyond its seeds, and its inputs reached everything that is counted. What it learns
# is thrown away: the same test for everybody.
fuzz_proof = $(AWK) '/^INFO: seed corpus:/ { seeds = $$5 } /^stat::number_of_executed_units:/ { runs = $$2 } \
	/^reached::/ { counters++; missed += $$2 == 0 } END { exit !(seeds > 0 && runs > 2 * seeds && counters && !missed) }'

# one of them, NAME, with its TAP line's number
check-fuzz-one:
	@rm -rf fuzz/fresh && $(MKDIR_P) fuzz/fresh
	@claim='fuzz: inputs of $(NAME) reach all that is counted, and have no finding'; \
	if ($(call fuzz_run,$(NAME)) -seed=1 -runs=$(fuzz_runs_$(NAME)) -max_total_time=$(CHECK_FUZZ_SECONDS) fresh \
			$(abspath $(call fuzz_seeds,$(NAME)))) >fuzz/$(NAME).log 2>&1 && $(fuzz_proof) fuzz/$(NAME).log; then \
		$(SED) -n 's/^\(stat\|reached\):: */# /p' fuzz/$(NAME).log; \
		echo "ok $(N) $$claim"; \
	else \
		$(SED) '/^#[0-9]/d; s/^/# /' fuzz/$(NAME).log; \
		echo "not ok $(N) $$claim"; \
		exit 1; \
	fi

check-fuzz: $(fuzz_programs)
	@echo 1..$(words $(FUZZ))
	@n=0 bad=0; for name in $(FUZZ); do \
		n=$$((n + 1)); \
		$(MAKE) $(AM_MAKEFLAGS) --no-print-directory check-fuzz-one NAME=$$name N=$$n || bad=1; \
	done; exit $$bad

clean-local: clean-fuzz

clean-fuzz:
	rm -rf fuzz

.PHONY: check-fuzz check-fuzz-one clean-fuzz fuzz fuzz-corpus
