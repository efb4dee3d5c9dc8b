/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One's complement sums (RFC 1071, RFC 1624): what a change adds to the sum over changed words. */
#ifndef TWINPATH_CHECKSUM_H
#define TWINPATH_CHECKSUM_H

#include "platform.h"

#include "family.h"

/* To 16 bits, end-around carries included. */
static __always_inline __u16 checksum_fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static __always_inline __u64 word_change(const __u32 from, const __u32 to)
{
	return (__u64)(__u32)~from + to;
}

/* What it adds to a sum that one address takes another's place. */
static __always_inline __u32 address_change(const __be32 *from, const __be32 *to,
					    const enum family family)
{
	__u64 sum = word_change(from[0], to[0]);

	if (family == FAMILY_IPV6)
		sum += word_change(from[1], to[1]) + word_change(from[2], to[2]) +
		       word_change(from[3], to[3]);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (sum & 0xffffffff) + (sum >> 32);
}

/* The same for a port or another 16-bit word. */
static __always_inline __u32 word16_change(const __be16 from, const __be16 to)
{
	return (__u32)(__u16)~from + to;
}

/* A checksum after such a change (RFC 1624, equation 3). */
static __always_inline __u16 checksum_update(const __u16 checksum, const __u32 change)
{
	return ~checksum_fold((__u32)(__u16)~checksum + checksum_fold(change));
}

#endif
