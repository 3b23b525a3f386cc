/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The links of the chain. Each looks at one thing and says what it saw, whether that is why types are missing, and what
 * to do. One that has nothing to say leaves *ret alone.
 */
#pragma once

#include "commands/explain/look.h"
#include "model/finding.h"

/* What it is, who has it, and what its driver can do: device-checks.c */
void link_device(const struct look *look, struct finding *ret);
void link_function(const struct look *look, struct finding *ret);
void link_driver(const struct look *look, struct finding *ret);
void link_release(const struct look *look, struct finding *ret);
void link_module(const struct look *look, struct finding *ret);
void link_sriov(const struct look *look, struct finding *ret);
void link_world(const struct look *look, struct finding *ret);

/* What it should have: config-checks.c */
void link_configuration(const struct look *look, struct finding *ret);

/* Who would register that, whether somebody did, and what is there: run-checks.c */
void link_running(const struct look *look, struct finding *ret);
void link_switch(const struct look *look, struct finding *ret);
void link_rule(const struct look *look, struct finding *ret);
void link_last_run(const struct look *look, struct finding *ret);
void link_types(const struct look *look, struct finding *ret);
void link_in_use(const struct look *look, struct finding *ret);
