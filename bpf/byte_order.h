/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Network order to the machine's and back; the operation is the same both ways. */
#ifndef TWINPATH_BYTE_ORDER_H
#define TWINPATH_BYTE_ORDER_H

#include "platform.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define network16(value_) ((__u16)__builtin_bswap16(value_))
#define network32(value_) ((__u32)__builtin_bswap32(value_))
#else
#define network16(value_) ((__u16)(value_))
#define network32(value_) ((__u32)(value_))
#endif

#endif
