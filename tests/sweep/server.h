/* SPDX-License-Identifier: GPL-2.0-only */
/* server.h - what the sweep and the server in the program agree on */
#pragma once

/* Descriptors: a byte in starts a run, its wait status comes out. */
#define SERVER_IN 40
#define SERVER_OUT 41

/* Exit status of a run that left descriptors open. */
#define SERVER_LEAK 117
