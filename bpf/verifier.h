/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What keeps the compiler from transformations after which the verifier cannot follow. */
#ifndef TWINPATH_VERIFIER_H
#define TWINPATH_VERIFIER_H

#include "platform.h"

/* The compiler knows nothing of the variable's value from here on, and has it in one register. */
#define opaque(variable_) asm volatile("" : "+r"(variable_))

/*
 * What was written to memory is read anew from here on. In a map's memory that makes it unknown, so
 * that paths that differ in it alone become one.
 */
#define forget_memory() asm volatile("" ::: "memory")

/*
 * A length from 1 to mask + 1, unchanged. Older verifiers conclude nothing from a test for 0, and a
 * helper that takes a buffer does not take a length of 0.
 */
static __always_inline __u64 positive_length(__u64 length, const __u64 mask)
{
	length = ((length - 1) & mask) + 1;
	opaque(length);
	return length;
}

#endif
