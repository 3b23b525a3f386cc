/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a generation of GPUs begins among NVIDIA's PCI device IDs (pci.ids, g_nv_name_released.h). */
#pragma once

/* NVIDIA's own among PCI vendors. */
#define NVIDIA_ID 0x10de

/* The one Tesla that NVIDIA's own types offer no ECC on. */
#define TESLA_M10 0x13bd

/* Maxwell and Pascal, and what is older, end before this. */
#define VOLTA_FIRST 0x1d81

/* No GPU that is older than Turing has an ID from here on. */
#define NEW_FIRST 0x2000

/* From Hopper on, firmware (GSP) runs the GPU and wants memory in each share. Ampere lies between the two. */
#define HOPPER_FIRST 0x2302
#define HOPPER_LAST 0x2348
#define ADA_FIRST 0x2681
#define GB100_FIRST 0x2901
