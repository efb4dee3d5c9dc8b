/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* MurmurHash3 (x86, 32 bits) over whole 32-bit words (LB-3a). */
#ifndef TWINPATH_MURMUR_H
#define TWINPATH_MURMUR_H

#include "platform.h"

static __always_inline __u32 rotate_left(const __u32 word, const int bits)
{
	return word << bits | word >> (32 - bits);
}

/* Take in one more word. */
static __always_inline __u32 murmur_add(__u32 hash, __u32 word)
{
	word *= 0xcc9e2d51;
	word = rotate_left(word, 15);
	word *= 0x1b873593;
	hash ^= word;
	return rotate_left(hash, 13) * 5 + 0xe6546b64;
}

/* After so many bytes. */
static __always_inline __u32 murmur_finish(__u32 hash, const __u32 length)
{
	hash ^= length;
	hash ^= hash >> 16;
	hash *= 0x85ebca6b;
	hash ^= hash >> 13;
	hash *= 0xc2b2ae35;
	return hash ^ hash >> 16;
}

#endif
