# SPDX-License-Identifier: GPL-2.0-only
#
# The fuzzer of the configuration, for Makefile.am. clang's, whatever compiler the program is built with, and never built
# by default:
#
#	make fuzz                       build it
#	make fuzz FUZZ_SECONDS=600      … and run it that long; what it learns stays in fuzz/learnt
#	make check-fuzz                 one run from the seeds alone, as a test
#
# A finding is left in fuzz/ as crash-*, slow-unit-*, oom-* or leak-*; fuzz/fuzz-config FILE repeats it. All of it is made
# in the build folder, and "make clean" takes it away.

FUZZ_CC = clang
FUZZ_SECONDS =
CHECK_FUZZ_SECONDS = 60

# the real sources: from the file to the plan, import too, and nothing of a device or a driver
fuzz_sources = \
	tests/fuzz/fuzz-config.c \
	helper/base/file.c \
	helper/base/journal.c \
	helper/base/json.c \
	helper/base/log.c \
	helper/base/parse.c \
	helper/base/path.c \
	helper/base/pci.c \
	helper/base/string-util.c \
	helper/base/trust.c \
	helper/commands/import/convert.c \
	helper/commands/import/toml.c \
	helper/config/catalog.c \
	helper/config/cursor.c \
	helper/config/devices.c \
	helper/config/keys.c \
	helper/config/match.c \
	helper/config/node.c \
	helper/config/profile.c \
	helper/config/value.c \
	helper/config/yaml-errors.c \
	helper/config/yaml.c \
	helper/core/plan.c \
	helper/model/diagnostics.c \
	helper/model/type.c \
	helper/vendors/nvidia/lint.c

fuzz_flags = -O1 -g -std=gnu11 -Wall -Wextra -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=all

# as the program's, with what the fuzzer wants to see; two checks need a run-time library that C programs have
# not, and the library takes for unreachable what is not (a bare ü)
fuzz_module_flags = -O1 -g -Wall -Wextra $(mdev_gpu_toml_so_CPPFLAGS) $(mdev_gpu_toml_so_CXXFLAGS) \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr,function,unreachable -fno-sanitize-recover=all -shared

# folders of files to begin with; libFuzzer reads what lies below them, too
fuzz_seeds = $(wildcard $(srcdir)/tests/data/corpus $(srcdir)/tests/data/mdev-gpu $(srcdir)/tests/data/import \
	$(srcdir)/$(catalog_from))

fuzz_run = cd fuzz && LD_LIBRARY_PATH=. nice ./fuzz-config -dict=$(abs_srcdir)/tests/fuzz/config.dict -timeout=10 -rss_limit_mb=1024 \
	-print_final_stats=1

fuzz_claim = fuzz: inputs of each kind go all the way, and $(CHECK_FUZZ_SECONDS) seconds of them have no finding

# a run without a finding counts if it went beyond its seeds, and inputs of each kind came through
fuzz_proof = $(AWK) '/^INFO: seed corpus:/ { seeds = $$5 } /^stat::/ { n[substr($$1, 7)] = $$2 } END { \
	exit !(seeds > 0 && n["number_of_executed_units:"] > 2 * seeds && n["plans_with_types:"] > 0 && \
		n["lists_with_patterns:"] > 0 && n["profiles_imported:"] > 0) }'

fuzz/mdev-gpu-toml.so: helper/commands/import/toml-module.cc helper/commands/import/toml-module.h
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(FUZZ_CC)++ $(fuzz_module_flags) -o $@ $(filter %.cc,$^)

fuzz/fuzz-config: $(fuzz_sources) $(wildcard $(srcdir)/helper/*/*.h $(srcdir)/helper/*/*/*.h) config.h nvidia-guest-ids
	$(AM_V_at)$(MKDIR_P) $(@D) && cp nvidia-guest-ids $(@D)
	$(AM_V_GEN)$(FUZZ_CC) $(fuzz_flags) $(mdev_gpu_CPPFLAGS) $(LIBYAML_CFLAGS) $(filter %.c,$^) -o $@ $(LIBYAML_LIBS)

fuzz: fuzz/fuzz-config fuzz/mdev-gpu-toml.so
	@test -z '$(FUZZ_SECONDS)' || { $(MKDIR_P) fuzz/learnt && \
		$(fuzz_run) -max_total_time=$(FUZZ_SECONDS) learnt $(abspath $(fuzz_seeds)); }

# what it learns is thrown away: the same test for everybody
check-fuzz: fuzz/fuzz-config fuzz/mdev-gpu-toml.so
	@echo 1..1
	@rm -rf fuzz/fresh && $(MKDIR_P) fuzz/fresh
	@if ($(fuzz_run) -max_total_time=$(CHECK_FUZZ_SECONDS) fresh $(abspath $(fuzz_seeds))) >fuzz/log 2>&1 && \
			$(fuzz_proof) fuzz/log; then \
		$(SED) -n 's/^stat:: */# /p' fuzz/log; \
		echo 'ok 1 $(fuzz_claim)'; \
	else \
		$(SED) '/^#[0-9]/d; s/^/# /' fuzz/log; \
		echo 'not ok 1 $(fuzz_claim)'; \
		exit 1; \
	fi

clean-local: clean-fuzz

clean-fuzz:
	rm -rf fuzz

.PHONY: check-fuzz clean-fuzz fuzz
