/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checks of the chain. Each examines one thing and says what it saw, whether that is why types are missing, and
 * what to do. One that has nothing to say leaves *ret untouched.
 */
#pragma once

#include "core/survey.h"
#include "model/finding.h"

/* The device, its driver and what that can do: device-checks.c */
void check_device(const struct survey *s, struct finding *ret);
void check_function(const struct survey *s, struct finding *ret);
void check_driver(const struct survey *s, struct finding *ret);
void check_release(const struct survey *s, struct finding *ret);
void check_module(const struct survey *s, struct finding *ret);
void check_sriov(const struct survey *s, struct finding *ret);
void check_vfio(const struct survey *s, struct finding *ret);

/* The configuration: config-checks.c */
void check_configuration(const struct survey *s, struct finding *ret);

/* What udev runs: rule-checks.c */
void check_rule(const struct survey *s, struct finding *ret);
void check_mdevctl(const struct survey *s, struct finding *ret);

/* The last run and the types in sysfs: run-checks.c */
void check_running(const struct survey *s, struct finding *ret);
void check_cmdline(const struct survey *s, struct finding *ret);
void check_last_run(const struct survey *s, struct finding *ret);
void check_types(const struct survey *s, struct finding *ret);
void check_in_use(const struct survey *s, struct finding *ret);
