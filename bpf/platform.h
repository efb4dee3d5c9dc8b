/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two ways to compile one source. libbpf loads what ships: an object with its maps in BTF. bcc
 * compiles the same text itself; its maps exist beforehand and reach it as -DMAP_FD_<name>=<fd>.
 * Nothing outside of platform/ knows which of the two is at work.
 */
#ifndef TWINPATH_PLATFORM_H
#define TWINPATH_PLATFORM_H

#ifdef TWINPATH_BCC
#include "platform/bcc.h"
#else
#include "platform/libbpf.h"
#endif

#endif
