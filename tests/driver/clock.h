/* SPDX-License-Identifier: GPL-2.0-only */
/* clock.h - who is told of waits */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>

/* preload.c: so much virtual time has passed in one wait, which a signal may have ended. */
void clock_waited(unsigned int ms, bool cut);

#endif
