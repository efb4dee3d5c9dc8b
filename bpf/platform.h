/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two ways to compile one source. libbpf loads what ships: an object with its maps in BTF. bcc
 * compiles the same text itself; its maps exist beforehand and reach it as -DMAP_FD_<name>=<fd>.
 * Nothing outside of platform/ knows which of the two is at work.
 */
#ifndef TWINPATH_PLATFORM_H
#define TWINPATH_PLATFORM_H

/* Which sums over a packet there are beside its headers', by the kernel's numbers. */
enum packet_sum {
	PACKET_SUM_NONE = 0,
	PACKET_SUM_UNNECESSARY = 1,	/* none either: the device has checked them */
	PACKET_SUM_COMPLETE = 2,	/* the kernel keeps one over the whole packet */
	PACKET_SUM_PARTIAL = 3,		/* the L4 checksum is half finished */
	PACKET_SUM_UNKNOWN = 4,		/* the kernel does not say */
};

#ifdef TWINPATH_BCC
#include "platform/bcc.h"
#else
#include "platform/libbpf.h"
#endif

#endif
