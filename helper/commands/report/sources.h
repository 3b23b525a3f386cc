/* SPDX-License-Identifier: GPL-2.0-only */
/* What a report is made of, a section each. A source that is not there is left out; none is a reason to end. */
#pragma once

#include <stdio.h>

#include "commands/report/redact.h"
#include "system/device.h"

/* The system: distribution, kernel, the boot, what of the kernel's command line matters, packages. */
void source_host(FILE *to) _nonnull_all_;

/* What mdev-gpu says itself: explain, status, check. */
void source_commands(FILE *to) _nonnull_all_;

/* The configuration with its places, the records of runs, what udev and systemd read of ours. */
void source_files(FILE *to, const struct device_list *gpus) _nonnull_all_;

/* sysfs of the GPUs, of their virtual functions and of the other functions of their cards: devices.c */
void source_devices(FILE *to) _nonnull_all_;

/* Modules with their parameters, what the driver says in /proc, its nodes: driver.c */
void source_driver(FILE *to, const struct device_list *gpus) _nonnull_all_;

/* What runs said in the journal since the system was started, and the kernel of drivers. */
void source_logs(FILE *to) _nonnull_all_;

/* The names of this host and of its users, and its serial numbers. 0 or -ENOMEM. */
int source_secrets(struct redaction *redaction) _must_check_ _nonnull_all_;

/* The conversation with NVIDIA's driver that only reads, for root: probe.c */
void source_probe(FILE *to, const struct device_list *gpus) _nonnull_all_;
