/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's hash reads a key in words, right after it has been written. A word that was written
 * in parts a processor cannot read before all of them are in its cache, which takes it 4 to 5 ns.
 * So small fields are put together in a register and written at once.
 */
#ifndef TWINPATH_WORD_H
#define TWINPATH_WORD_H

#include "platform.h"

#include "verifier.h"

/* `to` is 4-aligned; both have four bytes. */
static __always_inline void word32_write(void *to, const void *from)
{
	__u32 word;

	__builtin_memcpy(&word, from, sizeof(word));
	opaque(word);
	__builtin_memcpy(__builtin_assume_aligned(to, sizeof(word)), &word, sizeof(word));
}

/* `to` is 8-aligned; both have eight bytes. */
static __always_inline void word64_write(void *to, const void *from)
{
	__u64 word;

	__builtin_memcpy(&word, from, sizeof(word));
	opaque(word);
	__builtin_memcpy(__builtin_assume_aligned(to, sizeof(word)), &word, sizeof(word));
}

#endif
